//! Whatever somebody comes with, and whatever accounts the operator owns, there is a way to sign in or a page that says
//! plainly why not; and by whichever way of WeChat's they come, they are one person.
//!
//! One table: a row is what somebody comes with, a column is what is configured. A further kind of channel is a column
//! more, or another end in the last one.

use std::collections::BTreeSet;

use harness::{
    Application, Browser, Database, House, PHONE, Page, Plan, Tokens, WECHAT_DESKTOP, WECHAT_PHONE,
    WECOM, WECOM_DESKTOP, channels,
};
use magpie_simulator::Scope;

/// What somebody comes with.
#[derive(Debug, Clone, Copy)]
enum Comes {
    /// A browser that calls itself this.
    Browser(&'static str),
    /// A code of `wx.login`.
    MiniProgram,
    /// A code of the OpenSDK.
    MobileApp,
}

/// Where they end.
#[derive(Debug, Clone, Copy)]
enum End {
    /// Leaves for a page of WeChat's or WeCom's at this path, and signs in by a channel of this kind.
    SignsIn(&'static str, &'static str),
    /// Is asked which way: their buttons in this order, each with its [`End::SignsIn`].
    Chooses(&'static [(&'static str, &'static str, &'static str)]),
    /// Sees a code and a number; a phone with WeChat scans it and chooses the number.
    Relayed,
    /// Is told to open the page in WeChat; whoever does so signs in there.
    OpensInWechat,
    /// A page of this marker says why not, and has a way back.
    Told(&'static str),
    /// The application gets tokens for the code, by a channel of this kind.
    Brings(&'static str),
    /// The application hears this error, and WeChat is not asked.
    Refused(&'static str),
}

use Comes::{MiniProgram, MobileApp};
use End::{Brings, Chooses, OpensInWechat, Refused, Relayed, SignsIn, Told};

const IN_APP: End = SignsIn("/connect/oauth2/authorize", "service_account");
const NO_CODES: End = Refused("unauthorized_client");
const TWO_WAYS: End = Chooses(&[
    ("desktop", "/connect/qrconnect", "website"),
    ("office", "/wwlogin/sso/login", "wecom"),
]);
const IN_WECOM: End = SignsIn("/connect/oauth2/authorize", "wecom");

/// The columns: a service account alone, a relay through it, everything.
#[rustfmt::skip]
const TABLE: [(&str, Comes, [End; 3]); 8] = [
    ("a desktop browser", Comes::Browser(harness::DESKTOP), [OpensInWechat, Relayed, TWO_WAYS]),
    ("WeChat on a phone", Comes::Browser(WECHAT_PHONE), [IN_APP; 3]),
    ("WeChat on a desktop", Comes::Browser(WECHAT_DESKTOP), [IN_APP; 3]),
    ("a plain phone browser", Comes::Browser(PHONE), [OpensInWechat; 3]),
    ("WeCom on a phone", Comes::Browser(WECOM), [Told("wecom-not-wechat"), Told("wecom-not-wechat"), IN_WECOM]),
    ("WeCom on a desktop", Comes::Browser(WECOM_DESKTOP), [Told("wecom-not-wechat"), Told("wecom-not-wechat"), IN_WECOM]),
    ("a mini program", MiniProgram, [NO_CODES, NO_CODES, Brings("mini_program")]),
    ("a mobile app", MobileApp, [NO_CODES, NO_CODES, Brings("mobile_app")]),
];

/// What is configured in each column, and which channels `shop` may bring codes of.
fn configured() -> [(String, &'static str); 3] {
    let relay = format!("{}{}", channels::SERVICE_ACCOUNT, channels::RELAY);
    let everything = [channels::WEBSITE, &relay, channels::MINI_PROGRAM, channels::MOBILE_APP];
    let everything = format!("{}{}", everything.concat(), channels::WECOM);
    [
        (channels::SERVICE_ACCOUNT.to_owned(), "[]"),
        (relay, "[]"),
        (everything, "[\"mini\", \"app\"]"),
    ]
}

/// Issue 4, done when 1. Seen red with a desktop that is sent to a service account, with mini programs whose unionid is not heard,
/// and with codes for which no channel is configured answered `invalid_target`.
#[tokio::test]
async fn everybody_reaches_the_right_end_and_is_one_person_by_every_way_of_wechats() {
    for (column, (channels, brings)) in configured().into_iter().enumerate() {
        for database in databases().await {
            let engine = if database.is_none() { "SQLite" } else { "PostgreSQL" };
            let place = Place::open(database, &channels, brings).await;
            let mut found = Found::default();
            for (who, comes, ends) in TABLE {
                eprintln!("column {column} on {engine}: {who}");
                place.follow(comes, ends[column], &mut found).await;
            }
            assert_eq!(found.by_wechat.len(), 1, "one person by WeChat, column {column}");
            let by_wecom = usize::from(column == 2);
            assert_eq!(found.by_wecom.len(), by_wecom, "one member, who is somebody else");
            assert!(found.by_wechat.is_disjoint(&found.by_wecom));
            let people = place.house.database().number("SELECT count(*) FROM users").await;
            assert_eq!(usize::try_from(people).unwrap(), 1 + by_wecom);
            place.house.close().await;
        }
    }
}

/// A SQLite file, and a database where there is a server for tests.
async fn databases() -> Vec<Option<Database>> {
    let mut databases = vec![None];
    databases.extend(Database::on_postgres().await.map(Some));
    databases
}

/// Every `sub` that was seen.
#[derive(Debug, Default)]
struct Found {
    by_wechat: BTreeSet<String>,
    by_wecom: BTreeSet<String>,
}

impl Found {
    fn note(&mut self, tokens: &Tokens, kind: &str) {
        assert_eq!(tokens.id_token["amr"], serde_json::json!([kind]));
        let all = if kind == "wecom" { &mut self.by_wecom } else { &mut self.by_wechat };
        all.insert(tokens.subject());
    }
}

const PERSON: &str = "xiaoyu";

struct Place {
    house: House,
    app: Application,
    shop: Application,
}

impl Place {
    async fn open(database: Option<Database>, channels: &str, brings: &str) -> Self {
        let shop = format!(
            "[[clients]]\nid = \"shop\"\nscopes = [\"openid\"]\nwechat_channels = {brings}\n\
             grant_types = [\"urn:ietf:params:oauth:grant-type:token-exchange\"]\n"
        );
        let (channels, world) = (Some(channels.to_owned()), Some(harness::channels::world()));
        let plan = Plan { database, channels, world, more: shop, ..Plan::default() };
        let house = House::of(plan).await;
        harness::channels::trust(&house);
        let (app, mut shop) = (house.application(), house.own_application("shop", ""));
        shop.secret = None;
        Self { house, app, shop }
    }

    async fn follow(&self, comes: Comes, end: End, found: &mut Found) {
        match comes {
            Comes::Browser(agent) => self.browse(agent, end, found).await,
            MiniProgram => {
                let code = (channels::MINI_APP_ID, Scope::MiniProgram);
                self.bring("mini", code, end, found).await;
            }
            MobileApp => {
                let code = (channels::MOBILE_APP_ID, Scope::UserInfo);
                self.bring("app", code, end, found).await;
            }
        }
    }

    async fn browse(&self, agent: &str, end: End, found: &mut Found) {
        let mut browser = Browser::of(&self.house, agent);
        let mut page = browser.get(&self.app.authorize(&[])).await;
        if page.marker() == "interstitial" {
            page = browser.post(&page.action(), &[("step", "continue")]).await;
        }
        match end {
            SignsIn(path, kind) => self.sign_in(&mut browser, &page, (path, kind), found).await,
            Chooses(ways) => self.choose(agent, &page, ways, found).await,
            Relayed => self.relay(&mut browser, &page, found).await,
            OpensInWechat => self.open_in_wechat(&page, found).await,
            Told(marker) => self.go_back(&mut browser, &page, marker).await,
            Brings(_) | Refused(_) => panic!("a browser brings no code"),
        }
    }

    /// Every way that is offered leads where its button says.
    async fn choose(
        &self,
        agent: &str,
        page: &Page,
        ways: &[(&str, &str, &str)],
        found: &mut Found,
    ) {
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "choose-channel"));
        let offered = page.body.split("id=\"channel-").skip(1);
        let offered: Vec<_> = offered.map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(offered, ways.iter().map(|way| way.0).collect::<Vec<_>>());
        for (channel, path, kind) in ways {
            // Another day, another choice: an attempt signs in once.
            let mut browser = Browser::of(&self.house, agent);
            let page = browser.get(&self.app.authorize(&[])).await;
            let chosen = [("step", "continue"), ("channel", *channel)];
            let left = browser.post(&page.action(), &chosen).await;
            self.sign_in(&mut browser, &left, (path, kind), found).await;
        }
    }

    /// The link on the page signs in whoever opens it in WeChat.
    async fn open_in_wechat(&self, page: &Page, found: &mut Found) {
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "open-in-wechat"));
        let link = between(&page.body, "<input id=\"link\" type=\"text\" value=\"", "\"");
        let mut wechat = Browser::of(&self.house, WECHAT_PHONE);
        let back = wechat.sign_in(&self.house, &link, PERSON).await;
        found.note(&self.tokens(&back).await, "service_account");
    }

    /// The page says why not, and the application hears of it when the person turns back.
    async fn go_back(&self, browser: &mut Browser, page: &Page, marker: &str) {
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, marker), "{}", page.body);
        let back = browser.post(&page.action(), &[("step", "cancel")]).await;
        assert!(back.location().starts_with(&self.app.redirect_uri));
        assert_eq!(back.sent("error").as_deref(), Some("access_denied"));
    }

    /// Agrees at WeChat's or WeCom's page, which must be the one at that path.
    async fn sign_in(
        &self,
        browser: &mut Browser,
        left: &Page,
        (path, kind): (&str, &str),
        found: &mut Found,
    ) {
        let there = left.location();
        let page = format!("{}{path}?", self.house.wechat.base_url());
        assert!(there.starts_with(&page), "{there}");
        let callback = self.house.wechat.approve(&there, PERSON).unwrap();
        found.note(&self.tokens(&browser.get(&callback).await).await, kind);
    }

    /// The desktop shows a code; the phone scans it, signs in, and chooses the number.
    async fn relay(&self, desktop: &mut Browser, page: &Page, found: &mut Found) {
        assert_eq!((page.status.as_u16(), &*page.marker()), (200, "relay-code"), "{}", page.body);
        let number = between(&page.body, "id=\"number\" dir=\"ltr\">", "<");
        let mut phone = Browser::of(&self.house, WECHAT_PHONE);
        let resume = phone.sign_in(&self.house, &harness::read_qr(&page.body), PERSON).await;
        let question = phone.get(&resume.location()).await;
        assert_eq!(question.marker(), "relay-question", "{}", question.body);
        let token = between(&question.body, "name=\"form_token\" value=\"", "\"");
        let fields = [("step", "number"), ("number", &*number), ("form_token", &*token)];
        let done = phone.post(&question.action(), &fields).await;
        assert!(done.location().ends_with("/relay/end/approved"), "{}", done.location());
        let back = desktop.get(&between(&page.body, "data-next=\"", "\"")).await;
        found.note(&self.tokens(&back).await, "relay");
    }

    async fn bring(
        &self,
        channel: &str,
        (app_id, scope): (&str, Scope),
        end: End,
        found: &mut Found,
    ) {
        let code = self.house.wechat.issue_code(app_id, PERSON, scope).unwrap();
        let page = self
            .shop
            .post(
                "/oauth2/token",
                &[
                    ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                    ("subject_token_type", "urn:magpie:params:oauth:token-type:wechat-code"),
                    ("subject_token", &code),
                    ("audience", channel),
                    ("scope", "openid"),
                ],
            )
            .await;
        match end {
            Brings(kind) => {
                assert_eq!(page.status, 200, "{}", page.body);
                found.note(&Tokens::read(&page), kind);
            }
            Refused(error) => {
                assert_eq!((page.status.as_u16(), &*page.oauth_error()), (400, error));
                assert_eq!(self.house.wechat.exchanges_of(&code), 0, "WeChat is not asked");
            }
            other => panic!("a code does not end at {other:?}"),
        }
    }

    async fn tokens(&self, back: &Page) -> Tokens {
        assert_eq!(back.status, 303, "{}", back.body);
        assert!(back.location().starts_with(&self.app.redirect_uri), "{}", back.location());
        self.app.tokens(&back.sent("code").unwrap()).await
    }
}

fn between(text: &str, from: &str, to: &str) -> String {
    let rest = text.split(from).nth(1).unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split(to).next().unwrap().replace("&#38;", "&")
}
