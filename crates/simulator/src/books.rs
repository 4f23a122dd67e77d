//! What WeChat remembers: the codes it gave out, the grants behind its tokens, the app-level tokens.
//! Everything is a numbered row in a ring of fixed length, so memory is bounded and finding a row costs nothing;
//! the oldest row is forgotten first, and a forgotten code is simply an invalid one.
//! Expiry and single use are decided here; the endpoints turn the answers into errcodes.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

/// How many codes, and how many grants, are remembered.
const REMEMBERED: usize = 200_000;
/// Access tokens live two hours (wechat.md section 3.1).
pub(crate) const ACCESS_LIFETIME: Duration = Duration::from_secs(7_200);
/// Refresh tokens live thirty days and are never renewed (wechat.md section 3.2).
const REFRESH_LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// What the person agreed to, or what the app asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// `snsapi_base`: silent, openid only.
    Base,
    /// `snsapi_userinfo`: in-app consent.
    UserInfo,
    /// `snsapi_login`: the QR page.
    Login,
    /// `snsapi_privateinfo`: consent inside WeCom.
    PrivateInfo,
    /// A code of `wx.login` in a mini program; it has no scope on the wire.
    MiniProgram,
    /// A code of the `getPhoneNumber` button in a mini program, which is no login code.
    PhoneNumber,
}

impl Scope {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "snsapi_base",
            Self::UserInfo => "snsapi_userinfo",
            Self::Login => "snsapi_login",
            Self::PrivateInfo => "snsapi_privateinfo",
            Self::MiniProgram | Self::PhoneNumber => "",
        }
    }

    /// Whether the profile and the unionid come with it.
    pub(crate) fn shows_profile(self) -> bool {
        matches!(self, Self::UserInfo | Self::Login)
    }
}

/// For whom and for which app a code or a token stands.
#[derive(Debug, Clone)]
pub(crate) struct Consent {
    pub(crate) app_id: String,
    pub(crate) person: String,
    pub(crate) scope: Scope,
    pub(crate) snapshot: bool,
}

#[derive(Debug)]
struct Code {
    consent: Consent,
    issued: Duration,
    arrivals: u64,
    uses: u32,
}

/// A QR code of an account.
#[derive(Debug, Clone)]
pub(crate) struct SceneCode {
    pub(crate) app_id: String,
    pub(crate) scene: String,
    pub(crate) until: Duration,
}

/// What became of a code that was shown for exchange.
#[derive(Debug)]
pub(crate) enum Exchange {
    Fresh(Consent),
    UsedBefore(u32),
    Expired,
    Unknown,
}

#[derive(Debug)]
struct Grant {
    consent: Consent,
    generation: u32,
    access_until: Duration,
    refresh_until: Duration,
}

/// Rows numbered from one upwards, of which only the newest are kept.
#[derive(Debug)]
struct Ring<T> {
    first: u64,
    rows: VecDeque<T>,
}

impl<T> Ring<T> {
    fn new() -> Self {
        Self { first: 1, rows: VecDeque::new() }
    }

    fn push(&mut self, row: T) -> u64 {
        if self.rows.len() >= REMEMBERED {
            self.rows.pop_front();
            self.first = self.first.saturating_add(1);
        }
        self.rows.push_back(row);
        self.first.saturating_add(self.rows.len() as u64).saturating_sub(1)
    }

    fn get_mut(&mut self, serial: u64) -> Option<&mut T> {
        let index = usize::try_from(serial.checked_sub(self.first)?).ok()?;
        self.rows.get_mut(index)
    }
}

/// An app-level token as its family keeps it: which one, and until when.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AppToken {
    pub(crate) generation: u64,
    pub(crate) until: Duration,
}

/// All that the simulator remembers about what it has handed out.
#[derive(Debug)]
pub(crate) struct Books {
    codes: Ring<Code>,
    grants: Ring<Grant>,
    app_tokens: BTreeMap<(String, &'static str), AppToken>,
    scenes: Ring<SceneCode>,
    followers: BTreeSet<(String, String)>,
}

impl Books {
    pub(crate) fn new() -> Self {
        Self {
            codes: Ring::new(),
            grants: Ring::new(),
            app_tokens: BTreeMap::new(),
            scenes: Ring::new(),
            followers: BTreeSet::new(),
        }
    }

    /// Writes a QR code of an account down and gives its serial number.
    pub(crate) fn open_scene(
        &mut self,
        app_id: &str,
        scene: &str,
        now: Duration,
        lives: u64,
    ) -> u64 {
        let until = now.saturating_add(Duration::from_secs(lives));
        self.scenes.push(SceneCode { app_id: app_id.to_owned(), scene: scene.to_owned(), until })
    }

    /// A QR code of an account.
    pub(crate) fn scene(&mut self, serial: u64) -> Option<SceneCode> {
        self.scenes.get_mut(serial).cloned()
    }

    /// Somebody follows an account from now on; whether they did not before.
    pub(crate) fn follow(&mut self, app_id: &str, person: &str) -> bool {
        self.followers.insert((app_id.to_owned(), person.to_owned()))
    }

    /// Somebody does not follow any more.
    pub(crate) fn unfollow(&mut self, app_id: &str, person: &str) {
        self.followers.remove(&(app_id.to_owned(), person.to_owned()));
    }

    pub(crate) fn follows(&self, app_id: &str, person: &str) -> bool {
        self.followers.contains(&(app_id.to_owned(), person.to_owned()))
    }

    /// Writes a new code down and gives its serial number.
    pub(crate) fn open_code(&mut self, consent: Consent, now: Duration) -> u64 {
        self.codes.push(Code { consent, issued: now, arrivals: 0, uses: 0 })
    }

    /// Counts a request that carried this code, whatever becomes of it.
    pub(crate) fn count_arrival(&mut self, serial: u64) {
        if let Some(code) = self.codes.get_mut(serial) {
            code.arrivals = code.arrivals.saturating_add(1);
        }
    }

    pub(crate) fn arrivals(&mut self, serial: u64) -> u64 {
        self.codes.get_mut(serial).map_or(0, |code| code.arrivals)
    }

    /// Takes a code, once. A code of another app, or of another kind of call, is unknown and stays untouched.
    pub(crate) fn spend_code(
        &mut self,
        serial: u64,
        fits: impl Fn(&Consent) -> bool,
        now: Duration,
        lifetime: Duration,
    ) -> Exchange {
        let Some(code) = self.codes.get_mut(serial).filter(|code| fits(&code.consent)) else {
            return Exchange::Unknown;
        };
        if code.uses > 0 {
            code.uses = code.uses.saturating_add(1);
            return Exchange::UsedBefore(code.uses.saturating_sub(1));
        }
        if now.saturating_sub(code.issued) >= lifetime {
            return Exchange::Expired;
        }
        code.uses = 1;
        Exchange::Fresh(code.consent.clone())
    }

    /// Opens the grant behind a pair of tokens and gives its serial number.
    pub(crate) fn open_grant(&mut self, consent: Consent, now: Duration) -> u64 {
        let access_until = now.saturating_add(ACCESS_LIFETIME);
        let refresh_until = now.saturating_add(REFRESH_LIFETIME);
        self.grants.push(Grant { consent, generation: 0, access_until, refresh_until })
    }

    /// The consent behind an access token, its generation, and whether it still lives.
    pub(crate) fn read_grant(
        &mut self,
        serial: u64,
        now: Duration,
    ) -> Option<(Consent, u32, bool)> {
        let grant = self.grants.get_mut(serial)?;
        Some((grant.consent.clone(), grant.generation, now < grant.access_until))
    }

    /// Refreshes: a living access token keeps its text and lives on, a dead one gets a new text.
    /// `None`: no such refresh token for this app.
    pub(crate) fn refresh(&mut self, serial: u64, app_id: &str, now: Duration) -> Option<Refresh> {
        let grant = self.grants.get_mut(serial).filter(|grant| grant.consent.app_id == app_id)?;
        if now >= grant.refresh_until {
            return Some(Refresh::Expired);
        }
        if now >= grant.access_until {
            grant.generation = grant.generation.saturating_add(1);
        }
        grant.access_until = now.saturating_add(ACCESS_LIFETIME);
        Some(Refresh::Done(grant.consent.clone(), grant.generation))
    }

    /// The app-level token of one family as it is, and whether it still lives.
    pub(crate) fn present_app_token(
        &self,
        app_id: &str,
        family: &'static str,
        now: Duration,
    ) -> Option<(AppToken, bool)> {
        let token = *self.app_tokens.get(&(app_id.to_owned(), family))?;
        Some((token, now < token.until))
    }

    /// The app-level token of one family; made anew when there is none, when it ends, or when `renew` says so.
    pub(crate) fn app_token(
        &mut self,
        app_id: &str,
        family: &'static str,
        renew: bool,
        now: Duration,
    ) -> AppToken {
        let token = self.app_tokens.entry((app_id.to_owned(), family)).or_default();
        // The platform itself renews five minutes before the end (wechat.md section 5.5).
        if renew || token.until.saturating_sub(now) < Duration::from_secs(300) {
            token.generation = token.generation.saturating_add(1);
            token.until = now.saturating_add(ACCESS_LIFETIME);
        }
        *token
    }
}

/// What became of a refresh token.
#[derive(Debug)]
pub(crate) enum Refresh {
    Done(Consent, u32),
    Expired,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_forgets_its_oldest_row_and_keeps_its_numbers() {
        let mut ring = Ring::new();
        let first = ring.push(0);
        for row in 1..=REMEMBERED {
            ring.push(row);
        }
        assert_eq!(ring.rows.len(), REMEMBERED);
        assert_eq!(ring.get_mut(first), None);
        assert_eq!(ring.get_mut(first + 1), Some(&mut 1));
        assert_eq!(ring.get_mut(first + REMEMBERED as u64), Some(&mut { REMEMBERED }));
    }
}
