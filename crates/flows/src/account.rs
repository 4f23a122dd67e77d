//! What a signed-in person can see and do about themselves: who is signed in, which applications hold what, the end of the
//! session, and an application's access taken back. Every act needs the token of our own page (LO-02).

use std::collections::BTreeMap;
use std::fmt;

use magpie_domain::{
    Actor, AuditEvent, AuditFact, ChannelKind, ClientId, ScopeSet, Timestamp, TokenText,
};
use magpie_oidc::third_party_login;
use magpie_store::session_grants::{self, Withdrawal};
use magpie_store::{audit, consents};

use crate::browser_session::SignedIn;
use crate::clients;
use crate::context::Flows;
use crate::form_token::Form;
use crate::logout::{SignedOut, end_session, signed_in};
use crate::outcome::{Outcome, Stop};

/// The person and what is known about this session.
pub struct Account {
    /// What they call themselves.
    pub person: Option<String>,
    /// Their login name.
    pub username: String,
    /// When they came back from WeChat.
    pub since: Timestamp,
    /// Through which kind of channel.
    pub kind: ChannelKind,
    /// What applications hold, by `client_id`.
    pub applications: Vec<Application>,
    /// Has to come back with the wish to sign out.
    pub sign_out_token: TokenText,
    /// Has to come back with the wish to take an application's access back.
    pub withdraw_token: TokenText,
}

/// An application that holds something of the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id.
    pub id: ClientId,
    /// Its name, or the id of one that is no longer registered.
    pub name: String,
    /// What it may read.
    pub scopes: ScopeSet,
    /// Since when.
    pub since: Timestamp,
    /// Where a login at it begins that is answered here, if it says (OIDC Core §4).
    pub start: Option<String>,
}

/// Why an act did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountRefused {
    /// Nobody is signed in in this browser.
    Nobody,
    /// The post did not come from our page in this session.
    Forged,
}

/// Who is signed in here and what applications hold; nothing when nobody is.
///
/// # Errors
/// Only incidents.
pub async fn look(
    flows: &Flows,
    session: Option<&str>,
) -> Outcome<Option<Account>, std::convert::Infallible> {
    let Some(SignedIn { session, user, .. }) = signed_in(flows, session).await? else {
        return Ok(None);
    };
    let mut reader = flows.store().read().await?;
    let held = session_grants::held(&mut reader, &user.id, &session.id, flows.now()).await?;
    let remembered = consents::list_of(&mut reader, &user.id).await?;
    drop(reader);
    let held = held.into_iter().map(|held| (held.client_id, held.scopes, held.since));
    let mut all: BTreeMap<ClientId, (ScopeSet, Timestamp)> = BTreeMap::new();
    for (client, scopes, since) in held.chain(remembered) {
        let known = all.entry(client).or_insert((scopes, since));
        known.0 = known.0.iter().chain(scopes.iter()).collect();
        known.1 = known.1.min(since);
    }
    let mut applications = Vec::with_capacity(all.len());
    for (id, (scopes, since)) in all {
        let client = clients::find(flows, &id).await?;
        let initiate = client.as_ref().filter(|client| client.is_enabled());
        let initiate = initiate.and_then(|client| client.policy().initiate_login_uri.as_deref());
        let start = initiate.and_then(|uri| third_party_login::address(uri, flows.issuer()));
        let name = client.map_or_else(|| id.to_string(), |client| client.name().to_owned());
        applications.push(Application { id, name, scopes, since, start });
    }
    Ok(Some(Account {
        person: user.profile.name,
        username: user.preferred_username,
        since: session.auth_time,
        kind: session.kind,
        applications,
        sign_out_token: Form::SignOut.token(flows.vault(), &session.id),
        withdraw_token: Form::Withdraw.token(flows.vault(), &session.id),
    }))
}

/// Ends the session, everywhere it led to.
///
/// # Errors
/// [`AccountRefused`]: nothing has ended.
pub async fn sign_out(
    flows: &Flows,
    session: Option<&str>,
    form_token: Option<&str>,
) -> Outcome<SignedOut, AccountRefused> {
    let person = proved(flows, session, Form::SignOut, form_token).await?;
    let frames = end_session(flows, &person, None).await?;
    Ok(SignedOut { way_back: None, frames })
}

/// Takes an application's access back: its grants, and the remembered yes.
///
/// # Errors
/// [`AccountRefused`]: it still has both.
pub async fn withdraw(
    flows: &Flows,
    session: Option<&str>,
    form_token: Option<&str>,
    client: &ClientId,
) -> Outcome<(), AccountRefused> {
    let SignedIn { session, user, .. } = proved(flows, session, Form::Withdraw, form_token).await?;
    let (now, lifetimes) = (flows.now(), flows.settings().lifetimes);
    let redeemable = lifetimes.code.max(lifetimes.device);
    let since = now.minus(redeemable).minus(lifetimes.access_token);
    let whose = Withdrawal { user: &user.id, session: &session.id, client, since, now };
    let mut tx = flows.store().write().await?;
    let ended = session_grants::withdraw(&mut tx, &whose).await?;
    let forgotten = consents::withdraw(&mut tx, &user.id, client).await?;
    if ended > 0 || forgotten {
        let (user, client) = (user.id.clone(), client.clone());
        let actor = Actor::Person(user.clone());
        let fact = AuditFact::ConsentWithdrawn { user, client };
        audit::append(&mut tx, &AuditEvent { at: now, actor, fact }).await?;
    }
    Ok(tx.commit().await?)
}

/// Whoever is signed in and has posted our own form.
async fn proved(
    flows: &Flows,
    session: Option<&str>,
    form: Form,
    form_token: Option<&str>,
) -> Outcome<SignedIn, AccountRefused> {
    let person = signed_in(flows, session).await?;
    let person = person.ok_or(Stop::Refused(AccountRefused::Nobody))?;
    if form.is_shown(flows.vault(), &person.session.id, form_token) {
        Ok(person)
    } else {
        Err(Stop::Refused(AccountRefused::Forged))
    }
}

/// The name is a person's.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("applications", &self.applications.len())
            .finish_non_exhaustive()
    }
}
