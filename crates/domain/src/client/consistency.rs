//! Whether what is said of a client holds together; see [`super::Client::new`].

use super::{ClientDraft, ClientInvalid};
use crate::client_metadata::{ClientKeys, GrantType, SecurityProfile};
use crate::client_policy::{AuthMethod, ClientPolicy, ConsentPolicy, SubjectType};
use crate::scope::Scope;
use crate::signing_key::Algorithm;
use crate::urls::{RedirectUri, WebUrl};

/// Most redirect URIs, resources or origins of one client.
const MOST: usize = 100;

/// Checks everything but the name and gives the policy as it will apply.
pub(super) fn check(
    draft: &ClientDraft,
    redirect_uris: &[RedirectUri],
) -> Result<ClientPolicy, ClientInvalid> {
    let mut policy = draft.policy.clone();
    redirects(&policy, redirect_uris)?;
    if needs_openid(&policy) && !draft.scopes.contains(Scope::OpenId) {
        return Err(ClientInvalid::Scopes);
    }
    policy.auth_methods = auth_methods(draft)?;
    let is_public = policy.auth_methods.contains(&AuthMethod::None);
    grant_types(&policy, is_public)?;
    addresses(&policy)?;
    sector(&policy, redirect_uris)?;
    policy.require_pkce |= is_public;
    if policy.self_registered {
        policy.consent = ConsentPolicy::Explicit;
    }
    wechat_channels(&policy)?;
    let policy = profile(policy)?;
    requests(&policy, is_public)?;
    Ok(policy)
}

/// Only a client that authenticates may push (RFC 9126 §2), and only one with keys can sign.
fn requests(policy: &ClientPolicy, is_public: bool) -> Result<(), ClientInvalid> {
    let cannot_push = policy.requests.require_pushed && is_public;
    let cannot_sign = policy.requests.require_signed && policy.keys == ClientKeys::None;
    if cannot_push || cannot_sign { Err(ClientInvalid::Requests) } else { Ok(()) }
}

fn redirects(policy: &ClientPolicy, uris: &[RedirectUri]) -> Result<(), ClientInvalid> {
    let mut distinct = uris.to_vec();
    distinct.sort();
    distinct.dedup();
    let needs_one = policy.grant_types.contains(&GrantType::AuthorizationCode);
    let enough = !needs_one || !uris.is_empty();
    if enough && uris.len() <= MOST && distinct.len() == uris.len() {
        Ok(())
    } else {
        Err(ClientInvalid::RedirectUriCount)
    }
}

/// Who brings the codes of people needs the grant for it, and people it cannot ask have to be its operator's to vouch for.
fn wechat_channels(policy: &ClientPolicy) -> Result<(), ClientInvalid> {
    let can_exchange = policy.grant_types.contains(&GrantType::TokenExchange);
    let fits = can_exchange && policy.consent == ConsentPolicy::Implicit;
    if policy.wechat_channels.is_empty() || fits {
        Ok(())
    } else {
        Err(ClientInvalid::WechatChannels)
    }
}

/// A client whose people sign in asks for OpenID Connect; one that only speaks for itself needs no scope.
fn needs_openid(policy: &ClientPolicy) -> bool {
    let brings_codes = !policy.wechat_channels.is_empty();
    brings_codes
        || policy
            .grant_types
            .iter()
            .any(|grant| matches!(grant, GrantType::AuthorizationCode | GrantType::DeviceCode))
}

/// The methods the client may use. Left at the default, they follow from what it can show.
fn auth_methods(draft: &ClientDraft) -> Result<Vec<AuthMethod>, ClientInvalid> {
    let has_secret = draft.secrets.current.is_some();
    let has_keys = draft.policy.keys != ClientKeys::None;
    let mut methods = draft.policy.auth_methods.clone();
    if !has_secret && methods == ClientPolicy::default().auth_methods {
        methods = vec![if has_keys { AuthMethod::PrivateKeyJwt } else { AuthMethod::None }];
    }
    let fits = |method: &AuthMethod| match method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => has_secret,
        AuthMethod::PrivateKeyJwt => has_keys,
        AuthMethod::None => methods.len() == 1 && !has_secret,
    };
    let uses_secret = methods.iter().any(|method| method.needs_secret());
    if methods.is_empty() || !methods.iter().all(fits) || has_secret != uses_secret {
        return Err(ClientInvalid::AuthMethods);
    }
    Ok(methods)
}

fn grant_types(policy: &ClientPolicy, is_public: bool) -> Result<(), ClientInvalid> {
    let mut distinct = policy.grant_types.clone();
    distinct.sort();
    distinct.dedup();
    let speaks_for_itself = policy.grant_types.contains(&GrantType::ClientCredentials);
    if distinct.is_empty()
        || distinct.len() != policy.grant_types.len()
        || (is_public && speaks_for_itself)
    {
        return Err(ClientInvalid::GrantTypes);
    }
    Ok(())
}

fn addresses(policy: &ClientPolicy) -> Result<(), ClientInvalid> {
    let jwks_uri = match &policy.keys {
        ClientKeys::JwksUri(uri) => Some(uri),
        ClientKeys::None | ClientKeys::Jwks(_) => None,
    };
    let about = &policy.about;
    for (field, uri) in [
        ("jwks_uri", jwks_uri),
        ("sector_identifier_uri", policy.sector_identifier_uri.as_ref()),
        ("backchannel_logout_uri", policy.logout.backchannel_uri.as_ref()),
        ("frontchannel_logout_uri", policy.logout.frontchannel_uri.as_ref()),
        ("initiate_login_uri", policy.initiate_login_uri.as_ref()),
        ("client_uri", about.home.as_ref()),
        ("logo_uri", about.logo.as_ref()),
        ("policy_uri", about.privacy_policy.as_ref()),
        ("tos_uri", about.terms.as_ref()),
    ] {
        if let Some(uri) = uri {
            WebUrl::parse(uri).map_err(|reason| ClientInvalid::Url {
                field,
                uri: uri.clone(),
                reason,
            })?;
        }
    }
    for origin in &policy.allowed_cors_origins {
        WebUrl::parse_origin(origin).map_err(|reason| ClientInvalid::Url {
            field: "allowed_cors_origins",
            uri: origin.clone(),
            reason,
        })?;
    }
    for resource in &policy.tokens.resources {
        WebUrl::parse(resource).map_err(|reason| ClientInvalid::Url {
            field: "resources",
            uri: resource.clone(),
            reason,
        })?;
    }
    Ok(())
}

fn sector(policy: &ClientPolicy, uris: &[RedirectUri]) -> Result<(), ClientInvalid> {
    let is_pairwise = policy.subject_type == SubjectType::Pairwise;
    if !is_pairwise || policy.sector_identifier_uri.is_some() {
        return Ok(());
    }
    let host = |uri: &RedirectUri| WebUrl::parse(uri.as_str()).ok().and_then(|url| url.host());
    let mut hosts: Vec<_> = uris.iter().map(host).collect();
    hosts.dedup();
    if hosts.len() > 1 { Err(ClientInvalid::Sector) } else { Ok(()) }
}

/// FAPI 2.0 Security Profile §5.3: what it demands is switched on, what it forbids is refused.
fn profile(mut policy: ClientPolicy) -> Result<ClientPolicy, ClientInvalid> {
    match policy.profile {
        SecurityProfile::Standard => Ok(policy),
        SecurityProfile::Fapi2 => {
            let algorithms = &mut policy.algorithms;
            algorithms.id_token.get_or_insert(Algorithm::Es256);
            let named = [
                algorithms.id_token,
                algorithms.userinfo,
                algorithms.authorization_response,
                algorithms.introspection,
                algorithms.assertion,
                algorithms.request_object,
            ];
            let weak = named.contains(&Some(Algorithm::Rs256));
            if weak || policy.auth_methods != [AuthMethod::PrivateKeyJwt] {
                return Err(ClientInvalid::Profile);
            }
            policy.require_pkce = true;
            policy.requests.require_pushed = true;
            policy.tokens.dpop_bound = true;
            Ok(policy)
        }
    }
}

#[cfg(test)]
mod tests;
