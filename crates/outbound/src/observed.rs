//! Finished calls, told to whoever counts them.

use std::sync::Arc;
use std::time::Duration;

use magpie_wechat::reply::WechatReply;
use tokio::time::Instant;

use crate::unreachable::CallFailed;

/// One finished call, for whoever counts them. Every text is from a closed set.
#[derive(Debug, Clone, Copy)]
pub struct UpstreamCall {
    /// `access_token`, `jscode2session`, `userinfo`, `app_token`, `phone_number`, `program_code`, `scene_code` or `follower`; of WeCom `gettoken`, `getuserinfo` or `getuserdetail`.
    pub endpoint: &'static str,
    /// `answered`, `refused`, `unreadable` or `unreachable`.
    pub result: &'static str,
    /// How long it took.
    pub took: Duration,
}

/// Where finished calls are told.
pub type ObserveCalls = Arc<dyn Fn(UpstreamCall) + Send + Sync>;

/// Makes a call, reads its reply and tells both.
pub(crate) async fn observed<T>(
    observe: Option<&ObserveCalls>,
    endpoint: &'static str,
    call: impl Future<Output = Result<Vec<u8>, CallFailed>>,
    decode: impl FnOnce(&[u8]) -> WechatReply<T>,
) -> Result<WechatReply<T>, CallFailed> {
    let began = Instant::now();
    let reply = call.await.map(|body| decode(&body));
    if let Some(observe) = observe {
        let result = match &reply {
            Ok(WechatReply::Ok(_)) => "answered",
            Ok(WechatReply::Refused(_)) => "refused",
            Ok(WechatReply::Unreadable) => "unreadable",
            Err(_failed) => "unreachable",
        };
        observe(UpstreamCall { endpoint, result, took: began.elapsed() });
    }
    reply
}
