//! A house with a service account to follow, desktops that show its code, and people who scan it and write to it.

use std::net::SocketAddr;

use harness::{Database, House, Page, send};
use magpie_simulator::{
    Account, AccountKind, ChatLine, Flaw, PushAnswer, PushConsole, PushFormat, PushMode,
    PushRequest, Pushed, World,
};

use crate::scene::{Desk, Place};

/// The account that is followed.
pub(crate) const ACCOUNT: &str = "wx0000000000000003";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// The followed account, and another service account of the same platform for WeChat's own browser.
fn channels(push: &str) -> String {
    format!(
        r#"
[[channels]]
id = "chat"
kind = "follow"
app_id = "{ACCOUNT}"
app_secret = "{ACCOUNT}-secret"
platform = "main"
push = {{ token = "{TOKEN}", encoding_aes_key = "{KEY}"{push} }}

[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
platform = "main"
scope = "snsapi_userinfo"
"#
    )
}

fn world() -> World {
    let mut world = World::demo("127.0.0.1");
    world.accounts.push(Account {
        app_id: ACCOUNT.to_owned(),
        app_secret: format!("{ACCOUNT}-secret"),
        kind: AccountKind::ServiceAccount,
        name: "Followed".to_owned(),
        platform: Some("main".to_owned()),
        callback_domains: Vec::new(),
        allow_port: false,
    });
    world
}

pub(crate) async fn place() -> Place {
    with(None, "").await
}

/// With more keys of the pushes, each after a comma.
pub(crate) async fn place_with(push: &str) -> Place {
    with(None, push).await
}

pub(crate) async fn on_both_engines() -> Vec<Place> {
    let mut places = vec![place().await];
    places.extend(on_postgres().await);
    places
}

/// Where there is a server for tests.
pub(crate) async fn on_postgres() -> Option<Place> {
    let database = Database::on_postgres().await?;
    Some(with(Some(database), "").await)
}

async fn with(database: Option<Database>, push: &str) -> Place {
    let place = Place::like(&channels(push), database, world()).await;
    type_into_console(&place.house, "chat");
    place
}

/// The address of pushes, as the operator typed it.
fn type_into_console(house: &House, channel: &str) {
    let url = format!("{}/push/{channel}", house.issuer);
    house.wechat.change_world(|world| {
        world.pushes.push(PushConsole {
            app_id: ACCOUNT.to_owned(),
            url,
            token: TOKEN.to_owned(),
            encoding_aes_key: KEY.to_owned(),
            mode: PushMode::Secure,
            format: PushFormat::Xml,
        });
    });
}

/// What people do to a desktop's code, and what they read in the chat.
impl Place {
    pub(crate) async fn scans(&self, desk: &Desk, person: &str) -> String {
        let line = self.house.wechat.scan(&desk.scanned(), person).await.unwrap();
        line.text().to_owned()
    }

    pub(crate) async fn says(&self, person: &str, text: &str) -> String {
        let line = self.house.wechat.say(ACCOUNT, person, text).await.unwrap();
        line.text().to_owned()
    }

    pub(crate) fn scan_of(&self, desk: &Desk, person: &str) -> PushRequest {
        self.house.wechat.write_scan(&desk.scanned(), person).unwrap()
    }

    pub(crate) fn written(&self, person: &str, pushed: &Pushed, flaw: Flaw) -> PushRequest {
        self.house.wechat.write_push(ACCOUNT, person, pushed, flaw).unwrap()
    }

    /// A push that arrives at a replica, and what the person reads.
    pub(crate) async fn pushed(
        &self,
        at: SocketAddr,
        request: &PushRequest,
        person: &str,
    ) -> String {
        let page = pushed_to(at, request).await;
        let answer = PushAnswer::Answered { status: page.status.as_u16(), body: page.body };
        match self.house.wechat.read_reply(&answer, person).unwrap() {
            ChatLine::Silence => String::new(),
            ChatLine::Text(text) => text,
        }
    }

    /// A desktop with its code scanned.
    pub(crate) async fn scanned_desk(&self, person: &str) -> Desk {
        let desk = self.desk().await;
        assert_asked(&self.scans(&desk, person).await);
        desk
    }
}

pub(crate) async fn pushed_to(at: SocketAddr, request: &PushRequest) -> Page {
    let sent = http::Request::post(&request.url)
        .header("content-type", request.content_type)
        .body(request.body.clone().into_bytes())
        .unwrap();
    Page::new(&request.url, send(at, sent).await)
}

/// A number that the desktop does not show.
pub(crate) fn wrong_number(desk: &Desk) -> &'static str {
    if desk.number() == "11" { "12" } else { "11" }
}

#[track_caller]
pub(crate) fn assert_asked(line: &str) {
    for part in ["The application", "127.0.0.1", "two-digit number", "两位数字", "reply 0"] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[track_caller]
pub(crate) fn assert_says(line: &str, part: &str) {
    assert!(line.contains(part), "{part}: {line}");
}
