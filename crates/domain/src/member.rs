//! A member of an organisation in WeCom (企业微信): how they are named there, and what the organisation gave them.

use std::fmt;

use crate::channel::AppId;
use crate::wechat_identity::OpenId;

/// The longest userid, in bytes (wechat.md §12.2).
const LONGEST_USERID: usize = 64;

/// A member's userid as WeCom sent it, with the corp id before it where the member belongs to a linked organisation
/// (`CorpId/userid`). Told by the `wechat` scope alone, never logged.
///
/// The organisation chooses userids; they hold characters that no openid has. WeCom compares them without regard to
/// letter case, so two that differ in nothing else are one member: compare by [`Self::key`], which is why there is no `Eq`.
#[derive(Clone)]
pub struct MemberId {
    text: String,
    compared: String,
}

impl MemberId {
    /// Reads a userid, or `None` for what cannot be one: 1 to 64 letters, digits, `_`, `-`, `@` or `.`, and a corp id
    /// with a slash before it for a linked organisation.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (corp, userid) = match text.split_once('/') {
            Some((corp, userid)) => (Some(AppId::parse(corp)?), userid),
            None => (None, text),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-@.".contains(&b);
        if !(1..=LONGEST_USERID).contains(&userid.len()) || !userid.bytes().all(plain) {
            return None;
        }
        let lower = userid.to_ascii_lowercase();
        let compared = match corp {
            // The case of a corp id counts, like that of every AppID.
            Some(corp) => format!("{corp}/{lower}"),
            None => lower,
        };
        Some(Self { text: text.to_owned(), compared })
    }

    /// As WeCom sent it, for the store and the claim alone.
    #[must_use]
    pub fn as_sent(&self) -> &str {
        &self.text
    }

    /// The key to find the member by, in the place of an openid.
    #[must_use]
    pub fn key(&self) -> OpenId {
        OpenId::of_member(&self.compared)
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemberId(…)")
    }
}

/// The mailbox that the organisation assigned to a member (`biz_mail`, 企业邮箱), in small letters.
/// Told by the `email` scope under [`crate::EmailPolicy::Corporate`] alone, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct CorporateMail(String);

impl CorporateMail {
    /// Reads an address of at most 254 bytes: one `@` with plain characters on both sides, else `None`. Letter case is
    /// given up, since an address is one person's however it is written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        let is_local = |b: u8| b.is_ascii_alphanumeric() || b".!#$%&'*+-/=?^_`{|}~".contains(&b);
        let is_domain = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
        let fits = text.len() <= 254
            && (1..=64).contains(&local.len())
            && local.bytes().all(is_local)
            && domain.contains('.')
            && domain.split('.').all(|label| !label.is_empty())
            && domain.bytes().all(is_domain);
        fits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The address, for the store and the claim alone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CorporateMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CorporateMail(…)")
    }
}

/// What is known of the mailbox after one login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mailbox {
    /// WeCom was not asked, or did not answer: what was known before stays.
    Untold,
    /// WeCom answered, and the member has none: what was known before is forgotten.
    None,
    /// WeCom answered with this one.
    Is(CorporateMail),
}

/// What one login by WeCom said of a member beyond a profile.
#[derive(Debug, Clone)]
pub struct Member {
    /// How they are named.
    pub id: MemberId,
    /// What the organisation assigned to them.
    pub mailbox: Mailbox,
}

impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        self.id.text == other.id.text && self.mailbox == other.mailbox
    }
}

impl Eq for Member {}

#[cfg(test)]
mod tests;
