//! Scopes we know (OIDC Core §5.4) and sets of them. Unknown scopes are dropped, never refused (design §6).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A scope that changes what an application receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// An ID token and userinfo: OpenID Connect rather than plain OAuth.
    OpenId,
    /// `name`, `picture`, `preferred_username` and the like.
    Profile,
    /// `email`, where the client's policy has one.
    Email,
    /// `phone_number`, where WeChat vouched for one.
    Phone,
    /// `groups`.
    Groups,
    /// openid and unionid, for payments and messages.
    Wechat,
    /// A refresh token (OIDC Core §11).
    OfflineAccess,
}

impl Scope {
    /// Every scope, in the order in which sets are written.
    pub const ALL: [Self; 7] = [
        Self::OpenId,
        Self::Profile,
        Self::Email,
        Self::Phone,
        Self::Groups,
        Self::Wechat,
        Self::OfflineAccess,
    ];

    /// The scope's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Groups => "groups",
            Self::Wechat => "wechat",
            Self::OfflineAccess => "offline_access",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::OpenId => 1,
            Self::Profile => 2,
            Self::Email => 4,
            Self::Groups => 8,
            Self::Wechat => 16,
            Self::OfflineAccess => 32,
            Self::Phone => 64,
        }
    }
}

/// A set of scopes, always written in the same order.
#[derive(Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ScopeSet(u8);

impl ScopeSet {
    /// Reads a space-separated list and keeps the scopes we know.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Scope::ALL
            .into_iter()
            .filter(|scope| text.split(' ').any(|word| word == scope.as_str()))
            .collect()
    }

    /// Whether the scope is in the set.
    #[must_use]
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// The scopes that are in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The scopes that are in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether every scope of `other` is in this set.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The scopes in writing order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScopeSet({self})")
    }
}

impl From<String> for ScopeSet {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}

impl From<ScopeSet> for String {
    fn from(set: ScopeSet) -> Self {
        set.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_dropped_and_order_does_not_matter() {
        let set = ScopeSet::parse("profile zzz openid openid");
        assert_eq!(set.to_string(), "openid profile");
        assert!(set.contains(Scope::OpenId) && !set.contains(Scope::Email));
        assert!(ScopeSet::parse("openid profile email").covers(set));
        assert!(!set.covers(ScopeSet::parse("email")));
        assert!(ScopeSet::parse("OPENID").is_empty());
    }
}
