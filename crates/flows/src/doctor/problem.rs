//! Everything that the doctor can say, each with what its words show. Closed: words and problems are held together by
//! a test, in both languages.

use magpie_wechat::Turn;

/// Declares the problems: name, what its words show, key of its words, whose turn it is, and the page of the guide
/// (`wechat/errors`), 0 for none.
macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $kind:ty),+ })? = $key:literal, $turn:ident, $guide:literal;)+) => {
        /// What the doctor found, good news included.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Problem {
            $($(#[$doc])* $name $({
                $(#[doc = concat!("`", stringify!($field), "` of its words.")] $field: $kind),+
            })?,)+
        }

        impl Problem {
            /// Every key with the names of what its words show, in the order of the catalog.
            pub const KEYS: &[(&str, &[&str])] =
                &[$(($key, &[$($(stringify!($field)),+)?])),+];

            /// The key of its words.
            #[must_use]
            pub const fn key(&self) -> &'static str {
                match self { $(Self::$name { .. } => $key,)+ }
            }

            /// Who can do something about it.
            #[must_use]
            pub const fn turn(&self) -> Turn {
                match self { $(Self::$name { .. } => Turn::$turn,)+ }
            }

            /// The number of WeChat's under which the guide says more.
            #[must_use]
            pub const fn guide(&self) -> Option<u32> {
                let number: u32 = match self { $(Self::$name { .. } => $guide,)+ };
                if number == 0 { None } else { Some(number) }
            }

            /// What its words show, by name.
            #[must_use]
            pub fn shown(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$name $({ $($field),+ })? => {
                        vec![$($((stringify!($field), $field.to_string())),+)?]
                    })+
                }
            }
        }
    };
}

problems! {
    /// The database answers and its schema is this version's.
    DatabaseGood = "database_good", Operator, 0;
    /// There is no database at the address.
    DatabaseMissing = "database_missing", Operator, 0;
    /// The file is another program's, or damaged.
    DatabaseForeign = "database_foreign", Operator, 0;
    /// No connection, no entry, or no time for us.
    DatabaseAway { cause: String } = "database_away", Operator, 0;
    /// It cannot be used for another reason.
    DatabaseUnusable { cause: String } = "database_unusable", Operator, 0;
    /// Migrations have to run.
    SchemaBehind { found: i64, wanted: i64 } = "schema_behind", Operator, 0;
    /// A newer Magpie was here.
    SchemaAhead { found: i64, wanted: i64 } = "schema_ahead", Operator, 0;
    /// A migration ran with another text.
    SchemaDiffers { found: i64 } = "schema_differs", Operator, 0;
    /// The configuration can be served, with a warning.
    ConfigurationWarns { key: String } = "configuration_warns", Operator, 0;
    /// Our clock agrees with others.
    ClockGood = "clock_good", Operator, 0;
    /// Our clock is ahead of WeChat's.
    ClockAhead { seconds: i64 } = "clock_ahead", Operator, 0;
    /// Our clock is behind WeChat's.
    ClockBehind { seconds: i64 } = "clock_behind", Operator, 0;
    /// The machine behind the issuer has another time than this one.
    ClockOfIssuer { seconds: i64 } = "clock_of_issuer", Operator, 0;
    /// The issuer answers through its public address.
    IssuerGood = "issuer_good", Operator, 0;
    /// The issuer's name leads nowhere.
    IssuerNameUnknown { host: String } = "issuer_name_unknown", Operator, 0;
    /// Nothing listens there.
    IssuerRefused { host: String } = "issuer_refused", Operator, 0;
    /// It does not answer in time.
    IssuerSilent { host: String } = "issuer_silent", Operator, 0;
    /// Its certificate is not valid today.
    IssuerCertificateDates { host: String } = "issuer_certificate_dates", Operator, 0;
    /// Its certificate is for another name.
    IssuerCertificateName { host: String } = "issuer_certificate_name", Operator, 0;
    /// Nobody known vouches for its certificate.
    IssuerCertificateUnknown { host: String } = "issuer_certificate_unknown", Operator, 0;
    /// TLS fails otherwise.
    IssuerTls { host: String } = "issuer_tls", Operator, 0;
    /// The connection breaks off.
    IssuerBrokenOff { host: String } = "issuer_broken_off", Operator, 0;
    /// A redirect where the discovery document should be.
    IssuerRedirects { status: u16 } = "issuer_redirects", Operator, 0;
    /// Magpie answers, and takes the request for another host's.
    IssuerHostNotPassed { host: String } = "issuer_host_not_passed", Operator, 0;
    /// An error in place of the discovery document.
    IssuerFailing { status: u16 } = "issuer_failing", Operator, 0;
    /// Something else answers there.
    IssuerNotJson { status: u16 } = "issuer_not_json", Operator, 0;
    /// The same issuer but for a slash at the end.
    IssuerSlash { found: String } = "issuer_slash", Operator, 0;
    /// The same issuer but for http and https.
    IssuerScheme { found: String } = "issuer_scheme", Operator, 0;
    /// Another issuer answers there.
    IssuerOther { found: String } = "issuer_other", Operator, 0;
    /// There is a key to sign with, and it is published.
    KeysGood = "keys_good", Operator, 0;
    /// There is no key to sign with.
    KeysMissing { algorithm: String } = "keys_missing", Operator, 0;
    /// The keys do not open under the configured root key.
    KeysUnreadable = "keys_unreadable", Operator, 0;
    /// The published key set cannot be read.
    KeysUnreachable { status: u16 } = "keys_unreachable", Operator, 0;
    /// The key that signs now is not published.
    KeysNotPublished { kid: String } = "keys_not_published", Operator, 0;
    /// Every verification file is where WeChat looks.
    FilesGood = "files_good", Operator, 0;
    /// A verification file is not there.
    FileMissing { path: String, status: u16 } = "file_missing", Operator, 0;
    /// Something else is there.
    FileDiffers { path: String } = "file_differs", Operator, 0;
    /// It has another media type than text.
    FileType { path: String, found: String } = "file_type", Operator, 0;
    /// WeChat answers.
    WechatGood = "wechat_good", Operator, 0;
    /// WeCom answers.
    WecomGood = "wecom_good", Operator, 0;
    /// WeChat's name does not resolve.
    WechatNameUnknown { host: String } = "wechat_name_unknown", Operator, 0;
    /// The way out is closed.
    WechatRefused { host: String } = "wechat_refused", Operator, 0;
    /// Nothing comes back.
    WechatSilent { host: String } = "wechat_silent", Operator, 0;
    /// Somebody in between shows a certificate of their own.
    WechatIntercepted { host: String } = "wechat_intercepted", Operator, 0;
    /// Somebody else answers in WeChat's place.
    WechatImitated { host: String } = "wechat_imitated", Operator, 0;
    /// WeChat accepts the channel.
    ChannelGood = "channel_good", Operator, 0;
    /// Nobody can sign in, for there is no channel.
    ChannelNone = "channel_none", Operator, 0;
    /// WeChat does not know the AppID.
    AppIdUnknown = "app_id_unknown", Operator, 40_013;
    /// The AppSecret is wrong.
    AppSecretWrong = "app_secret_wrong", Operator, 40_125;
    /// The AppSecret is frozen.
    AppSecretFrozen = "app_secret_frozen", Operator, 40_243;
    /// Our address is not on the account's list.
    AddressNotListed { ip: String } = "address_not_listed", Operator, 40_164;
    /// Today's calls are used up.
    QuotaReached = "quota_reached", Operator, 45_009;
    /// The account may not do this.
    ApiNotAuthorized = "api_not_authorized", Operator, 48_001;
    /// The interface was banned.
    ApiBanned = "api_banned", Operator, 48_004;
    /// We call an address that WeChat has retired.
    AddressRetired = "address_retired", Operator, 48_017;
    /// WeChat is busy, or gets too many calls in this minute.
    WechatBusy = "wechat_busy", Wechat, 0;
    /// WeChat refuses by a number that is none of the above.
    WechatRefuses { number: i64 } = "wechat_refuses", Operator, 0;
    /// The answer makes no sense.
    WechatUnreadable = "wechat_unreadable", Wechat, 0;
    /// WeCom accepts the channel.
    WecomChannelGood = "wecom_channel_good", Operator, 0;
    /// WeCom does not know the corp id.
    CorpIdUnknown = "corp_id_unknown", Operator, 0;
    /// The app's secret is wrong, or another one's.
    WecomSecretWrong = "wecom_secret_wrong", Operator, 0;
    /// The secret's app has another AgentId.
    AgentUnknown { agent: u32 } = "agent_unknown", Operator, 0;
    /// Our address is not among the app's trusted ones.
    WecomAddressNotListed { ip: String } = "wecom_address_not_listed", Operator, 0;
    /// The callback's host and port are not trusted.
    WecomDomainNotTrusted { host: String } = "wecom_domain_not_trusted", Operator, 0;
    /// The app is switched off.
    WecomAppDisabled = "wecom_app_disabled", Operator, 0;
    /// The secret is one that signs nobody in.
    WecomNotPermitted = "wecom_not_permitted", Operator, 0;
    /// WeCom refuses by a number that is none of the above.
    WecomRefuses { number: i64 } = "wecom_refuses", Operator, 0;
    /// The callback's host is not the registered one.
    CallbackDomain { host: String } = "callback_domain", Operator, 10_003;
    /// The callback cannot be registered: a port, or an address in place of a name.
    CallbackPort { host: String } = "callback_port", Operator, 10_003;
    /// A website channel with an AppID of another kind.
    WebsiteAppWanted = "website_app_wanted", Operator, 10_005;
    /// A service account channel with an AppID of another kind.
    ServiceAccountWanted = "service_account_wanted", Operator, 10_016;
    /// The right kind, without the permission.
    ScopeNotGranted = "scope_not_granted", Operator, 10_005;
    /// The account is banned.
    AccountBanned = "account_banned", Operator, 10_004;
    /// The account has not authorized the platform that acts for it.
    PlatformNotAuthorized = "platform_not_authorized", Operator, 10_015;
    /// Part of the link is lost.
    LinkIncomplete { number: u32 } = "link_incomplete", Operator, 10_012;
    /// People are told from each other as they should be.
    IdentitiesGood = "identities_good", Operator, 0;
    /// A platform is named, and nobody has a unionid of it.
    UnionidMissing { platform: String } = "unionid_missing", Operator, 0;
    /// Several channels, and this one names no platform.
    PlatformMissing = "platform_missing", Operator, 0;
    /// A platform is named, and the silent scope gives no unionid.
    UnionidNotAsked { platform: String } = "unionid_not_asked", Operator, 0;
    /// No way for desktop browsers.
    NoDesktopChannel = "no_desktop_channel", Operator, 0;
    /// No way for WeChat's browser on a phone.
    NoWechatChannel = "no_wechat_channel", Operator, 0;
    /// People leave for WeChat and nobody comes back.
    NobodyReturns { departures: u64 } = "nobody_returns", Operator, 10_003;
}
