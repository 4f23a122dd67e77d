//! A person's phone number, as WeChat vouches for it.

use std::fmt;

/// A number in the form of E.164: `+`, country code and number, 15 digits at most (OIDC Core §5.1 `phone_number`).
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads `+` and 5 to 15 digits that do not begin with zero, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let plausible = (5..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        plausible.then(|| Self(text.to_owned()))
    }

    /// Puts country code and number together.
    #[must_use]
    pub fn of(country_code: &str, number: &str) -> Option<Self> {
        let is_code = (1..=3).contains(&country_code.len());
        if is_code && !number.is_empty() {
            Self::parse(&format!("+{country_code}{number}"))
        } else {
            None
        }
    }

    /// The way out, for the store and the claim alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_country_code_and_digits() {
        for (code, number, expected) in [
            ("86", "13800000000", Some("+8613800000000")),
            ("1", "2025550100", Some("+12025550100")),
            ("852", "51234567", Some("+85251234567")),
            ("", "13800000000", None),
            ("0", "13800000000", None),
            ("86", "", None),
            ("86", "138 0000", None),
            ("+86", "13800000000", None),
            ("86", "1380000000000000", None),
            ("1234", "5678901", None),
            ("86", "１３８００００００００", None),
        ] {
            let read = PhoneNumber::of(code, number);
            assert_eq!(read.as_ref().map(PhoneNumber::as_str), expected, "{code} {number}");
            assert!(!format!("{read:?}").contains("138"));
        }
    }
}
