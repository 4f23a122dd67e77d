//! The one dispatcher: from stored facts and the attempt to the single next step.

use magpie_domain::{
    Channel, ChannelId, ChannelKind, Client, ConsentPolicy, LoginAttempt, Scope, SessionId,
};
use magpie_oidc::authorize::{
    ConsentFacts, Needs, NeedsFacts, PageRefusal, SessionFacts, needs, scopes_to_agree, start_over,
};
use magpie_store::{StoreError, Tx, consents};
use magpie_wechat::asking::{Asking, Moment, asking};
use magpie_wechat::suggest::{Suggestion, suggest};

use super::next::{ChannelChoice, DeviceQuestion, Page, ShownPage, Step, Visitor};
use super::{LoginRefused, answer};
use crate::attempt_cookie;
use crate::browser_session::{self, PresentedSession, SignedIn};
use crate::clients;
use crate::context::Flows;
use crate::form_token::Form;
use crate::outcome::{Outcome, Stop};
use crate::pairwise::subject_for;
use crate::relay;
use crate::wechat::depart::{self, How, Leaver};
use crate::wechat::embed;

/// Whether the person said on a page of ours that they want to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Go {
    /// They did not.
    #[default]
    Unasked,
    /// They tapped the button that leaves for WeChat.
    Tapped,
    /// And want WeChat's own page, not its code in one of ours.
    FullPage,
}

/// Where the browser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Place {
    /// Where an attempt begins: the address may hold what the application asked.
    #[default]
    Beginning,
    /// At the resume URL, which holds nothing but the attempt's name.
    Resume,
}

/// What the person said on the page before, if there was one.
#[derive(Debug, Default)]
pub(crate) struct Wish {
    /// Whether they leave.
    pub(crate) go: Go,
    /// Where they said it.
    pub(crate) place: Place,
    /// Chose this channel.
    pub(crate) channel: Option<ChannelId>,
    /// Said yes to these scopes going out.
    pub(crate) consented: bool,
    /// Came from a snapshot page.
    pub(crate) snapshot: bool,
}

/// Decides the next step of an attempt.
pub(crate) async fn next(
    flows: &Flows,
    attempt: LoginAttempt,
    visitor: &Visitor<'_>,
    wish: Wish,
) -> Outcome<Step, LoginRefused> {
    let Some(client) = clients::find_answerable(flows, attempt.request()).await? else {
        return Err(Stop::Refused(LoginRefused::Request(PageRefusal::UnknownClient)));
    };
    let said_yes = if wish.consented { attempt.asked_session() } else { None };
    let (signed_in, consent) = who_and_consent(flows, &client, visitor, said_yes).await?;
    let subject =
        signed_in.as_ref().map(|person| subject_for(flows, &client, &person.user.subject));
    let facts =
        NeedsFacts {
            session: signed_in.as_ref().zip(subject.as_ref()).map(|(person, subject)| {
                SessionFacts { subject, auth_time: person.session.auth_time, silent: person.silent }
            }),
            fresh: is_fresh(&attempt, signed_in.as_ref()),
            consent,
            now: flows.now(),
        };
    match (needs(attempt.request(), &facts), signed_in) {
        (Err(error), _) => answer::refuse(flows, &client, &attempt, &error).await,
        (Ok(Needs::Nothing), Some(person)) => {
            answer::release(flows, attempt, &client, &person, consent.just_given).await
        }
        (Ok(Needs::Consent), Some(person)) => ask(flows, attempt, &client, person).await,
        (Ok(need), _) => {
            let again = need == Needs::Reauthentication || attempt.request().demands_interaction();
            toward_wechat(flows, attempt, &client, Leaving { visitor, wish, again }).await
        }
    }
}

/// Asks the person, whose session the attempt remembers: nobody else's yes counts.
async fn ask(
    flows: &Flows,
    attempt: LoginAttempt,
    client: &Client,
    person: SignedIn,
) -> Outcome<Step, LoginRefused> {
    if let Some(handle) = attempt.request().relay.clone() {
        return relay::question(flows, attempt, &handle, client, person).await;
    }
    let SignedIn { session, user, .. } = person;
    let (scopes, person) = (scopes_to_agree(attempt.request()), user.profile.name);
    let page = match &attempt.request().device {
        None => Page::Consent {
            scopes,
            person,
            about: Box::new(client.policy().about.clone()),
            self_registered: client.policy().self_registered,
        },
        Some(device) => Page::Device(DeviceQuestion {
            scopes,
            person,
            user_code: device.user_code.clone(),
            form_token: Form::Device.token(flows.vault(), &session.id),
        }),
    };
    show(flows, &attempt.ask(session.id), client, page)
}

/// Reads the session behind the visitor's cookie, and that person's consent; no cookie, no read.
/// `said_yes` is the session whose person was asked and agreed; nobody else's consent is given by that.
async fn who_and_consent(
    flows: &Flows,
    client: &Client,
    visitor: &Visitor<'_>,
    said_yes: Option<&SessionId>,
) -> Result<(Option<SignedIn>, ConsentFacts), StoreError> {
    let nobody =
        ConsentFacts { policy: client.policy().consent, remembered: None, just_given: false };
    let Some(presented) = PresentedSession::read(flows.vault(), visitor.session) else {
        return Ok((None, nobody));
    };
    let mut tx = flows.store().read().await?;
    // A session that began through a kind of channel that is gone signs nobody in; it can still be ended (0037).
    let found = browser_session::find(flows, &mut tx, &presented).await?;
    let Some(person) = found.filter(|person| flows.settings().offers(person.session.kind)) else {
        return Ok((None, nobody));
    };
    let just_given = said_yes == Some(&person.session.id);
    let consent = consent_facts(&mut tx, client, &person, just_given).await?;
    Ok((Some(person), consent))
}

/// Whether this very attempt brought the session from WeChat.
fn is_fresh(attempt: &LoginAttempt, signed_in: Option<&SignedIn>) -> bool {
    signed_in.is_some_and(|person| attempt.arrived_session() == Some(&person.session.id))
}

/// What is known of the person's consent to the client. Nobody vouches for one that registered itself, and a yes to it was
/// one to the origin that the page named: where it has others too, each time asks again.
pub(crate) async fn consent_facts(
    tx: &mut Tx,
    client: &Client,
    person: &SignedIn,
    just_given: bool,
) -> Result<ConsentFacts, StoreError> {
    let policy = client.policy().consent;
    let remembered = match policy {
        ConsentPolicy::Implicit => None,
        ConsentPolicy::Explicit if client.policy().self_registered && !client.has_one_origin() => {
            None
        }
        ConsentPolicy::Explicit => consents::find(tx, &person.user.id, client.id()).await?,
    };
    Ok(ConsentFacts { policy, remembered, just_given })
}

/// How somebody is about to leave for WeChat.
struct Leaving<'a> {
    visitor: &'a Visitor<'a>,
    wish: Wish,
    /// Whether the person must do something themselves: a silent round trip is no sign-in then.
    again: bool,
}

/// Chooses the channel and leaves, or shows what stands between.
async fn toward_wechat(
    flows: &Flows,
    attempt: LoginAttempt,
    client: &Client,
    mut leaving: Leaving<'_>,
) -> Outcome<Step, LoginRefused> {
    if let Some(handle) = &attempt.request().relay {
        leaving.wish.channel = Some(handle.through.clone());
    }
    let (visitor, wished) = (leaving.visitor, leaving.wish.channel.clone());
    match suggest(visitor.agent, &flows.settings().channels, wished.as_ref()) {
        Suggestion::Explain(reason) => show(flows, &attempt, client, Page::Explain(reason)),
        Suggestion::Offer(offered) => {
            let choices = offered.into_iter().map(ChannelChoice::of).collect();
            show(flows, &attempt, client, Page::ChooseChannel(choices))
        }
        Suggestion::Use(channel)
            if matches!(channel.kind(), ChannelKind::Relay | ChannelKind::Follow) =>
        {
            relay::offer(flows, attempt, client, channel, visitor).await
        }
        Suggestion::Use(channel) => by_channel(flows, attempt, client, channel, leaving).await,
    }
}

/// Leaves by a channel, or shows the page that comes before.
async fn by_channel(
    flows: &Flows,
    attempt: LoginAttempt,
    client: &Client,
    channel: &Channel,
    leaving: Leaving<'_>,
) -> Outcome<Step, LoginRefused> {
    let Leaving { visitor, wish, again } = leaving;
    let asking = asking(&channel.way, moment(&attempt, &wish, again));
    if asking == Asking::TapFirst {
        let page = Page::Interstitial {
            channel: channel.id.clone(),
            reauthentication: again,
            snapshot: wish.snapshot,
            unknown_yet: attempt.was_silent_in_vain(),
        };
        return show(flows, &attempt, client, page);
    }
    let embedded = embed::here(channel, visitor.agent).filter(|_| wish.go != Go::FullPage);
    if let Some(embedded) = embedded {
        if wish.place == Place::Beginning {
            // WeChat's script shall not read in the address what the application asked.
            let cookie = attempt_cookie::seal(flows.vault(), &attempt, flows.entropy())?;
            return Ok(Step::Resume(cookie));
        }
        let (attempt, qr) = embed::leave(flows, attempt, channel, embedded).await?;
        return show(flows, &attempt, client, Page::EmbeddedQr(qr));
    }
    let leaver = Leaver { locale: visitor.locale, agent: visitor.agent };
    let how = How { again, silent: asking == Asking::Silently };
    depart::leave(flows, attempt, channel, leaver, how)?
        .map(Step::Depart)
        .ok_or(Stop::Refused(LoginRefused::TooManyDepartures))
}

/// What is known of somebody who is about to leave.
fn moment(attempt: &LoginAttempt, wish: &Wish, again: bool) -> Moment {
    Moment {
        tapped: wish.go != Go::Unasked,
        again,
        deliberate: attempt.request().max_age.is_some() || attempt.request().device.is_some(),
        profile: scopes_to_agree(attempt.request()).contains(Scope::Profile),
        snapshot: wish.snapshot,
        silent_in_vain: attempt.was_silent_in_vain(),
    }
}

/// Seals the attempt as it stands and shows a page of it.
pub(crate) fn show(
    flows: &Flows,
    attempt: &LoginAttempt,
    client: &Client,
    page: Page,
) -> Outcome<Step, LoginRefused> {
    let cookie = attempt_cookie::seal(flows.vault(), attempt, flows.entropy())?;
    Ok(Step::Show(Box::new(ShownPage {
        page,
        cookie,
        client_name: client.name().to_owned(),
        for_device: attempt.request().device.is_some(),
        redirect_csp_source: attempt.request().redirect_uri.csp_source(),
        start_over: start_over(client, attempt.request()),
    })))
}
