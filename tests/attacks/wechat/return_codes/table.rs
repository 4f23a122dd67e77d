//! The one table of WeChat's return codes (wechat.md §7), read from the reference, the guide and the locale files by a
//! person: nothing of it is computed by what it tests.

use Answer::{Broken, Denied, Grant, Later};
use Turn::{Operator, Person, Wechat};

/// Whose turn it is: the `data-turn` of a page and the field of a log line; the words of the page; the words of the guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Person,
    Operator,
    Wechat,
}

impl Turn {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Operator => "operator",
            Self::Wechat => "wechat",
        }
    }

    /// English, Chinese.
    pub(crate) const fn words(self) -> [&'static str; 2] {
        match self {
            Self::Person => ["You", "你自己"],
            Self::Operator => ["Whoever runs this sign-in service", "本登录服务的运维人员"],
            Self::Wechat => ["WeChat", "微信"],
        }
    }

    /// How the guide's line begins, English and Chinese.
    pub(crate) const fn in_the_guide(self) -> [&'static str; 2] {
        match self {
            Self::Person => ["the person", "用户"],
            Self::Operator => ["the operator", "运维"],
            Self::Wechat => ["WeChat", "微信"],
        }
    }
}

/// What the token endpoint answers an application that brought the code (RFC 6749 §5.2, RFC 8693 §2.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The code is no good; a browser goes to WeChat once more by itself.
    Grant,
    /// Try again.
    Later,
    /// This person may not.
    Denied,
    /// The operator's fault or ours.
    Broken,
}

impl Answer {
    pub(crate) const fn of_oauth(self) -> (u16, &'static str) {
        match self {
            Grant => (400, "invalid_grant"),
            Later => (503, "temporarily_unavailable"),
            Denied => (400, "access_denied"),
            Broken => (500, "server_error"),
        }
    }
}

/// Number, help key, status of the page, answer of the token endpoint.
pub(crate) type Row = (i64, &'static str, u16, Answer);

/// A help key, whose turn it is, and what the page says in English and Chinese.
pub(crate) type Words = (&'static str, Turn, [&'static str; 2]);

/// Every code, and three that nobody has explained.
pub(crate) const CODES: [Row; 53] = [
    (-1, "busy", 503, Later),
    (40_001, "app_secret_invalid", 502, Broken),
    (40_002, "missing_parameter", 502, Broken),
    (40_003, "openid_invalid", 502, Broken),
    (40_013, "app_id_invalid", 502, Broken),
    (40_014, "token_invalid", 502, Broken),
    (40_029, "code_invalid", 400, Grant),
    (40_030, "token_invalid", 502, Broken),
    (40_035, "missing_parameter", 502, Broken),
    (40_097, "missing_parameter", 502, Broken),
    (40_125, "app_secret_invalid", 502, Broken),
    (40_163, "code_used", 400, Grant),
    (40_164, "ip_not_allowed", 502, Broken),
    (40_226, "user_blocked", 400, Denied),
    (40_243, "app_secret_frozen", 502, Broken),
    (41_001, "missing_parameter", 502, Broken),
    (41_002, "missing_parameter", 502, Broken),
    (41_003, "missing_parameter", 502, Broken),
    (41_004, "missing_parameter", 502, Broken),
    (41_008, "missing_parameter", 502, Broken),
    (41_009, "missing_parameter", 502, Broken),
    (42_001, "token_invalid", 502, Broken),
    (42_002, "token_invalid", 502, Broken),
    (42_003, "code_expired", 400, Grant),
    (42_007, "token_invalid", 502, Broken),
    (43_002, "unknown", 502, Broken),
    (43_003, "unknown", 502, Broken),
    (43_004, "user_must_follow", 400, Denied),
    (45_009, "quota_reached", 503, Later),
    (45_011, "too_frequent", 503, Later),
    (46_004, "openid_invalid", 502, Broken),
    (48_001, "api_not_authorized", 502, Broken),
    (48_004, "api_banned", 502, Broken),
    (48_017, "retired_ip", 502, Broken),
    (50_001, "user_refused", 400, Denied),
    (50_002, "user_limited", 400, Denied),
    (50_005, "user_must_follow", 400, Denied),
    (61_003, "component_not_authorized", 502, Broken),
    (61_004, "component_not_authorized", 502, Broken),
    (61_005, "component_not_authorized", 503, Later),
    (61_006, "component_not_authorized", 503, Later),
    (61_007, "component_not_authorized", 502, Broken),
    (61_009, "component_not_authorized", 502, Broken),
    (61_010, "component_not_authorized", 502, Broken),
    (61_011, "component_not_authorized", 502, Broken),
    (61_023, "component_not_authorized", 502, Broken),
    (61_024, "component_not_authorized", 502, Broken),
    (89_503, "ip_not_allowed", 502, Broken),
    (89_506, "ip_not_allowed", 502, Broken),
    (89_507, "ip_not_allowed", 502, Broken),
    (99_999, "unknown", 502, Broken),
    (i64::MAX, "unknown", 502, Broken),
    (i64::MIN, "unknown", 502, Broken),
];

/// What every page of them says above.
pub(crate) const TITLE: [&str; 2] = ["WeChat did not complete the sign-in", "微信登录没有完成"];

/// The texts.
pub(crate) const WORDS: [Words; 22] = [
    ("busy", Wechat, ["WeChat is busy at the moment.", "微信现在比较繁忙。"]),
    (
        "app_secret_invalid",
        Operator,
        ["This service is not set up correctly with WeChat.", "本服务与微信的对接没有设置好。"],
    ),
    (
        "missing_parameter",
        Operator,
        ["Something was missing when we asked WeChat about you.", "我们向微信查询时缺少了内容。"],
    ),
    (
        "openid_invalid",
        Operator,
        [
            "WeChat did not recognise your account for this service.",
            "微信没有认出你在本服务的账号。",
        ],
    ),
    (
        "app_id_invalid",
        Operator,
        ["This service is not set up correctly with WeChat.", "本服务与微信的对接没有设置好。"],
    ),
    (
        "token_invalid",
        Person,
        [
            "WeChat withdrew its permission before the sign-in was finished. This happens, for instance, after a change of password.",
            "登录完成之前，微信收回了授权，例如刚刚修改过微信密码。",
        ],
    ),
    (
        "code_invalid",
        Person,
        [
            "WeChat did not recognise the confirmation that came back with you.",
            "微信没有认出你带回来的确认信息。",
        ],
    ),
    (
        "code_used",
        Person,
        [
            "WeChat says that this sign-in has been used already, most likely because the page was loaded twice.",
            "微信表示这次登录已经用过，多半是因为页面被打开了两次。",
        ],
    ),
    (
        "ip_not_allowed",
        Operator,
        [
            "WeChat does not accept calls from this service's server.",
            "微信不接受来自本服务服务器的请求。",
        ],
    ),
    (
        "user_blocked",
        Person,
        [
            "WeChat considers your WeChat account to be at risk and does not let it sign in.",
            "微信认为你的微信账号存在风险，不允许登录。",
        ],
    ),
    (
        "app_secret_frozen",
        Operator,
        ["WeChat has put this service's access on hold.", "微信暂停了本服务的访问。"],
    ),
    (
        "code_expired",
        Person,
        [
            "Too much time passed between your confirmation in WeChat and your return.",
            "从你在微信中确认到返回这里，间隔时间太长。",
        ],
    ),
    (
        "unknown",
        Wechat,
        [
            "WeChat refused the sign-in for a reason that we do not know.",
            "微信拒绝了登录，原因我们还不了解。",
        ],
    ),
    (
        "user_must_follow",
        Person,
        [
            "Only people who follow this service's WeChat account can sign in.",
            "只有关注了本服务公众号的人才能登录。",
        ],
    ),
    (
        "quota_reached",
        Operator,
        [
            "This service has used up what WeChat allows it in one day.",
            "本服务已用完微信当天允许的次数。",
        ],
    ),
    (
        "too_frequent",
        Wechat,
        [
            "WeChat is receiving too many sign-ins from this service in one minute.",
            "本服务在一分钟内向微信发起的登录过多。",
        ],
    ),
    (
        "api_not_authorized",
        Operator,
        [
            "WeChat has not granted this service what it needs for signing people in.",
            "微信没有授予本服务登录所需的权限。",
        ],
    ),
    (
        "api_banned",
        Operator,
        [
            "WeChat has withdrawn what this service needs for signing people in.",
            "微信收回了本服务登录所需的权限。",
        ],
    ),
    (
        "retired_ip",
        Operator,
        [
            "This service calls WeChat at an address that WeChat has retired.",
            "本服务访问的是微信已停用的地址。",
        ],
    ),
    (
        "user_refused",
        Person,
        [
            "You did not allow WeChat to share your information, or withdrew the permission.",
            "你没有允许微信提供信息，或者已经撤回了授权。",
        ],
    ),
    (
        "user_limited",
        Person,
        [
            "WeChat has limited your account, or this service's account.",
            "微信限制了你的账号，或者限制了本服务的账号。",
        ],
    ),
    (
        "component_not_authorized",
        Operator,
        [
            "The WeChat account of this service has not authorized the platform that acts for it.",
            "本服务的微信账号没有授权给代它工作的平台。",
        ],
    ),
];
