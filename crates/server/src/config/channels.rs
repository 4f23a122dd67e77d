//! `[[channels]]`: the ways to WeChat. Checks what WeChat would only say later, in a page and in Chinese:
//! which account a kind needs, where its AppSecret is found, and which callback host its console must name.

use std::collections::BTreeSet;

use magpie_domain::{
    Account, AppId, Channel, ChannelId, ChannelKind, Issuer, Platform, Way, WebScope,
};

use super::push;
use super::secrets::{self, SecretKeys};
use super::section::Section;

const WEBSITE_SECRET: &str = "微信开放平台 (open.weixin.qq.com) → 管理中心 → 网站应用 → 查看 → AppSecret; \
it is shown once, when it is made or reset (重置)";
const SERVICE_ACCOUNT_SECRET: &str = "微信公众平台 (mp.weixin.qq.com) → 设置与开发 → 开发接口管理 (formerly 基本配置) → \
开发者密码 (AppSecret); it is shown once, when it is made or reset (重置)";

const fn secret_keys(kind: Option<ChannelKind>) -> SecretKeys {
    SecretKeys {
        inline: "app_secret",
        file: "app_secret_file",
        where_to_find: match kind {
            Some(ChannelKind::Website) => WEBSITE_SECRET,
            Some(ChannelKind::ServiceAccount) | None => SERVICE_ACCOUNT_SECRET,
        },
        strict: false,
    }
}

const LATER_KINDS: [&str; 5] = ["relay", "mini_program", "mobile_app", "follow", "wecom"];

pub(super) fn read(
    sections: Vec<Section<'_>>,
    issuer: Option<&Issuer>,
    development: bool,
) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    let (mut ids, mut apps) = (BTreeSet::new(), BTreeSet::new());
    for mut section in sections {
        let Some(channel) = channel(&mut section) else {
            section.finish();
            continue;
        };
        if !ids.insert(channel.id.clone()) {
            section.refuse(
                "id",
                "two channels have this id",
                "each callback path is one channel's",
            );
        }
        if !apps.insert(channel.account.app_id.clone()) {
            let cure = "an AppID belongs to one account, and an account is one channel";
            section.refuse("app_id", "two channels have this AppID", cure);
        }
        if let Some(issuer) = issuer
            && !development
        {
            warn_of_wechat(&section, &channel, issuer);
        }
        section.finish();
        channels.push(channel);
    }
    channels
}

fn channel(section: &mut Section<'_>) -> Option<Channel> {
    require(section, "id", "a short name such as \"desktop\"");
    let id = section.parse("id", "letters, digits, _ or -", checked(ChannelId::parse));
    let kind = kind(section);
    require(section, "app_id", "the AppID, wx and 16 characters, beside the AppSecret");
    let app_id = section.parse("app_id", "wx and 16 characters", checked(AppId::parse));
    let keys = secret_keys(kind);
    let given = secrets::read(section, keys);
    if !given.was_given {
        let problem = "the AppSecret is missing: neither `app_secret` nor `app_secret_file` is set";
        section.refuse_quietly("app_secret", problem, keys.where_to_find);
    }
    let platform = section.parse(
        "platform",
        "your own name for the Open Platform account (开放平台账号) it is bound to",
        checked(Platform::parse),
    );
    let way = kind.map(|kind| way(section, kind));
    let push = if section.has("push") { push::read(section.section("push")) } else { None };
    let label = section.text("label").map(str::to_owned);
    Some(Channel {
        id: id?,
        way: way?,
        account: Account { app_id: app_id?, app_secret: given.secret? },
        platform,
        push,
        label,
    })
}

fn require(section: &Section<'_>, key: &str, what: &str) {
    if !section.has(key) {
        section.refuse_quietly(key, "the key is missing", format!("wanted: {what}"));
    }
}

fn checked<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, &'static str> {
    move |text| parse(text).ok_or("has a length or characters that cannot be")
}

fn kind(section: &mut Section<'_>) -> Option<ChannelKind> {
    let wanted = "\"website\" (网站应用) or \"service_account\" (服务号)";
    require(section, "kind", wanted);
    section.parse("kind", wanted, |text| {
        ChannelKind::parse(text).ok_or(if LATER_KINDS.contains(&text) {
            "this kind of channel is not available in this version"
        } else {
            "there is no such kind of channel"
        })
    })
}

/// What only this kind of channel has to know.
fn way(section: &mut Section<'_>, kind: ChannelKind) -> Way {
    let choices =
        [("snsapi_base", WebScope::SnsapiBase), ("snsapi_userinfo", WebScope::SnsapiUserinfo)];
    let scope = section.one_of("scope", &choices);
    match kind {
        ChannelKind::ServiceAccount => {
            Way::ServiceAccount { scope: scope.unwrap_or(WebScope::SnsapiUserinfo) }
        }
        ChannelKind::Website => {
            if scope.is_some() {
                let cure =
                    "take the key out: a website app (网站应用) always asks for snsapi_login";
                section.refuse("scope", "only a service account has a choice of scope", cure);
            }
            Way::Website
        }
    }
}

/// What WeChat will complain of later: it compares the callback with a bare host in its console (wechat.md §1.6).
fn warn_of_wechat(section: &Section<'_>, channel: &Channel, issuer: &Issuer) {
    let authority = issuer.authority();
    let host = authority.split(':').next().unwrap_or_default();
    let console = match channel.kind() {
        ChannelKind::Website => "开放平台 → 网站应用 → 授权回调域",
        ChannelKind::ServiceAccount => "公众平台 → 设置与开发 → 账号设置 → 功能设置 → 网页授权域名",
    };
    if authority.contains(':') {
        let problem = "WeChat refuses callbacks with a port or an IP address (redirect_uri 参数错误, 10003), and the issuer has one";
        section.warn("id", problem, "put the issuer on port 443 of a host name");
    } else if !issuer.path().is_empty() {
        let problem = "the issuer has a path, and WeChat's console takes none there (redirect_uri 参数错误, 10003)";
        section.warn("id", problem, format!("enter the bare host `{host}` under {console}"));
    }
    if !channel.account.app_id.as_str().starts_with("wx") {
        section.warn("app_id", "AppIDs begin with wx", "see whether it was copied whole");
    }
}
