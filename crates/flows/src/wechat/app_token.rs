//! The app-level token of an account (wechat.md §5.5): one row for all replicas, one fetcher at a time, and WeChat is made
//! to replace a token only when it hands out the refused one again. Nobody asks `cgi-bin/token`, which would end the token
//! that the operator's other systems hold ([decision 0040](../../../../docs/decisions/0040-app-level-tokens.md)).

use std::time::Duration;

use magpie_domain::{Account, Channel, Lifetime, Secret, Timestamp};
use magpie_outbound::CallFailed;
use magpie_store::app_tokens::{self, ForceRule, KeptToken};
use magpie_store::{Once, StoreError};
use magpie_vault::{Purpose, VaultError, bound};
use magpie_wechat::reply::app_token::AppTokenReply;
use magpie_wechat::reply::{Refusal, WechatReply};

use crate::context::Flows;

/// How often another replica's fetch is looked at, and how long in all: a little longer than two upstream calls.
const LOOK_EVERY: Duration = Duration::from_millis(150);
const LOOKS: u32 = 80;

/// How long a fetcher may take: two calls with their waits for a place.
const LEASE: Lifetime = Lifetime::from_seconds(15);

/// How long nobody fetches after a fetch that failed.
const PAUSE: Lifetime = Lifetime::from_seconds(3);

/// WeChat replaces a token by force twenty times a day, and not twice within half a minute.
const MOST_FORCED: u32 = 20;
const FORCED_APART: Lifetime = Lifetime::from_seconds(30);

/// How far WeChat's day is ahead of ours.
const BEIJING: Lifetime = Lifetime::from_hours(8);

/// An app-level token, on its way into a call.
#[derive(Debug, Clone)]
pub(crate) struct AppToken {
    pub(crate) text: Secret<String>,
    version: i64,
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAppToken {
    /// WeChat, or the operator's token server, said no. Of 40164 it holds the address that WeChat saw.
    #[error("the app-level token was refused with errcode {}", .0.code)]
    Refused(Refusal),
    /// The reply is not what the documentation describes.
    #[error("the answer to the request for an app-level token cannot be read")]
    Unreadable,
    /// No reply came.
    #[error("no app-level token came: {0}")]
    Unreachable(#[from] CallFailed),
    /// Another replica fetches and does not come to an end, or WeChat must not be made to replace it yet.
    #[error("no app-level token can be had at the moment")]
    NotNow,
    /// Something of ours broke.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Something of ours broke.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// The present token.
async fn current(flows: &Flows, channel: &Channel) -> Result<AppToken, NoAppToken> {
    get(flows, channel, None).await
}

/// Another token in place of one that WeChat has just refused; what another replica has fetched meanwhile, if it has.
async fn replace(
    flows: &Flows,
    channel: &Channel,
    refused: &AppToken,
) -> Result<AppToken, NoAppToken> {
    get(flows, channel, Some(refused)).await
}

/// Makes a call that needs the token. When the token alone was refused it is replaced and the call made again, once:
/// WeChat looks at the token before anything else, so nothing has happened by then (WX-41). Hold no transaction.
///
/// # Errors
/// [`NoAppToken`], also where the call itself gave no reply.
pub(crate) async fn speak<T, Called>(
    flows: &Flows,
    channel: &Channel,
    call: impl Fn(Secret<String>) -> Called,
) -> Result<WechatReply<T>, NoAppToken>
where
    Called: Future<Output = Result<WechatReply<T>, CallFailed>>,
{
    let token = current(flows, channel).await?;
    let reply = call(token.text.clone()).await?;
    match &reply {
        WechatReply::Refused(no) if no.code.rejects_app_token() => {
            let token = replace(flows, channel, &token).await?;
            Ok(call(token.text).await?)
        }
        WechatReply::Refused(_) | WechatReply::Ok(_) | WechatReply::Unreadable => Ok(reply),
    }
}

async fn get(
    flows: &Flows,
    channel: &Channel,
    refused: Option<&AppToken>,
) -> Result<AppToken, NoAppToken> {
    let app = &channel.account.app_id;
    for look in 0..LOOKS {
        if look > 0 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let mut tx = flows.store().read().await?;
        let row = app_tokens::find(&mut tx, app).await?;
        drop(tx);
        let now = flows.now();
        let is_good = |kept: &KeptToken| {
            now < kept.expires_at && refused.is_none_or(|refused| refused.version != kept.version)
        };
        // What does not open was sealed under a root key that is gone; another is fetched in its place.
        if let Some(kept) =
            row.as_ref().and_then(|row| row.kept.as_ref()).filter(|kept| is_good(kept))
            && let Some(token) = opened(flows, &channel.account, kept)
        {
            return Ok(token);
        }
        // Whoever would be too late for the lease does not ask for it: a wait of a hundred callers writes nothing.
        if row.is_some_and(|row| now < row.leased_until) {
            continue;
        }
        let until = now.plus(LEASE);
        let mut tx = flows.store().write_single().await?;
        let rejected = refused.map(|refused| refused.version);
        let leased = app_tokens::lease(&mut tx, app, rejected, now, until).await?;
        tx.commit().await?;
        if leased.is_won() {
            // A caller who hangs up must not leave everybody else waiting for a lease that nobody works under.
            let fetching = fetch(flows.clone(), channel.clone(), refused.cloned(), until);
            let fetched = flows.tasks().spawn(fetching).await;
            return fetched.unwrap_or(Err(NoAppToken::NotNow));
        }
    }
    Err(NoAppToken::NotNow)
}

fn opened(flows: &Flows, account: &Account, kept: &KeptToken) -> Option<AppToken> {
    let context = context(account);
    let plain = flows.vault().unseal(Purpose::AppToken, &context, &kept.sealed).ok()?;
    let text = std::str::from_utf8(&plain).ok()?.to_owned();
    Some(AppToken { text: Secret::new(text), version: kept.version })
}

fn context(account: &Account) -> Vec<u8> {
    bound(&["app_tokens", account.app_id.as_str()])
}

/// Fetches under the lease and keeps what came; who waits meanwhile finds it in the row.
async fn fetch(
    flows: Flows,
    channel: Channel,
    refused: Option<AppToken>,
    lease: Timestamp,
) -> Result<AppToken, NoAppToken> {
    match ask(&flows, &channel, refused.as_ref(), lease).await {
        Ok(reply) => keep(&flows, &channel.account, reply, lease).await,
        Err(failure) => {
            tracing::warn!(channel.id = %channel.id, reason = %failure, "no app-level token came");
            pause(&flows, &channel.account, lease).await?;
            Err(failure)
        }
    }
}

/// Seals the token into its row.
async fn keep(
    flows: &Flows,
    account: &Account,
    reply: AppTokenReply,
    lease: Timestamp,
) -> Result<AppToken, NoAppToken> {
    let (text, context) = (reply.access_token, context(account));
    let plain = text.expose().as_bytes();
    let sealed = flows.vault().seal(Purpose::AppToken, &context, plain, flows.entropy())?;
    let expires_at = flows.now().plus(used_for(reply.expires_in));
    let mut tx = flows.store().write_single().await?;
    let kept = app_tokens::keep(&mut tx, &account.app_id, lease, &sealed, expires_at).await?;
    tx.commit().await?;
    let version = match kept {
        Once::Won(version) => version,
        // Another took over, and both tokens are good.
        Once::TooLate => 0,
    };
    Ok(AppToken { text, version })
}

/// Puts the next fetch off.
async fn pause(flows: &Flows, account: &Account, lease: Timestamp) -> Result<(), StoreError> {
    let until = flows.now().plus(PAUSE);
    let mut tx = flows.store().write_single().await?;
    // Passed on or not, nobody waits for this one.
    let _late = app_tokens::postpone(&mut tx, &account.app_id, lease, until).await?.is_won();
    tx.commit().await
}

/// A tenth of its life is kept in reserve, so that no token expires on its way.
const fn used_for(expires_in: Lifetime) -> Lifetime {
    let seconds = expires_in.as_seconds();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "60 to 7200")]
    Lifetime::from_seconds((seconds - seconds / 10) as u32)
}

/// Asks as mildly as helps: without force WeChat gives the token that is good now, which another system may have renewed.
async fn ask(
    flows: &Flows,
    channel: &Channel,
    refused: Option<&AppToken>,
    lease: Timestamp,
) -> Result<AppTokenReply, NoAppToken> {
    let (sns, account) = (flows.sns(), &channel.account);
    if let Some(central) = &channel.central_tokens {
        return read(sns.central_token(central).await);
    }
    let reply = read(sns.stable_token(account, false).await)?;
    let is_refused = |refused: &AppToken| refused.text.expose() == reply.access_token.expose();
    if !refused.is_some_and(is_refused) {
        return Ok(reply);
    }
    let now = flows.now();
    let rule =
        ForceRule { not_since: now.minus(FORCED_APART), day: day_of(now), most: MOST_FORCED };
    let mut tx = flows.store().write_single().await?;
    let may = app_tokens::force(&mut tx, &account.app_id, lease, rule, now).await?;
    tx.commit().await?;
    if !may.is_won() {
        return Err(NoAppToken::NotNow);
    }
    read(sns.stable_token(account, true).await)
}

fn read(
    asked: Result<WechatReply<AppTokenReply>, CallFailed>,
) -> Result<AppTokenReply, NoAppToken> {
    match asked? {
        WechatReply::Ok(reply) => Ok(reply),
        WechatReply::Refused(no) => Err(NoAppToken::Refused(no)),
        WechatReply::Unreadable => Err(NoAppToken::Unreadable),
    }
}

/// When the day began on which WeChat counts.
fn day_of(now: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400;
    let there = now.plus(BEIJING).as_seconds();
    Timestamp::from_seconds(there - there.rem_euclid(DAY)).minus(BEIJING)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WX-42: what WeChat wrote is clamped where it is read; of that a tenth is never used.
    #[test]
    fn a_token_is_used_for_nine_tenths_of_its_life() {
        for (seconds, used) in [(60, 54), (300, 270), (7200, 6480)] {
            assert_eq!(used_for(Lifetime::from_seconds(seconds)).as_seconds(), used);
        }
    }

    #[test]
    fn wechats_day_begins_at_midnight_in_beijing() {
        // 2027-01-15T00:00:00+08:00.
        let midnight = 1_799_942_400;
        for (now, day) in [
            (midnight, midnight),
            (midnight + 86_399, midnight),
            (midnight - 1, midnight - 86_400),
            (midnight + 86_400, midnight + 86_400),
        ] {
            assert_eq!(day_of(Timestamp::from_seconds(now)).as_seconds(), day, "{now}");
        }
    }
}
