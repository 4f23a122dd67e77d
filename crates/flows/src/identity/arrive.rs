//! Everything that follows from knowing who came back, in one commit: person, session, audit, and the application's
//! code when nothing else is missing (design §3, rows 7 and 8).

use magpie_domain::{
    AccountState, Actor, AuditEvent, AuditFact, BrowserSession, Channel, ChannelId, Client,
    LoginAttempt, ReturnedAttempt, SessionId, Timestamp, TokenText, User, Way, WebScope,
    WechatIdentity, silence_suffices,
};
use magpie_oidc::authorize::{Needs, NeedsFacts, SessionFacts, needs};
use magpie_oidc::error::OAuthError;
use magpie_store::{Tx, audit, claims, identities, sessions};

use super::resolve::{Resolved, resolve};
use crate::attempt_cookie;
use crate::authorize::{consent_facts, issue_code, refusal, spend};
use crate::browser_session::{self, PresentedSession, SignedIn};
use crate::context::Flows;
use crate::logout;
use crate::outcome::{Inconsistent, Stop};
use crate::pairwise::subject_for;
use crate::wechat::Landing;

type Arriving<T> = Result<T, Stop<std::convert::Infallible>>;

/// How often a lost race with another replica is run again.
const TRIES: u32 = 4;

/// Somebody who came back, and by which attempt.
#[derive(Clone, Copy)]
pub(crate) struct Arrival<'a> {
    pub(crate) returned: &'a ReturnedAttempt,
    pub(crate) identity: &'a WechatIdentity,
    pub(crate) client: &'a Client,
    pub(crate) former_session: Option<&'a str>,
}

/// Somebody who is known, whether this browser came back from WeChat or a phone did for it.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) attempt: &'a LoginAttempt,
    pub(crate) channel: &'a ChannelId,
    pub(crate) client: &'a Client,
    pub(crate) former_session: Option<&'a str>,
    /// When they came back from WeChat.
    pub(crate) auth_time: Timestamp,
    /// Whether nobody did anything for that.
    pub(crate) silent: bool,
}

impl<'a> Arrival<'a> {
    const fn known(self, now: Timestamp) -> Known<'a> {
        Known {
            attempt: self.returned.attempt(),
            channel: self.returned.channel(),
            client: self.client,
            former_session: self.former_session,
            auth_time: now,
            silent: self.returned.attempt().left_silently(),
        }
    }
}

/// Lands a person: resolves who it is, opens a session, answers the application or keeps the attempt for a page.
pub(crate) async fn arrive(flows: &Flows, arrival: Arrival<'_>) -> Arriving<Landing> {
    for _ in 0..TRIES {
        let mut tx = flows.store().write().await?;
        let landing = if is_known_well_enough(flows, &mut tx, arrival).await? {
            let Resolved::Person(user) = resolve(flows, &mut tx, arrival.identity).await? else {
                tx.rollback().await?;
                continue;
            };
            land(flows, &mut tx, arrival.known(flows.now()), user).await?
        } else {
            ask_at_wechat(flows, arrival.returned)?
        };
        let sealed = landing.seal(flows, arrival.returned.attempt())?;
        let settled =
            claims::settle(&mut tx, arrival.returned.claim_key(), &sealed, flows.now()).await?;
        if matches!(settled, magpie_store::Once::TooLate) {
            return Err(
                Inconsistent("the claim of this exchange was settled by somebody else").into()
            );
        }
        tx.commit().await?;
        if arrival.former_session.is_some() {
            // Its applications may have to be told.
            flows.logout_due().notify_one();
        }
        return Ok(landing);
    }
    Err(Inconsistent("a first sign-in kept losing its race").into())
}

/// Whether this reply may name a person: a silent one only where the channel has no more to give, or where no unionid
/// could lead to somebody else (0048).
async fn is_known_well_enough(flows: &Flows, tx: &mut Tx, arrival: Arrival<'_>) -> Arriving<bool> {
    let channel = flows.settings().channel(arrival.returned.channel());
    let Some(Channel { way: Way::ServiceAccount { scope, .. }, platform, .. }) = channel else {
        return Ok(true);
    };
    let could_ask =
        *scope == WebScope::SnsapiUserinfo && arrival.returned.attempt().left_silently();
    if !could_ask {
        return Ok(true);
    }
    let by_openid = identities::known_on(tx, arrival.identity, platform.as_ref()).await?;
    Ok(silence_suffices(platform.is_some(), by_openid.as_ref()))
}

/// Nobody is signed in and nobody is made: a page with a button comes next.
fn ask_at_wechat(flows: &Flows, returned: &ReturnedAttempt) -> Arriving<Landing> {
    let attempt = returned.attempt().clone().ask_at_wechat();
    let sealed = attempt_cookie::seal(flows.vault(), &attempt, flows.entropy())?;
    let cookie = sealed.value.unwrap_or_default();
    Ok(Landing::NotYetKnown { attempt: attempt.id().clone(), cookie })
}

/// Signs somebody in, in the caller's transaction: the session, and the code when nothing else is missing.
pub(crate) async fn land(
    flows: &Flows,
    tx: &mut Tx,
    arrival: Known<'_>,
    user: User,
) -> Arriving<Landing> {
    let attempt = arrival.attempt;
    if user.state != AccountState::Active {
        let error = OAuthError::access_denied("this person may not sign in");
        if !spend(flows, tx, attempt.request()).await?.is_won() {
            return Ok(Landing::Spent { session: None });
        }
        return Landing::told(flows, arrival.client, attempt, &error);
    }
    let (person, cookie) = open_session(flows, tx, arrival, user).await?;
    let consent = consent_facts(tx, arrival.client, &person, false).await?;
    let subject = subject_for(flows, arrival.client, &person.user.subject);
    let facts = NeedsFacts {
        session: Some(SessionFacts {
            subject: &subject,
            auth_time: person.session.auth_time,
            silent: person.silent,
        }),
        fresh: true,
        consent,
        now: flows.now(),
    };
    match needs(attempt.request(), &facts) {
        // The person did sign in, only not as the application wanted: the session stays theirs.
        Err(error) => {
            if !spend(flows, tx, attempt.request()).await?.is_won() {
                return Ok(Landing::Spent { session: Some(cookie) });
            }
            let response = refusal(flows, arrival.client, attempt, &error)?;
            let attempt = attempt.id().clone();
            Ok(Landing::Answered { response, session: Some(cookie), grant: None, attempt })
        }
        Ok(Needs::Nothing) => {
            let Some((response, grant)) =
                issue_code(flows, tx, arrival.client, attempt, &person).await?
            else {
                return Ok(Landing::Spent { session: Some(cookie) });
            };
            let attempt = attempt.id().clone();
            Ok(Landing::Answered { response, session: Some(cookie), grant: Some(grant), attempt })
        }
        Ok(Needs::Consent | Needs::Login | Needs::Reauthentication) => {
            let arrived = attempt.clone().arrive(person.session.id.clone());
            let sealed = attempt_cookie::seal(flows.vault(), &arrived, flows.entropy())?;
            let value = sealed.value.unwrap_or_default();
            Ok(Landing::Arrived { session: cookie, attempt: attempt.id().clone(), cookie: value })
        }
    }
}

/// Opens the session, or renews the browser's own when it was this person's: the secret is new in any case (AD-05). When it
/// was somebody else's, that person is signed out, and the applications are told over the back channel; frames have no
/// page here to stand on. Somebody who signs in again has not left: their applications hear nothing now, and are told
/// when that person signs out, since the session they were given is the same.
async fn open_session(
    flows: &Flows,
    tx: &mut Tx,
    arrival: Known<'_>,
    user: User,
) -> Arriving<(SignedIn, String)> {
    let now = flows.now();
    let channel =
        flows.settings().channel(arrival.channel).ok_or(Inconsistent("a channel went away"))?;
    let presented = PresentedSession::read(flows.vault(), arrival.former_session);
    let mut session = BrowserSession {
        id: SessionId::generate(now, flows.entropy())?,
        user_id: user.id.clone(),
        auth_time: arrival.auth_time,
        kind: channel.kind(),
        last_seen_at: now,
        ended_at: None,
    };
    let mut renewed = None;
    if let Some(presented) = &presented
        && let Some(former) = browser_session::find(flows, tx, presented).await?
    {
        if former.user.id == user.id {
            let again = BrowserSession { id: former.session.id, ..session.clone() };
            renewed = browser_session::renew(flows, tx, presented, (&again, arrival.silent))
                .await?
                .map(|c| (again, c));
        } else {
            // Ended already is as good as ended now.
            let _frames = logout::end_within(flows, tx, &former, None).await?;
        }
    }
    let cookie: TokenText = if let Some((again, cookie)) = renewed {
        session = again;
        cookie
    } else {
        let (cookie, hash) =
            browser_session::secret(flows.vault(), &session.id, arrival.silent, flows.entropy())?;
        sessions::open(tx, &session, &hash).await?;
        cookie
    };
    let fact =
        AuditFact::SignedIn { user: user.id.clone(), channel: channel.id.as_str().to_owned() };
    audit::append(tx, &AuditEvent { at: now, actor: Actor::Person(user.id.clone()), fact }).await?;
    Ok((SignedIn { session, user, silent: arrival.silent }, cookie.expose().to_owned()))
}
