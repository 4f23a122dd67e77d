//! When a signing key is made, when it signs, and when it goes. Pure: keys and a moment in, a plan out.
//! A key's stage follows from the times in its row alone, so replicas agree without talking, and a clock that jumps
//! back changes nothing that was written. Called by `keyring` for the stage and by a job of flows for the plan.

use magpie_domain::signing_key::KeyRecord;
use magpie_domain::{Algorithm, KeyStage, Lifetime, SigningKeyId, Timestamp};

/// How long each part of a key's life lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long a key signs.
    pub active_for: Lifetime,
    /// How long a key stands in the JWKS before it signs; not shorter than what the JWKS may be cached for.
    pub published_ahead: Lifetime,
    /// The longest life of any token that is signed.
    pub longest_token: Lifetime,
    /// How far clocks may differ.
    pub skew: Lifetime,
}

impl Settings {
    /// How long a key stays in the JWKS after its successor began to sign: the last token's life, the skew, and once
    /// more the time news takes, since a replica that has not heard yet still signs with it (KY-06).
    #[must_use]
    pub fn kept_after(&self) -> Lifetime {
        let end = Timestamp::from_seconds(0).plus(self.longest_token).plus(self.skew);
        end.plus(self.published_ahead).since(Timestamp::from_seconds(0))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            active_for: Lifetime::from_days(90),
            published_ahead: Lifetime::from_minutes(10),
            longest_token: Lifetime::from_hours(1),
            skew: Lifetime::from_minutes(1),
        }
    }
}

/// A key to be made now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewKey {
    /// What it signs with.
    pub algorithm: Algorithm,
    /// When it enters the JWKS: now.
    pub published_at: Timestamp,
    /// When it begins to sign.
    pub signs_from: Timestamp,
}

/// What to do to the keys of one algorithm. Promotion and retirement need no act: they follow from the times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// The key to make, if it is time.
    pub create: Option<NewKey>,
    /// Keys no valid token can have been signed with.
    pub remove: Vec<SigningKeyId>,
}

/// The stage of every key of one algorithm at `now`, in the order in which they sign. Keys of other algorithms are left out.
///
/// The signer is the newest key whose time has come. If no key's time has come (the clock jumped back behind the first)
/// the earliest signs all the same: applications know it, and a login beats a refusal.
#[must_use]
pub fn stages<'a>(
    keys: &'a [KeyRecord],
    algorithm: Algorithm,
    now: Timestamp,
    settings: &Settings,
) -> Vec<(&'a KeyRecord, KeyStage)> {
    let keys = in_order(keys, algorithm);
    let active = keys.iter().rposition(|key| key.signs_from <= now).unwrap_or(0);
    let successors = keys.iter().skip(1).map(Some).chain(std::iter::once(None));
    let stage = |(position, (key, successor)): (usize, (&&'a KeyRecord, Option<&&KeyRecord>))| {
        let stage = match (position.cmp(&active), successor) {
            (std::cmp::Ordering::Greater, _) => KeyStage::Next,
            (std::cmp::Ordering::Equal, _) | (std::cmp::Ordering::Less, None) => KeyStage::Active,
            (std::cmp::Ordering::Less, Some(successor)) => {
                let gone_at = successor.signs_from.plus(settings.kept_after());
                if now < gone_at { KeyStage::Retiring } else { KeyStage::Retired }
            }
        };
        (*key, stage)
    };
    keys.iter().zip(successors).enumerate().map(stage).collect()
}

/// What to do for one algorithm at `now`. Carrying the plan out and asking again gives an empty plan.
#[must_use]
pub fn plan(keys: &[KeyRecord], algorithm: Algorithm, now: Timestamp, settings: &Settings) -> Plan {
    let stages = stages(keys, algorithm, now, settings);
    let of_stage = |wanted: KeyStage| {
        stages.iter().filter(move |(_, stage)| *stage == wanted).map(|(key, _)| *key)
    };
    let remove = of_stage(KeyStage::Retired).map(|key| key.id.clone()).collect();
    let Some(active) = of_stage(KeyStage::Active).next() else {
        // The very first key: nobody has cached a JWKS without it.
        let create = Some(NewKey { algorithm, published_at: now, signs_from: now });
        return Plan { create, remove };
    };
    let ends = active.signs_from.plus(settings.active_for);
    let is_due = now >= ends.minus(settings.published_ahead);
    let signs_from = ends.max(now.plus(settings.published_ahead));
    // A key made while the clock was far ahead is no successor in time.
    let has_successor = of_stage(KeyStage::Next).any(|key| key.signs_from <= signs_from);
    let create =
        (is_due && !has_successor).then_some(NewKey { algorithm, published_at: now, signs_from });
    Plan { create, remove }
}

/// The key an operator asks for now (`magpie key rotate`): published at once, signing after the usual time.
#[must_use]
pub fn rotate_now(algorithm: Algorithm, now: Timestamp, settings: &Settings) -> NewKey {
    NewKey { algorithm, published_at: now, signs_from: now.plus(settings.published_ahead) }
}

/// The key that replaces a compromised one (KY-05): signs at once; applications that cached the JWKS must fetch it again.
#[must_use]
pub const fn replace_compromised(algorithm: Algorithm, now: Timestamp) -> NewKey {
    NewKey { algorithm, published_at: now, signs_from: now }
}

fn in_order(keys: &[KeyRecord], algorithm: Algorithm) -> Vec<&KeyRecord> {
    let mut keys: Vec<_> = keys.iter().filter(|key| key.algorithm == algorithm).collect();
    // The kid decides between two replicas that made a key in the same second: all see the same signer.
    keys.sort_by(|a, b| (a.signs_from, &a.kid).cmp(&(b.signs_from, &b.kid)));
    keys
}

#[cfg(test)]
mod tests;
