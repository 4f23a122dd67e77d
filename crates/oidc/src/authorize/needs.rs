//! What must still happen before a code may be issued: signing in, signing in again, being asked, or nothing.
//! Computed from the request and the facts of the moment, never stored, and asked again after each page, so that
//! no page can be skipped (OIDC Core §3.1.2.3 and §3.1.2.4). Where `prompt=none` forbids a page, it is an error.

use magpie_domain::{AuthorizationRequest, ConsentPolicy, Lifetime, ScopeSet, Subject, Timestamp};

use super::asked_claims::scopes_to_agree;
use crate::error::OAuthError;

/// The browser session, as far as it matters here.
#[derive(Debug, Clone, Copy)]
pub struct SessionFacts<'a> {
    /// Who is signed in.
    pub subject: &'a Subject,
    /// When they last came back from WeChat.
    pub auth_time: Timestamp,
    /// Whether nobody did anything for that: then no time of it counts as a sign-in (0048).
    pub silent: bool,
}

/// What is known of the person's consent.
#[derive(Debug, Clone, Copy)]
pub struct ConsentFacts {
    /// Whether this client's people are asked at all.
    pub policy: ConsentPolicy,
    /// What the person allowed this client before.
    pub remembered: Option<ScopeSet>,
    /// Whether they allowed exactly this request a moment ago.
    pub just_given: bool,
}

/// Everything besides the request.
#[derive(Debug, Clone, Copy)]
pub struct NeedsFacts<'a> {
    /// The live session of this browser, if any.
    pub session: Option<SessionFacts<'a>>,
    /// Whether this very attempt brought the session from WeChat.
    pub fresh: bool,
    /// The person's consent.
    pub consent: ConsentFacts,
    /// The present moment.
    pub now: Timestamp,
}

/// What must happen next.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nobody, or somebody else, is signed in.
    Login,
    /// The right person is signed in, but the application wants them to do it anew.
    Reauthentication,
    /// The person must be asked.
    Consent,
    /// The code may be issued.
    Nothing,
}

/// Who is there, measured against what the application wants.
enum Presence {
    Nobody,
    SomebodyElse,
    TooOld,
    Settled,
}

/// Weighs session and consent against the request.
///
/// # Errors
/// `login_required` or `consent_required` where `prompt=none` forbids the page, and `login_required` when a fresh
/// login brought another person than the application meant: asking again would go round in a circle.
pub fn needs(request: &AuthorizationRequest, facts: &NeedsFacts<'_>) -> Result<Needs, OAuthError> {
    let silent = request.prompt.none;
    match presence(request, facts) {
        Presence::SomebodyElse if facts.fresh => {
            Err(OAuthError::login_required("another person signed in than the one asked for"))
        }
        Presence::Nobody | Presence::SomebodyElse | Presence::TooOld if silent => {
            Err(OAuthError::login_required("the person must sign in"))
        }
        Presence::Nobody | Presence::SomebodyElse => Ok(Needs::Login),
        Presence::TooOld => Ok(Needs::Reauthentication),
        Presence::Settled if !wants_consent(request, &facts.consent) => Ok(Needs::Nothing),
        Presence::Settled if silent => {
            Err(OAuthError::consent_required("the person must be asked"))
        }
        Presence::Settled => Ok(Needs::Consent),
    }
}

fn presence(request: &AuthorizationRequest, facts: &NeedsFacts<'_>) -> Presence {
    let Some(session) = facts.session else {
        return Presence::Nobody;
    };
    if request.hinted_subject.as_ref().is_some_and(|wanted| wanted != session.subject) {
        return Presence::SomebodyElse;
    }
    // A login that this attempt itself made is as new as can be; measuring it again could only loop.
    let again = request.prompt.login || request.prompt.select_account;
    let is_too_old = is_too_old(request.max_age, session.auth_time, facts.now)
        || session.silent && request.max_age.is_some();
    if (!facts.fresh || session.silent) && (again || is_too_old) {
        return Presence::TooOld;
    }
    Presence::Settled
}

/// Whether more than `max_age` seconds have passed; zero always asks anew (OIDC Core §3.1.2.1).
/// A session from the future has no age that could be trusted, so it counts as too old.
fn is_too_old(max_age: Option<u32>, auth_time: Timestamp, now: Timestamp) -> bool {
    max_age.is_some_and(|seconds| {
        seconds == 0 || auth_time > now || now.since(auth_time) > Lifetime::from_seconds(seconds)
    })
}

fn wants_consent(request: &AuthorizationRequest, consent: &ConsentFacts) -> bool {
    if consent.just_given {
        return false;
    }
    match consent.policy {
        ConsentPolicy::Implicit => request.prompt.consent,
        ConsentPolicy::Explicit => {
            let wanted = scopes_to_agree(request);
            let covered = consent.remembered.is_some_and(|earlier| earlier.covers(wanted));
            request.prompt.consent || !covered
        }
    }
}

#[cfg(test)]
mod tests;
