//! Reads along while request heads arrive, and refuses what the HTTP library would let pass: `Content-Length` beside
//! `Transfer-Encoding`, bare line feeds, heads beyond our limits (HT-01, HT-02, HT-05, HT-06).
//! The library forgets such a `Content-Length` before anybody else can see it, so this has to look at the bytes.
//! It knows just enough of framing to find the next head: a body of known length is skipped, and after a chunked one
//! it stops looking, which is why the edge ends a connection after a chunked request.

use memchr::memchr2;

use super::refusal::Refusal;

/// What one head may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadLimits {
    pub(super) fields: u32,
    pub(super) bytes: u32,
    pub(super) uri_bytes: u32,
}

impl HeadLimits {
    const fn first_line(self) -> u32 {
        self.uri_bytes.saturating_add(LINE_BESIDE_TARGET)
    }
}

/// The request line beside its target: the longest method we know, two spaces, the version, CR.
const LINE_BESIDE_TARGET: u32 = 7 + 2 + 8 + 1;

/// Longer than any name or length that matters here.
const KEPT: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before the first byte of a head.
    Idle,
    RequestLine,
    LineStart,
    Name,
    Value,
    /// After the CR of the empty line.
    End,
    Body(u64),
    /// Within a chunked body; no other head follows on this connection.
    Blind,
}

/// Where the head in progress stands.
#[derive(Debug)]
pub(super) struct HeadScanner {
    limits: HeadLimits,
    stage: Stage,
    bytes: u32,
    fields: u32,
    after_cr: bool,
    word: Vec<u8>,
    is_length: bool,
    length: Option<u64>,
    is_chunked: bool,
}

impl HeadScanner {
    pub(super) fn new(limits: HeadLimits) -> Self {
        Self::with(limits, Vec::with_capacity(KEPT))
    }

    /// Before a head, with the room for words that the one before had.
    const fn with(limits: HeadLimits, word: Vec<u8>) -> Self {
        Self {
            limits,
            stage: Stage::Idle,
            bytes: 0,
            fields: 0,
            after_cr: false,
            word,
            is_length: false,
            length: None,
            is_chunked: false,
        }
    }

    /// Whether a head has begun and not ended.
    pub(super) const fn is_within_head(&self) -> bool {
        !matches!(self.stage, Stage::Idle | Stage::Body(_) | Stage::Blind)
    }

    /// Takes the next bytes of the connection.
    pub(super) fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Refusal> {
        while let Some((byte, rest)) = self.skip(bytes).split_first() {
            match self.stage {
                Stage::Blind => return Ok(()),
                Stage::Body(left) => {
                    let have = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    if have < left {
                        self.stage = Stage::Body(left - have);
                        return Ok(());
                    }
                    let skipped = usize::try_from(left).unwrap_or(usize::MAX);
                    bytes = bytes.split_at_checked(skipped).map_or(&[], |(_, after)| after);
                    self.stage = Stage::Idle;
                }
                _ => {
                    self.take(*byte)?;
                    bytes = rest;
                }
            }
        }
        Ok(())
    }

    /// Passes over the bytes at the beginning that [`Self::take`] would only count or keep, and gives the others. Never beyond a
    /// limit: the byte that breaks one is left to it, as is every byte that changes the stage.
    fn skip<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let limit = match self.stage {
            Stage::RequestLine => self.limits.bytes.min(self.limits.first_line()),
            Stage::Value if !self.is_length => self.limits.bytes,
            Stage::Name => self.limits.bytes,
            _ => return bytes,
        };
        if self.after_cr {
            return bytes;
        }
        let within = usize::try_from(limit.saturating_sub(self.bytes)).unwrap_or(usize::MAX);
        let end = match self.stage {
            Stage::Name => bytes.iter().position(|byte| b": \t\r\n".contains(byte)),
            _ => memchr2(b'\r', b'\n', bytes),
        };
        let plain = end.unwrap_or(bytes.len()).min(within);
        if self.stage == Stage::Name {
            let room = KEPT.saturating_sub(self.word.len());
            self.word.extend(bytes.iter().take(plain.min(room)).map(u8::to_ascii_lowercase));
        }
        self.bytes = self.bytes.saturating_add(u32::try_from(plain).unwrap_or(u32::MAX));
        bytes.split_at_checked(plain).map_or(&[], |(_, rest)| rest)
    }

    /// One byte of a head, by every rule.
    fn take(&mut self, byte: u8) -> Result<(), Refusal> {
        self.bytes = self.bytes.saturating_add(1);
        self.step(byte)?;
        self.after_cr = byte == b'\r';
        Ok(())
    }

    fn step(&mut self, byte: u8) -> Result<(), Refusal> {
        let in_first_line = matches!(self.stage, Stage::Idle | Stage::RequestLine);
        if in_first_line && self.bytes > self.limits.first_line() {
            return Err(Refusal::UriTooLong);
        }
        if self.bytes > self.limits.bytes {
            return Err(Refusal::HeadTooLarge);
        }
        let is_line_feed = byte == b'\n';
        if self.after_cr && !is_line_feed && self.stage != Stage::Idle {
            return Err(Refusal::Malformed);
        }
        match self.stage {
            Stage::Idle if byte == b'\r' || is_line_feed => {}
            Stage::Idle => self.stage = Stage::RequestLine,
            Stage::RequestLine if is_line_feed => self.end_line()?,
            Stage::LineStart => self.start_line(byte)?,
            Stage::Name => self.name(byte)?,
            Stage::Value if is_line_feed => {
                self.end_value()?;
                self.end_line()?;
            }
            Stage::Value if self.is_length && self.word.len() < KEPT => self.word.push(byte),
            Stage::End => self.end_head()?,
            Stage::RequestLine | Stage::Value | Stage::Body(_) | Stage::Blind => {}
        }
        Ok(())
    }

    /// A line ends with CR LF; a bare LF is where two readers part (RFC 9112 §2.2).
    const fn end_line(&mut self) -> Result<(), Refusal> {
        if !self.after_cr {
            return Err(Refusal::Malformed);
        }
        self.stage = Stage::LineStart;
        Ok(())
    }

    fn start_line(&mut self, byte: u8) -> Result<(), Refusal> {
        match byte {
            b'\r' => self.stage = Stage::End,
            // A bare LF, a folded line (RFC 9112 §5.2), a nameless field.
            b'\n' | b' ' | b'\t' | b':' => return Err(Refusal::Malformed),
            _ => {
                self.fields = self.fields.saturating_add(1);
                if self.fields > self.limits.fields {
                    return Err(Refusal::HeadTooLarge);
                }
                self.word.clear();
                self.word.push(byte.to_ascii_lowercase());
                self.stage = Stage::Name;
            }
        }
        Ok(())
    }

    fn name(&mut self, byte: u8) -> Result<(), Refusal> {
        match byte {
            b':' => {
                self.is_length = self.word == b"content-length";
                self.is_chunked |= self.word == b"transfer-encoding";
                self.word.clear();
                self.stage = Stage::Value;
            }
            // No white space before the colon (RFC 9112 §5.1), no line without one.
            b' ' | b'\t' | b'\r' | b'\n' => return Err(Refusal::Malformed),
            // A longer name keeps one letter too many, and so equals none we look for.
            _ if self.word.len() < KEPT => self.word.push(byte.to_ascii_lowercase()),
            _ => {}
        }
        Ok(())
    }

    fn end_value(&mut self) -> Result<(), Refusal> {
        if !self.is_length {
            return Ok(());
        }
        let digits = self.word.trim_ascii();
        let all_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        let length = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
        match length {
            Some(length) if all_digits && self.length.is_none() && self.word.len() < KEPT => {
                self.length = Some(length);
                Ok(())
            }
            // Not a number, or a second one, equal or not.
            _ => Err(Refusal::Malformed),
        }
    }

    fn end_head(&mut self) -> Result<(), Refusal> {
        if self.is_chunked && self.length.is_some() {
            return Err(Refusal::Malformed);
        }
        let next = match self.length {
            _ if self.is_chunked => Stage::Blind,
            Some(length) if length > 0 => Stage::Body(length),
            _ => Stage::Idle,
        };
        let word = std::mem::take(&mut self.word);
        *self = Self { stage: next, ..Self::with(self.limits, word) };
        Ok(())
    }
}

#[cfg(test)]
mod tests;
