//! The mini program's side: it was opened by its code on a desktop, asks us who asks, and brings its person's answer with
//! a fresh code of `wx.login`. There is no cookie and no session; what proves the person is the code of the very call
//! that answers, so that nothing has to tie the answer to the question
//! ([decision 0053](../../../../docs/decisions/0053-a-mini-program-answers-for-a-desktop.md)).

use magpie_domain::relay::MOST_WRONG;
use magpie_domain::{
    AccountState, Actor, AuditEvent, AuditFact, Channel, Client, Lifetime, MatchNumber,
    RelayTicket, WechatIdentity,
};
use magpie_oidc::error::OAuthError;
use magpie_oidc::grant::WechatCodeRequest;
use magpie_oidc::relay::{ProgramAnswer, ProgramWord, no_desktop};
use magpie_store::{Once, StoreError, Tx, audit, identities, relay_tickets};
use magpie_wechat::callback::CallbackCode;

use super::choices;
use super::phone::waiting;
use super::program_code::door;
use crate::budget::Budget;
use crate::clients;
use crate::context::Flows;
use crate::identity::{Resolved, resolve};
use crate::outcome::{Inconsistent, Outcome, Stop};
use crate::wechat::phone::{self, Brought};

/// How often a lost race with another replica is run again.
const TRIES: u32 = 4;

/// What the mini program shows its person.
#[derive(Debug)]
pub struct ProgramQuestion {
    /// The application's name.
    pub client: String,
    /// The desktop's address.
    pub address: String,
    /// The desktop's browser; empty when it does not say.
    pub browser: String,
    /// How long ago the desktop asked.
    pub ago: Lifetime,
    /// How long it can still be answered.
    pub left: Lifetime,
    /// What to choose from.
    pub choices: Vec<MatchNumber>,
    /// How many wrong numbers are left, at least one.
    pub tries_left: u8,
}

/// How the answer of a mini program came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramEnd {
    /// The number was right: the desktop goes on.
    Approved,
    /// The person said no.
    Refused,
    /// Another number; so many tries are left.
    Wrong {
        /// How many.
        left: u8,
    },
    /// Another number, and the last one that was allowed.
    WrongNumbers,
}

/// Says who asks: what the page of a phone that opens our own code says. Reads, and writes nothing (law 1).
///
/// # Errors
/// `expired_token` when no desktop waits with that scene and a mini program.
pub async fn ask(flows: &Flows, scene: &str) -> Outcome<ProgramQuestion, OAuthError> {
    let Desktop { ticket, client, .. } = desktop(flows, scene).await?;
    let now = flows.now();
    Ok(ProgramQuestion {
        client: client.name().to_owned(),
        ago: now.since(ticket.created_at),
        left: ticket.expires_at.since(now),
        choices: choices(flows, &ticket.id, ticket.number),
        tries_left: MOST_WRONG.saturating_sub(ticket.wrong_numbers),
        address: ticket.address,
        browser: ticket.browser,
    })
}

/// Takes the answer: claims the code, asks WeChat whose it is, and lets the number count, in this order.
///
/// # Errors
/// `expired_token` when no desktop waits with that scene and a mini program, or somebody was faster; `invalid_grant` for
/// a code that is no good; `access_denied` for a person who may not sign in; `temporarily_unavailable`.
pub async fn answer(
    flows: &Flows,
    answer: &ProgramAnswer,
    budget: &dyn Budget,
) -> Outcome<ProgramEnd, OAuthError> {
    let desktop = desktop(flows, answer.scene.expose()).await?;
    let Desktop { client, account, .. } = &desktop;
    let code = CallbackCode::parse(answer.code.expose());
    let code = code.ok_or(Stop::Refused(WechatCodeRequest::refused()))?;
    phone::claim(flows, (client, budget), account, &code).await?;
    let brought = Brought {
        channel: account,
        code: &code,
        client: client.id(),
        wants_profile: false,
        envelope: None,
    };
    let who = phone::who(flows, &brought).await?.identity;
    match answer.word {
        ProgramWord::Number(number) => choose(flows, &desktop, &who, number).await,
        ProgramWord::No => refuse(flows, &desktop, &who).await,
    }
}

/// A desktop that waits, and the mini program that may answer for it.
struct Desktop<'a> {
    ticket: RelayTicket,
    client: Client,
    account: &'a Channel,
}

/// Finds it; what was never there, is over, or has no such door is one answer.
async fn desktop<'a>(flows: &'a Flows, scene: &str) -> Outcome<Desktop<'a>, OAuthError> {
    let nobody = || Stop::Refused(no_desktop());
    let ticket = waiting(flows, scene).await?.ok_or_else(nobody)?;
    let (account, _page) = door(flows, &ticket.channel).ok_or_else(nobody)?;
    let client = clients::find(flows, &ticket.client_id).await?;
    let client = client.filter(Client::is_enabled).ok_or_else(nobody)?;
    Ok(Desktop { ticket, client, account })
}

/// The person chose a number. Who they are is written down with a right one alone.
async fn choose(
    flows: &Flows,
    desktop: &Desktop<'_>,
    who: &WechatIdentity,
    number: MatchNumber,
) -> Outcome<ProgramEnd, OAuthError> {
    for _ in 0..TRIES {
        let now = flows.now();
        let mut tx = flows.store().write().await?;
        let found = resolve(flows, &mut tx, who).await.map_err(Stop::unrefused)?;
        let Resolved::Person(user) = found else {
            tx.rollback().await?;
            continue;
        };
        if user.state != AccountState::Active {
            tx.rollback().await?;
            return Err(Stop::Refused(OAuthError::access_denied("this person may not sign in")));
        }
        let id = &desktop.ticket.id;
        let approved = relay_tickets::approve(&mut tx, id, number, (&user.id, now), now).await?;
        if !approved.is_won() {
            tx.rollback().await?;
            return count_wrong(flows, desktop, who).await;
        }
        let actor = Actor::Person(user.id.clone());
        let client = desktop.client.id().clone();
        let fact = AuditFact::RelayApproved { user: user.id, client };
        audit::append(&mut tx, &AuditEvent { at: now, actor, fact }).await?;
        tx.commit().await?;
        flows.waiting().wake(id);
        return Ok(ProgramEnd::Approved);
    }
    Err(Inconsistent("a first sign-in kept losing its race").into())
}

/// Another number, or too late.
async fn count_wrong(
    flows: &Flows,
    desktop: &Desktop<'_>,
    who: &WechatIdentity,
) -> Outcome<ProgramEnd, OAuthError> {
    let id = &desktop.ticket.id;
    let mut tx = flows.store().write().await?;
    let Once::Won(wrong) = relay_tickets::wrong_number(&mut tx, id, flows.now()).await? else {
        tx.rollback().await?;
        return Err(Stop::Refused(no_desktop()));
    };
    if wrong < MOST_WRONG {
        tx.commit().await?;
        return Ok(ProgramEnd::Wrong { left: MOST_WRONG.saturating_sub(wrong) });
    }
    note_refusal(flows, &mut tx, desktop, who).await?;
    tx.commit().await?;
    flows.waiting().wake(id);
    tracing::warn!("a desktop's code was cancelled after too many wrong numbers");
    Ok(ProgramEnd::WrongNumbers)
}

/// The person says that it was not them.
async fn refuse(
    flows: &Flows,
    desktop: &Desktop<'_>,
    who: &WechatIdentity,
) -> Outcome<ProgramEnd, OAuthError> {
    let id = &desktop.ticket.id;
    let mut tx = flows.store().write().await?;
    if !relay_tickets::refuse(&mut tx, id, flows.now()).await?.is_won() {
        tx.rollback().await?;
        return Err(Stop::Refused(no_desktop()));
    }
    note_refusal(flows, &mut tx, desktop, who).await?;
    tx.commit().await?;
    flows.waiting().wake(id);
    tracing::warn!("somebody in a mini program says that they did not start a desktop's sign-in");
    Ok(ProgramEnd::Refused)
}

/// Of somebody who is known here: nobody becomes known by saying no.
async fn note_refusal(
    flows: &Flows,
    tx: &mut Tx,
    desktop: &Desktop<'_>,
    who: &WechatIdentity,
) -> Result<(), StoreError> {
    let known = identities::find_by_openid(tx, &who.app_id, &who.openid).await?;
    let Some(user) = known else { return Ok(()) };
    let actor = Actor::Person(user.clone());
    let fact = AuditFact::RelayRefused { user, client: desktop.client.id().clone() };
    audit::append(tx, &AuditEvent { at: flows.now(), actor, fact }).await
}
