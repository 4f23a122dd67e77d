//! Settings that known applications need, so that the guide and the program agree.
//! A preset only fills a [`ClientPolicy`]; what the operator writes beside it wins.

use serde::{Deserialize, Serialize};

use crate::client_policy::{ClientPolicy, EmailPolicy, IdTokenClaims};

/// An application whose needs are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Grafana's generic OAuth: reads userinfo.
    Grafana,
    /// GitLab's `openid_connect` provider: reads userinfo, sends no PKCE.
    Gitlab,
    /// Nextcloud's `user_oidc`: reads the ID token.
    Nextcloud,
    /// Keycloak as a broker that federates to Magpie.
    Keycloak,
    /// Apache's mod_auth_openidc.
    ModAuthOpenidc,
    /// Auth.js: reads the ID token only.
    AuthJs,
    /// express-openid-connect: reads the ID token only.
    ExpressOpenidConnect,
    /// mozilla-django-oidc: finds its users by e-mail address and takes nobody without one.
    MozillaDjangoOidc,
    /// A browser application without a secret.
    SinglePage,
    /// A program on the person's own machine (RFC 8252).
    Native,
}

impl Preset {
    /// Every preset.
    pub const ALL: [Self; 10] = [
        Self::Grafana,
        Self::Gitlab,
        Self::Nextcloud,
        Self::Keycloak,
        Self::ModAuthOpenidc,
        Self::AuthJs,
        Self::ExpressOpenidConnect,
        Self::MozillaDjangoOidc,
        Self::SinglePage,
        Self::Native,
    ];

    /// The policy that the application needs.
    #[must_use]
    pub fn policy(self) -> ClientPolicy {
        let plain = ClientPolicy::default();
        match self {
            Self::Grafana | Self::Gitlab => plain,
            Self::Nextcloud | Self::AuthJs | Self::ExpressOpenidConnect => {
                ClientPolicy { id_token_claims: IdTokenClaims::Fat, ..plain }
            }
            Self::MozillaDjangoOidc => ClientPolicy { email: EmailPolicy::Synthetic, ..plain },
            Self::Keycloak | Self::ModAuthOpenidc | Self::SinglePage => {
                ClientPolicy { require_pkce: true, ..plain }
            }
            Self::Native => ClientPolicy { require_pkce: true, native: true, ..plain },
        }
    }
}
