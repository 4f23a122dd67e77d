//! Dynamic registration (RFC 7591, OIDC Dynamic Client Registration 1.0) and management (RFC 7592): what an application
//! says of itself becomes a client, or the refusal that says why not. What an application may say is less than what an
//! operator may write: nobody vouches for it, so its people are always asked, it gets neither openid nor unionid, and it
//! cannot speak for itself. Called by `flows::registration`, which fetches, stores and compares secrets.

mod addresses;
mod answer;
mod credentials;
mod members;
mod names;
mod sector;

use magpie_domain::{
    Algorithm, AuthMethod, Client, ClientAbout, ClientDraft, ClientId, ClientInvalid, ClientPolicy,
    ClientSecrets, EmailPolicy, GrantType, LogoutRules, RequestRules, Scope, ScopeSet, SubjectType,
    TokenRules,
};
use serde_json::{Map, Value};

use crate::error::OAuthError;
use crate::userinfo::{Scheme, of_header};

pub use answer::{RegistrationFacts, document, metadata};
pub use credentials::is_public_key_set;
use members::{Members, member};
pub use sector::lists_all;

/// What differs between installations.
#[derive(Debug, Clone, Copy)]
pub struct RegistrationRules<'a> {
    /// The algorithms that we sign with.
    pub algorithms: &'a [Algorithm],
    /// The one that signs for clients that registered none.
    pub default_algorithm: Algorithm,
    /// Whether there are e-mail addresses to give.
    pub email: bool,
    /// Whether applications run beside the server.
    pub development: bool,
}

/// The grant types that an application can register: those by which a person signs in to it.
const OPEN_GRANTS: [GrantType; 2] = [GrantType::AuthorizationCode, GrantType::RefreshToken];

/// What an application said of itself, read and judged but for what only the world can say.
#[derive(Debug, Clone)]
pub struct Metadata {
    name: String,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    scopes: ScopeSet,
    policy: ClientPolicy,
}

impl Metadata {
    /// Whether the client authenticates by a secret, which it is to be given.
    #[must_use]
    pub fn needs_secret(&self) -> bool {
        self.policy.auth_methods.iter().copied().any(AuthMethod::needs_secret)
    }

    /// The document that has to list all redirect URIs (OIDC Registration §5), and those.
    #[must_use]
    pub fn sector(&self) -> Option<(&str, &[String])> {
        let uri = self.policy.sector_identifier_uri.as_deref()?;
        Some((uri, &self.redirect_uris))
    }

    /// The client that is so described.
    ///
    /// # Errors
    /// `invalid_redirect_uri` or `invalid_client_metadata` when the parts contradict each other.
    pub fn client(self, id: ClientId, secrets: ClientSecrets) -> Result<Client, OAuthError> {
        let draft = ClientDraft {
            id,
            name: self.name,
            secrets,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            scopes: self.scopes,
            policy: self.policy,
            enabled: true,
        };
        Client::new(draft).map_err(|invalid| refusal(&invalid))
    }
}

/// The token of a registration or management request: in the header and nowhere else (RFC 7591 §3, RFC 7592 §2).
#[must_use]
pub fn presented(authorization: Option<&str>) -> Option<&str> {
    let (scheme, token) = authorization.and_then(of_header)?;
    (scheme == Scheme::Bearer && (1..=4096).contains(&token.len())).then_some(token)
}

/// Reads what an application says of itself. `before` is the client that it replaces: what an operator decided about that
/// one stays, and what holds it back is never loosened, since we cannot tell who tightened it. One that wants more
/// registers anew.
///
/// # Errors
/// The refusal of RFC 7591 §3.2.2.
pub fn read(
    body: &Map<String, Value>,
    rules: &RegistrationRules<'_>,
    before: Option<&Client>,
) -> Result<Metadata, OAuthError> {
    let members = Members(body);
    if members.get("software_statement").is_some() {
        let refused = "software statements are not accepted; send their claims as plain members";
        return Err(OAuthError::invalid_software_statement(refused));
    }
    credentials::nothing_is_encrypted(members)?;
    let native = members.word(member!("application_type", "web or native"), |text| match text {
        "web" => Some(false),
        "native" => Some(true),
        _ => None,
    })?;
    let native = native.unwrap_or(false);
    let redirect_uris = addresses::redirect_uris(members, native)?;
    let scopes = scopes(members, rules, before)?;
    let newcomer = || ClientPolicy {
        self_registered: true,
        email: if rules.email { EmailPolicy::Synthetic } else { EmailPolicy::None },
        ..ClientPolicy::default()
    };
    let policy = before.map_or_else(newcomer, |client| client.policy().clone());
    let policy = credentials::authentication(members, rules, ClientPolicy { native, ..policy })?;
    let policy = behaviour(members, rules, policy)?;
    let policy = ClientPolicy {
        logout: logout(members, rules, &redirect_uris)?,
        about: about(members)?,
        initiate_login_uri: addresses::page(
            members,
            member!("initiate_login_uri", "an https URL"),
        )?,
        ..policy
    };
    Ok(Metadata {
        name: names::shown(members, &redirect_uris)?,
        post_logout_redirect_uris: addresses::after_logout(members, native)?,
        redirect_uris,
        scopes,
        policy,
    })
}

/// Whether a replacement is one of this very client (RFC 7592 §2.2): it names the client, and nothing that only we say.
///
/// # Errors
/// `invalid_client_metadata`.
pub fn may_replace(
    body: &Map<String, Value>,
    id: &ClientId,
    is_secret: impl Fn(&str) -> bool,
) -> Result<(), OAuthError> {
    let members = Members(body);
    for name in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        if members.0.contains_key(name) {
            return Err(OAuthError::invalid_client_metadata(
                "registration_access_token, registration_client_uri, client_secret_expires_at and client_id_issued_at must be left out",
            ));
        }
    }
    let named = member!("client_id", "that of the client");
    if members.text(named)? != Some(id.as_str()) {
        return Err(named.wrong);
    }
    let secret = member!("client_secret", "the present one, or be left out");
    match members.text(secret)? {
        Some(text) if !is_secret(text) => Err(secret.wrong),
        _ => Ok(()),
    }
}

/// The known ones of the scopes it names, which must be for everybody. A replacement keeps within those of before, which an
/// operator may have changed.
fn scopes(
    members: Members<'_>,
    rules: &RegistrationRules<'_>,
    before: Option<&Client>,
) -> Result<ScopeSet, OAuthError> {
    let open = [Scope::OpenId, Scope::Profile, Scope::OfflineAccess].into_iter();
    let open: ScopeSet = open.chain(rules.email.then_some(Scope::Email)).collect();
    let may = before.map_or(open, Client::scopes);
    match members.text(member!("scope", "scopes with spaces between them"))? {
        None => Ok(may),
        Some(text) => {
            let scopes = ScopeSet::parse(text).intersection(may);
            let wrong = OAuthError::invalid_client_metadata("scope must contain openid");
            if scopes.contains(Scope::OpenId) { Ok(scopes) } else { Err(wrong) }
        }
    }
}

/// What it does and how it asks. `policy` is that of before, whose restrictions stay; a newcomer has none.
fn behaviour(
    members: Members<'_>,
    rules: &RegistrationRules<'_>,
    policy: ClientPolicy,
) -> Result<ClientPolicy, OAuthError> {
    let subject =
        members.word(member!("subject_type", "public or pairwise"), |text| match text {
            "public" => Some(SubjectType::Public),
            "pairwise" => Some(SubjectType::Pairwise),
            _ => None,
        })?;
    let subject_type = match policy.subject_type {
        SubjectType::Pairwise => SubjectType::Pairwise,
        SubjectType::Public => subject.unwrap_or(SubjectType::Public),
    };
    let sector = member!("sector_identifier_uri", "an https URL");
    let flag = |member| members.flag(member).map(Option::unwrap_or_default);
    let pushed = member!("require_pushed_authorization_requests", "true or false");
    let signed = member!("require_signed_request_object", "true or false");
    let bound = member!("dpop_bound_access_tokens", "true or false");
    Ok(ClientPolicy {
        grant_types: grant_types(members)?,
        subject_type,
        sector_identifier_uri: addresses::called(members, rules, sector)?,
        require_auth_time: flag(member!("require_auth_time", "true or false"))?,
        default_max_age: members.seconds(member!("default_max_age", "a number of seconds"))?,
        requests: RequestRules {
            require_pushed: flag(pushed)? || policy.requests.require_pushed,
            require_signed: flag(signed)? || policy.requests.require_signed,
        },
        tokens: TokenRules {
            dpop_bound: flag(bound)? || policy.tokens.dpop_bound,
            ..policy.tokens
        },
        ..policy
    })
}

/// The code flow, with or without refresh tokens; response types and grant types say the same (RFC 7591 §2.1).
fn grant_types(members: Members<'_>) -> Result<Vec<GrantType>, OAuthError> {
    let responses = member!("response_types", "code alone");
    if members.texts(responses)?.is_some_and(|types| types != ["code"]) {
        return Err(responses.wrong);
    }
    let member =
        member!("grant_types", "authorization_code, with or without refresh_token, each once");
    let Some(names) = members.texts(member)? else {
        return Ok(vec![GrantType::AuthorizationCode]);
    };
    let open = |name: &&str| OPEN_GRANTS.into_iter().find(|grant| grant.as_str() == *name);
    let grants: Vec<_> = names.iter().map(open).collect::<Option<_>>().ok_or(member.wrong)?;
    let signs_in = grants.contains(&GrantType::AuthorizationCode);
    if signs_in { Ok(grants) } else { Err(member.wrong) }
}

fn logout(
    members: Members<'_>,
    rules: &RegistrationRules<'_>,
    redirect_uris: &[String],
) -> Result<LogoutRules, OAuthError> {
    let flag = |member| members.flag(member).map(Option::unwrap_or_default);
    let backchannel = member!("backchannel_logout_uri", "an https URL");
    Ok(LogoutRules {
        backchannel_uri: addresses::called(members, rules, backchannel)?,
        backchannel_session_required: flag(member!(
            "backchannel_logout_session_required",
            "true or false"
        ))?,
        frontchannel_uri: addresses::frame(members, rules, redirect_uris)?,
        frontchannel_session_required: flag(member!(
            "frontchannel_logout_session_required",
            "true or false"
        ))?,
    })
}

/// What people may read: addresses to go to, which we never fetch.
fn about(members: Members<'_>) -> Result<ClientAbout, OAuthError> {
    let page = |member| addresses::page(members, member);
    let contacts = members.texts(member!("contacts", "a list of texts"))?.unwrap_or_default();
    Ok(ClientAbout {
        home: page(member!("client_uri", "an https URL"))?,
        logo: page(member!("logo_uri", "an https URL"))?,
        privacy_policy: page(member!("policy_uri", "an https URL"))?,
        terms: page(member!("tos_uri", "an https URL"))?,
        contacts: contacts.into_iter().map(str::to_owned).collect(),
    })
}

/// A contradiction in the words of RFC 7591 §3.2.2.
fn refusal(invalid: &ClientInvalid) -> OAuthError {
    match invalid {
        ClientInvalid::RedirectUri { .. } => {
            OAuthError::invalid_redirect_uri("a redirect URI cannot be used")
        }
        ClientInvalid::RedirectUriCount => {
            OAuthError::invalid_redirect_uri("there must be 1 to 100 different redirect URIs")
        }
        ClientInvalid::Name => OAuthError::invalid_client_metadata(
            "client_name must be 1 to 100 characters, none of them invisible",
        ),
        ClientInvalid::AuthMethods => OAuthError::invalid_client_metadata(
            "private_key_jwt needs jwks or jwks_uri, and a client with the method none has no keys",
        ),
        ClientInvalid::Scopes => OAuthError::invalid_client_metadata("scope must contain openid"),
        ClientInvalid::GrantTypes => {
            OAuthError::invalid_client_metadata("grant_types must name each grant once")
        }
        ClientInvalid::Url { .. } => {
            OAuthError::invalid_client_metadata("an address of the client cannot be used")
        }
        ClientInvalid::Sector => OAuthError::invalid_client_metadata(
            "pairwise subjects with redirect URIs on several hosts need a sector_identifier_uri",
        ),
        ClientInvalid::Requests => OAuthError::invalid_client_metadata(
            "pushing needs a client that authenticates, and signing needs keys",
        ),
        ClientInvalid::WechatChannels => OAuthError::invalid_client_metadata(
            "the channels of mini programs and apps are for the operator to give",
        ),
        ClientInvalid::Profile => OAuthError::invalid_client_metadata(
            "the security profile of this client forbids what is described",
        ),
    }
}

#[cfg(test)]
mod tests;
