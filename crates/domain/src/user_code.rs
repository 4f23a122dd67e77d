//! The code that a person carries from a device to a browser (RFC 8628 §6.1): eight letters of an alphabet without
//! vowels, so that no word comes about and no letter is taken for a digit. 34 bits, for minutes, behind limits.
//! Whatever a person types around the letters is passed over; a letter that is not of the alphabet is a mistake.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entropy::{Entropy, NoEntropy, bytes};

/// The alphabet of RFC 8628 §6.1.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many letters: 20^8 codes.
const LETTERS: usize = 8;
/// The most characters that are looked at: a person types nine, with blanks between all of them eighteen.
const LONGEST: usize = 64;

/// The code that a person carries.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserCode(String);

impl UserCode {
    /// Draws a new code.
    ///
    /// # Errors
    /// [`NoEntropy`] when the system gives no random bytes.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        let mut letters = String::with_capacity(LETTERS);
        while letters.len() < LETTERS {
            for byte in bytes::<16>(entropy)? {
                // 240 is the largest multiple of 20 in a byte: refusing the rest keeps every letter equally likely.
                let index = usize::from(byte);
                if index < 240
                    && letters.len() < LETTERS
                    && let Some(letter) = ALPHABET.get(index.checked_rem(20).unwrap_or_default())
                {
                    letters.push(char::from(*letter));
                }
            }
        }
        Ok(Self(letters))
    }

    /// Reads what somebody typed: small or large letters, full-width ones too, with blanks, dashes or dots anywhere.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut letters = String::with_capacity(LETTERS);
        for (position, typed) in text.chars().enumerate() {
            if position >= LONGEST {
                return None;
            }
            let letter = narrow(typed).to_ascii_uppercase();
            if u8::try_from(letter).is_ok_and(|byte| ALPHABET.contains(&byte)) {
                letters.push(letter);
            } else if letter.is_alphanumeric() {
                return None;
            }
        }
        (letters.len() == LETTERS).then_some(Self(letters))
    }

    /// The letters alone, for the keyed hash by which the device is found.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A full-width character as the ASCII one that it stands for: what a Chinese keyboard may give.
fn narrow(typed: char) -> char {
    match u32::from(typed) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide.saturating_sub(0xFEE0)).unwrap_or(typed),
        _ => typed,
    }
}

/// As it is shown: two groups of four.
impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at_checked(4).unwrap_or((&self.0, ""));
        write!(f, "{first}-{second}")
    }
}

/// Whoever has it can answer for the device.
impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(…)")
    }
}

impl TryFrom<String> for UserCode {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::read(&text).ok_or("not a user code")
    }
}

impl From<UserCode> for String {
    fn from(code: UserCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededEntropy;

    /// V4. Seen red with small letters refused.
    #[test]
    fn what_a_person_types_around_the_letters_does_not_matter() {
        let code = UserCode::read("WDJBMJHT").unwrap();
        for typed in [
            "wdjb-mjht",
            " WDJB MJHT ",
            "w d j b-m j h t",
            "ＷＤＪＢ－ｍｊｈｔ",
            "WDJB—MJHT",
            "wdjb.mjht",
        ] {
            assert_eq!(UserCode::read(typed).as_ref(), Some(&code), "{typed}");
        }
        assert_eq!(code.to_string(), "WDJB-MJHT");
        let long = "-".repeat(100);
        for wrong in [
            "",
            "WDJB",
            "WDJBMJHTT",
            "WDJBMJHA",
            "WDJBMJH1",
            "WDJBMJH中",
            &format!("WDJBMJHT{long}"),
        ] {
            assert_eq!(UserCode::read(wrong), None, "{wrong}");
        }
    }

    /// V4: at least 20 bits; each letter comes up. Seen red with a letter that is never drawn.
    #[test]
    fn a_code_is_eight_letters_without_vowels() {
        let entropy = SeededEntropy::new(4);
        let mut seen = String::new();
        for _ in 0..100 {
            let code = UserCode::draw(&entropy).unwrap();
            assert_eq!(UserCode::read(&code.to_string()), Some(code.clone()));
            seen.push_str(code.as_str());
        }
        for letter in ALPHABET {
            assert!(seen.contains(char::from(*letter)), "{letter}");
        }
        assert!(!seen.contains(|letter: char| "AEIOUY0123456789".contains(letter)));
        assert_eq!(format!("{:?}", UserCode::draw(&entropy).unwrap()), "UserCode(…)");
    }
}
