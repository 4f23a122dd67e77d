//! Signing out (OIDC RP-Initiated Logout 1.0, Back-Channel Logout 1.0, Front-Channel Logout 1.0): who asks, whether the
//! person has to be asked, and where the browser may go afterwards. A session ends unasked only for an ID token of that
//! very session; the browser leaves only for a registered address of an application that is named.
//! Called by `flows::logout`, which checks signatures, finds sessions and ends them.

mod token;

use std::fmt;

use magpie_domain::{Client, ClientId, SessionId, Subject};

use crate::encoding::query;
use crate::params::Params;
use crate::response_mode::with_query;

pub use token::{LogoutTokenFacts, frontchannel_address, logout_token};

/// A request to sign out (RP-Initiated Logout §2), its parameters as they came.
#[derive(Clone, Copy)]
pub struct LogoutRequest<'a> {
    /// `id_token_hint`
    pub hint: Option<&'a str>,
    client_id: Option<&'a str>,
    return_to: Option<&'a str>,
    state: Option<&'a str>,
}

/// What an ID token of ours says, whose signature was checked; its age does not matter (§4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The application it was issued to.
    pub client: ClientId,
    /// The person, as that application knows them.
    pub subject: Subject,
    /// The session it came from.
    pub session: Option<SessionId>,
}

/// What is known of `id_token_hint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HintFacts {
    /// There was none.
    NotSent,
    /// It is none of ours, or no ID token: it proves nothing, and its request leads nowhere.
    Unverifiable,
    /// It is ours.
    Of(Hint),
}

/// The session of the browser that brought the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFacts {
    /// Which.
    pub id: SessionId,
    /// The person, as the application that asks knows them.
    pub subject: Subject,
}

/// Why a request is answered on a page and nothing ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutRefusal {
    /// A parameter was sent twice (RFC 6749 §3.1).
    RepeatedParameter,
    /// `client_id` is not whom the hint was issued to (§2).
    OtherClient,
    /// `client_id` names nobody, and there is an address to return to.
    UnknownClient,
    /// The address to return to is not registered, byte for byte (§3).
    ReturnNotRegistered,
}

impl LogoutRefusal {
    /// The name in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RepeatedParameter => "repeated_parameter",
            Self::OtherClient => "other_client",
            Self::UnknownClient => "unknown_client",
            Self::ReturnNotRegistered => "post_logout_redirect_uri_not_registered",
        }
    }
}

/// What is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoutDecision {
    /// The session ends at once: its own ID token asks for it.
    End,
    /// The person is asked first: the request may come from anywhere (§2).
    Ask,
    /// Nobody is signed in here.
    Nobody,
}

/// The way back: a registered address with the `state` that belongs to it, and how to ask for it again.
#[derive(Clone, PartialEq, Eq)]
pub struct WayBack {
    /// Where the browser goes.
    pub location: String,
    /// The registered address alone.
    pub address: String,
    /// The parameters that lead here again, without a hint: they are checked again wherever they are brought.
    pub carried: Vec<(&'static str, String)>,
}

impl<'a> LogoutRequest<'a> {
    /// Reads the parameters.
    ///
    /// # Errors
    /// [`LogoutRefusal::RepeatedParameter`].
    pub fn read(params: &'a Params) -> Result<Self, LogoutRefusal> {
        if params.first_repeated().is_some() {
            return Err(LogoutRefusal::RepeatedParameter);
        }
        Ok(Self {
            hint: params.get("id_token_hint"),
            client_id: params.get("client_id"),
            return_to: params.get("post_logout_redirect_uri"),
            state: params.get("state"),
        })
    }

    /// Who asks: `client_id`, else whom the hint was issued to. Nobody is identified beside a hint that proves nothing,
    /// since whoever sent it is not to be believed in the rest (§4).
    ///
    /// # Errors
    /// [`LogoutRefusal::OtherClient`] when the two differ, [`LogoutRefusal::UnknownClient`] when it cannot be an id.
    pub fn client(&self, hint: &HintFacts) -> Result<Option<ClientId>, LogoutRefusal> {
        match (hint, self.client_id) {
            (HintFacts::Unverifiable, _) | (HintFacts::NotSent, None) => Ok(None),
            (HintFacts::NotSent, Some(id)) => {
                ClientId::parse(id).map(Some).ok_or(LogoutRefusal::UnknownClient)
            }
            (HintFacts::Of(hint), Some(id)) if id != hint.client.as_str() => {
                Err(LogoutRefusal::OtherClient)
            }
            (HintFacts::Of(hint), _) => Ok(Some(hint.client.clone())),
        }
    }

    /// Where the browser may go afterwards; nowhere when nobody is identified or no address was sent.
    ///
    /// # Errors
    /// [`LogoutRefusal::UnknownClient`] and [`LogoutRefusal::ReturnNotRegistered`].
    pub fn way_back(
        &self,
        named: Option<&ClientId>,
        client: Option<&Client>,
    ) -> Result<Option<WayBack>, LogoutRefusal> {
        let (Some(_), Some(sent)) = (named, self.return_to) else { return Ok(None) };
        let client = client.ok_or(LogoutRefusal::UnknownClient)?;
        let registered = client.post_logout_redirect_uris().iter();
        let address = registered
            .map(|uri| uri.as_str())
            .find(|uri| *uri == sent)
            .ok_or(LogoutRefusal::ReturnNotRegistered)?;
        let location = match self.state {
            Some(state) => with_query(address, &query([("state", state)])),
            None => address.to_owned(),
        };
        let mut carried = vec![
            ("client_id", client.id().as_str().to_owned()),
            ("post_logout_redirect_uri", address.to_owned()),
        ];
        carried.extend(self.state.map(|state| ("state", state.to_owned())));
        Ok(Some(WayBack { location, address: address.to_owned(), carried }))
    }
}

/// Whether the session of this browser ends at once, after a question, or is not there.
#[must_use]
pub fn decide(hint: &HintFacts, session: Option<&SessionFacts>) -> LogoutDecision {
    match (session, hint) {
        (None, _) => LogoutDecision::Nobody,
        (Some(session), HintFacts::Of(hint))
            if hint.session.as_ref() == Some(&session.id) && hint.subject == session.subject =>
        {
            LogoutDecision::End
        }
        (Some(_), HintFacts::Of(_) | HintFacts::NotSent | HintFacts::Unverifiable) => {
            LogoutDecision::Ask
        }
    }
}

impl fmt::Debug for LogoutRequest<'_> {
    /// The hint names a person, the state is the application's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutRequest").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for WayBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WayBack(…)")
    }
}

#[cfg(test)]
mod tests;
