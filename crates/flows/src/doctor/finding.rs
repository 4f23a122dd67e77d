//! One finding of the doctor's: what was looked at, what is the matter, how bad it is, and where it is mended.

use super::problem::Problem;

/// Which check found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Check {
    /// What the configuration itself says.
    Configuration,
    /// The database and its schema.
    Database,
    /// The issuer through its public address.
    Issuer,
    /// The signing keys.
    Keys,
    /// The files by which WeChat verifies the domain.
    VerificationFiles,
    /// The way out to WeChat.
    Wechat,
    /// Our time against that of others.
    Clock,
    /// One channel.
    Channel,
    /// Whether people stay one person.
    Identities,
}

impl Check {
    /// Every check, in the order in which they run.
    pub const ALL: [Self; 9] = [
        Self::Configuration,
        Self::Database,
        Self::Issuer,
        Self::Keys,
        Self::VerificationFiles,
        Self::Wechat,
        Self::Clock,
        Self::Channel,
        Self::Identities,
    ];

    /// The name in texts and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Database => "database",
            Self::Issuer => "issuer",
            Self::Keys => "keys",
            Self::VerificationFiles => "verification_files",
            Self::Wechat => "wechat",
            Self::Clock => "clock",
            Self::Channel => "channel",
            Self::Identities => "identities",
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Good,
    /// Worth knowing; sign-in works.
    Warning,
    /// Somebody has to act.
    Act,
}

impl Severity {
    /// The name in texts and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Act => "act",
        }
    }
}

/// The page of WeChat's consoles where it is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Console {
    /// A website app: AppID and AppSecret.
    WebsiteApp,
    /// A website app: its callback domain.
    WebsiteCallback,
    /// A service account: AppID and AppSecret.
    AccountSecret,
    /// A service account: the addresses that may call.
    AccountAddresses,
    /// A service account: its callback domain.
    AccountCallback,
    /// A service account: what it may do, and how often.
    AccountPermissions,
    /// Notices about the account.
    Notices,
    /// What is bound to the Open Platform account.
    Binding,
    /// An organisation in WeCom: its corp id.
    WecomCorp,
    /// An app of WeCom's: AgentId, secret, and whether it is on.
    WecomApp,
    /// An app of WeCom's: the addresses that may call.
    WecomAddresses,
    /// An app of WeCom's: its trusted domain and its callback domain.
    WecomDomain,
}

impl Console {
    /// Every page, in the order of the catalog.
    pub const ALL: [Self; 12] = [
        Self::WebsiteApp,
        Self::WebsiteCallback,
        Self::AccountSecret,
        Self::AccountAddresses,
        Self::AccountCallback,
        Self::AccountPermissions,
        Self::Notices,
        Self::Binding,
        Self::WecomCorp,
        Self::WecomApp,
        Self::WecomAddresses,
        Self::WecomDomain,
    ];

    /// The key of its words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebsiteApp => "website_app",
            Self::WebsiteCallback => "website_callback",
            Self::AccountSecret => "account_secret",
            Self::AccountAddresses => "account_addresses",
            Self::AccountCallback => "account_callback",
            Self::AccountPermissions => "account_permissions",
            Self::Notices => "notices",
            Self::Binding => "binding",
            Self::WecomCorp => "wecom_corp",
            Self::WecomApp => "wecom_app",
            Self::WecomAddresses => "wecom_addresses",
            Self::WecomDomain => "wecom_domain",
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check.
    pub check: Check,
    /// The channel or file it is about; none for the house as a whole.
    pub about: Option<String>,
    /// What is the matter.
    pub problem: Problem,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is mended, if at WeChat.
    pub console: Option<Console>,
}

impl Finding {
    /// Somebody has to act.
    pub(super) fn act(check: Check, problem: Problem) -> Self {
        Self { check, about: None, problem, severity: Severity::Act, console: None }
    }

    /// Sign-in works all the same.
    pub(super) fn warning(check: Check, problem: Problem) -> Self {
        Self { severity: Severity::Warning, ..Self::act(check, problem) }
    }

    /// Good news.
    pub(super) fn good(check: Check, problem: Problem) -> Self {
        Self { severity: Severity::Good, ..Self::act(check, problem) }
    }

    /// Names what it is about.
    pub(super) fn about(self, name: &str) -> Self {
        Self { about: Some(name.to_owned()), ..self }
    }

    /// Names the console's page.
    pub(super) fn at(self, console: Console) -> Self {
        Self { console: Some(console), ..self }
    }

    /// A warning of the configuration's, for the key that it is about.
    #[must_use]
    pub fn of_configuration(key: &str) -> Self {
        let problem = Problem::ConfigurationWarns { key: key.to_owned() };
        Self::warning(Check::Configuration, problem).about(key)
    }
}
