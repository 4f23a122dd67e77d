//! How a client wants to be treated, and its registered metadata under the registered names (RFC 7591 §2).
//! Addresses are only taken over here; `Client::new` judges them, and the finding points at their key.

use magpie_domain::{
    AccessTokenFormat, Algorithm, AuthMethod, ChannelId, ClientAbout, ClientAlgorithms,
    ClientPolicy, ConsentPolicy, EmailPolicy, GrantType, IdTokenClaims, LogoutRules, RequestRules,
    SecurityProfile, SubjectType, TokenRules,
};

use super::jwks;
use crate::config::section::Section;

/// Reads the policy; what is not written stays as the preset has it.
pub(super) fn read(section: &mut Section<'_>, preset: ClientPolicy) -> ClientPolicy {
    let methods = section.parse_each(
        "token_endpoint_auth_methods",
        "client_secret_basic, client_secret_post, private_key_jwt or none",
        |text| AuthMethod::parse(text).ok_or_else(|| format!("there is no method `{text}`")),
    );
    let application = section.one_of("application_type", &[("web", false), ("native", true)]);
    let consents = [("implicit", ConsentPolicy::Implicit), ("explicit", ConsentPolicy::Explicit)];
    let profiles = [("standard", SecurityProfile::Standard), ("fapi2", SecurityProfile::Fapi2)];
    let tokens = [("thin", IdTokenClaims::Thin), ("fat", IdTokenClaims::Fat)];
    let policy = ClientPolicy {
        auth_methods: methods.unwrap_or(preset.auth_methods),
        require_pkce: section.flag("require_pkce").unwrap_or(preset.require_pkce),
        consent: section.one_of("consent", &consents).unwrap_or(preset.consent),
        subject_type: subject_type(section).unwrap_or(preset.subject_type),
        id_token_claims: section
            .one_of("id_token_claims", &tokens)
            .unwrap_or(preset.id_token_claims),
        email: email(section).unwrap_or(preset.email),
        nickname: section.flag("nickname").unwrap_or(preset.nickname),
        require_auth_time: section.flag("require_auth_time").unwrap_or(preset.require_auth_time),
        default_max_age: section
            .whole("default_max_age", &(0..=u32::MAX))
            .or(preset.default_max_age),
        native: application.unwrap_or(preset.native),
        grant_types: grant_types(section).unwrap_or(preset.grant_types),
        profile: section.one_of("security_profile", &profiles).unwrap_or(preset.profile),
        keys: jwks::read(section).unwrap_or(preset.keys),
        algorithms: algorithms(section, preset.algorithms),
        sector_identifier_uri: text(section, "sector_identifier_uri", preset.sector_identifier_uri),
        requests: requests(section, preset.requests),
        tokens: tokens_like(section, preset.tokens),
        logout: logout(section, preset.logout),
        initiate_login_uri: text(section, "initiate_login_uri", preset.initiate_login_uri),
        allowed_cors_origins: texts(section, "allowed_cors_origins", preset.allowed_cors_origins),
        wechat_channels: wechat_channels(section).unwrap_or(preset.wechat_channels),
        about: about(section, preset.about),
        self_registered: preset.self_registered,
    };
    admission(section);
    policy
}

/// An address that may be there or not; an empty text takes away what was there.
fn text(section: &mut Section<'_>, key: &'static str, preset: Option<String>) -> Option<String> {
    match section.text(key) {
        None => preset,
        Some("") => None,
        Some(text) => Some(text.to_owned()),
    }
}

fn texts(section: &mut Section<'_>, key: &'static str, preset: Vec<String>) -> Vec<String> {
    let own =
        |texts: Vec<(&str, _)>| texts.into_iter().map(|(text, _at)| text.to_owned()).collect();
    section.texts(key).map_or(preset, own)
}

fn grant_types(section: &mut Section<'_>) -> Option<Vec<GrantType>> {
    let names = GrantType::ALL.map(GrantType::as_str).join(", ");
    section.parse_each("grant_types", &names, |text| {
        GrantType::parse(text).ok_or_else(|| format!("there is no grant type `{text}`"))
    })
}

fn wechat_channels(section: &mut Section<'_>) -> Option<Vec<ChannelId>> {
    section.parse_each("wechat_channels", "ids of channels", |text| {
        ChannelId::parse(text).ok_or_else(|| format!("`{text}` cannot be the id of a channel"))
    })
}

fn algorithms(section: &mut Section<'_>, preset: ClientAlgorithms) -> ClientAlgorithms {
    let names = Algorithm::ALL.map(|algorithm| (algorithm.as_str(), algorithm));
    let mut read = |key| section.one_of(key, &names);
    ClientAlgorithms {
        id_token: read("id_token_signed_response_alg").or(preset.id_token),
        userinfo: read("userinfo_signed_response_alg").or(preset.userinfo),
        authorization_response: read("authorization_signed_response_alg")
            .or(preset.authorization_response),
        introspection: read("introspection_signed_response_alg").or(preset.introspection),
        assertion: read("token_endpoint_auth_signing_alg").or(preset.assertion),
        request_object: read("request_object_signing_alg").or(preset.request_object),
    }
}

fn requests(section: &mut Section<'_>, preset: RequestRules) -> RequestRules {
    RequestRules {
        require_pushed: section
            .flag("require_pushed_authorization_requests")
            .unwrap_or(preset.require_pushed),
        require_signed: section
            .flag("require_signed_request_object")
            .unwrap_or(preset.require_signed),
    }
}

fn tokens_like(section: &mut Section<'_>, preset: TokenRules) -> TokenRules {
    let formats = [("opaque", AccessTokenFormat::Opaque), ("jwt", AccessTokenFormat::Jwt)];
    TokenRules {
        format: section.one_of("access_token_format", &formats).unwrap_or(preset.format),
        dpop_bound: section.flag("dpop_bound_access_tokens").unwrap_or(preset.dpop_bound),
        resources: texts(section, "resources", preset.resources),
    }
}

fn logout(section: &mut Section<'_>, preset: LogoutRules) -> LogoutRules {
    LogoutRules {
        backchannel_uri: text(section, "backchannel_logout_uri", preset.backchannel_uri),
        backchannel_session_required: section
            .flag("backchannel_logout_session_required")
            .unwrap_or(preset.backchannel_session_required),
        frontchannel_uri: text(section, "frontchannel_logout_uri", preset.frontchannel_uri),
        frontchannel_session_required: section
            .flag("frontchannel_logout_session_required")
            .unwrap_or(preset.frontchannel_session_required),
    }
}

fn about(section: &mut Section<'_>, preset: ClientAbout) -> ClientAbout {
    ClientAbout {
        home: text(section, "client_uri", preset.home),
        logo: text(section, "logo_uri", preset.logo),
        privacy_policy: text(section, "policy_uri", preset.privacy_policy),
        terms: text(section, "tos_uri", preset.terms),
        contacts: texts(section, "contacts", preset.contacts),
    }
}

fn subject_type(section: &mut Section<'_>) -> Option<SubjectType> {
    let types = [("public", SubjectType::Public), ("pairwise", SubjectType::Pairwise)];
    section.one_of("subject_type", &types)
}

fn email(section: &mut Section<'_>) -> Option<EmailPolicy> {
    if !section.has("email") {
        section.section("email");
        return None;
    }
    let mut inner = section.section("email");
    let policy =
        inner.parse("mode", "\"none\", \"synthetic\" or \"corporate\"", |text| match text {
            "none" => Ok(EmailPolicy::None),
            "synthetic" => Ok(EmailPolicy::Synthetic),
            "corporate" => Ok(EmailPolicy::Corporate),
            "collected" => Err("collected addresses are not available in this version"),
            _ => Err("there is no such mode"),
        });
    if !inner.has("mode") {
        inner.refuse_quietly("mode", "the key is missing", "wanted: email = { mode = \"none\" }");
    }
    inner.finish();
    policy
}

fn admission(section: &mut Section<'_>) {
    section.parse("admission", "\"open\"", |text| match text {
        "open" => Ok(()),
        "listed" | "approval" => Err("only open admission is available in this version"),
        _ => Err("there is no such admission"),
    });
}
