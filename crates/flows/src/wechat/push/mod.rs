//! What WeChat tells us unasked: taken once, answered within five seconds, and passed on to the operator's other system.
//!
//! [`answer_echo`] answers the console, [`receive`] takes a push. What a push changes is one transaction with the mark that it
//! was seen (law 2), whatever replica it came to; only then is it forwarded, since no call is made while a transaction is
//! open (law 3). What changes nothing here leaves no row, and the other system answers it ([0042]).
//!
//! [0042]: ../../../../../docs/decisions/0042-pushes-are-passed-on.md

mod change;
mod chat;
mod effects;
mod forward;
mod policy;

use magpie_domain::entropy::bytes;
use magpie_domain::{Channel, ChannelId, Push};
use magpie_wechat::push::{self as rules, Chat, Event, Marks};

use crate::context::Flows;
use crate::outcome::{Outcome, Stop};
use crate::relay::ChatWord;
use crate::relay::chat::Heard;

pub use forward::{ForwardedPushes, Theirs};
pub use policy::{OnCancellation, OnUnsubscribe, PrivacyPolicy};

use change::Change;
use effects::Applied;

/// What was posted to the address of a channel.
#[derive(Clone, Copy)]
pub struct Posted<'a> {
    /// The name in the path.
    pub channel: &'a ChannelId,
    /// What the address carries, read.
    pub marks: Marks<'a>,
    /// The query as it came.
    pub query: &'a str,
    /// The media type as it came.
    pub content_type: &'a str,
    /// The body as it came.
    pub body: &'a [u8],
}

/// Why a push is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushRefused {
    /// No such channel, or none that is pushed to.
    Unknown,
    /// Not from WeChat's side of this account.
    Forged,
    /// Not written the way the channel says.
    Format,
    /// The other system, whose business it is, did not answer in time: WeChat says it again.
    NotForwarded,
}

/// What came of a push.
#[derive(Debug)]
pub struct Received {
    /// What it was about, from a closed list.
    pub event: &'static str,
    /// `done`, `nobody`, `seen_before`, `without_effect` or `forwarded`.
    pub outcome: &'static str,
    /// What the other system answers in our place.
    pub theirs: Option<Theirs>,
    /// What we say to the person ourselves.
    pub reply: Option<Reply>,
}

/// Something to be said in a chat, as the answer to what was said there.
#[derive(Debug)]
pub struct Reply {
    /// What.
    pub word: ChatWord,
    channel: ChannelId,
    chat: Chat,
}

impl Reply {
    /// The body of the answer to WeChat, with `text` in the words of a language; nothing when the channel went away.
    ///
    /// # Errors
    /// [`magpie_domain::NoEntropy`] when the system gives no random bytes.
    pub fn body(
        &self,
        flows: &Flows,
        text: &str,
    ) -> Result<Option<String>, magpie_domain::NoEntropy> {
        let random = bytes::<32>(flows.entropy())?;
        let Ok((channel, push)) = configured(flows, &self.channel) else { return Ok(None) };
        let receiver = &channel.account.app_id;
        Ok(rules::answer(push, receiver, &self.chat, text, (&random, flows.now())))
    }
}

/// Whether the question of the console is signed as it should be; then `echostr` is the answer.
///
/// # Errors
/// [`PushRefused`].
pub fn answer_echo(
    flows: &Flows,
    channel: &ChannelId,
    marks: &Marks<'_>,
) -> Result<(), PushRefused> {
    let (_, push) = configured(flows, channel)?;
    if rules::is_ours(push, marks, flows.now()) { Ok(()) } else { Err(PushRefused::Forged) }
}

/// Takes a push: opens it, does what follows from it, and passes it on.
///
/// # Errors
/// [`PushRefused`]; nothing has been changed then.
pub async fn receive(flows: &Flows, posted: Posted<'_>) -> Outcome<Received, PushRefused> {
    let (channel, push) = configured(flows, posted.channel).map_err(Stop::Refused)?;
    let receiver = &channel.account.app_id;
    let opened = rules::open(push, receiver, &posted.marks, posted.body, flows.now());
    let opened = opened.map_err(|refused| Stop::Refused(refused.into()))?;
    let event = Event::read(push.format, &opened.message, receiver);
    let event = event.map_err(|refused| Stop::Refused(refused.into()))?;
    let received =
        |outcome, theirs| Received { event: event.as_str(), outcome, theirs, reply: None };
    let talk = chat::heard(flows, channel, &event, opened.at).await?;
    if let Some((chat, Heard { word, before })) = talk {
        if let Some(address) = push.forward_to.as_ref().filter(|_| !before) {
            forward::later(flows, address, posted);
        }
        let outcome = if before { Applied::SeenBefore } else { Applied::Done };
        let reply = Reply { word, channel: channel.id.clone(), chat: chat.clone() };
        return Ok(Received { reply: Some(reply), ..received(outcome.as_str(), None) });
    }
    let Some(change) = Change::of(&event, flows.settings().privacy) else {
        let Some(address) = &push.forward_to else { return Ok(received("without_effect", None)) };
        let theirs = forward::and_wait(flows, address, posted).await;
        return theirs
            .map(|theirs| received("forwarded", Some(theirs)))
            .ok_or(Stop::Refused(PushRefused::NotForwarded));
    };
    let applied = effects::apply(flows, channel, &posted.marks, opened.at, change).await?;
    if let Some(address) = push.forward_to.as_ref().filter(|_| applied != Applied::SeenBefore) {
        forward::later(flows, address, posted);
    }
    Ok(received(applied.as_str(), None))
}

fn configured<'a>(
    flows: &'a Flows,
    channel: &ChannelId,
) -> Result<(&'a Channel, &'a Push), PushRefused> {
    let channel = flows.settings().channel(channel).ok_or(PushRefused::Unknown)?;
    channel.push.as_ref().map(|push| (channel, push)).ok_or(PushRefused::Unknown)
}

impl From<rules::Refused> for PushRefused {
    fn from(refused: rules::Refused) -> Self {
        match refused {
            rules::Refused::Forged => Self::Forged,
            rules::Refused::Format => Self::Format,
        }
    }
}

/// The address of a push names a person, and its body what they did.
impl std::fmt::Debug for Posted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Posted").field("channel", &self.channel).finish_non_exhaustive()
    }
}
