//! Userinfo: open the access token, read its grant and person once, select the claims (OIDC Core §5.3).

use magpie_domain::{AccessToken, Client, ClientId};
use magpie_oidc::claims::{self, Released};
use magpie_oidc::dpop::{ProofRefusal, ProvedCall, single};
use magpie_oidc::paths;
use magpie_oidc::userinfo::{self as rules, BearerRefusal, Presented};
use magpie_store::grants;
use serde_json::{Map, Value, json};

use crate::access_token;
use crate::budget::Budget;
use crate::clients;
use crate::context::Flows;
use crate::dpop::{self, ProvedKey, Spent};
use crate::outcome::{Outcome, Stop};
use crate::person;
use crate::token::mint;

/// What userinfo says, in the shape that the client registered.
#[derive(Debug)]
pub enum Userinfo {
    /// `application/json`
    Plain(Map<String, Value>),
    /// `application/jwt`: the claims with `iss` and `aud`, signed (OIDC Core §5.3.2).
    Signed(String),
}

/// A request for claims.
#[derive(Debug, Clone, Copy)]
pub struct UserinfoCall<'a> {
    /// The token as it was shown.
    pub shown: &'a Presented,
    /// The values of every `DPoP` header.
    pub proofs: &'a [String],
    /// The method, which a proof names.
    pub method: &'a str,
    /// How many proofs may still be used.
    pub budget: &'a dyn Budget,
}

/// What userinfo says, and to whom.
#[derive(Debug)]
pub struct Answered {
    /// The client that holds the token.
    pub client: ClientId,
    /// The claims.
    pub userinfo: Userinfo,
}

/// The claims of the person whose access token this is.
///
/// # Errors
/// [`BearerRefusal::InvalidToken`] for a token that is not ours or not for us, has ended, or whose grant, person or
/// client has; [`BearerRefusal::Proof`] for a bound token without a good proof of its key (RFC 9449 §7.1).
pub async fn answer(flows: &Flows, call: &UserinfoCall<'_>) -> Outcome<Answered, BearerRefusal> {
    let scheme = call.shown.scheme;
    let invalid = || Stop::Refused(BearerRefusal::InvalidToken(scheme));
    let token = access_token::open(flows, &call.shown.token).ok_or_else(invalid)?;
    rules::check(&token, scheme, flows.issuer(), flows.now()).map_err(Stop::Refused)?;
    let key = proved(flows, call, &token).map_err(Stop::Refused)?;
    let mut tx = flows.store().read().await?;
    let found = grants::find_live_with_user(&mut tx, &token.grant).await?;
    drop(tx);
    let (grant, user) = found.ok_or_else(invalid)?;
    let holder = token.holder.as_ref().unwrap_or(&grant.client_id);
    let client = clients::find(flows, holder).await?.filter(Client::is_enabled);
    let client = client
        .filter(|_| person::stands_behind(flows, &user, &grant) && grant.honours(&token))
        .ok_or_else(invalid)?;
    if let Some(key) = key {
        match dpop::spend(flows, call.budget, &client, &key).await? {
            Spent::Now => {}
            Spent::Before => return Err(Stop::Refused(BearerRefusal::Proof(dpop::USED))),
            Spent::TooOften => return Err(Stop::Refused(BearerRefusal::TooOften)),
        }
    }
    let scopes = token.scopes.intersection(grant.scopes);
    // What was asked for by name was asked for the grant's own client, not for whoever exchanged its token.
    let is_own = *client.id() == grant.client_id;
    let asked = if is_own { &*grant.asked_claims.userinfo } else { &[] };
    let released = Released { scopes, asked, allowed: scopes.union(client.scopes()) };
    let facts = person::facts(flows, &client, &user, &grant, released.reach()).await?;
    let mut claims = claims::userinfo(&facts, &released, client.policy());
    let Some(algorithm) = client.policy().algorithms.userinfo else {
        return Ok(Answered { client: client.id().clone(), userinfo: Userinfo::Plain(claims) });
    };
    claims.insert("iss".to_owned(), json!(flows.issuer().as_str()));
    claims.insert("aud".to_owned(), json!(client.id().as_str()));
    let signed = Userinfo::Signed(mint::sign(flows, algorithm, "JWT", &claims)?);
    Ok(Answered { client: client.id().clone(), userinfo: signed })
}

/// The key of a bound token, proved for this call; nothing for a token of whoever bears it.
fn proved(
    flows: &Flows,
    call: &UserinfoCall<'_>,
    token: &AccessToken,
) -> Result<Option<ProvedKey>, BearerRefusal> {
    let Some(jkt) = rules::key_to_prove(token, call.shown.scheme)? else { return Ok(None) };
    let missing = ProofRefusal::Invalid("the token is bound to a key: a DPoP header must prove it");
    let shown = single(call.proofs).and_then(|one| one.ok_or(missing));
    let proved_call = ProvedCall {
        method: call.method,
        issuer: flows.issuer(),
        path: paths::USERINFO,
        access_token: Some(&call.shown.token),
    };
    let key = shown.and_then(|shown| dpop::prove(flows, shown, &proved_call));
    let key = key.map_err(BearerRefusal::Proof)?;
    if key.jkt == jkt {
        Ok(Some(key))
    } else {
        Err(BearerRefusal::Proof(ProofRefusal::Invalid("the token is bound to another key")))
    }
}
