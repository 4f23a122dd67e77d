//! The steps of [`super::check`], each named after what it proves and returning that proof.
//! The first three speak to the person, all others to the application. None of them looks at another's parameter.

use magpie_domain::{
    Client, ClientId, GrantType, PromptSet, RedirectUri, ResponseMode, Scope, ScopeSet, Subject,
};

use super::{HintFacts, PageRefusal, Way};
use crate::error::OAuthError;
use crate::params::Params;

/// The longest `state`, in bytes: it must fit the sealed attempt cookie beside everything else.
const LONGEST_STATE: usize = 1536;
/// The longest `nonce`, in bytes; the longest known conformance test sends 384.
const LONGEST_NONCE: usize = 512;
/// The longest `ui_locales` that is kept, in bytes.
const LONGEST_LANGUAGES: usize = 200;

/// Exactly one `client_id`, of a shape that a client can have.
pub(super) fn client_is_named_once(params: &Params) -> Result<ClientId, PageRefusal> {
    if params.is_repeated("client_id") {
        return Err(PageRefusal::RepeatedParameter);
    }
    let text = params.get("client_id").ok_or(PageRefusal::MalformedRequest)?;
    // What cannot be a client is told apart from an unknown one by nobody (AZ-02).
    ClientId::parse(text).ok_or(PageRefusal::UnknownClient)
}

/// The client exists and is enabled; both refusals are the same (AZ-02).
pub(super) fn client_may_ask<'a>(
    id: &ClientId,
    client: Option<&'a Client>,
) -> Result<&'a Client, PageRefusal> {
    client
        .filter(|client| client.id() == id && client.is_enabled())
        .ok_or(PageRefusal::UnknownClient)
}

/// The redirect URI is, byte for byte, one of this client's (RFC 9700 §2.1, law 8).
pub(super) fn redirect_uri_is_registered(
    params: &Params,
    client: &Client,
) -> Result<RedirectUri, PageRefusal> {
    if params.is_repeated("redirect_uri") {
        return Err(PageRefusal::RepeatedParameter);
    }
    let presented = params.get("redirect_uri").ok_or(PageRefusal::RedirectUriMissing)?;
    let native = client.policy().native;
    let mut registered = client.redirect_uris().iter();
    registered
        .find_map(|uri| uri.accept(presented, native))
        .ok_or(PageRefusal::RedirectUriNotRegistered)
}

/// How a refusal travels: by form only when exactly that was asked, else in the query.
pub(super) fn mode_for_errors(params: &Params) -> ResponseMode {
    if params.is_repeated("response_mode") {
        return ResponseMode::Query;
    }
    response_mode_is_ours(params).unwrap_or_default()
}

/// The `state` of a refusal: none when it was sent twice, since either could be the attacker's (AZ-18).
pub(super) fn state_to_echo(params: &Params) -> Option<String> {
    if params.is_repeated("state") {
        return None;
    }
    params.get("state").map(str::to_owned)
}

/// No parameter is sent twice, known or not (RFC 6749 §3.1).
pub(super) fn nothing_is_sent_twice(params: &Params) -> Result<(), OAuthError> {
    match params.first_repeated() {
        Some(_) => Err(OAuthError::invalid_request("a parameter was sent more than once")),
        None => Ok(()),
    }
}

/// `query`, `form_post`, or either as a signed JWT (OAuth 2.0 Multiple Response Types §2.1, JARM §2.3).
pub(super) fn response_mode_is_ours(params: &Params) -> Result<ResponseMode, OAuthError> {
    match params.get("response_mode") {
        None | Some("query") => Ok(ResponseMode::Query),
        Some("form_post") => Ok(ResponseMode::FormPost),
        Some("jwt" | "query.jwt") => Ok(ResponseMode::QueryJwt),
        Some("form_post.jwt") => Ok(ResponseMode::FormPostJwt),
        Some(_) => Err(OAuthError::invalid_request(
            "response_mode must be query or form_post, or one of them with .jwt",
        )),
    }
}

/// A client that promised to push or to sign all its requests has nobody else ask in its name (RFC 9126 §6,
/// RFC 9101 §10.5).
pub(super) fn way_is_the_clients(client: &Client, way: Way) -> Result<(), OAuthError> {
    let rules = client.policy().requests;
    if rules.require_pushed && !way.pushed {
        return Err(OAuthError::invalid_request("this client must push its requests"));
    }
    if rules.require_signed && !way.signed {
        return Err(OAuthError::invalid_request("this client must sign its requests"));
    }
    Ok(())
}

/// No request object and no registration in passing; ignoring them would drop what they say (OIDC Core §6, §7.2.1).
/// The object of a client with keys, and a pushed request, were put in the place of what stood around them before.
pub(super) fn request_is_spelled_out(params: &Params) -> Result<(), OAuthError> {
    if params.get("request").is_some() && params.get("request_uri").is_some() {
        return Err(OAuthError::invalid_request("request and request_uri exclude each other"));
    }
    if params.get("request").is_some() {
        return Err(OAuthError::request_not_supported("the request parameter is not supported"));
    }
    if params.get("request_uri").is_some() {
        return Err(OAuthError::request_uri_not_supported(
            "the request_uri parameter is not supported",
        ));
    }
    if params.get("registration").is_some() {
        return Err(OAuthError::registration_not_supported(
            "the registration parameter is not supported",
        ));
    }
    Ok(())
}

/// The code flow and no other (RFC 9700 §2.1.2).
pub(super) fn response_type_is_code(params: &Params) -> Result<(), OAuthError> {
    match params.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => {
            Err(OAuthError::unsupported_response_type("only response_type=code is supported"))
        }
        None => Err(OAuthError::invalid_request("response_type is missing")),
    }
}

/// The client is registered for that flow (RFC 6749 §4.1.2.1).
pub(super) fn client_uses_codes(client: &Client) -> Result<(), OAuthError> {
    if client.policy().grant_types.contains(&GrantType::AuthorizationCode) {
        Ok(())
    } else {
        Err(OAuthError::unauthorized_client("the client may not use the code flow"))
    }
}

/// What remains of the wished-for scopes.
#[derive(Debug)]
pub(crate) struct GrantedScopes {
    pub(crate) scopes: ScopeSet,
    pub(crate) narrowed: bool,
}

/// The known scopes that this client may have, `openid` among them. Others are dropped (design §6);
/// without `openid` it would be plain OAuth, which this provider does not offer.
pub(super) fn scopes_include_openid(
    params: &Params,
    client: &Client,
) -> Result<GrantedScopes, OAuthError> {
    granted(params.get("scope").unwrap_or_default(), client)
}

/// The same for scopes that were named anywhere else.
pub(crate) fn granted(wished: &str, client: &Client) -> Result<GrantedScopes, OAuthError> {
    let allowed = ScopeSet::parse(wished).intersection(client.scopes());
    // A refresh token that never comes must not be promised; OIDC Core §11 lets a provider ignore the wish.
    let refreshes = client.policy().grant_types.contains(&GrantType::RefreshToken);
    let kept = |scope: &Scope| *scope != Scope::OfflineAccess || refreshes;
    let scopes: ScopeSet = allowed.iter().filter(kept).collect();
    if !scopes.contains(Scope::OpenId) {
        return Err(OAuthError::invalid_scope("scope must contain openid"));
    }
    let is_granted = |word: &str| scopes.iter().any(|scope| scope.as_str() == word);
    let narrowed = wished.split(' ').any(|word| !word.is_empty() && !is_granted(word));
    Ok(GrantedScopes { scopes, narrowed })
}

/// Any text without NUL up to 1536 bytes: it is echoed byte for byte, so nothing else is asked of it.
pub(super) fn state_fits(params: &Params) -> Result<Option<String>, OAuthError> {
    let state = params.get("state");
    if state.is_some_and(|state| state.len() > LONGEST_STATE) {
        return Err(OAuthError::invalid_request("state is longer than 1536 bytes"));
    }
    Ok(state.map(str::to_owned))
}

/// Any text without NUL up to 512 bytes, taken into the ID token byte for byte (OIDC Core §2).
pub(super) fn nonce_fits(params: &Params) -> Result<Option<String>, OAuthError> {
    let nonce = params.get("nonce");
    if nonce.is_some_and(|nonce| nonce.len() > LONGEST_NONCE) {
        return Err(OAuthError::invalid_request("nonce is longer than 512 bytes"));
    }
    Ok(nonce.map(str::to_owned))
}

/// Known prompts only, and `none` alone (OIDC Core §3.1.2.1).
pub(super) fn prompts_are_known(params: &Params) -> Result<PromptSet, OAuthError> {
    let mut prompt = PromptSet::default();
    for word in params.get("prompt").unwrap_or_default().split(' ').filter(|word| !word.is_empty())
    {
        match word {
            "none" => prompt.none = true,
            "login" => prompt.login = true,
            "consent" => prompt.consent = true,
            "select_account" => prompt.select_account = true,
            _ => return Err(OAuthError::invalid_request("prompt has an unknown value")),
        }
    }
    if prompt.none && (prompt.login || prompt.consent || prompt.select_account) {
        return Err(OAuthError::invalid_request("prompt=none cannot be combined"));
    }
    Ok(prompt)
}

/// Whole seconds from 0 to 2^31-1 (OIDC Core §3.1.2.1), else what the client registered.
pub(super) fn max_age_is_a_number(
    params: &Params,
    client: &Client,
) -> Result<Option<u32>, OAuthError> {
    let Some(text) = params.get("max_age") else {
        return Ok(client.policy().default_max_age);
    };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let seconds = text.parse::<i32>().ok().filter(|_| digits);
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .map(Some)
        .ok_or(OAuthError::invalid_request("max_age is not a number of seconds"))
}

/// The languages of the pages, as sent. A wish, so what is too long is dropped and nothing is ever refused.
pub(super) fn languages(params: &Params) -> Option<String> {
    let languages = params.get("ui_locales")?;
    (languages.len() <= LONGEST_LANGUAGES).then(|| languages.to_owned())
}

/// `id_token_hint` is one of ours, and it and the `claims` parameter do not mean two persons.
pub(super) fn one_person_is_meant(
    asked: Option<Subject>,
    hint: &HintFacts,
) -> Result<Option<Subject>, OAuthError> {
    let hinted = match hint {
        HintFacts::NotSent => None,
        HintFacts::Unverifiable => {
            return Err(OAuthError::invalid_request("id_token_hint is not an ID token of ours"));
        }
        HintFacts::Of(subject) => Some(subject.clone()),
    };
    match (hinted, asked) {
        (Some(hinted), Some(asked)) if hinted != asked => {
            Err(OAuthError::invalid_request("id_token_hint and claims name different persons"))
        }
        (hinted, asked) => Ok(hinted.or(asked)),
    }
}
