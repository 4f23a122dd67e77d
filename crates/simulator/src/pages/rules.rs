//! The rules an authorization link must keep, as a function of the world and the link's query.
//! The order is checked before anything else, since WeChat matches the whole link (wechat.md section 1.1);
//! then each parameter in its turn, so that a link with two mistakes shows the one WeChat would show.
//! A link that breaks a rule shows a page and calls nobody back.

use axum::http::Uri;

use crate::{
    books::Scope,
    query::Params,
    world::{Account, AccountKind, World},
};

/// Through which of the two doors the link came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// `/connect/oauth2/authorize`
    InApp,
    /// `/connect/qrconnect`
    Qr,
    /// The same in a frame that `wxLogin.js` made.
    Embedded,
}

impl Door {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::InApp => "/connect/oauth2/authorize",
            Self::Qr | Self::Embedded => "/connect/qrconnect",
        }
    }

    /// The names that must stand in this order; the last ones may be absent. Others may follow, never come between.
    fn order(self) -> &'static [&'static str] {
        match self {
            Self::InApp => &[
                "appid",
                "redirect_uri",
                "response_type",
                "scope",
                "state",
                "forcePopup",
                "forceSnapShot",
                "connect_redirect",
            ],
            Self::Qr => &["appid", "redirect_uri", "response_type", "scope", "state", "lang"],
            // The script's own order, and what it adds.
            Self::Embedded => {
                &["appid", "scope", "redirect_uri", "state", "login_type", "self_redirect"]
            }
        }
    }
}

/// A link that keeps every rule; only [`read_link`] makes one.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) app_id: String,
    pub(crate) app_name: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: Scope,
    pub(crate) state: String,
    pub(crate) force_popup: bool,
    pub(crate) force_snapshot: bool,
}

/// The page shown in place of a consent (wechat.md section 1.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 该链接无法访问: the order, a repetition, the response type.
    Unreachable,
    /// 请在微信客户端打开链接
    NotInWechat,
    /// state 参数过长: longer than 128 bytes or outside `[A-Za-z0-9]`.
    StateTooLong,
    /// One of the numbered pages.
    Numbered(i64),
}

/// Checks a link against the rules of its door.
pub(crate) fn read_link(world: &World, door: Door, params: &Params) -> Result<Link, Refusal> {
    check_order(door, params)?;
    let account = match params.get("appid") {
        "" => return Err(Refusal::Numbered(10_012)),
        app_id => world.account(app_id).ok_or(Refusal::Numbered(40_013))?,
    };
    let redirect_uri = match params.get("redirect_uri") {
        "" => return Err(Refusal::Numbered(10_011)),
        redirect_uri => redirect_uri,
    };
    if door != Door::Embedded && params.get("response_type") != "code" {
        return Err(Refusal::Unreachable);
    }
    let scope = read_scope(door, account, params.get("scope"))?;
    check_redirect(account, redirect_uri)?;
    let state = read_state(params.get("state"))?;
    Ok(Link {
        app_id: account.app_id.clone(),
        app_name: account.name.clone(),
        redirect_uri: redirect_uri.to_owned(),
        scope,
        state: state.to_owned(),
        force_popup: params.get("forcePopup") == "true",
        force_snapshot: params.get("forceSnapShot") == "true",
    })
}

/// Known names in the documented order, each at most once, nothing foreign before `state` has come.
fn check_order(door: Door, params: &Params) -> Result<(), Refusal> {
    let order = door.order();
    let last_documented = order.iter().position(|name| *name == "state").unwrap_or_default();
    let mut next = 0;
    for name in params.names() {
        match order.iter().position(|known| *known == name) {
            Some(place) if place >= next => next = place + 1,
            Some(_) => return Err(Refusal::Unreachable),
            None if next <= last_documented => return Err(Refusal::Unreachable),
            None => {}
        }
    }
    Ok(())
}

fn read_scope(door: Door, account: &Account, scope: &str) -> Result<Scope, Refusal> {
    use AccountKind::{Sandbox, ServiceAccount, Website};
    match (door, account.kind, scope) {
        (_, _, "") => Err(Refusal::Numbered(10_010)),
        (Door::InApp, ServiceAccount | Sandbox, "snsapi_base") => Ok(Scope::Base),
        (Door::InApp, ServiceAccount | Sandbox, "snsapi_userinfo") => Ok(Scope::UserInfo),
        (Door::Qr | Door::Embedded, Website, "snsapi_login") => Ok(Scope::Login),
        _ => Err(Refusal::Numbered(10_005)),
    }
}

/// The host must be one of the registered ones, whole; a port is refused even when the host fits.
fn check_redirect(account: &Account, redirect_uri: &str) -> Result<(), Refusal> {
    let wrong = Refusal::Numbered(10_003);
    let Ok(uri) = redirect_uri.parse::<Uri>() else { return Err(wrong) };
    let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong);
    };
    let has_port = authority.as_str() != authority.host();
    let listed =
        account.callback_domains.iter().any(|domain| domain.eq_ignore_ascii_case(authority.host()));
    let has_user = authority.as_str().contains('@');
    if listed && !has_user && (account.allow_port || !has_port) { Ok(()) } else { Err(wrong) }
}

fn read_state(state: &str) -> Result<&str, Refusal> {
    match state {
        "" => Err(Refusal::Numbered(10_013)),
        state if state.len() <= 128 && state.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            Ok(state)
        }
        _ => Err(Refusal::StateTooLong),
    }
}
