//! A request body that ends in an error when it grows too long or takes too long.
//! The time runs from the end of the head, so that a byte every few seconds does not keep it open.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body_util::Limited;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

/// The client took too long over its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request body took too long")]
pub struct BodyTooSlow;

struct TimedBody {
    inner: Limited<Incoming>,
    deadline: Pin<Box<Sleep>>,
}

/// Bounds a body by bytes and by time; an absent one costs nothing.
pub(super) fn bounded(body: Incoming, most_bytes: u32, time: Duration) -> Body {
    if body.is_end_stream() {
        return Body::empty();
    }
    let most_bytes = usize::try_from(most_bytes).unwrap_or(usize::MAX);
    Body::new(TimedBody { inner: Limited::new(body, most_bytes), deadline: Box::pin(sleep(time)) })
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) {
            return Poll::Ready(frame);
        }
        std::task::ready!(this.deadline.as_mut().poll(context));
        Poll::Ready(Some(Err(Box::new(BodyTooSlow))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
