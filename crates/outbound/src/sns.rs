//! The `sns` endpoints that service accounts and website apps share (wechat.md §3).

use std::fmt;

use magpie_domain::{Account, Locale};
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::reply::{WechatReply, access_token, userinfo};
use magpie_wechat::reply::{access_token::AccessTokenReply, userinfo::UserinfoReply};

use crate::http::Http;
use crate::observed::{ObserveCalls, observed};
use crate::unreachable::CallFailed;

/// WeChat's `sns` API at its base and fallback bases.
#[derive(Clone)]
pub struct Sns {
    http: Http,
    bases: Vec<String>,
    observe: Option<ObserveCalls>,
}

impl fmt::Debug for Sns {
    /// Without the bases: an upstream URL is not printed (law 9).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sns").field("bases", &self.bases.len()).finish_non_exhaustive()
    }
}

impl Sns {
    /// Takes the client, the base URL and those to try when no connection to it can be had.
    #[must_use]
    pub fn new(http: Http, base: &str, fallback_bases: &[String]) -> Self {
        let all = std::iter::once(base).chain(fallback_bases.iter().map(String::as_str));
        let bases = all.map(|text| text.trim_end_matches('/').to_owned()).collect();
        Self { http, bases, observe: None }
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
        observed(
            self.observe.as_ref(),
            "access_token",
            self.get("/sns/oauth2/access_token", &query),
            access_token::decode,
        )
        .await
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
        let call = self.get("/sns/userinfo", &query);
        observed(self.observe.as_ref(), "userinfo", call, userinfo::decode).await
    }

    /// Asks the bases, all of them within one deadline: the person waits for the sum.
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, CallFailed> {
        let asked = tokio::time::timeout(self.http.total(), self.ask_in_turn(path, query)).await;
        asked.unwrap_or(Err(CallFailed::Deadline))
    }

    /// Tries the bases in turn while no connection can be had; after bytes were sent there is no second try.
    async fn ask_in_turn(&self, path: &str, query: &[(&str, &str)]) -> Result<Vec<u8>, CallFailed> {
        let mut failure = CallFailed::Connect;
        for base in &self.bases {
            match self.http.get(base, path, query).await {
                Err(CallFailed::Connect) => failure = CallFailed::Connect,
                other => return other,
            }
        }
        Err(failure)
    }
}
