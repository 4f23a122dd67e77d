//! Our cookies. `__Host-` and `Secure` wherever the issuer is https: no sibling domain can plant or read them.
//! `SameSite=Lax`, since the way back from WeChat is a cross-site top-level GET, which `Strict` would not carry.

use std::fmt;

use axum::http::{HeaderMap, HeaderValue, header};
use magpie_domain::{AttemptId, Issuer, Lifetime, Locale};
use magpie_flows::{AttemptCookie, PresentedAttempt};

/// Most attempts one browser keeps at a time, and most bytes they may take; older ones are dropped (AZ-37).
const MOST_ATTEMPTS: usize = 6;
const MOST_ATTEMPT_BYTES: usize = 6 * 1024;

/// Longest value of an attempt's cookie; browsers keep 4096 bytes of a cookie, name and attributes included.
const LONGEST_ATTEMPT: usize = 4096;

/// Cookies of a request, as sent. Nothing of them is trusted yet.
pub(crate) struct Cookies<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    prefix: &'static str,
}

impl<'a> Cookies<'a> {
    /// Reads every `Cookie` header; what is no `name=value` in visible ASCII is passed over, alone: a sibling domain
    /// that plants a strange byte must not hide our cookies, which share its line (AD-05).
    pub(crate) fn read(headers: &'a HeaderMap, issuer: &Issuer) -> Self {
        let lines = headers.get_all(header::COOKIE).iter();
        let pairs = lines
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| std::str::from_utf8(pair.trim_ascii()).ok())
            .filter(|pair| pair.bytes().all(|byte| matches!(byte, b' '..=b'~')))
            .filter_map(|pair| pair.split_once('='));
        Self { pairs: pairs.collect(), prefix: prefix(issuer) }
    }

    /// The session cookie; two of the same name are treated as none, since one of them was planted (AD-05).
    pub(crate) fn session(&self) -> Option<&'a str> {
        self.single("session")
    }

    /// The language that the person chose.
    pub(crate) fn language(&self) -> Option<Locale> {
        self.single("language").and_then(Locale::from_tag)
    }

    fn single(&self, name: &str) -> Option<&'a str> {
        let mut found =
            self.pairs.iter().filter(|(known, _)| known.strip_prefix(self.prefix) == Some(name));
        let (_, value) = found.next()?;
        found.next().is_none().then_some(*value)
    }

    /// Every cookie that could be an attempt's: a well-formed id in its name, a value that a browser would keep.
    pub(crate) fn attempts(&self) -> Vec<PresentedAttempt<'a>> {
        let of_attempt = |(name, value): &(&'a str, &'a str)| {
            let id = name.strip_prefix(self.prefix)?.strip_prefix("attempt-")?;
            let plausible = (1..=LONGEST_ATTEMPT).contains(&value.len());
            (plausible && AttemptId::parse(id).is_some()).then_some(PresentedAttempt { id, value })
        };
        self.pairs.iter().filter_map(of_attempt).take(4 * MOST_ATTEMPTS).collect()
    }

    /// The cookie of one attempt.
    pub(crate) fn attempt(&self, id: &AttemptId) -> Option<PresentedAttempt<'a>> {
        self.attempts().into_iter().find(|cookie| cookie.id == id.as_str())
    }

    /// The oldest attempts that must go so that a new one fits; ids sort by the time they were made.
    fn surplus(&self, newcomer: &AttemptCookie) -> Vec<String> {
        let mut kept: Vec<_> = self.attempts();
        kept.retain(|cookie| cookie.id != newcomer.attempt.as_str());
        kept.sort_by(|a, b| b.id.cmp(a.id));
        let mut bytes = newcomer.value.as_ref().map_or(0, String::len);
        let mut surplus = Vec::new();
        for (position, cookie) in kept.iter().enumerate() {
            bytes = bytes.saturating_add(cookie.value.len());
            if position.saturating_add(1) >= MOST_ATTEMPTS || bytes > MOST_ATTEMPT_BYTES {
                surplus.push(cookie.id.to_owned());
            }
        }
        surplus
    }
}

/// Values are secrets and names are anybody's text.
impl fmt::Debug for Cookies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookies").field("number", &self.pairs.len()).finish_non_exhaustive()
    }
}

/// `__Host-` demands https, `Secure` and `Path=/`; development on loopback has none of it.
const fn prefix(issuer: &Issuer) -> &'static str {
    if issuer.is_secure() { "__Host-magpie-" } else { "magpie-" }
}

/// Cookies of an answer.
#[derive(Debug)]
pub(crate) struct SetCookies<'a> {
    issuer: &'a Issuer,
    lines: Vec<HeaderValue>,
}

impl<'a> SetCookies<'a> {
    pub(crate) const fn new(issuer: &'a Issuer) -> Self {
        Self { issuer, lines: Vec::new() }
    }

    /// Sets or removes an attempt's cookie, and removes what no longer fits beside it.
    pub(crate) fn attempt(
        mut self,
        cookie: &AttemptCookie,
        present: &Cookies<'_>,
        lifetime: Lifetime,
    ) -> Self {
        let name = format!("attempt-{}", cookie.attempt);
        match &cookie.value {
            Some(value) => {
                for old in present.surplus(cookie) {
                    self.set(&format!("attempt-{old}"), "", Lifetime::from_seconds(0));
                }
                self.set(&name, value, lifetime);
            }
            None => self.set(&name, "", Lifetime::from_seconds(0)),
        }
        self
    }

    /// Sets the session cookie.
    pub(crate) fn session(mut self, value: &str, lifetime: Lifetime) -> Self {
        self.set("session", value, lifetime);
        self
    }

    /// Remembers the language that the person chose.
    pub(crate) fn language(mut self, locale: Locale) -> Self {
        self.set("language", locale.tag(), Lifetime::from_days(365));
        self
    }

    fn set(&mut self, name: &str, value: &str, lifetime: Lifetime) {
        let secure = if self.issuer.is_secure() { "; Secure" } else { "" };
        let line = format!(
            "{}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}",
            prefix(self.issuer),
            lifetime.as_seconds()
        );
        // Names and values are ours: ids and base64url.
        if let Ok(mut line) = HeaderValue::from_str(&line) {
            line.set_sensitive(true);
            self.lines.push(line);
        }
    }

    /// Writes the lines into an answer.
    pub(crate) fn apply(self, headers: &mut HeaderMap) {
        for line in self.lines {
            headers.append(header::SET_COOKIE, line);
        }
    }
}

#[cfg(test)]
mod tests;
