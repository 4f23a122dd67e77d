//! `magpie demo`: the fake WeChat, the server and a sample application on this machine, until stopped.

use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Failure, Invocation};
use crate::config::{LogForm, Telemetry};
use crate::demo::{self, Addresses};
use crate::shutdown::on_signals;
use crate::telemetry;

/// Runs all three and prints where they are.
pub(super) async fn run(invocation: &Invocation) -> Result<(), Failure> {
    let quiet = Telemetry { log: LogForm::Plain, filter: "warn".to_owned() };
    telemetry::install(&quiet).map_err(Failure::new)?;
    let stop = CancellationToken::new();
    on_signals(&TaskTracker::new(), stop.clone()).map_err(Failure::new)?;
    let tell = |Addresses { application, issuer, wechat }: &Addresses| {
        let text = format!(
            "Sample application  {application}   begin here\n\
             Magpie              {issuer}\n\
             Simulated WeChat    {wechat}\n\
             Nothing of it is kept. Ctrl-C ends it."
        );
        let value = json!({ "application": application, "issuer": issuer, "wechat": wechat });
        invocation.answer(text, &value);
    };
    demo::run(stop, tell).await.map_err(Failure::new)
}
