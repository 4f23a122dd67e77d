//! `GET /sns/oauth2/refresh_token`: longer life for a user's access token, without a secret (wechat.md section 3.2).
//! A living access token keeps its text, an expired one gets a new one; the refresh token itself is never renewed.

use axum::{extract::State, response::Response};

use crate::{
    api::{Asked, access_token::token_reply, answer, errcode::Refused, named_account},
    books::Refresh,
    ids::Mint,
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
};

/// Refreshes.
pub(crate) async fn get(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::RefreshToken, asked, refresh).await
}

fn refresh(simulator: &Simulator, asked: &Asked) -> Result<Reply, Refused> {
    let world = simulator.world();
    let account = named_account(&world, &asked.params)?;
    if asked.params.get("grant_type") != "refresh_token" {
        return Err(Refused(40_002));
    }
    let token = asked.params.get("refresh_token");
    if token.is_empty() {
        return Err(Refused(41_003));
    }
    let serial =
        Mint::read_token(token).filter(|serial| simulator.mint().refresh_token(*serial) == token);
    let serial = serial.ok_or(Refused(40_030))?;
    let refreshed = simulator.books().refresh(serial, &account.app_id, simulator.now());
    match refreshed.ok_or(Refused(40_030))? {
        Refresh::Expired => Err(Refused(42_002)),
        Refresh::Done(consent, generation) => {
            Ok(token_reply(simulator, serial, generation, &consent))
        }
    }
}
