//! What the operator wants to become of people who left.

/// When somebody's WeChat account is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnCancellation {
    /// Name, picture and WeChat's ids are erased; only the `sub` stays, so that nobody else ever gets it.
    #[default]
    Erase,
    /// The profile is erased, the ids stay, and nobody signs in with them.
    Block,
}

/// When somebody does not follow the service account any more, which is no withdrawal of the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnsubscribe {
    /// Nothing.
    #[default]
    Nothing,
    /// Name and picture are erased, and the rest of the profile; they stay signed in. A phone number stays: a mini program
    /// was given it, which nobody follows.
    EraseProfile,
}

/// `[privacy]` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrivacyPolicy {
    /// When a WeChat account is closed.
    pub on_cancellation: OnCancellation,
    /// When somebody stops to follow.
    pub on_unsubscribe: OnUnsubscribe,
}
