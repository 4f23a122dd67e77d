//! People's pictures, fetched once from WeChat and served from our own origin: WeChat's addresses die when a person
//! changes the picture, some applications' servers cannot reach them, and a browser that loads them tells WeChat where
//! the person is.
//!
//! The address follows from the person and the source, so that it can be told before the picture is there, and a new
//! picture has a new one. It is a keyed hash: nobody guesses it, and nobody learns from it who that is.

use std::time::Duration;

use magpie_domain::{AvatarId, Lifetime, Timestamp, User};
use magpie_oidc::paths;
use magpie_outbound::Limits;
use magpie_store::avatars::{self, Avatar, DueAvatar, StoredPicture};
use magpie_store::{StoreError, Tx};
use magpie_vault::{Purpose, bound};
use magpie_wechat::picture;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::context::Flows;

/// WeChat's largest are a tenth of that.
const LIMITS: Limits = Limits { total: Duration::from_secs(5), largest_body: 256 * 1024 };
/// How many are fetched side by side.
const MOST_AT_A_TIME: u32 = 4;
/// How often somebody looks when nobody says that there is something.
const LOOK: Duration = Duration::from_secs(5);
/// Word comes from within the transaction; by then it has been committed, or the next look finds it.
const COMMITTED_BY: Duration = Duration::from_millis(200);
/// How long a fetch belongs to whoever began it.
const LEASE: Lifetime = Lifetime::from_seconds(30);
/// Tries before a picture is given up until the person has another one; the third comes after a quarter of an hour.
const TRIES: u32 = 3;

/// How often, and in what steps, a reader waits for a picture that is on its way.
const WAITS: u32 = 12;
const WAIT: Duration = Duration::from_millis(250);

/// The name of a person's picture, if they have one.
fn name(flows: &Flows, user: &User) -> Option<AvatarId> {
    let source = user.profile.picture.as_deref()?;
    let input = bound(&[user.id.as_str(), source]);
    Some(AvatarId::from_hash(&flows.vault().keyed_hash_128(Purpose::AvatarName, &input)))
}

/// Where applications find a person's picture, if there is one.
pub(crate) fn address(flows: &Flows, user: &User) -> Option<String> {
    name(flows, user).map(|id| flows.issuer().join(&paths::avatar(&id)))
}

/// Notes in the caller's transaction that the person's picture is another one, or none.
pub(crate) async fn changed(flows: &Flows, tx: &mut Tx, user: &User) -> Result<(), StoreError> {
    match (name(flows, user), &user.profile.picture) {
        (Some(id), Some(source)) => {
            avatars::expect(tx, &id, &user.id, source, flows.now()).await?;
            flows.avatars_due().notify_one();
            Ok(())
        }
        _ => avatars::forget(tx, &user.id).await,
    }
}

/// The picture of that name. One that is on its way is waited for, three seconds at most: applications ask for it the
/// moment they have heard of it.
///
/// # Errors
/// [`StoreError`].
pub async fn find(flows: &Flows, id: &AvatarId) -> Result<Option<StoredPicture>, StoreError> {
    for waited in 0..WAITS {
        let mut tx = flows.store().read().await?;
        match avatars::find(&mut tx, id).await? {
            Some(Avatar::Kept(picture)) => return Ok(Some(picture)),
            Some(Avatar::Expected) => drop(tx),
            Some(Avatar::GivenUp) | None => return Ok(None),
        }
        if waited == 0 {
            // Word may have come before a slow commit, and found nothing; whoever reads that it is due knows better.
            flows.avatars_due().notify_one();
        }
        tokio::time::sleep(WAIT).await;
    }
    Ok(None)
}

/// Fetches what is due until `stop`. Every replica does so; a lease keeps them off each other's.
pub(crate) async fn run(flows: Flows, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = flows.avatars_due().notified() => tokio::time::sleep(COMMITTED_BY).await,
            () = tokio::time::sleep(LOOK) => {}
        }
        while !stop.is_cancelled() && fetch_some(&flows).await {}
    }
}

/// Fetches a handful; false when there was nothing to fetch.
async fn fetch_some(flows: &Flows) -> bool {
    let due = lease(flows).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "it is not known which pictures are to be fetched; looking again soon");
        Vec::new()
    });
    let mut fetches = JoinSet::new();
    for avatar in due {
        let flows = flows.clone();
        fetches.spawn(async move {
            if let Err(error) = fetch(&flows, &avatar).await {
                tracing::warn!(%error, "a picture could not be kept; it is fetched again later");
            }
        });
    }
    let had_some = !fetches.is_empty();
    while fetches.join_next().await.is_some() {}
    had_some
}

async fn lease(flows: &Flows) -> Result<Vec<DueAvatar>, StoreError> {
    let now = flows.now();
    let mut tx = flows.store().read().await?;
    if !avatars::is_any_due(&mut tx, now).await? {
        return Ok(Vec::new());
    }
    drop(tx);
    let mut tx = flows.store().write().await?;
    let due = avatars::lease(&mut tx, now, now.plus(LEASE), MOST_AT_A_TIME).await?;
    tx.commit().await?;
    Ok(due)
}

/// Fetches one and keeps it, or says when to try again. What a person's picture is may be forgotten; why it could not
/// be had is the operator's to know, without its address (law 9).
async fn fetch(flows: &Flows, avatar: &DueAvatar) -> Result<(), StoreError> {
    let got = flows.guarded_for_wechat().get(&avatar.source, "image/*", LIMITS).await;
    let checked = match got {
        Ok(fetched) => picture::media_type(&fetched.body)
            .map(|media_type| StoredPicture {
                media_type: media_type.to_owned(),
                body: fetched.body,
            })
            .ok_or("no_picture"),
        Err(failed) => Err(failed.as_str()),
    };
    let mut tx = flows.store().write().await?;
    match checked {
        Ok(picture) => avatars::keep(&mut tx, &avatar.id, &picture).await?,
        Err(why) => {
            let again = next_try(avatar.attempts, flows.now());
            tracing::info!(
                why,
                gave_up = again.is_none(),
                "a person's picture could not be fetched"
            );
            avatars::settle(&mut tx, &avatar.id, again).await?;
        }
    }
    tx.commit().await
}

/// A minute after the first failure, a quarter of an hour after the second, never after the third.
fn next_try(attempts: u32, now: Timestamp) -> Option<Timestamp> {
    let pause = if attempts <= 1 { Lifetime::from_minutes(1) } else { Lifetime::from_minutes(15) };
    (attempts < TRIES).then(|| now.plus(pause))
}
