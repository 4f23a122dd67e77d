//! `[[channels]]`: the ways to WeChat. Checks what WeChat would only say later, in a page and in Chinese:
//! which account a kind needs, where its secret is found, and which callback host its console must name. What only WeCom
//! has to know is read in [`super::wecom`].

use std::collections::BTreeSet;

use magpie_domain::{
    Account, AppId, CentralTokens, Channel, ChannelId, ChannelKind, Issuer, Platform, Secret, Way,
    WebScope, WebUrl,
};

use super::follow;
use super::program;
use super::push;
use super::secrets::{self, SecretKeys};
use super::section::Section;
use super::wecom;

const WEBSITE_SECRET: &str = "微信开放平台 (open.weixin.qq.com) → 管理中心 → 网站应用 → 查看 → AppSecret; \
it is shown once, when it is made or reset (重置)";
const SERVICE_ACCOUNT_SECRET: &str = "微信公众平台 (mp.weixin.qq.com) → 设置与开发 → 开发接口管理 (formerly 基本配置) → \
开发者密码 (AppSecret); it is shown once, when it is made or reset (重置)";

const MINI_PROGRAM_SECRET: &str = "微信公众平台 (mp.weixin.qq.com), 小程序 → 开发管理 → 开发设置 → 开发者ID → AppSecret (小程序密钥); \
it is shown once, when it is made or reset (重置)";
const MOBILE_APP_SECRET: &str = "微信开放平台 (open.weixin.qq.com) → 管理中心 → 移动应用 → 查看 → AppSecret; \
it is shown once, when it is made or reset (重置)";

const fn secret_keys(kind: Option<ChannelKind>) -> SecretKeys {
    SecretKeys {
        inline: "app_secret",
        file: "app_secret_file",
        where_to_find: match kind {
            Some(ChannelKind::Website) => WEBSITE_SECRET,
            Some(ChannelKind::MiniProgram) => MINI_PROGRAM_SECRET,
            Some(ChannelKind::MobileApp) => MOBILE_APP_SECRET,
            Some(ChannelKind::Wecom) => return wecom::SECRET_KEYS,
            Some(ChannelKind::ServiceAccount | ChannelKind::Relay | ChannelKind::Follow) | None => {
                SERVICE_ACCOUNT_SECRET
            }
        },
        strict: false,
    }
}

pub(super) fn read(
    sections: Vec<Section<'_>>,
    issuer: Option<&Issuer>,
    development: bool,
) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    let (mut ids, mut apps) = (BTreeSet::new(), BTreeSet::new());
    let mut borrowing = Vec::new();
    for mut section in sections {
        let kind = kind(&mut section);
        let borrows = kind == Some(ChannelKind::Relay)
            || (kind == Some(ChannelKind::Follow) && section.has("through"));
        if borrows && let Some(kind) = kind {
            borrowing.push((section, kind));
            continue;
        }
        let Some(channel) = channel(&mut section, kind) else {
            section.finish();
            continue;
        };
        refuse_second(&section, &channel.id, &mut ids);
        if !apps.insert(account_of(&channel)) {
            let cure = if channel.kind() == ChannelKind::Follow {
                follow::SAME_ACCOUNT
            } else {
                "an AppID belongs to one account, and an account is one channel"
            };
            section.refuse(id_key(channel.kind()), "two channels have this AppID", cure);
        }
        if let Some(issuer) = issuer
            && !development
        {
            warn_of_wechat(&section, &channel, issuer);
        }
        section.finish();
        channels.push(channel);
    }
    // The account that a channel goes through may stand anywhere in the file.
    for (mut section, kind) in borrowing {
        let channel = borrower(&mut section, kind, &channels);
        if let Some(channel) = &channel {
            refuse_second(&section, &channel.id, &mut ids);
        }
        section.finish();
        channels.extend(channel);
    }
    channels
}

const BEARER: SecretKeys = SecretKeys {
    inline: "app_token_bearer",
    file: "app_token_bearer_file",
    where_to_find: "whatever your token server asks of its callers; leave it out when it asks for nothing",
    strict: false,
};

/// The operator's own token server; nothing without one.
fn central_tokens(section: &mut Section<'_>) -> Option<CentralTokens> {
    let wanted = "the https address of your own server of app-level tokens (中控服务器)";
    let url =
        section.parse("app_token_url", wanted, |text| WebUrl::parse(text).map(|_| text.to_owned()));
    let bearer = secrets::read(section, BEARER);
    if bearer.was_given && !section.has("app_token_url") {
        let cure = "set app_token_url too, or take the key out";
        section.refuse_quietly(BEARER.inline, "there is no token server to show it to", cure);
    }
    url.map(|url| CentralTokens { url: Secret::new(url), bearer: bearer.secret })
}

/// What no two channels share. An organisation in WeCom may have several apps.
fn account_of(channel: &Channel) -> (AppId, Option<u32>) {
    let agent = match channel.way {
        Way::Wecom(app) => Some(app.agent_id),
        Way::Website
        | Way::ServiceAccount { .. }
        | Way::MiniProgram
        | Way::MobileApp
        | Way::Relay { .. }
        | Way::Follow { .. } => None,
    };
    (channel.account.app_id.clone(), agent)
}

/// The key that names the account.
const fn id_key(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Website
        | ChannelKind::ServiceAccount
        | ChannelKind::MiniProgram
        | ChannelKind::MobileApp
        | ChannelKind::Relay
        | ChannelKind::Follow => "app_id",
        ChannelKind::Wecom => "corp_id",
    }
}

fn refuse_second(section: &Section<'_>, id: &ChannelId, ids: &mut BTreeSet<ChannelId>) {
    if !ids.insert(id.clone()) {
        section.refuse("id", "two channels have this id", "each callback path is one channel's");
    }
}

fn id(section: &mut Section<'_>) -> Option<ChannelId> {
    require(section, "id", "a short name such as \"desktop\"");
    section.parse("id", "letters, digits, _ or -", checked(ChannelId::parse))
}

/// A relay has no account of its own: it is the one of the channel that phones go through. A service account that is
/// followed may be one that has a channel too.
fn borrower(section: &mut Section<'_>, kind: ChannelKind, channels: &[Channel]) -> Option<Channel> {
    let id = id(section);
    require(section, "through", "the id of the service account by which phones sign in");
    let wanted = "the id of a channel of kind \"service_account\"";
    let account = |id: &ChannelId| {
        let named =
            |channel: &&Channel| channel.id == *id && channel.kind() == ChannelKind::ServiceAccount;
        channels.iter().find(named)
    };
    let through = section.parse("through", wanted, |text| {
        let found = ChannelId::parse(text).as_ref().and_then(account);
        found.ok_or("there is no service account of this id")
    });
    let alone = if kind == ChannelKind::Follow {
        "with `through` the account of that channel is followed"
    } else {
        "a relay has no account of its own"
    };
    for key in ["app_id", "app_secret", "app_secret_file", "platform", "scope"] {
        if section.entry(key).is_some() {
            let cure = "take the key out: that of the channel in `through` counts";
            section.refuse_quietly(key, alone, cure);
        }
    }
    if kind == ChannelKind::Follow {
        follow::refuse_own_push(section);
        follow::require_pushes(section, "through", through.and_then(|of| of.push.as_ref()));
    }
    let program =
        if kind == ChannelKind::Relay { program::door(section, channels, through) } else { None };
    let label = section.text("label").map(str::to_owned);
    let Channel { id: through, account, platform, central_tokens, .. } = through?.clone();
    let way = if kind == ChannelKind::Follow {
        Way::Follow { through: Some(through) }
    } else {
        Way::Relay { through, program }
    };
    // Pushes come to the account's own address.
    Some(Channel { id: id?, way, account, platform, label, central_tokens, push: None })
}

/// The AppID, or what WeCom has in its place.
fn app_id(section: &mut Section<'_>, kind: Option<ChannelKind>) -> Option<AppId> {
    if kind == Some(ChannelKind::Wecom) {
        require(section, "corp_id", wecom::CORP_ID);
        return section.parse("corp_id", wecom::CORP_ID, checked(AppId::parse));
    }
    require(section, "app_id", "the AppID, wx and 16 characters, beside the AppSecret");
    section.parse("app_id", "wx and 16 characters", checked(AppId::parse))
}

fn channel(section: &mut Section<'_>, kind: Option<ChannelKind>) -> Option<Channel> {
    let id = id(section);
    let app_id = app_id(section, kind);
    let keys = secret_keys(kind);
    let given = secrets::read(section, keys);
    if !given.was_given {
        let what = if kind == Some(ChannelKind::Wecom) { "Secret" } else { "AppSecret" };
        let (inline, file) = (keys.inline, keys.file);
        let problem = format!("the {what} is missing: neither `{inline}` nor `{file}` is set");
        section.refuse_quietly(keys.inline, &problem, keys.where_to_find);
    }
    let platform = section.parse(
        "platform",
        "your own name for the Open Platform account (开放平台账号) it is bound to",
        checked(Platform::parse),
    );
    let central_tokens = central_tokens(section);
    let way = match kind {
        Some(ChannelKind::Wecom) => wecom::way(section),
        Some(kind) => way(section, kind),
        None => None,
    };
    let has_push = section.has("push");
    let push = if has_push { push::read(section.section("push")) } else { None };
    if kind == Some(ChannelKind::Follow) && (push.is_some() || !has_push) {
        follow::require_pushes(section, "push", push.as_ref());
    }
    let label = section.text("label").map(str::to_owned);
    Some(Channel {
        id: id?,
        way: way?,
        account: Account { app_id: app_id?, app_secret: given.secret? },
        central_tokens,
        platform,
        push,
        label,
    })
}

pub(super) fn require(section: &Section<'_>, key: &str, what: &str) {
    if !section.has(key) {
        section.refuse_quietly(key, "the key is missing", format!("wanted: {what}"));
    }
}

fn checked<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, &'static str> {
    move |text| parse(text).ok_or("has a length or characters that cannot be")
}

fn kind(section: &mut Section<'_>) -> Option<ChannelKind> {
    let wanted = "\"website\" (网站应用), \"service_account\" (服务号), \"relay\", \"follow\" (带参数二维码), \"mini_program\" (小程序), \"mobile_app\" (移动应用) or \"wecom\" (企业微信)";
    require(section, "kind", wanted);
    section.parse("kind", wanted, |text| {
        ChannelKind::parse(text).ok_or("there is no such kind of channel")
    })
}

/// What only this kind of channel has to know; nothing for a relay, which is read apart.
fn way(section: &mut Section<'_>, kind: ChannelKind) -> Option<Way> {
    let choices =
        [("snsapi_base", WebScope::SnsapiBase), ("snsapi_userinfo", WebScope::SnsapiUserinfo)];
    let scope = section.one_of("scope", &choices);
    if scope.is_some() && kind != ChannelKind::ServiceAccount {
        let cure = match kind {
            ChannelKind::Website | ChannelKind::ServiceAccount => {
                "take the key out: a website app (网站应用) always asks for snsapi_login"
            }
            ChannelKind::MiniProgram => "take the key out: wx.login asks for nothing",
            ChannelKind::MobileApp => {
                "take the key out: the app itself asks, for snsapi_userinfo in its SendAuth"
            }
            ChannelKind::Follow => "take the key out: who follows is asked for nothing",
            ChannelKind::Relay | ChannelKind::Wecom => "take the key out",
        };
        section.refuse("scope", "only a service account has a choice of scope", cure);
    }
    match kind {
        ChannelKind::ServiceAccount => {
            Some(Way::ServiceAccount { scope: scope.unwrap_or(WebScope::SnsapiUserinfo) })
        }
        ChannelKind::Website => Some(Way::Website),
        ChannelKind::MiniProgram => Some(Way::MiniProgram),
        ChannelKind::MobileApp => Some(Way::MobileApp),
        ChannelKind::Follow => Some(Way::Follow { through: None }),
        // These are read elsewhere.
        ChannelKind::Relay | ChannelKind::Wecom => None,
    }
}

/// What WeChat will complain of later: it compares the callback with a bare host in its console (wechat.md §1.6).
fn warn_of_wechat(section: &Section<'_>, channel: &Channel, issuer: &Issuer) {
    if !channel.account.app_id.as_str().starts_with("wx") {
        section.warn("app_id", "AppIDs begin with wx", "see whether it was copied whole");
    }
    let authority = issuer.authority();
    let host = authority.split(':').next().unwrap_or_default();
    let console = match channel.kind() {
        ChannelKind::Wecom => return wecom::warn_of_wecom(section, channel, issuer),
        ChannelKind::Website => "开放平台 → 网站应用 → 授权回调域",
        ChannelKind::ServiceAccount | ChannelKind::Relay => {
            "公众平台 → 设置与开发 → 账号设置 → 功能设置 → 网页授权域名"
        }
        // No browser comes back from these, so no console asks for a domain.
        ChannelKind::MiniProgram | ChannelKind::MobileApp | ChannelKind::Follow => return,
    };
    if authority.contains(':') {
        let problem = "WeChat refuses callbacks with a port or an IP address (redirect_uri 参数错误, 10003), and the issuer has one";
        section.warn("id", problem, "put the issuer on port 443 of a host name");
    } else if !issuer.path().is_empty() {
        let problem = "the issuer has a path, and WeChat's console takes none there (redirect_uri 参数错误, 10003)";
        section.warn("id", problem, format!("enter the bare host `{host}` under {console}"));
    }
}
