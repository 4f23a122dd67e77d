//! What the edge answers when a request never reaches the application: a status and a plain sentence.
//! Nothing the client sent is in it, the host above all (HT-10), and the connection ends with it (HT-08).

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

/// Why a request goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Two readers could disagree on where it ends, or a line is not as RFC 9112 has it.
    Malformed,
    /// The target is too long.
    UriTooLong,
    /// Too many header fields or bytes.
    HeadTooLarge,
    /// The body is too long.
    BodyTooLarge,
    /// There is no `Host`, more than one, or one that is none (RFC 9112 §3.2).
    NoHost,
    /// The host is another one (RFC 9110 §15.5.20).
    OtherHost,
    /// The target is not a path: this is no proxy.
    NotAPath,
    /// The method is none we know.
    UnknownMethod,
    /// The application took too long.
    TooSlow,
}

impl Refusal {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Malformed | Self::NoHost | Self::NotAPath => StatusCode::BAD_REQUEST,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::OtherHost => StatusCode::MISDIRECTED_REQUEST,
            Self::UnknownMethod => StatusCode::NOT_IMPLEMENTED,
            Self::TooSlow => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "The request is malformed.\n",
            Self::UriTooLong => "The address is too long.\n",
            Self::HeadTooLarge => "The request header is too large.\n",
            Self::BodyTooLarge => "The request body is too large.\n",
            Self::NoHost => "The request must name one host.\n",
            Self::OtherHost => "This server does not answer for that host.\n",
            Self::NotAPath => "The request target must be a path.\n",
            Self::UnknownMethod => "The method is not known here.\n",
            Self::TooSlow => "The request took too long. Please try again.\n",
        }
    }

    /// As an answer of the application's kind.
    pub(super) fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.sentence()));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, text);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        response
    }

    /// As bytes, for a connection whose request could not even be parsed.
    pub(super) fn on_the_wire(self) -> String {
        let (status, sentence) = (self.status(), self.sentence());
        format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{sentence}",
            sentence.len()
        )
    }
}
