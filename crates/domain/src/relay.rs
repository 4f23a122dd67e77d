//! A desktop that waits until its person has signed in on a phone and has chosen the number that the desktop shows
//! (channel kind `relay`), or has typed it in the chat of a service account that they follow (`follow`). The ticket is the
//! public half, which stands in the QR code; what the answer is fetched with stays in the cookie of the desktop's attempt.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::channel::{AppId, ChannelId};
use crate::entropy::{Entropy, NoEntropy, bytes};
use crate::id::{ClientId, UserId, base32};
use crate::scope::ScopeSet;
use crate::time::{Lifetime, Timestamp};
use crate::wechat_identity::OpenId;

/// How long a ticket can be answered.
pub const TICKET: Lifetime = Lifetime::from_minutes(2);
/// How many wrong numbers end a ticket.
pub const MOST_WRONG: u8 = 3;
/// Among how many numbers the person chooses.
pub const CHOICES: usize = 6;
/// What the scenes of our QR codes begin with.
const SCENE: &str = "magpie_";

/// The public name of a ticket: 128 random bits, nothing of time in them, since it is read off a screen by anybody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelayId(String);

impl RelayId {
    /// Draws a new one.
    ///
    /// # Errors
    /// [`NoEntropy`] when the system gives no random bytes.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        Ok(Self(base32(&bytes::<16>(entropy)?)))
    }

    /// Reads a name: 26 letters and digits of the alphabet of ids, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = |b: u8| b.is_ascii_digit() || (b.is_ascii_lowercase() && !b"ilou".contains(&b));
        (text.len() == 26 && text.bytes().all(known)).then(|| Self(text.to_owned()))
    }

    /// The 26 characters; also the scene of a mini program's code, which has room for 32 of them.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scene of a QR code of a service account (`scene_str`, at most 64 characters): ours among the operator's own.
    #[must_use]
    pub fn scene(&self) -> String {
        format!("{SCENE}{}", self.0)
    }

    /// Reads what [`Self::scene`] wrote; nothing for a scene that is not ours.
    #[must_use]
    pub fn of_scene(scene: &str) -> Option<Self> {
        scene.strip_prefix(SCENE).and_then(Self::parse)
    }
}

impl TryFrom<String> for RelayId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a ticket")
    }
}

impl From<RelayId> for String {
    fn from(id: RelayId) -> Self {
        id.0
    }
}

/// Whoever has it can answer for the desktop, so it is in no log.
impl fmt::Debug for RelayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayId(…)")
    }
}

/// The number that the desktop shows and the person chooses on the phone: 10 to 99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct MatchNumber(u8);

impl MatchNumber {
    const FIRST: u8 = 10;
    const LAST: u8 = 99;
    /// The largest multiple of 90 in a byte: refusing the rest keeps every number equally likely.
    const FAIR: u8 = 180;

    /// Draws one; each is as likely as any other.
    ///
    /// # Errors
    /// [`NoEntropy`] when the system gives no random bytes.
    pub fn draw(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        loop {
            let fair = bytes::<16>(entropy)?.into_iter().find(|byte| *byte < Self::FAIR);
            if let Some(byte) = fair {
                return Ok(Self::of_byte(byte));
            }
        }
    }

    fn of_byte(byte: u8) -> Self {
        Self(Self::FIRST.saturating_add(byte.checked_rem(90).unwrap_or_default()))
    }

    /// Reads two digits, else `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().and_then(Self::of)
    }

    /// The number, if it is one of them.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        (Self::FIRST..=Self::LAST).contains(&number).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The numbers to choose from, this one among them. `seed` is of the ticket, so that opening the page again, or on
    /// another phone, shows the very same six: what changed from one time to the next would tell which one stays.
    #[must_use]
    pub fn choices(self, seed: &[u8; 32]) -> [Self; CHOICES] {
        let mut chosen = vec![self];
        let fair = |byte: &&u8| **byte < Self::FAIR;
        let drawn = seed.iter().filter(fair).map(|byte| Self::of_byte(*byte));
        // The whole range stands behind a seed that repeats itself too often.
        for number in drawn.chain((Self::FIRST..=Self::LAST).map(Self)) {
            if chosen.len() < CHOICES && !chosen.contains(&number) {
                chosen.push(number);
            }
        }
        chosen.sort_unstable_by_key(|number| number.0);
        let mut choices = [self; CHOICES];
        choices.iter_mut().zip(chosen).for_each(|(place, number)| *place = number);
        choices
    }
}

impl TryFrom<u8> for MatchNumber {
    type Error = &'static str;
    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Self::of(number).ok_or("a number is 10 to 99")
    }
}

impl From<MatchNumber> for u8 {
    fn from(number: MatchNumber) -> Self {
        number.0
    }
}

impl fmt::Display for MatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What somebody writes in the chat to a desktop that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// Two digits: a number, or none that any desktop shows.
    Number(Option<MatchNumber>),
    /// `0`: this was not me.
    No,
}

impl Typed {
    /// Reads a message; nothing for every other, which is somebody else's business. Digits of full width count, as
    /// Chinese keyboards write them.
    #[must_use]
    pub fn read(message: &str) -> Option<Self> {
        let narrow = |c: char| match c {
            '０'..='９' => char::from_digit(u32::from(c).saturating_sub(u32::from('０')), 10),
            '0'..='9' => Some(c),
            _ => None,
        };
        let message = message.trim();
        // Two digits of full width are six bytes.
        let digits: Option<String> =
            (message.len() <= 6).then(|| message.chars().map(narrow).collect()).flatten();
        match digits?.as_str() {
            "0" => Some(Self::No),
            two if two.len() == 2 => Some(Self::Number(MatchNumber::parse(two))),
            _ => None,
        }
    }
}

/// A person within the account that they follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    /// The account.
    pub app_id: AppId,
    /// The person.
    pub openid: OpenId,
}

/// How a ticket is answered in a chat rather than on a page of ours (`follow`).
#[derive(Clone, PartialEq, Eq)]
pub struct ChatDoor {
    /// What WeChat's QR code says.
    pub code: String,
    /// Who scanned it first: nobody else can answer.
    pub scanned_by: Option<Follower>,
}

/// Whoever has the code can scan it.
impl fmt::Debug for ChatDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatDoor")
            .field("scanned", &self.scanned_by.is_some())
            .finish_non_exhaustive()
    }
}

/// A desktop that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayTicket {
    /// The row, and what the QR code says.
    pub id: RelayId,
    /// Which application asks.
    pub client_id: ClientId,
    /// Through which channel, of kind `relay` or `follow`.
    pub channel: ChannelId,
    /// The door in the chat; without one the phone opens a page of ours.
    pub chat: Option<ChatDoor>,
    /// What the application asked for, which decides whether WeChat is asked for a profile.
    pub scopes: ScopeSet,
    /// What the desktop shows.
    pub number: MatchNumber,
    /// The desktop's address, for the person to see.
    pub address: String,
    /// The desktop's browser, in words of ours.
    pub browser: String,
    /// When the desktop showed it.
    pub created_at: Timestamp,
    /// When it can no longer be answered, nor the answer be fetched.
    pub expires_at: Timestamp,
    /// How many wrong numbers were chosen.
    pub wrong_numbers: u8,
    /// What the phone said.
    pub answer: Option<RelayAnswer>,
    /// Whether the answer was fetched.
    pub taken: bool,
}

/// What a phone said to a desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayAnswer {
    /// Yes: this person, who came back from WeChat then.
    Approved {
        /// Who.
        user: UserId,
        /// When they signed in on the phone.
        auth_time: Timestamp,
    },
    /// Yes: this follower typed the number then. Who that is, the desktop finds out when it goes on.
    Confirmed {
        /// Who.
        follower: Follower,
        /// When.
        at: Timestamp,
    },
    /// No, or the desktop itself gave up.
    Refused,
    /// Too many wrong numbers.
    WrongNumbers,
}

impl RelayTicket {
    /// Whether its time is over; at the very second of its expiry it is.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Whether a phone can still answer.
    #[must_use]
    pub fn is_waiting(&self, now: Timestamp) -> bool {
        self.answer.is_none() && !self.is_expired(now)
    }
}

/// Which desktop a phone's attempt is about: it travels in the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayHandle {
    /// The row.
    pub ticket: RelayId,
    /// The service account by which the phone signs in, whatever others there are.
    pub through: ChannelId,
}

/// What a desktop's attempt waits for: it travels in the attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayWait {
    /// The channel, of kind `relay` or `follow`.
    pub channel: ChannelId,
    /// The row.
    pub ticket: RelayId,
    /// What the page shows.
    pub number: MatchNumber,
    /// Until when a phone can answer.
    pub until: Timestamp,
}

#[cfg(test)]
mod tests;
