//! The tokens of WeCom's apps, in memory, for this process alone. WeCom answers every call of `gettoken` within a token's
//! life with the same token, so replicas need not share one, and asking again costs nobody else theirs; it counts the
//! calls, so each process asks once per token and app, however many people sign in at that moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use magpie_domain::{ChannelId, Secret};
use magpie_wechat::reply::wecom::AppToken;
use magpie_wechat::reply::{Refusal, WechatReply};
use tokio::time::{Instant, timeout_at};

use crate::unreachable::CallFailed;

/// How long before its end a token is no longer used.
const BEFORE_THE_END: Duration = Duration::from_secs(300);

/// How long a token is used at least: near its end WeCom still answers with the same one.
const AT_LEAST: Duration = Duration::from_secs(30);

/// A token at hand.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) token: Secret<String>,
    number: u64,
    until: Instant,
}

/// Why there is no token, when WeCom answered.
#[derive(Debug, Clone)]
pub(super) enum NoToken {
    Refused(Refusal),
    Unreadable,
}

impl<T> From<NoToken> for WechatReply<T> {
    fn from(why: NoToken) -> Self {
        match why {
            NoToken::Refused(refusal) => Self::Refused(refusal),
            NoToken::Unreadable => Self::Unreadable,
        }
    }
}

/// A token, WeCom's no, or no answer at all.
pub(super) type TokenReply = Result<Result<Held, NoToken>, CallFailed>;

/// The tokens by channel: as many as are configured.
#[derive(Default)]
pub(super) struct Tokens {
    shelves: Mutex<HashMap<ChannelId, Arc<tokio::sync::Mutex<Shelf>>>>,
}

/// The place of one app's token; whoever holds its lock asks WeCom, the others wait for what comes of it.
#[derive(Default)]
struct Shelf {
    held: Option<Held>,
    asked: u64,
    failed: Option<Result<NoToken, CallFailed>>,
}

impl Tokens {
    /// The token of `channel`, other than the `void` one, from the shelf or from `fetch`, which keeps to `deadline` itself.
    /// Who waited while somebody else asked in vain is told the same, rather than asking once more, one after the other.
    pub(super) async fn get(
        &self,
        channel: &ChannelId,
        void: Option<&Held>,
        deadline: Instant,
        fetch: impl Future<Output = Result<WechatReply<AppToken>, CallFailed>>,
    ) -> TokenReply {
        let shelf = self.shelf(channel);
        let (mut shelf, waited) = match shelf.try_lock() {
            Ok(free) => (free, false),
            Err(_somebody_asks) => {
                let waited = timeout_at(deadline, shelf.lock()).await;
                (waited.map_err(|_elapsed| CallFailed::Deadline)?, true)
            }
        };
        if let Some(held) = shelf.good(void) {
            return Ok(Ok(held));
        }
        if let (true, Some(failed)) = (waited, shelf.failed.clone()) {
            return failed.map(Err);
        }
        shelf.failed = None;
        shelf.asked = shelf.asked.saturating_add(1);
        let failed = match fetch.await {
            Ok(WechatReply::Ok(token)) => return Ok(Ok(shelf.keep(token))),
            Ok(WechatReply::Refused(refusal)) => Ok(NoToken::Refused(refusal)),
            Ok(WechatReply::Unreadable) => Ok(NoToken::Unreadable),
            Err(failure) => Err(failure),
        };
        shelf.held = None;
        shelf.failed = Some(failed.clone());
        failed.map(Err)
    }

    fn shelf(&self, channel: &ChannelId) -> Arc<tokio::sync::Mutex<Shelf>> {
        let mut shelves = self.shelves.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shelves.entry(channel.clone()).or_default())
    }
}

impl Shelf {
    /// The token at hand while it is good and not the one that WeCom called void.
    fn good(&self, void: Option<&Held>) -> Option<Held> {
        let is_good = |held: &&Held| {
            Instant::now() < held.until && void.is_none_or(|void| void.number != held.number)
        };
        self.held.as_ref().filter(is_good).cloned()
    }

    fn keep(&mut self, token: AppToken) -> Held {
        let lifetime = Duration::from_secs(token.expires_in.as_seconds().unsigned_abs());
        let used_for = lifetime.saturating_sub(BEFORE_THE_END).max(AT_LEAST);
        let held = Held {
            token: token.access_token,
            number: self.asked,
            until: Instant::now() + used_for,
        };
        self.held = Some(held.clone());
        held
    }
}
