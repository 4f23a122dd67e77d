//! WeCom's API (企业微信, wechat.md §12.2): the token of an app, who showed a code, and what they let us read.
//! A code is worth one answer here too. It is shown again only after WeCom said that our own token is void, which it
//! says before it looks at the code.

mod tokens;

use std::fmt;
use std::sync::Arc;

use magpie_domain::{Channel, Secret};
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::reply::wecom::{AppToken, MemberDetail, WhoCame, app_token, detail, who_came};
use magpie_wechat::reply::{Refusal, WechatReply};
use serde_json::json;
use tokio::time::Instant;

use crate::http::Http;
use crate::observed::{ObserveCalls, observed};
use crate::unreachable::CallFailed;
use crate::upstream::Upstream;
use tokens::{Held, TokenReply, Tokens};

/// WeCom's API at its base, with the tokens of the configured apps. Cheap to clone; clones share the tokens.
#[derive(Clone)]
pub struct Wecom {
    upstream: Upstream,
    tokens: Arc<Tokens>,
    observe: Option<ObserveCalls>,
}

impl fmt::Debug for Wecom {
    /// Without the base: an upstream URL is not printed (law 9).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wecom").finish_non_exhaustive()
    }
}

impl Wecom {
    /// Takes a client that calls nobody else, and the base URL.
    #[must_use]
    pub fn new(http: Http, base: &str) -> Self {
        let upstream = Upstream::new(http, std::iter::once(base));
        Self { upstream, tokens: Arc::default(), observe: None }
    }

    /// Whether WeCom has not answered for a while and is left alone for a moment.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.upstream.is_resting()
    }

    /// Tells every finished call to `observe`.
    #[must_use]
    pub fn observed_by(self, observe: ObserveCalls) -> Self {
        Self { observe: Some(observe), ..self }
    }

    /// Asks who showed a code (`GET /cgi-bin/auth/getuserinfo`), with a token that is fetched where none is at hand. The
    /// person waits for both, so both have the deadline of one call. Called once per code.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came; the code may or may not be used up then.
    pub async fn who_came(
        &self,
        channel: &Channel,
        code: &CallbackCode,
    ) -> Result<WechatReply<WhoCame>, CallFailed> {
        let deadline = self.upstream.deadline();
        let held = match self.token(channel, None, deadline).await? {
            Ok(held) => held,
            Err(why) => return Ok(why.into()),
        };
        let reply = self.show_code(&held, code, deadline).await?;
        if !matches!(&reply, WechatReply::Refused(no) if is_token_void(no)) {
            return Ok(reply);
        }
        // Shown once more with a fresh token: WeCom has not looked at the code.
        match self.token(channel, Some(&held), deadline).await? {
            Ok(fresh) => self.show_code(&fresh, code, deadline).await,
            Err(why) => Ok(why.into()),
        }
    }

    async fn show_code(
        &self,
        held: &Held,
        code: &CallbackCode,
        deadline: Instant,
    ) -> Result<WechatReply<WhoCame>, CallFailed> {
        let query = [("access_token", held.token.expose().as_str()), ("code", code.expose())];
        let call = self.upstream.ask("/cgi-bin/auth/getuserinfo", &query, None, deadline);
        observed(self.observe.as_ref(), "getuserinfo", call, who_came).await
    }

    /// Asks for what a member let us read (`POST /cgi-bin/auth/getuserdetail`), with the token that was good a moment ago.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came.
    pub async fn detail(
        &self,
        channel: &Channel,
        ticket: &Secret<String>,
    ) -> Result<WechatReply<MemberDetail>, CallFailed> {
        let deadline = self.upstream.deadline();
        let held = match self.token(channel, None, deadline).await? {
            Ok(held) => held,
            Err(why) => return Ok(why.into()),
        };
        let query = [("access_token", held.token.expose().as_str())];
        let body = json!({ "user_ticket": ticket.expose() });
        let path = "/cgi-bin/auth/getuserdetail";
        let call = self.upstream.ask(path, &query, Some(&body), deadline);
        observed(self.observe.as_ref(), "getuserdetail", call, detail).await
    }

    /// The token at hand, or a fetched one; never the `void` one again.
    async fn token(&self, channel: &Channel, void: Option<&Held>, deadline: Instant) -> TokenReply {
        self.tokens.get(&channel.id, void, deadline, self.fetch_token(channel, deadline)).await
    }

    async fn fetch_token(
        &self,
        channel: &Channel,
        deadline: Instant,
    ) -> Result<WechatReply<AppToken>, CallFailed> {
        let account = &channel.account;
        let query = [
            ("corpid", account.app_id.as_str()),
            ("corpsecret", account.app_secret.expose().as_str()),
        ];
        let call = self.upstream.ask("/cgi-bin/gettoken", &query, None, deadline);
        observed(self.observe.as_ref(), "gettoken", call, app_token).await
    }
}

/// 40014 (void) and 42001 (expired): WeCom's numbers for an app's token.
const fn is_token_void(no: &Refusal) -> bool {
    matches!(no.code.number(), 40_014 | 42_001)
}
