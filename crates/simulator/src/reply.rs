//! Answers of the API endpoints, byte by byte, and what a script does to them.
//! Bodies are put together from raw fields and not from a JSON library: WeChat escapes slashes, and the faults need bytes that
//! no library would write. Every answer is HTTP 200 (wechat.md section 3), unless a script says otherwise.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures_util::stream;

use crate::script::{Fault, Faults, SnapshotMark};

/// An answer under construction: names with their raw JSON values, in order.
#[derive(Default, Clone)]
pub(crate) struct Reply(Vec<(String, Vec<u8>)>);

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Reply {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.set(name, quoted(value));
        self
    }

    pub(crate) fn raw(mut self, name: &str, value: &str) -> Self {
        self.set(name, value.as_bytes().to_vec());
        self
    }

    fn set(&mut self, name: &str, value: Vec<u8>) {
        match self.0.iter_mut().find(|(have, _)| have == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    fn without(&mut self, name: &str) {
        self.0.retain(|(have, _)| have != name);
    }

    /// Writes the two ids as WeCom's older address does.
    pub(crate) fn capitalised(mut self) -> Self {
        for (name, _) in &mut self.0 {
            match name.as_str() {
                "userid" => *name = "UserId".to_owned(),
                "openid" => *name = "OpenId".to_owned(),
                _ => {}
            }
        }
        self
    }

    /// Puts bytes between the quotes of a text field, behind what is there.
    fn smuggle(&mut self, name: &str, bytes: &[u8]) {
        if let Some((_, value)) = self.0.iter_mut().find(|(have, _)| have == name)
            && value.pop() == Some(b'"')
        {
            value.extend_from_slice(bytes);
            value.push(b'"');
        }
    }

    /// Lets the script change single fields; what concerns the whole answer is left to [`deliver`].
    pub(crate) fn altered(mut self, faults: &Faults) -> Self {
        for fault in &faults.0 {
            self.alter(fault);
        }
        if faults.0.contains(&Fault::Capitalised) { self.capitalised() } else { self }
    }

    fn alter(&mut self, fault: &Fault) {
        match fault {
            Fault::RawField(name, value) => self.set(name, value.clone()),
            Fault::NoField(name) => self.without(name),
            Fault::ExpiresInText => self.set("expires_in", b"\"7200\"".to_vec()),
            Fault::UnionIdEmpty => self.set("unionid", b"\"\"".to_vec()),
            Fault::UnionIdMissing => self.without("unionid"),
            Fault::UnionIdPresent(unionid) => self.set("unionid", quoted(unionid)),
            Fault::Snapshot(mark) => self.set("is_snapshotuser", snapshot_mark(*mark).to_vec()),
            Fault::ControlCharacters => self.smuggle("nickname", &[0x07, 0x08, 0x14]),
            Fault::InvalidUtf8 => self.smuggle("nickname", &[0xff, 0xc3, 0x28]),
            Fault::Nickname(nickname) => self.set("nickname", quoted(nickname)),
            Fault::HeadImgUrl(address) => self.set("headimgurl", quoted(address)),
            Fault::OtherOpenId => self.set("openid", quoted("oSomebodyElseEntirely0000000")),
            Fault::SexText => self.set("sex", b"\"1\"".to_vec()),
            Fault::EmptyAvatar => self.set("headimgurl", b"\"\"".to_vec()),
            _ => {}
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut body = vec![b'{'];
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                body.push(b',');
            }
            body.extend(quoted(name));
            body.push(b':');
            body.extend_from_slice(value);
        }
        body.push(b'}');
        body
    }
}

fn snapshot_mark(mark: SnapshotMark) -> &'static [u8] {
    match mark {
        SnapshotMark::Number => b"1",
        SnapshotMark::Text => b"\"1\"",
        SnapshotMark::True => b"true",
        SnapshotMark::Zero => b"0",
    }
}

/// A JSON string with escaped slashes, as WeChat writes it.
fn quoted(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len().saturating_add(2));
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | b'/' => out.extend([b'\\', byte]),
            0x00..0x20 => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}

/// Which API family answers, WeChat's two or WeCom's; they differ in their content type (wechat.md section 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Sns,
    CgiBin,
    Wecom,
}

impl Family {
    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Sns => "text/plain",
            Self::CgiBin => "application/json; encoding=utf-8",
            Self::Wecom => "application/json; charset=UTF-8",
        })
    }
}

/// Turns an API answer into a response, late, broken or not at all when the script says so.
pub(crate) async fn deliver(family: Family, reply: Reply, faults: &Faults) -> Response {
    let body = reply.altered(faults).into_bytes();
    deliver_bytes(family.content_type(), body.into(), faults).await
}

/// The same for answers that are not JSON: pages and avatars.
pub(crate) async fn deliver_bytes(
    content_type: HeaderValue,
    body: Bytes,
    faults: &Faults,
) -> Response {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    let mut body = body;
    let mut cut = None;
    for fault in &faults.0 {
        match fault {
            Fault::DelayMs(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await
            }
            Fault::Hang => std::future::pending::<()>().await,
            Fault::HangUpAfter => return hang_up(),
            Fault::Status(status) => {
                *response.status_mut() = StatusCode::from_u16(*status).unwrap_or_default()
            }
            Fault::Date(date) => {
                if let Ok(date) = HeaderValue::from_str(date) {
                    response.headers_mut().insert(header::DATE, date);
                }
            }
            Fault::Redirect(address) => {
                *response.status_mut() = StatusCode::FOUND;
                if let Ok(address) = HeaderValue::from_str(address) {
                    response.headers_mut().insert(header::LOCATION, address);
                }
            }
            Fault::Body(bytes) => body = bytes.clone().into(),
            Fault::Truncate(bytes) => cut = Some(*bytes),
            _ => {}
        }
    }
    match cut {
        Some(bytes) => truncated(response, &body, bytes),
        None => {
            *response.body_mut() = Body::from(body);
            response
        }
    }
}

/// Promises the whole body, sends its beginning, and breaks off.
fn truncated(mut response: Response, body: &Bytes, keep: usize) -> Response {
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    let start = Bytes::copy_from_slice(body.get(..keep).unwrap_or(body));
    let pieces = stream::unfold(Some(start), |piece| async move {
        match piece {
            Some(piece) => Some((Ok(piece), None)),
            None => {
                // What was written must leave the house before the error closes the connection.
                tokio::time::sleep(Duration::from_millis(5)).await;
                Some((Err(broken_off()), None))
            }
        }
    });
    *response.body_mut() = Body::from_stream(pieces);
    response
}

/// Closes the connection without a byte of answer: the body fails before the head is flushed.
pub(crate) fn hang_up() -> Response {
    Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(broken_off())])))
}

fn broken_off() -> std::io::Error {
    std::io::Error::other("broken off by the script")
}
