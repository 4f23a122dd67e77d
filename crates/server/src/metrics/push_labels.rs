//! The labels of pushes. Closed: what somebody pushes can choose among them and never add to them.

/// Makes a closed set of names, read from the words of the rooms below; any other word is the last one.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// Anything else.
            Other,
        }

        impl $name {
            /// The label that a word stands for.
            #[must_use]
            pub fn of(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)*
                    _ => Self::Other,
                }
            }

            /// The value of the label.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other => "other",
                }
            }
        }
    };
}

words! {
    /// What a push was about.
    PushEvent {
        /// `user_info_modified`.
        ProfileModified = "profile_modified",
        /// `user_authorization_revoke`.
        AuthorizationRevoked = "authorization_revoked",
        /// `user_authorization_cancellation`.
        AccountCancelled = "account_cancelled",
        /// `subscribe`.
        Subscribed = "subscribed",
        /// `SCAN`.
        Scanned = "scanned",
        /// `unsubscribe`.
        Unsubscribed = "unsubscribed",
        /// A text that somebody wrote.
        Said = "said",
        /// One of these that lacked something.
        Incomplete = "incomplete",
        /// The console's question.
        Echo = "echo",
        /// It was not read.
        Unread = "unread",
    }
}

words! {
    /// What came of a push.
    PushOutcome {
        /// What follows from it.
        Done = "done",
        /// It is about nobody we know.
        Nobody = "nobody",
        /// It was heard before.
        SeenBefore = "seen_before",
        /// Nothing follows from it.
        WithoutEffect = "without_effect",
        /// The operator's other system answered it.
        Forwarded = "forwarded",
        /// The operator's other system did not answer it.
        NotForwarded = "not_forwarded",
        /// It was not from WeChat's side of the account.
        Forged = "forged",
        /// It was not written as the channel says.
        Format = "format",
        /// No channel is pushed to there.
        Unknown = "unknown",
        /// It took longer than WeChat waits.
        TooSlow = "too_slow",
        /// Something broke.
        Broken = "broken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_none_of_ours_makes_no_series() {
        assert_eq!(PushEvent::of("account_cancelled").as_str(), "account_cancelled");
        assert_eq!(PushEvent::of("S3CR3T").as_str(), "other");
        assert_eq!(PushOutcome::of("seen_before").as_str(), "seen_before");
        assert_eq!(PushOutcome::of("S3CR3T").as_str(), "other");
    }
}
