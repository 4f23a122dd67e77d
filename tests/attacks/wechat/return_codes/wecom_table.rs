//! WeCom's return codes (wechat.md §12.3), as the other table has WeChat's. Three numbers have tests of their own: 40029
//! restarts the sign-in, 40014 and 42001 first fetch another token; 84014 and 84015 stop nobody.

use super::table::Turn::{Operator, Wechat};
use super::table::Words;

/// Number, help key, status of the page; every row answers with a page at once.
pub(crate) const CODES: [(i64, &str, u16); 19] = [
    (-1, "wecom_busy", 503),
    (45_009, "wecom_too_frequent", 503),
    (45_033, "wecom_too_frequent", 503),
    (40_001, "wecom_secret_invalid", 502),
    (40_091, "wecom_secret_invalid", 502),
    (40_013, "wecom_corp_id_invalid", 502),
    (40_056, "wecom_agent_invalid", 502),
    (41_004, "wecom_missing_parameter", 502),
    (41_008, "wecom_missing_parameter", 502),
    (48_002, "wecom_api_not_permitted", 502),
    (50_001, "wecom_domain_not_trusted", 502),
    (50_002, "wecom_out_of_range", 400),
    (50_003, "wecom_app_disabled", 502),
    (60_011, "wecom_out_of_range", 400),
    (60_020, "wecom_ip_not_allowed", 502),
    (60_111, "wecom_member_unknown", 400),
    (99_999, "wecom_unknown", 502),
    (i64::MAX, "wecom_unknown", 502),
    (i64::MIN, "wecom_unknown", 502),
];

/// What every page of them says above.
pub(crate) const TITLE: [&str; 2] =
    ["The sign-in with WeCom was not completed", "企业微信登录没有完成"];

/// Of whom one waits, where it is WeCom's turn.
pub(crate) const WECOM: [&str; 2] = ["WeCom", "企业微信"];

/// The texts.
pub(crate) const WORDS: [Words; 13] = [
    ("wecom_busy", Wechat, ["WeCom is busy at the moment.", "企业微信现在比较繁忙。"]),
    (
        "wecom_too_frequent",
        Wechat,
        ["WeCom is receiving too many calls from this service.", "本服务对企业微信的调用过多。"],
    ),
    (
        "wecom_secret_invalid",
        Operator,
        ["This service is not set up correctly with WeCom.", "本服务与企业微信的对接没有设置好。"],
    ),
    (
        "wecom_corp_id_invalid",
        Operator,
        ["This service is not set up correctly with WeCom.", "本服务与企业微信的对接没有设置好。"],
    ),
    (
        "wecom_agent_invalid",
        Operator,
        ["This service is not set up correctly with WeCom.", "本服务与企业微信的对接没有设置好。"],
    ),
    (
        "wecom_missing_parameter",
        Operator,
        [
            "Something was missing when we asked WeCom about you.",
            "我们向企业微信查询时缺少了内容。",
        ],
    ),
    (
        "wecom_api_not_permitted",
        Operator,
        [
            "WeCom has not granted this service what it needs for signing people in.",
            "企业微信没有授予本服务登录所需的权限。",
        ],
    ),
    (
        "wecom_domain_not_trusted",
        Operator,
        ["This service is not set up correctly with WeCom.", "本服务与企业微信的对接没有设置好。"],
    ),
    (
        "wecom_out_of_range",
        Operator,
        ["Your organisation has not opened this sign-in to you.", "你的企业没有向你开放这个登录。"],
    ),
    (
        "wecom_app_disabled",
        Operator,
        ["Your organisation has switched this sign-in off.", "你的企业停用了这个登录。"],
    ),
    (
        "wecom_ip_not_allowed",
        Operator,
        [
            "WeCom does not accept calls from this service's server.",
            "企业微信不接受来自本服务服务器的请求。",
        ],
    ),
    (
        "wecom_member_unknown",
        Operator,
        [
            "Your organisation has no member of your name in WeCom any more.",
            "你的企业在企业微信中已经没有你这个成员。",
        ],
    ),
    (
        "wecom_unknown",
        Wechat,
        [
            "WeCom refused the sign-in for a reason that we do not know.",
            "企业微信拒绝了登录，原因我们还不了解。",
        ],
    ),
];
