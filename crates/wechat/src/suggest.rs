//! Which way to WeChat suits this browser: one channel, a choice, or a page that explains why there is none.
//! Owns the table of wechat.md §14. Never sends anybody to WeChat by a way that cannot work there, which is how
//! people end up on WeChat's own error pages. The flow that begins a login calls it.

use magpie_domain::{Channel, ChannelId, ChannelKind};

use crate::user_agent::Agent;

/// What to do with a browser that wants to sign in.
#[derive(Debug, Clone)]
pub enum Suggestion<'a> {
    /// Take this channel.
    Use(&'a Channel),
    /// Let the person choose; two channels or more, in the configured order.
    Offer(Vec<&'a Channel>),
    /// No way leads from here; a page says which one would.
    Explain(Reason),
}

/// Why no channel can be used from this browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// An ordinary browser on a phone: it cannot scan its own screen, and WeChat offers it nothing else.
    OpenInWechat,
    /// WeChat's browser on a phone, and no service account to ask there.
    NoServiceAccount,
    /// 企业微信 signs in with other accounts than WeChat.
    WecomIsNotWechat,
    /// An ordinary browser on a phone, and only WeCom to sign in with.
    OpenInWecom,
    /// A desktop browser, and only a service account, which works inside WeChat alone.
    OnlyInWechat,
    /// The operator has configured no channel at all.
    NothingConfigured,
}

impl Reason {
    /// The name of the reason, for the page's marker and for metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenInWechat => "open_in_wechat",
            Self::NoServiceAccount => "no_service_account",
            Self::WecomIsNotWechat => "wecom_is_not_wechat",
            Self::OpenInWecom => "open_in_wecom",
            Self::OnlyInWechat => "only_in_wechat",
            Self::NothingConfigured => "nothing_configured",
        }
    }
}

/// Suggests a channel for `agent` out of those that may be used now.
///
/// A `wish` for one of them wins over everything, since the header may lie and the person knows better;
/// a wish for any other is not heard. Nobody is sent to a channel whose codes an application brings itself.
#[must_use]
pub fn suggest<'a>(
    agent: Agent,
    channels: &'a [Channel],
    wish: Option<&ChannelId>,
) -> Suggestion<'a> {
    let mut usable = channels.iter().filter(|channel| !channel.kind().is_brought());
    if let Some(wished) = wish.and_then(|id| usable.clone().find(|channel| channel.id == *id)) {
        return Suggestion::Use(wished);
    }
    if usable.next().is_none() {
        return Suggestion::Explain(Reason::NothingConfigured);
    }
    let in_app = || one_or_more(channels, &[ChannelKind::ServiceAccount]);
    // WeCom's desktop page is a page with a QR code too: which of the two is theirs only the person knows.
    let qr = || one_or_more(channels, &[ChannelKind::Website, ChannelKind::Wecom]);
    // WeChat's own QR page is one step for the person, ours are three, and following is one that they may not want: each
    // stands back where there is the one before.
    let has = |kind| channels.iter().any(|channel| channel.kind() == kind);
    let ours = if has(ChannelKind::Relay) { ChannelKind::Relay } else { ChannelKind::Follow };
    let relayed = || one_or_more(channels, &[ours, ChannelKind::Wecom]);
    let scan = || if has(ChannelKind::Website) { qr() } else { relayed() };
    let wecom = || one_or_more(channels, &[ChannelKind::Wecom]);
    let only_wecom = channels.iter().all(|channel| channel.kind() == ChannelKind::Wecom);
    let suggestion = match agent {
        // WeCom's link opens in WeChat as well, for members who linked the two; better than no way at all.
        Agent::PhoneWechat => in_app().or_else(wecom).ok_or(Reason::NoServiceAccount),
        Agent::DesktopWechat => in_app().or_else(qr).ok_or(Reason::NothingConfigured),
        Agent::Desktop => scan().ok_or(Reason::OnlyInWechat),
        Agent::Phone if only_wecom => Err(Reason::OpenInWecom),
        Agent::Phone => Err(Reason::OpenInWechat),
        // Not treated as WeChat's browser without a channel of its own: a service account's link asks there to be opened
        // in WeChat, and leads nowhere (decision 0041).
        Agent::WeCom => wecom().ok_or(Reason::WecomIsNotWechat),
    };
    suggestion.unwrap_or_else(Suggestion::Explain)
}

/// The channels of these kinds: used when there is one, offered when there are several.
fn one_or_more<'a>(channels: &'a [Channel], kinds: &[ChannelKind]) -> Option<Suggestion<'a>> {
    let fits = |channel: &&Channel| kinds.contains(&channel.kind());
    let found: Vec<&Channel> = channels.iter().filter(fits).collect();
    match found.as_slice() {
        [] => None,
        [only] => Some(Suggestion::Use(only)),
        [_, _, ..] => Some(Suggestion::Offer(found)),
    }
}

#[cfg(test)]
mod tests;
