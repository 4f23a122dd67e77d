//! The `sns` endpoints (wechat.md §3 and §5.1); those that need an app-level token are in `app_calls`.

use std::fmt;

use magpie_domain::{Account, Locale};
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::reply::code_session::CodeSessionReply;
use magpie_wechat::reply::{WechatReply, access_token, code_session, userinfo};
use magpie_wechat::reply::{access_token::AccessTokenReply, userinfo::UserinfoReply};
use serde_json::Value;

use crate::http::Http;
use crate::observed::{self, ObserveCalls};
use crate::unreachable::CallFailed;
use crate::upstream::Upstream;

/// WeChat's API at its base and fallback bases.
#[derive(Clone)]
pub struct Sns {
    pub(crate) upstream: Upstream,
    observe: Option<ObserveCalls>,
}

impl fmt::Debug for Sns {
    /// Without the bases: an upstream URL is not printed (law 9).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sns").finish_non_exhaustive()
    }
}

impl Sns {
    /// Takes a client that calls nobody else, the base URL and those to try when no connection to it can be had.
    #[must_use]
    pub fn new(http: Http, base: &str, fallback_bases: &[String]) -> Self {
        let bases = std::iter::once(base).chain(fallback_bases.iter().map(String::as_str));
        Self { upstream: Upstream::new(http, bases), observe: None }
    }

    /// Whether WeChat has not answered for a while and is left alone for a moment.
    #[must_use]
    pub fn is_resting(&self) -> bool {
        self.upstream.is_resting()
    }

    /// Tells every finished call to `observe`.
    #[must_use]
    pub fn observed_by(self, observe: ObserveCalls) -> Self {
        Self { observe: Some(observe), ..self }
    }

    /// Exchanges a code for the person's openid (`GET /sns/oauth2/access_token`). Called once per code.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came; the code may or may not be used up then.
    pub async fn exchange(
        &self,
        account: &Account,
        code: &CallbackCode,
    ) -> Result<WechatReply<AccessTokenReply>, CallFailed> {
        let query = [
            ("appid", account.app_id.as_str()),
            ("secret", account.app_secret.expose().as_str()),
            ("code", code.expose()),
            ("grant_type", "authorization_code"),
        ];
        let asked = self.get("/sns/oauth2/access_token", &query);
        self.observed("access_token", asked, access_token::decode).await
    }

    /// Exchanges a mini program's `wx.login` code for the person's openid (`GET /sns/jscode2session`). Called once per code.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came; the code may or may not be used up then.
    pub async fn code_session(
        &self,
        account: &Account,
        code: &CallbackCode,
    ) -> Result<WechatReply<CodeSessionReply>, CallFailed> {
        let query = [
            ("appid", account.app_id.as_str()),
            ("secret", account.app_secret.expose().as_str()),
            ("js_code", code.expose()),
            ("grant_type", "authorization_code"),
        ];
        let asked = self.get("/sns/jscode2session", &query);
        self.observed("jscode2session", asked, code_session::decode).await
    }

    /// Asks for the person's profile (`GET /sns/userinfo`). Never called for a snapshot user.
    ///
    /// # Errors
    /// [`CallFailed`] when no reply came.
    pub async fn userinfo(
        &self,
        token: &AccessTokenReply,
        locale: Locale,
    ) -> Result<WechatReply<UserinfoReply>, CallFailed> {
        let lang = match locale {
            Locale::ZhCn => "zh_CN",
            Locale::En => "en",
        };
        let query = [
            ("access_token", token.access_token.expose().as_str()),
            ("openid", token.openid.as_key()),
            ("lang", lang),
        ];
        let asked = self.get("/sns/userinfo", &query);
        self.observed("userinfo", asked, userinfo::decode).await
    }

    /// Makes a call, reads its reply and tells both.
    pub(crate) async fn observed<T>(
        &self,
        endpoint: &'static str,
        call: impl Future<Output = Result<Vec<u8>, CallFailed>>,
        decode: impl FnOnce(&[u8]) -> WechatReply<T>,
    ) -> Result<WechatReply<T>, CallFailed> {
        observed::observed(self.observe.as_ref(), endpoint, call, decode).await
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, CallFailed> {
        self.ask(path, query, None).await
    }

    /// The same; with a body it is a POST.
    pub(crate) async fn ask(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Vec<u8>, CallFailed> {
        self.upstream.ask(path, query, body, self.upstream.deadline()).await
    }
}
