//! From WeChat's two keys to one person, in the caller's transaction.

use magpie_domain::{
    AccountState, Actor, AuditEvent, AuditFact, IdentityDecision, Profile, Subject, Timestamp,
    User, UserId, WechatIdentity, decide, id,
};
use magpie_store::{StoreError, Tx, audit, identities, members, users};
use magpie_vault::{Purpose, bound};

use crate::avatars;
use crate::context::{Flows, SubjectSource};
use crate::outcome::{Inconsistent, Stop};

/// What looking for the person gave.
#[derive(Debug)]
pub(crate) enum Resolved {
    /// This person, as the row now stands.
    Person(User),
    /// Somebody else attached the same key a moment ago: roll back and look again (CC-04).
    Raced,
}

/// Finds the person, or makes one; attaches what is new; records what contradicts.
pub(crate) async fn resolve(
    flows: &Flows,
    tx: &mut Tx,
    identity: &WechatIdentity,
) -> Result<Resolved, Stop<std::convert::Infallible>> {
    let found = identities::find_keys(tx, identity).await?;
    let decision = decide(found.by_openid, found.by_unionid);
    let resolved = apply(flows, tx, Back { identity, known: found.person }, decision).await?;
    if let (Resolved::Person(user), Some(member)) = (&resolved, &identity.member) {
        members::note(tx, &user.id, &identity.app_id, member, flows.now()).await?;
    }
    Ok(resolved)
}

/// Who came back: what WeChat says, and the person of the openid, where it is known.
struct Back<'a> {
    identity: &'a WechatIdentity,
    known: Option<User>,
}

/// Does what was decided.
async fn apply(
    flows: &Flows,
    tx: &mut Tx,
    back: Back<'_>,
    decision: IdentityDecision,
) -> Result<Resolved, Stop<std::convert::Infallible>> {
    let (now, identity) = (flows.now(), back.identity);
    match decision {
        IdentityDecision::Enrol => enrol(flows, tx, identity, now).await,
        IdentityDecision::SignIn(user) => known(flows, tx, &user, back, now).await,
        IdentityDecision::AttachOpenId(user) => {
            let attached =
                identities::attach_openid(tx, &user, &identity.app_id, &identity.openid, now)
                    .await?;
            if !attached.is_won() {
                return Ok(Resolved::Raced);
            }
            note(tx, now, &user, AuditFact::OpenIdAttached { user: user.clone() }).await?;
            known(flows, tx, &user, back, now).await
        }
        IdentityDecision::AttachUnionId(user) => {
            if !attach_union(tx, &user, identity, now).await? {
                return Ok(Resolved::Raced);
            }
            note(tx, now, &user, AuditFact::UnionIdAttached { user: user.clone() }).await?;
            known(flows, tx, &user, back, now).await
        }
        IdentityDecision::UnionIdChanged(user) => {
            contradiction(tx, &user, None, identity, now).await?;
            known(flows, tx, &user, back, now).await
        }
        IdentityDecision::Conflict { openid, unionid } => {
            contradiction(tx, &openid, Some(unionid), identity, now).await?;
            known(flows, tx, &openid, back, now).await
        }
    }
}

/// A new person: a row, both keys, an audit line.
async fn enrol(
    flows: &Flows,
    tx: &mut Tx,
    identity: &WechatIdentity,
    now: Timestamp,
) -> Result<Resolved, Stop<std::convert::Infallible>> {
    let subject = new_subject(flows, identity)?;
    let user = User {
        id: UserId::generate(now, flows.entropy())?,
        preferred_username: username(flows, &subject),
        subject,
        profile: identity.profile.clone(),
        state: AccountState::Active,
        created_at: now,
        updated_at: now,
    };
    let (app, openid) = (&identity.app_id, &identity.openid);
    let is_new = users::insert(tx, &user).await?.is_won();
    if !is_new && let Some(erased) = erased(flows, tx, &user.subject).await? {
        return revive(flows, tx, erased, identity, now).await;
    }
    let made = is_new
        && identities::attach_openid(tx, &user.id, app, openid, now).await?.is_won()
        && attach_union(tx, &user.id, identity, now).await?;
    if !made {
        return Ok(Resolved::Raced);
    }
    note(tx, now, &user.id, AuditFact::UserEnrolled { user: user.id.clone() }).await?;
    if user.profile.picture.is_some() {
        avatars::changed(flows, tx, &user).await?;
    }
    Ok(Resolved::Person(user))
}

/// With derived subjects, the same identity is the same `sub` again, also after its person was erased: that row has no
/// key any more, where that of somebody who is being enrolled at this moment has one.
async fn erased(
    flows: &Flows,
    tx: &mut Tx,
    subject: &Subject,
) -> Result<Option<UserId>, StoreError> {
    if flows.settings().subject == SubjectSource::Random {
        return Ok(None);
    }
    let Some(user) = users::find_by_subject(tx, subject).await? else { return Ok(None) };
    let (openids, unionids) = identities::of_user(tx, &user.id).await?;
    Ok((openids.is_empty() && unionids.is_empty()).then_some(user.id))
}

async fn revive(
    flows: &Flows,
    tx: &mut Tx,
    user: UserId,
    identity: &WechatIdentity,
    now: Timestamp,
) -> Result<Resolved, Stop<std::convert::Infallible>> {
    let (app, openid) = (&identity.app_id, &identity.openid);
    let attached = identities::attach_openid(tx, &user, app, openid, now).await?.is_won()
        && attach_union(tx, &user, identity, now).await?;
    if !attached {
        return Ok(Resolved::Raced);
    }
    note(tx, now, &user, AuditFact::UserEnrolled { user: user.clone() }).await?;
    known(flows, tx, &user, Back { identity, known: None }, now).await
}

/// Attaches the unionid, if there is one; false when somebody was faster.
async fn attach_union(
    tx: &mut Tx,
    user: &UserId,
    identity: &WechatIdentity,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some((platform, unionid)) = &identity.union else { return Ok(true) };
    Ok(identities::attach_unionid(tx, user, platform, unionid, now).await?.is_won())
}

/// The keys contradict: recorded for an administrator, never merged; the openid decides who signs in.
async fn contradiction(
    tx: &mut Tx,
    user: &UserId,
    other: Option<UserId>,
    identity: &WechatIdentity,
    now: Timestamp,
) -> Result<(), StoreError> {
    if identities::record_conflict(tx, user, other.as_ref(), identity, now).await? {
        note(tx, now, user, AuditFact::IdentityConflict { user: user.clone(), other }).await?;
    }
    Ok(())
}

/// A known person: read where the openid did not lead there, and the profile brought up to date when it differs.
async fn known(
    flows: &Flows,
    tx: &mut Tx,
    user: &UserId,
    back: Back<'_>,
    now: Timestamp,
) -> Result<Resolved, Stop<std::convert::Infallible>> {
    let mut user = match back.known.filter(|known| known.id == *user) {
        Some(known) => known,
        None => {
            users::find(tx, user).await?.ok_or(Inconsistent("an identity points to no user"))?
        }
    };
    let news = merged(&user.profile, &back.identity.profile);
    // Nothing is learned of somebody who may not sign in, and whose profile may have been erased for that reason.
    if news != user.profile && user.state == AccountState::Active {
        users::set_profile(tx, &user.id, &news, now).await?;
        let has_other_picture = news.picture != user.profile.picture;
        user.profile = news;
        user.updated_at = now;
        if has_other_picture {
            avatars::changed(flows, tx, &user).await?;
        }
    }
    Ok(Resolved::Person(user))
}

/// What WeChat says now, and what it said before where it now says nothing (`snsapi_base` says nothing at all).
fn merged(before: &Profile, now: &Profile) -> Profile {
    Profile {
        name: now.name.clone().or_else(|| before.name.clone()),
        picture: now.picture.clone().or_else(|| before.picture.clone()),
        gender: now.gender.or(before.gender),
        locale: now.locale.clone().or_else(|| before.locale.clone()),
    }
}

fn new_subject(
    flows: &Flows,
    identity: &WechatIdentity,
) -> Result<Subject, magpie_domain::NoEntropy> {
    match flows.settings().subject {
        SubjectSource::Random => Subject::random(flows.entropy()),
        SubjectSource::Derived => {
            let first = bound(&[identity.app_id.as_str(), identity.openid.as_key()]);
            Ok(Subject::from_hash(&flows.vault().keyed_hash_128(Purpose::DerivedSubject, &first)))
        }
    }
}

/// `wx_` and 10 characters of a keyed hash of the subject: 50 bits, immutable, and tells nothing of the openid.
fn username(flows: &Flows, subject: &Subject) -> String {
    let hash = flows.vault().keyed_hash(Purpose::Username, subject.as_str().as_bytes());
    let letters: String = id::base32(&hash).chars().take(10).collect();
    format!("wx_{letters}")
}

async fn note(
    tx: &mut Tx,
    at: Timestamp,
    user: &UserId,
    fact: AuditFact,
) -> Result<(), StoreError> {
    audit::append(tx, &AuditEvent { at, actor: Actor::Person(user.clone()), fact }).await
}
