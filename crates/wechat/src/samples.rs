//! Channels and replies with invented values, for the tests of this crate.

use magpie_domain::{
    Account, AppId, Channel, ChannelId, MemberScope, OpenId, Platform, Secret, Way, WebScope,
    WecomApp,
};

use crate::reply::WechatReply;
use crate::reply::access_token::{self, AccessTokenReply};
use crate::reply::userinfo::{self, UserinfoReply};

/// A channel bound to the platform `main`.
pub(crate) fn channel(id: &str, way: Way) -> Channel {
    Channel {
        id: ChannelId::parse(id).unwrap(),
        way,
        account: Account {
            app_id: AppId::parse("wx0123456789abcdef").unwrap(),
            app_secret: Secret::new("planted-app-secret".to_owned()),
        },
        central_tokens: None,
        platform: Platform::parse("main"),
        push: None,
        label: None,
    }
}

/// A website app.
pub(crate) fn website(id: &str) -> Channel {
    channel(id, Way::Website)
}

/// A service account that asks for the profile.
pub(crate) fn service_account(id: &str) -> Channel {
    channel(id, Way::ServiceAccount { scope: WebScope::SnsapiUserinfo })
}

/// A mini program.
pub(crate) fn mini_program(id: &str) -> Channel {
    channel(id, Way::MiniProgram)
}

/// An app of a phone's own.
pub(crate) fn mobile_app(id: &str) -> Channel {
    channel(id, Way::MobileApp)
}

/// An app of an organisation in WeCom, for members only and without a platform.
pub(crate) fn wecom(id: &str, scope: MemberScope) -> Channel {
    let mut channel =
        channel(id, Way::Wecom(WecomApp { agent_id: 1_000_002, scope, members_only: true }));
    channel.account.app_id = AppId::parse("wwInventedCorp").unwrap();
    channel.platform = None;
    channel
}

/// A relay through the service account `inapp`.
pub(crate) fn relay(id: &str) -> Channel {
    channel(id, Way::Relay { through: ChannelId::parse("inapp").unwrap(), program: None })
}

/// A service account to follow.
pub(crate) fn follow(id: &str) -> Channel {
    channel(id, Way::Follow { through: None })
}

/// An openid that WeChat might send.
pub(crate) fn openid(text: &str) -> OpenId {
    OpenId::parse(text).unwrap()
}

/// Decodes a token reply that must be fine.
pub(crate) fn token(body: &str) -> AccessTokenReply {
    match access_token::decode(body.as_bytes()) {
        WechatReply::Ok(reply) => reply,
        other @ (WechatReply::Refused(_) | WechatReply::Unreadable) => panic!("{other:?}: {body}"),
    }
}

/// Decodes a profile reply that must be fine.
pub(crate) fn userinfo(body: &str) -> UserinfoReply {
    match userinfo::decode(body.as_bytes()) {
        WechatReply::Ok(reply) => reply,
        other @ (WechatReply::Refused(_) | WechatReply::Unreadable) => panic!("{other:?}: {body}"),
    }
}
