//! Userinfo: open the access token, read its grant and person once, select the claims (OIDC Core §5.3).

use magpie_domain::{AccountState, Client, ClientId, TokenText};
use magpie_oidc::claims::{self, Released};
use magpie_oidc::userinfo::{self as rules, BearerRefusal};
use magpie_store::grants;
use serde_json::{Map, Value, json};

use crate::access_token;
use crate::clients;
use crate::context::Flows;
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
/// client has.
pub async fn answer(flows: &Flows, token: &TokenText) -> Outcome<Answered, BearerRefusal> {
    let invalid = || Stop::Refused(BearerRefusal::InvalidToken);
    let token = access_token::open(flows, token).ok_or_else(invalid)?;
    rules::check(&token, flows.issuer(), flows.now()).map_err(Stop::Refused)?;
    let mut tx = flows.store().read().await?;
    let found = grants::find_live_with_user(&mut tx, &token.grant).await?;
    drop(tx);
    let (grant, user) = found.ok_or_else(invalid)?;
    let holder = token.holder.as_ref().unwrap_or(&grant.client_id);
    let client = clients::find(flows, holder).await?.filter(Client::is_enabled);
    let client = client
        .filter(|_| user.state == AccountState::Active && grant.honours(&token))
        .ok_or_else(invalid)?;
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
