//! The URL that takes a browser to WeChat.
//! Owns the order of its parameters: WeChat documents one, compares the link with a strict expression, and at least
//! one of its desktop clients showed a blank page for another order (wechat.md §1.1). So the text is written by hand,
//! never collected from a map. The flow that leaves for WeChat calls it.

use magpie_domain::{Channel, ChannelKind, DepartureHandle, Locale, WebScope};
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

/// Writes the URL to leave by.
///
/// `open_base` is the configured origin of `open.weixin.qq.com`; `callback` is our absolute https callback without
/// port or fragment, and is percent-encoded once; `handle` becomes `state`. The fragment `#wechat_redirect` comes
/// last, without which WeChat refuses a redirect (wechat.md §1.1, §2.1).
#[must_use]
pub fn departure(
    open_base: &str,
    channel: &Channel,
    callback: &str,
    handle: &DepartureHandle,
    manner: Manner,
) -> String {
    let (path, scope, after_state) = match channel.kind() {
        ChannelKind::Website => ("/connect/qrconnect", "snsapi_login", page_language(manner.lang)),
        // A phone goes by the service account's own channel; the account is the same.
        ChannelKind::ServiceAccount | ChannelKind::Relay => (
            "/connect/oauth2/authorize",
            web_scope(manner.scope),
            if manner.force_popup { "&forcePopup=true" } else { "" },
        ),
    };
    format!(
        "{base}{path}?appid={app_id}&redirect_uri={callback}&response_type=code&scope={scope}&state={state}{after_state}#wechat_redirect",
        base = open_base.trim_end_matches('/'),
        app_id = utf8_percent_encode(channel.account.app_id.as_str(), RESERVED),
        callback = utf8_percent_encode(callback, RESERVED),
        state = utf8_percent_encode(handle.as_str(), RESERVED),
    )
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
