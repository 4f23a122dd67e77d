//! The pages that WeChat shows when a link breaks a rule (wechat.md section 1.7). No callback leaves them.
//! They answer HTTP 200, as WeChat's do; `#error` carries the number or a name in `data-code`.

use super::{escape, page};
use crate::{api::errcode::meaning, pages::rules::Refusal};

/// The page of one refusal.
pub(crate) fn show(refusal: Refusal) -> String {
    let (code, text) = describe(refusal);
    let body = format!(
        "<h1 id=\"error\" data-code=\"{code}\">{}</h1><p>错误码 · error code {code}</p>\
         <p><small>微信不会为此回调应用。 · WeChat calls nobody back for this.</small></p>",
        escape(text)
    );
    page("出错了 · Refused", &body)
}

/// The name or number of a refusal, and its text.
pub(crate) fn describe(refusal: Refusal) -> (String, &'static str) {
    match refusal {
        Refusal::Unreachable => {
            ("unreachable".to_owned(), "该链接无法访问 · This link cannot be opened")
        }
        Refusal::NotInWechat => {
            ("not-in-wechat".to_owned(), "请在微信客户端打开链接 · Open this link in WeChat")
        }
        Refusal::StateTooLong => (
            "state".to_owned(),
            "state 参数过长 · The state is too long or has other characters than A-Z a-z 0-9",
        ),
        Refusal::Numbered(number) => (number.to_string(), numbered(number)),
    }
}

fn numbered(number: i64) -> &'static str {
    match number {
        10_003 => "redirect_uri 参数错误 · redirect_uri does not match the registered domain",
        10_004 => "此公众号被封禁 · This account is banned",
        10_005 => "Scope 参数错误或没有 Scope 权限 · This account has no permission for the scope",
        10_006 => "必须关注此测试号 · Follow this test account first",
        10_009 => "操作太频繁了，请稍后再试 · Too frequent, try again later",
        10_010 => "scope 不能为空 · scope cannot be left blank",
        10_011 => "redirect_uri 不能为空 · redirect_uri cannot be left blank",
        10_012 => "appid 不能为空 · appid cannot be left blank",
        10_013 => "state 不能为空 · state cannot be left blank",
        10_015 => "公众号未授权第三方平台 · The account has not authorized the platform",
        10_016 => "不支持微信开放平台的 Appid · Use the appid of a service account",
        40_013 => "AppID 参数错误 · Invalid AppID",
        other => meaning(other),
    }
}
