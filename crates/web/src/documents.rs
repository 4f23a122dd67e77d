//! The discovery documents as bytes: made once from the configuration, never per request.

use std::hash::{DefaultHasher, Hasher as _};

use axum::body::Bytes;
use magpie_domain::{Channel, ChannelKind, Scope, ScopeSet};
use magpie_flows::{Flows, Settings};
use magpie_oidc::discovery::{DiscoveryFacts, document};

/// The documents as bytes, with their ETag.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) body: Bytes,
    pub(crate) etag: String,
}

impl Documents {
    pub(crate) fn new(flows: &Flows) -> Self {
        let settings = flows.settings();
        let facts = DiscoveryFacts {
            issuer: &settings.issuer,
            algorithms: &settings.algorithms,
            scopes: offered_scopes(settings),
            registration: settings.registration.is_offered(),
        };
        let body = serde_json::to_vec(&document(&facts)).unwrap_or_default();
        // Only has to change when the bytes do; nobody gains by a collision.
        let mut sum = DefaultHasher::new();
        sum.write(&body);
        Self { etag: format!("\"{:016x}\"", sum.finish()), body: Bytes::from(body) }
    }
}

/// Every scope that means something here: `email` only where addresses are made or an organisation tells its own, `phone`
/// only where a mini program can bring numbers, `groups` not yet.
fn offered_scopes(settings: &Settings) -> ScopeSet {
    let offered = [Scope::OpenId, Scope::Profile, Scope::Wechat, Scope::OfflineAccess].into_iter();
    let has_mail = settings.email_domain.is_some() || settings.knows_corporate_mail();
    let is_mini_program = |channel: &Channel| channel.kind() == ChannelKind::MiniProgram;
    let phone = settings.channels.iter().any(is_mini_program).then_some(Scope::Phone);
    offered.chain(has_mail.then_some(Scope::Email)).chain(phone).collect()
}
