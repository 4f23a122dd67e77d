//! What every flow needs: the adapters, the moment, chance and the checked settings. Cheap to clone.

use std::sync::Arc;

use magpie_domain::browser_session::SessionLimits;
use magpie_domain::{
    Algorithm, Channel, ChannelId, ChannelKind, Client, ClientId, Clock, Entropy, Issuer, Lifetime,
    Timestamp,
};
use magpie_outbound::{GuardedHttp, Sns, Wecom};
use magpie_store::Store;
use magpie_vault::{Keyring, Vault};
use magpie_wechat::AvatarHosts;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use crate::client_keys::ClientKeyShelves;
use crate::logout::{LogoutDue, LogoutMessages};
use crate::origins::Origins;
use crate::registration::RegistrationSettings;
use crate::relay::Waiting;
use crate::wechat::push::{ForwardedPushes, PrivacyPolicy};
use crate::wechat::single_flight::SingleFlight;

/// How long things live (design §5, "Times").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// An authorization code.
    pub code: Lifetime,
    /// A login attempt, from the application's request to its answer.
    pub attempt: Lifetime,
    /// A pushed request, until a browser opens it.
    pub pushed: Lifetime,
    /// A device's two codes, until the answer is fetched.
    pub device: Lifetime,
    /// An access token.
    pub access_token: Lifetime,
    /// An ID token.
    pub id_token: Lifetime,
    /// A refresh token that is not used.
    pub refresh_idle: Lifetime,
    /// A refresh token, however often it is used.
    pub refresh_absolute: Lifetime,
    /// How long the outcome of an exchange can be replayed to the holder of the cookie.
    pub outcome: Lifetime,
    /// A browser session.
    pub session: SessionLimits,
    /// How long a signing key signs.
    pub key_active: Lifetime,
    /// How long a signing key stands in the JWKS before it signs.
    pub key_published: Lifetime,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            code: Lifetime::from_seconds(60),
            attempt: Lifetime::from_minutes(10),
            pushed: Lifetime::from_seconds(90),
            device: Lifetime::from_minutes(10),
            access_token: Lifetime::from_hours(1),
            id_token: Lifetime::from_hours(1),
            refresh_idle: Lifetime::from_days(30),
            refresh_absolute: Lifetime::from_days(180),
            outcome: Lifetime::from_minutes(2),
            session: SessionLimits::default(),
            key_active: Lifetime::from_days(90),
            key_published: Lifetime::from_minutes(10),
        }
    }
}

/// Where a new person's `sub` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectSource {
    /// 128 random bits at first sign-in.
    Random,
    /// A keyed hash of the first identity, so that losing the database does not lose the people.
    Derived,
}

/// The checked configuration, as far as flows need it.
#[derive(Debug)]
pub struct Settings {
    /// The issuer.
    pub issuer: Issuer,
    /// Where browsers are sent for WeChat: `https://open.weixin.qq.com` but in development.
    pub open_base: String,
    /// Where WeChat's script for its QR code comes from: `https://res.wx.qq.com` but in development.
    pub res_base: String,
    /// Where desktop browsers are sent for WeCom: `https://login.work.weixin.qq.com` but in development.
    pub wecom_login_base: String,
    /// The configured channels.
    pub channels: Vec<Channel>,
    /// Clients declared in the configuration; they win over stored ones of the same id.
    pub clients: Vec<Client>,
    /// Lifetimes.
    pub lifetimes: Lifetimes,
    /// The algorithm of ID tokens, unless the client registered another.
    pub algorithm: Algorithm,
    /// Every algorithm we have keys for, the default one among them.
    pub algorithms: Vec<Algorithm>,
    /// The operator's own domain for synthetic addresses.
    pub email_domain: Option<String>,
    /// Where a new `sub` comes from.
    pub subject: SubjectSource,
    /// An origin besides WeChat's that pictures may come from: the simulator's, in development.
    pub avatar_origin: Option<String>,
    /// Whether applications may register themselves.
    pub registration: RegistrationSettings,
    /// What becomes of people who left WeChat.
    pub privacy: PrivacyPolicy,
    /// Whether WeChat is simulated.
    pub development: bool,
}

impl Settings {
    /// The channel of that name.
    #[must_use]
    pub fn channel(&self, id: &ChannelId) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == *id)
    }

    /// Whether people may sign in through a channel of that kind; what they gave through one counts only then (0037).
    pub(crate) fn offers(&self, kind: ChannelKind) -> bool {
        self.channels.iter().any(|channel| channel.kind() == kind)
    }

    /// Where pictures may come from.
    pub(crate) fn avatars(&self) -> AvatarHosts<'_> {
        self.avatar_origin.as_deref().map_or(AvatarHosts::Wechat, AvatarHosts::Also)
    }

    /// Whether some organisation's app may tell the corporate mailbox of its members.
    #[must_use]
    pub fn knows_corporate_mail(&self) -> bool {
        self.channels.iter().any(|channel| channel.way.tells_mailboxes())
    }

    /// The declared client of that id.
    #[must_use]
    pub fn declared_client(&self, id: &ClientId) -> Option<&Client> {
        self.clients.iter().find(|client| client.id() == id)
    }
}

/// What flows are made of.
#[derive(Debug)]
pub struct Parts {
    /// Every fact that survives a restart.
    pub store: Store,
    /// Seals and hashes.
    pub vault: Arc<Vault>,
    /// The signers and the JWKS.
    pub keyring: Arc<Keyring>,
    /// WeChat's API.
    pub sns: Sns,
    /// WeCom's API.
    pub wecom: Wecom,
    /// Calls to addresses that vouched applications named.
    pub guarded: GuardedHttp,
    /// The same for those that registered themselves.
    pub guarded_for_strangers: GuardedHttp,
    /// Calls to addresses that the configuration names.
    pub forwards: GuardedHttp,
    /// The moment.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// The configuration.
    pub settings: Settings,
    /// Work that outlives a request; shutdown waits for it.
    pub tasks: TaskTracker,
}

/// Everything a flow needs; the only context there is.
#[derive(Debug, Clone)]
pub struct Flows(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) parts: Parts,
    pub(crate) flights: Arc<SingleFlight>,
    pub(crate) logout_due: LogoutDue,
    pub(crate) avatars_due: Notify,
    pub(crate) client_keys: ClientKeyShelves,
    pub(crate) logout_messages: LogoutMessages,
    pub(crate) origins: Arc<Origins>,
    pub(crate) waiting: Waiting,
    pub(crate) forwarded: ForwardedPushes,
}

impl Flows {
    /// Takes the parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            flights: Arc::default(),
            logout_due: LogoutDue::default(),
            avatars_due: Notify::new(),
            client_keys: ClientKeyShelves::default(),
            logout_messages: LogoutMessages::default(),
            origins: Arc::default(),
            waiting: Waiting::default(),
            forwarded: ForwardedPushes::default(),
        }))
    }

    /// The configuration.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }

    /// The issuer.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.settings().issuer
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.parts.clock.now()
    }

    /// The keys in use.
    #[must_use]
    pub fn keyring(&self) -> &Keyring {
        &self.0.parts.keyring
    }

    /// Counters of the store, for metrics and load tests.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.parts.store
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.parts.vault
    }

    /// WeChat's API; others only ask whether it rests, for metrics.
    #[must_use]
    pub fn sns(&self) -> &Sns {
        &self.0.parts.sns
    }

    /// WeCom's API; others only ask whether it rests, for metrics.
    #[must_use]
    pub fn wecom(&self) -> &Wecom {
        &self.0.parts.wecom
    }

    /// Calls to addresses that this application named; never while a transaction is open.
    pub(crate) fn guarded(&self, client: &Client) -> &GuardedHttp {
        if client.policy().self_registered {
            return self.guarded_for_strangers();
        }
        &self.0.parts.guarded
    }

    /// Calls to addresses that a stranger named; never while a transaction is open.
    pub(crate) fn guarded_for_strangers(&self) -> &GuardedHttp {
        &self.0.parts.guarded_for_strangers
    }

    /// Told when there is something in the outbox of logout.
    pub(crate) fn logout_due(&self) -> &LogoutDue {
        &self.0.logout_due
    }

    /// Told when there is a picture to fetch.
    pub(crate) fn avatars_due(&self) -> &Notify {
        &self.0.avatars_due
    }

    /// Calls to addresses that WeChat named; never while a transaction is open.
    pub(crate) fn guarded_for_wechat(&self) -> &GuardedHttp {
        &self.0.parts.guarded
    }

    pub(crate) fn client_keys(&self) -> &ClientKeyShelves {
        &self.0.client_keys
    }

    /// How many messages of logout came to which end since the start, for metrics.
    #[must_use]
    pub fn logout_messages(&self) -> &LogoutMessages {
        &self.0.logout_messages
    }

    /// Calls to addresses that the configuration names; never while a transaction is open.
    pub(crate) fn forwards(&self) -> &GuardedHttp {
        &self.0.parts.forwards
    }

    /// How the pushes fared that another system gets after us, for metrics.
    #[must_use]
    pub fn forwarded_pushes(&self) -> &ForwardedPushes {
        &self.0.forwarded
    }

    pub(crate) fn origins(&self) -> &Arc<Origins> {
        &self.0.origins
    }

    /// The desktops that this process keeps waiting for a phone.
    #[must_use]
    pub fn waiting(&self) -> &Waiting {
        &self.0.waiting
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.0.parts.entropy
    }

    /// Work that outlives a request; shutdown waits for it.
    #[must_use]
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.parts.tasks
    }

    pub(crate) fn flights(&self) -> &Arc<SingleFlight> {
        &self.0.flights
    }

    /// A new number for an incident, for the page and the log; without entropy the number is constant.
    #[must_use]
    pub fn incident_number(&self) -> String {
        magpie_domain::IncidentId::generate(self.now(), self.entropy())
            .map_or_else(|_no_entropy| "no-number".to_owned(), String::from)
    }
}
