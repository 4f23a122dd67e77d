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
mod tests {
    use super::*;

    fn key(text: &str) -> String {
        MemberId::parse(text).unwrap().key().as_key().to_owned()
    }

    /// Traps of wechat.md §12.2: characters that no openid has, letter case, linked organisations.
    #[test]
    fn a_member_is_named_as_the_organisation_chose_and_compared_as_wecom_compares() {
        for (text, expected) in [
            ("zhangsan", "userid:zhangsan"),
            ("ZhangSan", "userid:zhangsan"),
            ("zhang.san@corp_1-a", "userid:zhang.san@corp_1-a"),
            ("7", "userid:7"),
            ("wwAbC/ZhangSan", "userid:wwAbC/zhangsan"),
        ] {
            assert_eq!(key(text), expected);
            assert_eq!(MemberId::parse(text).unwrap().as_sent(), text);
        }
        assert_ne!(key("wwAbC/zhangsan"), key("wwabc/zhangsan"), "another organisation");
        assert_ne!(key("wwAbC/zhangsan"), key("zhangsan"));
        assert!(MemberId::parse(&"a".repeat(64)).is_some());
        let long = "a".repeat(65);
        for text in ["", " ", "zhang san", "张三", "a/b/c", "/a", "a/", "a:b", "a\n", &long] {
            assert!(MemberId::parse(text).is_none(), "{text:?}");
        }
    }

    /// Nobody becomes somebody else by the form of a key.
    #[test]
    fn a_member_and_an_openid_of_the_same_letters_are_two_people() {
        let (member, openid) =
            (MemberId::parse("oAnn").unwrap().key(), OpenId::parse("oAnn").unwrap());
        assert_ne!(member, openid);
        assert!(member.is_member() && !openid.is_member());
        assert!(OpenId::parse(member.as_key()).is_none(), "WeChat cannot send a member's key");
        for key in [member, openid] {
            assert_eq!(OpenId::from_key(key.as_key()), Some(key));
        }
        for text in ["userid:", "userid:a b", "a b", "other:a"] {
            assert_eq!(OpenId::from_key(text), None, "{text}");
        }
    }

    #[test]
    fn a_mailbox_is_an_address_in_small_letters() {
        let read = |text: &str| CorporateMail::parse(text).map(|mail| mail.as_str().to_owned());
        assert_eq!(read("Zhang.San@Corp.Example"), Some("zhang.san@corp.example".to_owned()));
        let long = format!("a@{}.example", "b".repeat(250));
        for text in [
            "",
            "a",
            "@b.c",
            "a@",
            "a@b",
            "a@b..c",
            "a@b.c@d.e",
            "a b@c.d",
            "a@b.c\n",
            "张@b.c",
            &long,
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn nothing_of_a_member_is_printed() {
        let mail = CorporateMail::parse("planted@corp.example").unwrap();
        let member = Member { id: MemberId::parse("planted").unwrap(), mailbox: Mailbox::Is(mail) };
        assert!(!format!("{member:?}").contains("planted"));
    }
}
