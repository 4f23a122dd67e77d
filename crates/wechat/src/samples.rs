//! Channels and replies with invented values, for the tests of this crate.

use magpie_domain::{Account, AppId, Channel, ChannelId, OpenId, Platform, Secret, Way, WebScope};

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
