//! Exchanging a code that a mini program or an app got from WeChat (RFC 8693 §2.1, with a token type of our own): no
//! browser is involved, so the operator names the channels whose codes a client may bring, and what it brings proves the
//! person alone. A public client may do so too: WeChat gives a code of an AppID to the program of that AppID and to
//! nobody else, and the client is bound to its channels.

use magpie_domain::{ChannelId, Client, Scope, ScopeSet, TokenText};

use super::token_exchange::ACCESS_TOKEN;
use crate::authorize::granted;
use crate::error::OAuthError;
use crate::params::Params;
use crate::resource;

/// A code of `wx.login` or of the OpenSDK, which WeChat has not been asked about.
pub const WECHAT_CODE: &str = "urn:magpie:params:oauth:token-type:wechat-code";

/// A readable request, for a channel that is the client's.
#[derive(Debug, Clone)]
pub struct WechatCodeRequest {
    /// The code as shown.
    pub code: TokenText,
    /// Which account it is a code of.
    pub channel: ChannelId,
    /// The code of a phone number (`getPhoneNumber`), if one was sent and the scope `phone` is granted.
    pub phone_code: Option<TokenText>,
    /// What the mini program got encrypted, with its initialization vector, both as sent.
    pub encrypted: Option<(TokenText, TokenText)>,
    /// The scopes that are granted, `openid` among them.
    pub scopes: ScopeSet,
    /// Whether more was asked for (RFC 6749 §5.1).
    pub scopes_narrowed: bool,
    /// The resource servers that the tokens are for besides ourselves (RFC 8707).
    pub resources: Vec<String>,
}

impl WechatCodeRequest {
    /// Reads the fields.
    ///
    /// # Errors
    /// `unauthorized_client` for a client without such channels, `invalid_target` for a channel or resource that is not the
    /// client's, `invalid_scope` without `openid`, `invalid_request` for what is missing, doubled or not offered.
    pub(super) fn read(form: &Params, client: &Client) -> Result<Self, OAuthError> {
        let own = &client.policy().wechat_channels;
        if own.is_empty() {
            return Err(OAuthError::unauthorized_client("the client may not bring WeChat's codes"));
        }
        let code = form
            .get("subject_token")
            .ok_or(OAuthError::invalid_request("subject_token is missing"))?;
        if form.is_sent("actor_token") || form.is_sent("actor_token_type") {
            return Err(OAuthError::invalid_request("actor tokens are not supported"));
        }
        if form.get("requested_token_type").is_some_and(|wanted| wanted != ACCESS_TOKEN) {
            return Err(OAuthError::invalid_request("this requested_token_type is not supported"));
        }
        let audience = form
            .get("audience")
            .ok_or(OAuthError::invalid_request("audience is missing; it names the channel"))?;
        if form.is_repeated("audience") {
            return Err(OAuthError::invalid_request("a code is of one audience"));
        }
        let channel = own.iter().find(|channel| channel.as_str() == audience);
        let channel = channel.ok_or(Self::unknown_channel())?.clone();
        let granted = granted(form.get("scope").unwrap_or("openid"), client)?;
        let phone_code = form.get("phone_code").filter(|_| granted.scopes.contains(Scope::Phone));
        let text = |name| form.get(name).map(|text: &str| TokenText::new(text.to_owned()));
        let encrypted = text("encrypted_data").zip(text("iv"));
        if encrypted.is_none() && (form.is_sent("encrypted_data") || form.is_sent("iv")) {
            return Err(OAuthError::invalid_request("encrypted_data and iv belong together"));
        }
        Ok(Self {
            encrypted,
            phone_code: phone_code.map(|code| TokenText::new(code.to_owned())),
            code: TokenText::new(code.to_owned()),
            channel,
            scopes: granted.scopes,
            scopes_narrowed: granted.narrowed,
            resources: resource::of_client(form, client)?,
        })
    }

    /// The same request for a person whose number could not be had: without the scope, so that the client is told.
    #[must_use]
    pub fn without_phone(self) -> Self {
        let scopes = self.scopes.iter().filter(|scope| *scope != Scope::Phone).collect();
        Self { scopes, scopes_narrowed: true, phone_code: None, ..self }
    }

    /// The refusal of an audience that is not there or not this client's; which of the two is not told.
    #[must_use]
    pub const fn unknown_channel() -> OAuthError {
        OAuthError::invalid_target("the client may bring no codes of this audience")
    }

    /// The refusal of encrypted data that cannot be opened, or that is another person's, account's or time's: one for all,
    /// so that nobody learns which.
    #[must_use]
    pub const fn unopened() -> OAuthError {
        OAuthError::invalid_request(
            "encrypted_data cannot be used; call wx.login before it is fetched",
        )
    }

    /// The refusal of a code that WeChat does not know, that was used, or that is another account's (case WX-32). Unlike
    /// other subject tokens it is a grant of its person (RFC 6749 §5.2), and what helps is a new one.
    #[must_use]
    pub const fn refused() -> OAuthError {
        OAuthError::invalid_grant("the code is unknown, expired or used; ask WeChat for a new one")
    }
}

#[cfg(test)]
mod tests;
