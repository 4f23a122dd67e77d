//! `GET /sns/oauth2/access_token`: a code for tokens and an openid, once (wechat.md section 3.1).
//! Only codes of the same app count, and codes of `wx.login` do not.

use axum::{extract::State, response::Response};

use crate::{
    api::{Asked, answer, errcode::Refused, proved_account},
    books::{Consent, Exchange, Scope},
    ids,
    reply::Reply,
    script::Endpoint,
    simulator::Simulator,
    world::Account,
};

/// Exchanges a code.
pub(crate) async fn get(State(simulator): State<Simulator>, asked: Asked) -> Response {
    answer(&simulator, Endpoint::AccessToken, asked, exchange).await
}

fn exchange(simulator: &Simulator, asked: &Asked) -> Result<Reply, Refused> {
    let params = &asked.params;
    let world = simulator.world();
    let account = proved_account(&world, params)?;
    if params.get("code").is_empty() {
        return Err(Refused(41_008));
    }
    if params.get("grant_type") != "authorization_code" {
        return Err(Refused(40_002));
    }
    let consent = spend(simulator, params.get("code"), |consent| {
        let brought = matches!(consent.scope, Scope::MiniProgram | Scope::PhoneNumber);
        consent.app_id == account.app_id && !brought
    })?;
    let serial = simulator.books().open_grant(consent.clone(), simulator.now());
    let reply = token_reply(simulator, serial, 0, &consent);
    Ok(with_person(reply, account, &consent))
}

/// Takes the code out of the books: 40029, 40163, 42003.
pub(crate) fn spend(
    simulator: &Simulator,
    code: &str,
    fits: impl Fn(&Consent) -> bool,
) -> Result<Consent, Refused> {
    let world = simulator.world();
    let serial = simulator.mint().read_code(code).ok_or(Refused(40_029))?;
    let lifetime = std::time::Duration::from_secs(world.code_lifetime);
    match simulator.books().spend_code(serial, fits, simulator.now(), lifetime) {
        Exchange::Fresh(consent) => Ok(consent),
        Exchange::UsedBefore(reuses) if reuses <= world.reuses_answered_40163 => {
            Err(Refused(40_163))
        }
        Exchange::UsedBefore(_) | Exchange::Unknown => Err(Refused(40_029)),
        Exchange::Expired => Err(Refused(42_003)),
    }
}

/// The part that a refresh answers as well.
pub(crate) fn token_reply(
    simulator: &Simulator,
    serial: u64,
    generation: u32,
    consent: &Consent,
) -> Reply {
    let mint = simulator.mint();
    Reply::new()
        .text("access_token", &mint.access_token(serial, generation))
        .raw("expires_in", "7200")
        .text("refresh_token", &mint.refresh_token(serial))
        .text("openid", &ids::openid(&consent.app_id, &consent.person, consent.snapshot))
        .text("scope", consent.scope.as_str())
}

/// `is_snapshotuser` only when it is 1; the unionid only with the profile scopes and a platform.
fn with_person(mut reply: Reply, account: &Account, consent: &Consent) -> Reply {
    if consent.snapshot {
        reply = reply.raw("is_snapshotuser", "1");
    }
    match account
        .unionid(&consent.person, consent.snapshot)
        .filter(|_| consent.scope.shows_profile())
    {
        Some(unionid) => reply.text("unionid", &unionid),
        None => reply,
    }
}
