//! What a step of a login can come to, as values: the web room writes them down.

use std::net::IpAddr;

use magpie_domain::{
    Channel, ChannelId, ChannelKind, ClientAbout, Lifetime, Locale, MatchNumber, ScopeSet,
    TokenText, UserCode,
};
use magpie_oidc::response_mode::AuthorizationResponse;
use magpie_wechat::suggest::Reason;
use magpie_wechat::user_agent::Agent;

use crate::attempt_cookie::AttemptCookie;
use crate::budget::Budget;
use crate::relay::RelayQuestion;
use crate::wechat::depart::Departure;
use crate::wechat::{Failure, Landing};

/// Who calls, as far as the browser says. The user agent chooses a presentation and decides nothing (WX-36).
#[derive(Clone, Copy)]
pub struct Visitor<'a> {
    /// The session cookie.
    pub session: Option<&'a str>,
    /// The user agent, already read.
    pub agent: Agent,
    /// The language of pages and of WeChat's page.
    pub locale: Locale,
    /// The address, which a person on a phone is shown who signs this browser in.
    pub address: IpAddr,
    /// The user agent as sent, to be named to that person.
    pub user_agent: &'a str,
    /// What this visitor may leave in the database.
    pub budget: &'a dyn Budget,
}

impl std::fmt::Debug for Visitor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The session cookie signs its holder in, and the address is a person's.
        f.debug_struct("Visitor").field("agent", &self.agent).finish_non_exhaustive()
    }
}

/// What happens next.
#[derive(Debug)]
pub enum Step {
    /// The application gets its answer.
    Answer {
        /// The answer.
        response: AuthorizationResponse,
        /// The attempt's cookie, to be removed.
        cookie: Option<AttemptCookie>,
    },
    /// The browser leaves for WeChat.
    Depart(Departure),
    /// The person is shown something.
    Show(Box<ShownPage>),
    /// A phone has signed this browser in: as after a callback.
    Landed(Box<Landing>),
}

/// A page of an attempt, with what it is about.
#[derive(Debug)]
pub struct ShownPage {
    /// Which page.
    pub page: Page,
    /// The attempt's cookie.
    pub cookie: AttemptCookie,
    /// The application's name.
    pub client_name: String,
    /// Whether a device waits for the answer, and the person came from no application.
    pub for_device: bool,
    /// Where its answers go, for `form-action` and for saying where the person will be sent.
    pub redirect_csp_source: String,
    /// Where the same begins again, to be carried to another browser, if it can be carried: a path below the issuer, with
    /// a query.
    pub start_over: Option<String>,
}

/// The pages between request and answer.
#[derive(Debug)]
pub enum Page {
    /// Explains what comes and has the button that leaves for WeChat.
    Interstitial {
        /// Through which channel.
        channel: ChannelId,
        /// Whether a fresh sign-in was demanded.
        reauthentication: bool,
        /// Whether WeChat showed a snapshot page before.
        snapshot: bool,
    },
    /// Several channels fit.
    ChooseChannel(Vec<ChannelChoice>),
    /// None fits this browser.
    Explain(Reason),
    /// The person is asked before their data goes out.
    Consent {
        /// What would go out.
        scopes: ScopeSet,
        /// Whose data it is, as they call themselves.
        person: Option<String>,
        /// What may be read about the application.
        about: Box<ClientAbout>,
        /// Whether nobody vouches for it.
        self_registered: bool,
    },
    /// The person is asked for a device that waits.
    Device(DeviceQuestion),
    /// A QR code of ours, for a phone.
    RelayCode(RelayCode),
    /// That code leads nowhere any more.
    RelayLost(RelayLost),
    /// The person on the phone is asked for a desktop that waits.
    RelayQuestion(RelayQuestion),
    /// WeChat did not do its part; the same step can be tried again.
    Failed(Failure),
}

/// What a desktop shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayCode {
    /// What the QR code says.
    pub address: String,
    /// Whether the answer is given in a chat, where the code is WeChat's own.
    pub in_chat: bool,
    /// Whether a mini program may answer as well: then its own code is to be had.
    pub has_program: bool,
    /// What the person is to choose on the phone, or to type in the chat.
    pub number: MatchNumber,
    /// How long it can still be answered.
    pub left: Lifetime,
}

/// Why a code leads nowhere any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayLost {
    /// Its time is over.
    Expired,
    /// The person on the phone said no.
    Refused,
    /// Too many wrong numbers.
    WrongNumbers,
}

impl RelayLost {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::Expired, Self::Refused, Self::WrongNumbers];

    /// The name of the reason, for the page's marker.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::WrongNumbers => "wrong-numbers",
        }
    }
}

/// The question for a device.
#[derive(Debug)]
pub struct DeviceQuestion {
    /// What would go out.
    pub scopes: ScopeSet,
    /// Whose data it is, as they call themselves.
    pub person: Option<String>,
    /// What the device shows, to be compared.
    pub user_code: UserCode,
    /// Has to come back with the answer.
    pub form_token: TokenText,
}

/// One of several channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelChoice {
    /// Its name.
    pub id: ChannelId,
    /// Its kind.
    pub kind: ChannelKind,
    /// What the operator calls it.
    pub label: Option<String>,
}

impl ChannelChoice {
    pub(super) fn of(channel: &Channel) -> Self {
        Self { id: channel.id.clone(), kind: channel.kind(), label: channel.label.clone() }
    }
}

impl Step {
    /// An answer that leaves no attempt behind.
    pub(super) const fn answered(response: AuthorizationResponse) -> Self {
        Self::Answer { response, cookie: None }
    }
}
