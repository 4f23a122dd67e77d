//! The world of a simulator: which accounts are registered at WeChat, who lives there, and how strict the place is.
//! It is a plain value, made in a test, read from TOML, or taken from `World::demo`; what cannot work is refused when it is read.
//! People are invented figures; their openids and unionids follow from their keys and are the same in every run.

use serde::Deserialize;

use crate::{corp::Corp, ids, push::PushConsole, script::Planned};

/// Everything a simulator imitates; see the crate's README for the file format.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// Accounts as registered in WeChat's consoles.
    pub accounts: Vec<Account>,
    /// Organisations in WeCom.
    pub corps: Vec<Corp>,
    /// The people one can be.
    pub people: Vec<Person>,
    /// This many further people without a face, keys `p0`, `p1`, …, for load tests.
    pub people_count: u32,
    /// Authorization links answer at once with a 302, for the person of the cookie, of `simulator_person=` or in turn.
    pub auto_approve: bool,
    /// In-app links may be opened outside WeChat, so that a desktop browser can try them.
    pub any_browser: bool,
    /// What happens when a person says no.
    pub cancel: Cancel,
    /// Seconds a code may be exchanged; WeChat says five minutes.
    pub code_lifetime: u64,
    /// So many reuses of a code answer 40163, later ones 40029.
    pub reuses_answered_40163: u32,
    /// So many requests are kept for tests to read; 0 keeps none.
    pub request_log: usize,
    /// Where accounts push what people do, as typed into their consoles.
    pub pushes: Vec<PushConsole>,
    /// Faults from the start, as `Script` takes them.
    pub script: Vec<Planned>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            corps: Vec::new(),
            people: Vec::new(),
            people_count: 0,
            auto_approve: false,
            any_browser: false,
            cancel: Cancel::Stay,
            code_lifetime: 300,
            reuses_answered_40163: 3,
            request_log: 4_096,
            pushes: Vec::new(),
            script: Vec::new(),
        }
    }
}

/// What a cancelled consent does; the documents disagree, users report `Stay` (wechat.md section 1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancel {
    /// Nobody is told: the page says so and that is all.
    Stay,
    /// Back to the redirect URI with `state` and without `code`.
    StateOnly,
}

/// Which kind of account an AppID belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// 已认证服务号: in-app consent.
    ServiceAccount,
    /// 网站应用: QR page on the desktop.
    Website,
    /// 测试号: as a service account, never with a unionid.
    Sandbox,
    /// 小程序: codes come from `wx.login` only.
    MiniProgram,
    /// 移动应用: codes come from the OpenSDK only.
    MobileApp,
}

/// One registered account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The AppID, `wx` and 16 hexadecimal digits by custom.
    pub app_id: String,
    /// The AppSecret that the API endpoints demand.
    pub app_secret: String,
    /// What the account may do.
    pub kind: AccountKind,
    /// The name people see on the consent page.
    #[serde(default)]
    pub name: String,
    /// The Open Platform account it is bound to; without one there is no unionid.
    #[serde(default)]
    pub platform: Option<String>,
    /// Hosts to which codes may go, as typed into the console: no scheme, no port, no path.
    #[serde(default)]
    pub callback_domains: Vec<String>,
    /// Lets a redirect URI carry a port, which WeChat never does; for development on loopback.
    #[serde(default)]
    pub allow_port: bool,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("app_id", &self.app_id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// One person.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// How tests and pages name the person: `[A-Za-z0-9_-]{1,64}`.
    pub key: String,
    /// The name shown in the profile.
    #[serde(default)]
    pub nickname: String,
    /// Absent: an avatar drawn by the simulator. Empty: the person has none.
    #[serde(default)]
    pub headimgurl: Option<String>,
    /// 0 unknown, as WeChat answers since 2021; 1 male, 2 female in old answers.
    #[serde(default)]
    pub sex: u8,
    /// Country code and number, such as `["86", "13800000000"]`; one that follows from the key when absent.
    #[serde(default)]
    pub phone: Option<(String, String)>,
    /// Meets consent pages in snapshot mode: silent, with the data of a virtual account (wechat.md section 4).
    #[serde(default)]
    pub snapshot: bool,
}

/// Why a world cannot be.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// Not TOML, or not in the shape of a world; the text points at line and column.
    #[error("the world file cannot be read: {0}")]
    Unreadable(#[from] toml::de::Error),
    /// Readable, but it contradicts itself.
    #[error("the world cannot be: {0}")]
    Impossible(String),
}

impl World {
    /// Reads a world from TOML text.
    ///
    /// # Errors
    /// Unknown keys, two accounts with one AppID, people without a usable key, a callback domain that is no bare host.
    pub fn from_toml(text: &str) -> Result<Self, WorldError> {
        let world: Self = toml::from_str(text)?;
        world.check()?;
        Ok(world)
    }

    /// A website app and a service account on one platform, and four people; codes may go to `callback_host`, with any port.
    #[must_use]
    pub fn demo(callback_host: &str) -> Self {
        let account = |app_id: &str, kind, name: &str| Account {
            app_id: app_id.to_owned(),
            app_secret: format!("{app_id}-secret"),
            kind,
            name: name.to_owned(),
            platform: Some("main".to_owned()),
            callback_domains: vec![callback_host.to_owned()],
            allow_port: true,
        };
        let person = |key: &str, nickname: &str| Person {
            key: key.to_owned(),
            nickname: nickname.to_owned(),
            ..Person::default()
        };
        Self {
            accounts: vec![
                account(
                    "wx0000000000000001",
                    AccountKind::Website,
                    "鹊桥演示网站 Magpie demo site",
                ),
                account(
                    "wx0000000000000002",
                    AccountKind::ServiceAccount,
                    "鹊桥演示服务号 Magpie demo account",
                ),
            ],
            people: vec![
                person("xiaoyu", "小鱼🐟"),
                person("ann", "Ann Example"),
                person("laowang", "老王"),
                person("ben", "Ben O'Neil <ben>"),
            ],
            any_browser: true,
            ..Self::default()
        }
    }

    /// The account with this AppID; letter case counts, as at WeChat (errmsg of 40013).
    #[must_use]
    pub fn account(&self, app_id: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.app_id == app_id)
    }

    /// The organisation with this corp id; letter case counts.
    #[must_use]
    pub fn corp(&self, corp_id: &str) -> Option<&Corp> {
        self.corps.iter().find(|corp| corp.corp_id == corp_id)
    }

    /// The person with this key, the ones without a face included.
    #[must_use]
    pub fn person(&self, key: &str) -> Option<Person> {
        if let Some(person) = self.people.iter().find(|person| person.key == key) {
            return Some(person.clone());
        }
        let number: u32 = key.strip_prefix('p')?.parse().ok()?;
        (number < self.people_count && key == format!("p{number}")).then(|| faceless(number))
    }

    /// The person whose turn it is: all the named ones, then the ones without a face, then from the start.
    pub(crate) fn person_in_turn(&self, turn: u64) -> Option<Person> {
        let named = self.people.len() as u64;
        let at = turn.checked_rem(named.saturating_add(u64::from(self.people_count)))?;
        if at < named {
            return self.people.get(usize::try_from(at).ok()?).cloned();
        }
        u32::try_from(at.saturating_sub(named)).ok().map(faceless)
    }

    fn check(&self) -> Result<(), WorldError> {
        for (index, account) in self.accounts.iter().enumerate() {
            if account.app_id.is_empty()
                || self.accounts.iter().skip(index + 1).any(|a| a.app_id == account.app_id)
            {
                return Err(impossible(format!(
                    "app_id {:?} is empty or given twice",
                    account.app_id
                )));
            }
            if let Some(domain) =
                account.callback_domains.iter().find(|domain| !is_bare_host(domain))
            {
                return Err(impossible(format!(
                    "callback domain {domain:?} must be a host only: no scheme, port or path"
                )));
            }
        }
        for (index, corp) in self.corps.iter().enumerate() {
            let is_twice = self.corps.iter().skip(index + 1).any(|c| c.corp_id == corp.corp_id);
            if corp.corp_id.is_empty() || is_twice || self.account(&corp.corp_id).is_some() {
                return Err(impossible(format!(
                    "corp_id {:?} is empty or given twice",
                    corp.corp_id
                )));
            }
        }
        for (index, person) in self.people.iter().enumerate() {
            if !is_key(&person.key)
                || self.people.iter().skip(index + 1).any(|p| p.key == person.key)
            {
                return Err(impossible(format!(
                    "person key {:?} is given twice or not [A-Za-z0-9_-]{{1,64}}",
                    person.key
                )));
            }
        }
        if self.people.is_empty() && self.people_count == 0 {
            return Err(impossible(
                "nobody lives in it: add [[people]] or people_count".to_owned(),
            ));
        }
        Ok(())
    }
}

impl Account {
    /// The person's openid within this app.
    #[must_use]
    pub fn openid_of(&self, person: &str) -> String {
        ids::openid(&self.app_id, person, false)
    }

    /// The person's unionid on the platform of this account; none without a platform, none for a sandbox.
    #[must_use]
    pub fn unionid_of(&self, person: &str) -> Option<String> {
        self.unionid(person, false)
    }

    pub(crate) fn unionid(&self, person: &str, virtual_account: bool) -> Option<String> {
        let platform = self.platform.as_deref().filter(|_| self.kind != AccountKind::Sandbox)?;
        Some(ids::unionid(platform, person, virtual_account))
    }
}

impl Person {
    /// Country code and number.
    #[must_use]
    pub fn phone_number(&self) -> (String, String) {
        let digits = ids::pattern(&self.key).into_iter().take(8).map(|byte| byte % 10);
        let made_up = || {
            ("86".to_owned(), format!("138{}", digits.map(|d| d.to_string()).collect::<String>()))
        };
        self.phone.clone().unwrap_or_else(made_up)
    }
}

fn impossible(why: String) -> WorldError {
    WorldError::Impossible(why)
}

fn faceless(number: u32) -> Person {
    Person {
        key: format!("p{number}"), nickname: format!("路人 {number:06}"), ..Person::default()
    }
}

fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_bare_host(domain: &str) -> bool {
    !domain.is_empty()
        && domain.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
}
