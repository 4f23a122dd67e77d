//! What every endpoint is handed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;
use magpie_domain::{ChannelId, Locale};
use magpie_flows::Flows;

use crate::documents::Documents;
use crate::kit::throttle::{Limits, Throttle};
use crate::pages::Brand;

/// Something worth counting, reported to whoever keeps the counters. Every text is from a closed set or configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observation<'a> {
    /// A browser was sent to WeChat.
    Departed {
        /// By this channel of the configuration.
        channel: &'a ChannelId,
    },
    /// A browser came back from WeChat with the attempt it left with.
    Returned {
        /// By this channel of the configuration.
        channel: &'a ChannelId,
    },
    /// A callback landed.
    Landed {
        /// `signed_in`, `refused`, `arrived`, `restarted`, `not_yet_known`, `snapshot_user`, `failed`, `not_found`.
        outcome: &'static str,
    },
    /// The token endpoint answered.
    Token {
        /// `ok`, or the error code of RFC 6749 §5.2.
        result: &'static str,
    },
    /// WeChat, or somebody who claimed to be it, pushed something.
    Push {
        /// What it was about: `profile_modified`, `authorization_revoked`, `account_cancelled`, `subscribed`, `scanned`,
        /// `unsubscribed`, `other`, `incomplete`, `echo`, or `unread` when it was not read.
        event: &'static str,
        /// `done`, `nobody`, `seen_before`, `without_effect`, `forwarded`, `not_forwarded`, `forged`, `format`,
        /// `unknown`, `too_slow` or `broken`.
        outcome: &'static str,
    },
    /// Somebody was asked to slow down.
    Throttled,
    /// Something broke.
    Incident,
}

/// Where observations go.
pub type Observe = Arc<dyn Fn(Observation<'_>) + Send + Sync>;

/// What the web room is made of.
pub struct WebParts {
    /// The flows.
    pub flows: Flows,
    /// How the service presents itself.
    pub brand: Brand,
    /// The language of those who ask for none that we have.
    pub default_locale: Locale,
    /// Peers whose forwarded headers count.
    pub trusted_proxies: Vec<IpNet>,
    /// How often is too often.
    pub limits: Limits,
    /// Verification files by exact name, with their bodies.
    pub verification_files: BTreeMap<String, String>,
    /// Where observations go.
    pub observe: Observe,
}

impl fmt::Debug for WebParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebParts").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// The state of every endpoint; cheap to clone.
#[derive(Debug, Clone)]
pub struct Web(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    parts: WebParts,
    documents: Documents,
    throttle: Throttle,
}

impl Web {
    /// Takes the parts and prepares what never changes: the discovery documents.
    #[must_use]
    pub fn new(parts: WebParts) -> Self {
        let documents = Documents::new(&parts.flows);
        let throttle = Throttle::new(parts.limits);
        Self(Arc::new(Inner { parts, documents, throttle }))
    }

    pub(crate) fn flows(&self) -> &Flows {
        &self.0.parts.flows
    }

    pub(crate) fn parts(&self) -> &WebParts {
        &self.0.parts
    }

    pub(crate) fn documents(&self) -> &Documents {
        &self.0.documents
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    pub(crate) fn observe(&self, observation: Observation<'_>) {
        (self.0.parts.observe)(observation);
    }
}
