//! `[privacy]`: what becomes of people whom WeChat says to have left.

use magpie_flows::wechat::push::{OnCancellation, OnUnsubscribe, PrivacyPolicy};

use super::section::Section;

pub(super) fn read(mut section: Section<'_>) -> PrivacyPolicy {
    let usual = PrivacyPolicy::default();
    let cancelled = [("erase", OnCancellation::Erase), ("block", OnCancellation::Block)];
    let unsubscribed =
        [("nothing", OnUnsubscribe::Nothing), ("erase_profile", OnUnsubscribe::EraseProfile)];
    let policy = PrivacyPolicy {
        on_cancellation: section
            .one_of("on_cancellation", &cancelled)
            .unwrap_or(usual.on_cancellation),
        on_unsubscribe: section
            .one_of("on_unsubscribe", &unsubscribed)
            .unwrap_or(usual.on_unsubscribe),
    };
    section.finish();
    policy
}
