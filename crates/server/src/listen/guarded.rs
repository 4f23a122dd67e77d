//! A connection with the head scanner reading along, and a watch on how long heads take.
//! When something is refused, or a client is too slow, the HTTP library sees the connection end; whoever runs the
//! connection then asks for the refusal and writes it. Resting between requests is allowed for longer than a head may
//! take, so that a proxy's pooled connection is not closed under its next request.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::head::{HeadLimits, HeadScanner};
use super::refusal::Refusal;
use crate::config::Limits;

/// A byte stream whose heads are watched.
#[derive(Debug)]
pub(super) struct Guarded<S> {
    stream: S,
    scanner: HeadScanner,
    refusal: Option<Refusal>,
    is_over: bool,
    limits: Limits,
    /// When the peer has been silent, or busy with one head, for too long.
    due: Instant,
    /// Set to `due` or earlier, and caught up with when it fires: moving it at every request would cost more than the
    /// request's head does.
    alarm: Pin<Box<Sleep>>,
}

impl<S> Guarded<S> {
    pub(super) fn new(stream: S, limits: Limits) -> Self {
        let head = HeadLimits {
            fields: limits.header_fields,
            bytes: limits.header_bytes,
            uri_bytes: limits.uri_bytes,
        };
        // Saying nothing at all counts like a slow head (HT-04).
        let due = Instant::now() + limits.header_time;
        Self {
            stream,
            scanner: HeadScanner::new(head),
            refusal: None,
            is_over: false,
            limits,
            due,
            alarm: Box::pin(sleep_until(due)),
        }
    }

    /// What is left to say once the HTTP library is done with the connection, and the bare stream to say it on.
    pub(super) fn into_refusal(self) -> Option<(Refusal, S)> {
        self.refusal.map(|refusal| (refusal, self.stream))
    }

    fn take(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        let was_within = self.scanner.is_within_head();
        self.scanner.feed(bytes)?;
        let is_within = self.scanner.is_within_head();
        if is_within && !was_within {
            self.due = Instant::now() + self.limits.header_time;
        } else if !is_within {
            self.due = Instant::now() + self.limits.idle_time;
        }
        Ok(())
    }

    /// Ready once the time is up; until then the task is woken no later than that.
    fn poll_due(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.due < self.alarm.deadline() {
            self.alarm.as_mut().reset(self.due);
        }
        loop {
            std::task::ready!(self.alarm.as_mut().poll(context));
            if self.due <= self.alarm.deadline() {
                return Poll::Ready(());
            }
            self.alarm.as_mut().reset(self.due);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_over {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(context, buffer) {
            Poll::Ready(Ok(())) => {
                let fresh = buffer.filled().get(before..).unwrap_or_default();
                if let Err(refusal) = this.take(fresh) {
                    this.refusal = Some(refusal);
                    this.is_over = true;
                    // The library must not see the end of this head: it would answer for itself.
                    buffer.set_filled(before);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => {
                std::task::ready!(this.poll_due(context));
                this.is_over = true;
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guarded<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // The library shuts a connection down that ended between requests; a refusal has yet to be written.
        if this.refusal.is_some() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}
