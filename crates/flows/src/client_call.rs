//! A call that an application makes itself, not through a browser: which client calls, proved once for every endpoint
//! that wants to know (token, revocation, introspection, pushed requests, devices).

use magpie_domain::Client;
use magpie_oidc::client_auth::{self, Presented};
use magpie_oidc::error::OAuthError;
use magpie_oidc::params::Params;

use crate::budget::{Budget, Kept, USED_UP};
use crate::client_assertion;
use crate::clients;
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};

/// What came over the wire.
#[derive(Debug, Clone, Copy)]
pub struct ClientCall<'a> {
    /// The value of the one `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The values of every `DPoP` header (RFC 9449 §4.3 wants exactly one).
    pub proofs: &'a [String],
    /// The form.
    pub form: &'a Params,
    /// How many rows it may still leave.
    pub budget: &'a dyn Budget,
}

/// A refusal of such a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRefused {
    /// The error.
    pub error: OAuthError,
    /// Whether the client tried the `Authorization` header, so that the answer must name the scheme (RFC 6749 §5.2).
    pub tried_header: bool,
}

impl ClientCall<'_> {
    /// The refusal of this call with that error.
    #[must_use]
    pub const fn refusal(&self, error: OAuthError) -> ClientRefused {
        ClientRefused { error, tried_header: self.authorization.is_some() }
    }

    /// The stop of a flow that this call began.
    pub(crate) const fn refuse(&self, error: OAuthError) -> Stop<ClientRefused> {
        Stop::Refused(self.refusal(error))
    }

    /// Asks for a row right before it is written.
    pub(crate) fn ask_for(&self, client: &Client, what: Kept) -> Result<(), Stop<ClientRefused>> {
        if self.budget.allows(client, what) { Ok(()) } else { Err(self.refuse(USED_UP)) }
    }

    /// Puts a refusal of a flow's part into this call's words.
    pub(crate) fn refused<T>(&self, outcome: Outcome<T, OAuthError>) -> Outcome<T, ClientRefused> {
        outcome.map_err(|stop| match stop {
            Stop::Refused(error) => self.refuse(error),
            Stop::Broken(incident) => Stop::Broken(incident),
        })
    }
}

/// Proves who calls. Touches no code and no token, so a failure never burns one.
///
/// # Errors
/// [`ClientRefused`]: `invalid_request` for what is ambiguous, `invalid_client` for everything else (RFC 6749 §5.2).
pub(crate) async fn authenticate(
    flows: &Flows,
    call: &ClientCall<'_>,
) -> Outcome<Client, ClientRefused> {
    let refuse = |error| call.refuse(error);
    if call.form.first_repeated().is_some() {
        return Err(refuse(OAuthError::invalid_request("a parameter is sent twice")));
    }
    let presented = client_auth::present(call.authorization, call.form).map_err(refuse)?;
    let client = clients::find(flows, &presented.client_id).await?;
    let is_right = is_right(flows, call, &presented, client.as_ref()).await?;
    client_auth::check(&presented, client.as_ref(), is_right).map_err(refuse)?;
    client.ok_or_else(|| refuse(OAuthError::invalid_client("client authentication failed")))
}

/// Compares the secret or checks the assertion; an unknown client costs the same work (CA-05).
async fn is_right(
    flows: &Flows,
    call: &ClientCall<'_>,
    presented: &Presented,
    client: Option<&Client>,
) -> Outcome<bool, ClientRefused> {
    match (&presented.assertion, &presented.secret) {
        (Some(assertion), _) => {
            let client = client.filter(|client| client_auth::may_use(presented, client));
            client_assertion::holds(flows, call, assertion.expose(), client).await
        }
        (None, Some(secret)) => {
            let stored = client.map(Client::secrets);
            Ok(flows.vault().is_client_secret(secret.expose(), stored, flows.now()))
        }
        (None, None) => Ok(client.is_some_and(Client::is_public)),
    }
}
