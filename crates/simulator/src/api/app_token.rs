//! App-level tokens: `GET /cgi-bin/token` and `POST /cgi-bin/stable_token` (wechat.md section 5.5).
//! The plain call replaces its token each time; the stable one gives the same token until near its end or until forced.
//! The two families do not know of each other. An address that is not listed (40164) comes by script.
//! Apps of the Open Platform get neither: nothing that such a token is for is theirs. WeChat documents no errcode for
//! them here; 48001 is the nearest.

use axum::{body::Bytes, extract::State, response::Response};
use serde_json::Value;

use crate::{
    api::{Asked, answer, errcode::Refused, proved_account},
    query::Params,
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
    world::AccountKind,
};

/// A new token with each call.
pub(crate) async fn get_plain(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::Token, asked, |simulator, asked| {
        token(simulator, &asked.params, "plain")
    })
    .await
}

/// The stable token; its parameters come as a JSON object in the body.
pub(crate) async fn post_stable(
    State(simulator): State<Simulator>,
    asked: Asked,
    body: Bytes,
) -> Response {
    let fields = json_fields(&body);
    let readable = fields.is_some();
    let asked = Asked { params: Params::from_pairs(fields.unwrap_or_default()), ..asked };
    let work = |simulator: &Simulator, asked: &Asked| {
        if readable { token(simulator, &asked.params, "stable") } else { Err(Refused(47_001)) }
    };
    answer(&simulator, Endpoint::StableToken, asked, work).await
}

fn token(simulator: &Simulator, params: &Params, family: &'static str) -> Result<Reply, Refused> {
    if params.get("grant_type") != "client_credential" {
        return Err(Refused(40_002));
    }
    let world = simulator.world();
    let account = proved_account(&world, params)?;
    if matches!(account.kind, AccountKind::Website | AccountKind::MobileApp) {
        return Err(Refused(48_001));
    }
    let renew = family == "plain" || params.get("force_refresh") == "true";
    let now = simulator.now();
    let token = simulator.books().app_token(&account.app_id, family, renew, now);
    let text = simulator.mint().app_token(&account.app_id, family, token.generation);
    let expires_in = token.until.saturating_sub(now).as_secs();
    Ok(Reply::new().text("access_token", &text).raw("expires_in", &expires_in.to_string()))
}

/// The top-level fields of a JSON object as texts; `None` when it is none.
pub(crate) fn json_fields(body: &[u8]) -> Option<Vec<(String, String)>> {
    let Value::Object(fields) = serde_json::from_slice(body).ok()? else { return None };
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Some(fields.into_iter().map(|(name, value)| (name, text(value))).collect())
}
