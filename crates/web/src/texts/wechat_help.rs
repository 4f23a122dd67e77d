//! What a refusal by WeChat means, in a person's words and in an operator's.
//!
//! The pure rules turn WeChat's numbers into a help key; this file turns the key into text, and knows every key there is.
//! A key it has never heard of gets the text of `unknown`, so that no refusal is ever without words.
//! The error page shows `what`, `turn` and `advice`; `cure` and `console` go to the operator's log.

use serde::Deserialize;

/// Who can do something about a trouble.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// The person in front of the page.
    Person,
    /// Those who run the application that asked for the sign-in.
    Application,
    /// Those who run this service.
    #[default]
    Operator,
    /// WeChat itself: waiting is all one can do.
    Wechat,
}

impl Turn {
    /// The name in the catalog and in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Application => "application",
            Self::Operator => "operator",
            Self::Wechat => "wechat",
        }
    }
}

/// The words about one refusal.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Help {
    /// What happened, for the person.
    pub what: String,
    /// Whose turn it is.
    pub turn: Turn,
    /// What the person does next.
    pub advice: String,
    /// What the operator does about it.
    pub cure: String,
    /// The console page to open; empty when none helps.
    pub console: String,
}

/// Declares a table of the catalog whose keys are a closed list: each key is a field, so that the reader of the catalog
/// refuses a missing or an unknown one.
macro_rules! help_table {
    ($(#[$doc:meta])* $table:ident: $($key:ident),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $table {
            $($key: Help),+
        }

        impl $table {
            /// Every key, in the order of the catalog.
            pub const KEYS: &[&str] = &[$(stringify!($key)),+];

            /// The words for a key, if there is such a key.
            #[must_use]
            pub fn get(&self, key: &str) -> Option<&Help> {
                $(if key == stringify!($key) {
                    return Some(&self.$key);
                })+
                None
            }
        }
    };
}

pub(super) use help_table;

help_table! {
    /// Refusals that WeChat answers to our server, by help key (wechat.md section 7).
    WechatHelp:
    code_used, code_invalid, code_expired, busy, too_frequent, quota_reached, app_id_invalid, app_secret_invalid,
    app_secret_frozen, ip_not_allowed, api_not_authorized, api_banned, user_blocked, user_limited, user_must_follow,
    user_refused, missing_parameter, token_invalid, openid_invalid, retired_ip, component_not_authorized, unreachable,
    unreadable, snapshot_user, union_id_missing, unknown,
}

help_table! {
    /// Refusals that WeChat shows in the browser, after which nobody comes back. For guides and for the console.
    WechatPageHelp:
    code_10003, code_10004, code_10005, code_10006, code_10009, code_10010, code_10011, code_10012, code_10013,
    code_10015, code_10016, link_unavailable, outside_wechat,
}

impl WechatHelp {
    /// The words for a key; those of `unknown` for a key that nobody has described.
    #[must_use]
    pub fn of(&self, key: &str) -> &Help {
        self.get(key).unwrap_or(&self.unknown)
    }
}
