//! The URL that takes a browser to WeChat.
//! Owns the order of its parameters: WeChat documents one, compares the link with a strict expression, and at least
//! one of its desktop clients showed a blank page for another order (wechat.md §1.1). So the text is written by hand,
//! never collected from a map. WeCom (企业微信) has the same kind of link inside its program, with the AgentId behind
//! the state, and a page of its own on the desktop ([`wecom_desktop`]). The flow that leaves for WeChat calls it.

use std::borrow::Cow;

use magpie_domain::{Channel, DepartureHandle, Locale, MemberScope, Way, WebScope, WecomApp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How the person is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    /// What a service account asks for this time; a website app always asks `snsapi_login`.
    pub scope: WebScope,
    /// Whether a service account must show its dialog again (`forcePopup`), the nearest thing to `prompt=login`.
    /// WeChat ignores it for followers who come from the account's own menu, and it does nothing for `snsapi_base`.
    pub force_popup: bool,
    /// The language of the QR page; a service account's dialog follows WeChat's own setting.
    pub lang: Locale,
}

/// Writes the URL to leave by; for WeCom, the one that opens inside WeCom and WeChat (wechat.md §12.1).
///
/// `open_base` is the configured origin of `open.weixin.qq.com`; `callback` is our absolute https callback without
/// port or fragment, and is percent-encoded once; `handle` becomes `state`. The fragment `#wechat_redirect` comes
/// last, without which WeChat refuses a redirect (wechat.md §1.1, §2.1). Nothing for a channel that no browser uses.
#[must_use]
pub fn departure(
    open_base: &str,
    channel: &Channel,
    callback: &str,
    handle: &DepartureHandle,
    manner: Manner,
) -> Option<String> {
    const IN_APP: &str = "/connect/oauth2/authorize";
    let (path, scope, after_state): (_, _, Cow<'_, str>) = match channel.way {
        Way::Website { .. } => {
            ("/connect/qrconnect", "snsapi_login", page_language(manner.lang).into())
        }
        // A phone goes by the service account's own channel; the account is the same.
        Way::ServiceAccount { .. } | Way::Relay { .. } => (
            IN_APP,
            web_scope(manner.scope),
            if manner.force_popup { "&forcePopup=true".into() } else { "".into() },
        ),
        Way::MiniProgram | Way::MobileApp | Way::Follow { .. } => return None,
        // Without the AgentId WeCom quietly gives no more than `snsapi_base`.
        Way::Wecom(app) => (IN_APP, member_scope(app), format!("&agentid={}", app.agent_id).into()),
    };
    Some(format!(
        "{base}{path}?appid={app_id}&redirect_uri={callback}&response_type=code&scope={scope}&state={state}{after_state}#wechat_redirect",
        base = open_base.trim_end_matches('/'),
        app_id = utf8_percent_encode(channel.account.app_id.as_str(), RESERVED),
        callback = utf8_percent_encode(callback, RESERVED),
        state = utf8_percent_encode(handle.as_str(), RESERVED),
    ))
}

/// Writes the URL of WeCom's page for desktop browsers, in the documented order (wechat.md §12.1).
///
/// `login_base` is the configured origin of `login.work.weixin.qq.com`; the rest is as for [`departure`], but that the
/// callback may have a port and no fragment follows. Its codes never lead to more than a userid, whatever the scope.
#[must_use]
pub fn wecom_desktop(
    login_base: &str,
    (channel, app): (&Channel, WecomApp),
    callback: &str,
    handle: &DepartureHandle,
    lang: Locale,
) -> String {
    format!(
        "{base}/wwlogin/sso/login?login_type=CorpApp&appid={corp_id}&agentid={agent_id}&redirect_uri={callback}&state={state}&lang={lang}",
        base = login_base.trim_end_matches('/'),
        corp_id = utf8_percent_encode(channel.account.app_id.as_str(), RESERVED),
        agent_id = app.agent_id,
        callback = utf8_percent_encode(callback, RESERVED),
        state = utf8_percent_encode(handle.as_str(), RESERVED),
        lang = match lang {
            Locale::ZhCn => "zh",
            Locale::En => "en",
        },
    )
}

/// Where WeChat's script for its QR code inside another page is, below the origin of `res.wx.qq.com` (wechat.md §2.3).
pub const SCRIPT: &str = "/connect/zh_CN/htmledition/js/wxLogin.js";

/// Writes the callback as that script wants it: it puts it into an address as it is, so it is percent-encoded once.
#[must_use]
pub fn for_script(callback: &str) -> String {
    utf8_percent_encode(callback, RESERVED).to_string()
}

const fn member_scope(app: WecomApp) -> &'static str {
    match app.scope {
        MemberScope::SnsapiBase => "snsapi_base",
        MemberScope::SnsapiPrivateinfo => "snsapi_privateinfo",
    }
}

const fn page_language(lang: Locale) -> &'static str {
    match lang {
        Locale::ZhCn => "&lang=cn",
        Locale::En => "&lang=en",
    }
}

const fn web_scope(scope: WebScope) -> &'static str {
    match scope {
        WebScope::SnsapiBase => "snsapi_base",
        WebScope::SnsapiUserinfo => "snsapi_userinfo",
    }
}

#[cfg(test)]
mod tests;
