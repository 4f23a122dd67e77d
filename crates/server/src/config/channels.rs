//! `[[channels]]`: the ways to WeChat. Checks what WeChat would only say later, in a page and in Chinese:
//! which account a kind needs, where its AppSecret is found, and which callback host its console must name.

use std::collections::BTreeSet;

use magpie_domain::{
    Account, AppId, Channel, ChannelId, ChannelKind, Issuer, Platform, Way, WebScope,
};

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
            Some(ChannelKind::ServiceAccount | ChannelKind::Relay) | None => SERVICE_ACCOUNT_SECRET,
        },
        strict: false,
    }
}

const LATER_KINDS: [&str; 4] = ["mini_program", "mobile_app", "follow", "wecom"];

pub(super) fn read(
    sections: Vec<Section<'_>>,
    issuer: Option<&Issuer>,
    development: bool,
) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    let (mut ids, mut apps) = (BTreeSet::new(), BTreeSet::new());
    let mut relays = Vec::new();
    for mut section in sections {
        let kind = kind(&mut section);
        if kind == Some(ChannelKind::Relay) {
            relays.push(section);
            continue;
        }
        let Some(channel) = channel(&mut section, kind) else {
            section.finish();
            continue;
        };
        refuse_second(&section, &channel.id, &mut ids);
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
    // The account that a relay goes through may stand anywhere in the file.
    for mut section in relays {
        let channel = relay(&mut section, &channels);
        if let Some(channel) = &channel {
            refuse_second(&section, &channel.id, &mut ids);
        }
        section.finish();
        channels.extend(channel);
    }
    channels
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

/// A relay has no account of its own: it is the one of the channel that phones go through.
fn relay(section: &mut Section<'_>, channels: &[Channel]) -> Option<Channel> {
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
    for key in ["app_id", "app_secret", "app_secret_file", "platform", "scope"] {
        if section.entry(key).is_some() {
            let cure = "take the key out: that of the channel in `through` counts";
            section.refuse_quietly(key, "a relay has no account of its own", cure);
        }
    }
    let label = section.text("label").map(str::to_owned);
    let Channel { id: through, account, platform, .. } = through?.clone();
    Some(Channel { id: id?, way: Way::Relay { through }, account, platform, label })
}

fn channel(section: &mut Section<'_>, kind: Option<ChannelKind>) -> Option<Channel> {
    let id = id(section);
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
    let way = kind.and_then(|kind| way(section, kind));
    let label = section.text("label").map(str::to_owned);
    Some(Channel {
        id: id?,
        way: way?,
        account: Account { app_id: app_id?, app_secret: given.secret? },
        platform,
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
    let wanted = "\"website\" (网站应用), \"service_account\" (服务号) or \"relay\"";
    require(section, "kind", wanted);
    section.parse("kind", wanted, |text| {
        ChannelKind::parse(text).ok_or(if LATER_KINDS.contains(&text) {
            "this kind of channel is not available in this version"
        } else {
            "there is no such kind of channel"
        })
    })
}

/// What only this kind of channel has to know; nothing for a relay, which is read apart.
fn way(section: &mut Section<'_>, kind: ChannelKind) -> Option<Way> {
    let choices =
        [("snsapi_base", WebScope::SnsapiBase), ("snsapi_userinfo", WebScope::SnsapiUserinfo)];
    let scope = section.one_of("scope", &choices);
    match kind {
        ChannelKind::ServiceAccount => {
            Some(Way::ServiceAccount { scope: scope.unwrap_or(WebScope::SnsapiUserinfo) })
        }
        ChannelKind::Website => {
            if scope.is_some() {
                let cure =
                    "take the key out: a website app (网站应用) always asks for snsapi_login";
                section.refuse("scope", "only a service account has a choice of scope", cure);
            }
            Some(Way::Website)
        }
        ChannelKind::Relay => None,
    }
}

/// What WeChat will complain of later: it compares the callback with a bare host in its console (wechat.md §1.6).
fn warn_of_wechat(section: &Section<'_>, channel: &Channel, issuer: &Issuer) {
    let authority = issuer.authority();
    let host = authority.split(':').next().unwrap_or_default();
    let console = match channel.kind() {
        ChannelKind::Website => "开放平台 → 网站应用 → 授权回调域",
        ChannelKind::ServiceAccount | ChannelKind::Relay => {
            "公众平台 → 设置与开发 → 账号设置 → 功能设置 → 网页授权域名"
        }
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
