//! A change that WeChat announced, in one transaction with the mark that it was heard: a push that comes again, here or
//! at another replica, changes nothing (WP-04).

use magpie_domain::{
    AccountState, Actor, AuditEvent, AuditFact, Channel, Lifetime, Timestamp, User,
};
use magpie_store::{
    Tx, audit, avatars, consents, identities, members, phone_numbers, seen_once, session_grants,
    sessions, users,
};
use magpie_vault::Purpose;
use magpie_wechat::push::{Marks, WINDOW};

use super::PushRefused;
use super::change::{Change, What};
use crate::browser_session::SignedIn;
use crate::context::Flows;
use crate::logout;
use crate::outcome::{Inconsistent, Outcome};

/// What the remembered value was for; others that count once have other words.
const PURPOSE: &str = "wechat_push";

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applied {
    /// It is so now.
    Done,
    /// We know nobody of that openid.
    Nobody,
    /// It was heard before.
    SeenBefore,
}

impl Applied {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Nobody => "nobody",
            Self::SeenBefore => "seen_before",
        }
    }
}

/// Makes the change, once.
pub(super) async fn apply(
    flows: &Flows,
    channel: &Channel,
    marks: &Marks<'_>,
    said_at: Timestamp,
    change: Change<'_>,
) -> Outcome<Applied, PushRefused> {
    let parts = [channel.id.as_str(), marks.timestamp.unwrap_or(""), marks.nonce.unwrap_or("")];
    let mark =
        flows.vault().hash_handle(Purpose::SeenOnce, &[&[PURPOSE], &parts[..]].concat().join("\0"));
    // A second longer than it is listened to.
    let until = said_at.plus(WINDOW).plus(Lifetime::from_seconds(1));
    let mut tx = flows.store().write().await?;
    if !seen_once::mark(&mut tx, &mark, until).await?.is_won() {
        tx.rollback().await?;
        return Ok(Applied::SeenBefore);
    }
    let app = &channel.account.app_id;
    let Some(user) = identities::find_by_openid(&mut tx, app, change.openid).await? else {
        tx.commit().await?;
        return Ok(Applied::Nobody);
    };
    let user = users::find(&mut tx, &user).await?;
    let user = user.ok_or(Inconsistent("an identity points to no user"))?;
    change_person(flows, &mut tx, channel, &user, change.what).await?;
    tx.commit().await?;
    flows.logout_due().notify_one();
    Ok(Applied::Done)
}

async fn change_person(
    flows: &Flows,
    tx: &mut Tx,
    channel: &Channel,
    user: &User,
    what: What,
) -> Outcome<(), PushRefused> {
    let erased = erase(flows, tx, user, what).await?;
    let (id, name) = (user.id.clone(), channel.id.as_str().to_owned());
    let fact = match what {
        What::BlankFace | What::Erase(_) => return tell(flows, tx, channel, user, erased).await,
        What::Withdraw => {
            end_everything(flows, tx, user).await?;
            AuditFact::AuthorizationRevoked { user: id, channel: name }
        }
        What::Forget => {
            end_everything(flows, tx, user).await?;
            identities::forget(tx, &user.id).await?;
            members::forget(tx, &user.id).await?;
            AuditFact::WechatAccountCancelled { user: id, channel: name, erased: true }
        }
        What::Block => {
            end_everything(flows, tx, user).await?;
            users::set_state(tx, &user.id, AccountState::Blocked).await.map(drop)?;
            AuditFact::WechatAccountCancelled { user: id, channel: name, erased: false }
        }
    };
    audited(flows, tx, fact).await
}

/// What was there and is gone now.
#[derive(Clone, Copy)]
struct Erased {
    profile: bool,
    phone_number: bool,
}

/// Erases what goes. Whoever reads a claim reads these rows, so nothing of it is told any more, by whatever token.
async fn erase(
    flows: &Flows,
    tx: &mut Tx,
    user: &User,
    what: What,
) -> Outcome<Erased, PushRefused> {
    let mut erased = Erased { profile: false, phone_number: false };
    if let Some(left) = what.leaves(&user.profile) {
        erased.profile = users::set_profile(tx, &user.id, &left, flows.now()).await?;
        avatars::forget(tx, &user.id).await?;
    }
    if what.takes_phone_number() {
        erased.phone_number = phone_numbers::forget(tx, &user.id).await?;
    }
    Ok(erased)
}

/// Writes down what is gone, each by itself; what was not there is no news.
async fn tell(
    flows: &Flows,
    tx: &mut Tx,
    channel: &Channel,
    user: &User,
    erased: Erased,
) -> Outcome<(), PushRefused> {
    let who = || (user.id.clone(), channel.id.as_str().to_owned());
    if erased.profile {
        let (user, channel) = who();
        audited(flows, tx, AuditFact::ProfileErased { user, channel }).await?;
    }
    if erased.phone_number {
        let (user, channel) = who();
        audited(flows, tx, AuditFact::PhoneNumberErased { user, channel }).await?;
    }
    Ok(())
}

async fn audited(flows: &Flows, tx: &mut Tx, fact: AuditFact) -> Outcome<(), PushRefused> {
    let event = AuditEvent { at: flows.now(), actor: Actor::Wechat, fact };
    Ok(audit::append(tx, &event).await?)
}

/// Signs a person out everywhere, so that their applications are told, and takes back what anybody holds of them. Through
/// whichever channel they came: a session does not say which identity of its person opened it, and too much is safe here.
async fn end_everything(flows: &Flows, tx: &mut Tx, user: &User) -> Outcome<(), PushRefused> {
    for session in sessions::open_of_user(tx, &user.id).await? {
        let person = SignedIn { session, user: user.clone(), silent: false };
        // There is no page in which frames could stand.
        let _frames = logout::end_within(flows, tx, &person, None).await?;
    }
    let (now, lifetimes) = (flows.now(), flows.settings().lifetimes);
    let redeemable = lifetimes.code.max(lifetimes.device);
    let since = now.minus(redeemable).minus(lifetimes.access_token);
    session_grants::revoke_all(tx, &user.id, since, now).await.map(drop)?;
    Ok(consents::forget_user(tx, &user.id).await.map(drop)?)
}
