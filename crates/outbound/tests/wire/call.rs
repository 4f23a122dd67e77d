//! The calls under test, each on a runtime of its own: when it returns, its connections are closed.

use std::future::Future;
use std::time::Duration;

use magpie_domain::{Account, AppId, Locale, Secret};
use magpie_outbound::{CallFailed, Http, HttpSettings, Sns};
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::reply::access_token::AccessTokenReply;
use magpie_wechat::reply::userinfo::UserinfoReply;
use magpie_wechat::reply::{WechatReply, access_token};

use crate::upstream::TOKEN;

/// What an exchange gave.
pub(crate) type Exchanged = Result<WechatReply<AccessTokenReply>, CallFailed>;

/// The request line of the one exchange that [`exchange`] makes.
pub(crate) const REQUEST_LINE: &str = "GET /sns/oauth2/access_token?appid=wx0123456789abcdef&secret=planted-app-secret&code=planted-code&grant_type=authorization_code HTTP/1.1\r\n";

pub(crate) fn account() -> Account {
    Account {
        app_id: AppId::parse("wx0123456789abcdef").unwrap(),
        app_secret: Secret::new("planted-app-secret".to_owned()),
    }
}

pub(crate) fn sns(settings: HttpSettings, bases: &[&str]) -> Sns {
    let (base, fallbacks) = bases.split_first().unwrap();
    let fallbacks: Vec<String> = fallbacks.iter().map(|base| (*base).to_owned()).collect();
    Sns::new(Http::new(settings).unwrap(), base, &fallbacks)
}

/// Exchanges a code over a client that exists already.
pub(crate) async fn exchange_over(sns: &Sns, code: &str) -> Exchanged {
    sns.exchange(&account(), &CallbackCode::parse(code).unwrap()).await
}

/// Exchanges the planted code at the bases.
pub(crate) fn exchange(settings: HttpSettings, bases: &[&str]) -> Exchanged {
    block_on(async { exchange_over(&sns(settings, bases), "planted-code").await })
}

/// Asks for a profile over a client that exists already.
pub(crate) async fn userinfo_over(sns: &Sns) -> Result<WechatReply<UserinfoReply>, CallFailed> {
    let WechatReply::Ok(token) = access_token::decode(TOKEN.as_bytes()) else { panic!("{TOKEN}") };
    sns.userinfo(&token, Locale::ZhCn).await
}

/// Runs to the end. A call that takes ten times as long as any test allows is a failure, not a wait.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let limit = Duration::from_secs(10);
    runtime.block_on(async { tokio::time::timeout(limit, future).await }).unwrap()
}

/// The failure, or a panic with what came instead.
pub(crate) fn failure<T: std::fmt::Debug>(result: Result<T, CallFailed>) -> CallFailed {
    result.unwrap_err()
}

/// The openid that the exchange named.
pub(crate) fn openid(exchanged: Exchanged) -> String {
    match exchanged {
        Ok(WechatReply::Ok(reply)) => reply.openid.as_key().to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Default limits with a short deadline.
pub(crate) fn hasty() -> HttpSettings {
    HttpSettings { total: Duration::from_millis(600), ..HttpSettings::default() }
}
