//! `magpie demo`: the fake WeChat, the server and a sample application on this machine, until stopped.

use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Failure, Invocation};
use crate::config::{LogForm, Telemetry};
use crate::demo::{self, Addresses, MINI_PROGRAM_CLIENT};
use crate::shutdown::on_signals;
use crate::telemetry;

/// Runs all three and prints where they are.
pub(super) async fn run(invocation: &Invocation, with_wecom: bool) -> Result<(), Failure> {
    let quiet = Telemetry { log: LogForm::Plain, filter: "warn".to_owned() };
    telemetry::install(&quiet).map_err(Failure::new)?;
    let stop = CancellationToken::new();
    on_signals(&TaskTracker::new(), stop.clone()).map_err(Failure::new)?;
    let tell = |addresses: &Addresses| {
        let Addresses { application, issuer, wechat, mini_program_code } = addresses;
        let text = format!(
            "Sample application  {application}   begin here\n\
             Magpie              {issuer}\n\
             Simulated WeChat    {wechat}\n\
             A mini program brings its code like this, once and within five minutes:\n\
             {}\n\
             Nothing of it is kept. Ctrl-C ends it.",
            mini_program_call(issuer, mini_program_code)
        );
        let value = json!({
            "application": application, "issuer": issuer, "wechat": wechat,
            "mini_program_code": mini_program_code,
        });
        invocation.answer(text, &value);
    };
    demo::run(with_wecom, stop, tell).await.map_err(Failure::new)
}

/// The token exchange of a mini program, for a shell.
fn mini_program_call(issuer: &str, code: &str) -> String {
    format!(
        "  curl {issuer}/oauth2/token -d client_id={MINI_PROGRAM_CLIENT} -d audience=mini -d scope=openid \\\n\
         \x20   -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\\n\
         \x20   -d subject_token_type=urn:magpie:params:oauth:token-type:wechat-code \\\n\
         \x20   -d subject_token={code}"
    )
}
