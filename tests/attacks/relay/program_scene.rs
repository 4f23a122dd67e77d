//! A house whose desktops can be answered for in a mini program, too; and what a mini program does.

use std::net::SocketAddr;

use harness::channels::{self, MINI_APP_ID as MINI};
use harness::{Database, Page};
use magpie_simulator::{Account, Scope, World};

use crate::scene::{Desk, Place, between};

/// A mini program that the relay does not name.
pub(crate) const OTHER_MINI: &str = "wx0000000000000005";
/// It has a channel, too.
const OTHER: &str = r#"
[[channels]]
id = "other"
kind = "mini_program"
app_id = "wx0000000000000005"
app_secret = "wx0000000000000005-secret"
platform = "main"
"#;

fn channels() -> String {
    configured(channels::RELAY_WITH_PROGRAM)
}

fn configured(relay: &str) -> String {
    [relay, channels::SERVICE_ACCOUNT, channels::MINI_PROGRAM, OTHER].concat()
}

fn world() -> World {
    let mut world = channels::world();
    let mini = world.accounts.iter().find(|account| account.app_id == MINI).unwrap().clone();
    let (app_id, app_secret) = (OTHER_MINI.to_owned(), format!("{OTHER_MINI}-secret"));
    world.accounts.push(Account { app_id, app_secret, ..mini });
    world
}

pub(crate) async fn place() -> Place {
    Place::like(&channels(), None, world()).await
}

/// A house with the mini program but without its name in the relay.
pub(crate) async fn place_without() -> Place {
    Place::like(&configured(channels::RELAY), None, world()).await
}

/// A house whose relay names a page that the mini program does not have.
pub(crate) async fn place_of_page(page: &str) -> Place {
    Place::like(&channels().replace("pages/confirm/confirm", page), None, world()).await
}

pub(crate) async fn on_both_engines() -> Vec<Place> {
    let mut places = vec![place().await];
    places.extend(on_postgres().await);
    places
}

/// Where there is a server for tests.
pub(crate) async fn on_postgres() -> Option<Place> {
    let database = Database::on_postgres().await?;
    Some(Place::like(&channels(), Some(database), world()).await)
}

/// What comes when a desktop's page asks for the mini program's code.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) status: u16,
    pub(crate) media_type: String,
    pub(crate) kept: String,
    pub(crate) bytes: Vec<u8>,
}

impl Desk {
    /// Where the page looks for the mini program's code.
    pub(crate) fn program_code_address(&self) -> String {
        format!("{}/program-code", self.address("next"))
    }

    /// Host and port that the house answers to, at whichever replica.
    pub(crate) fn host(&self) -> String {
        between(&self.scanned(), "http://", "/")
    }

    /// The page asks for it.
    pub(crate) async fn program_code(&self, at: SocketAddr) -> Drawn {
        let cookies: Vec<_> =
            self.browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        drawn(at, &self.host(), &self.program_code_address(), &cookies.join("; ")).await
    }
}

/// What comes with any cookies.
pub(crate) async fn drawn(at: SocketAddr, host: &str, path: &str, cookies: &str) -> Drawn {
    let request = http::Request::get(format!("http://{host}{path}"))
        .header("cookie", cookies)
        .body(Vec::new())
        .unwrap();
    let response = harness::send(at, request).await;
    let text = |name: &str| {
        response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    Drawn {
        status: response.status().as_u16(),
        media_type: text("content-type"),
        kept: text("cache-control"),
        bytes: response.body().to_vec(),
    }
}

impl Place {
    /// A code of `wx.login` in the mini program.
    pub(crate) fn login(&self, person: &str) -> String {
        self.house.wechat.issue_code(MINI, person, Scope::MiniProgram).unwrap()
    }

    /// The mini program asks who asks.
    pub(crate) async fn asks(&self, scene: &str) -> Page {
        let application = self.house.application();
        application.post_as("/relay/program/question", None, &[("scene", scene)]).await
    }

    /// The mini program brings an answer with this code.
    pub(crate) async fn brings(&self, scene: &str, code: &str, answer: &str) -> Page {
        self.brings_to(self.house.address(), scene, code, answer).await
    }

    pub(crate) async fn brings_to(
        &self,
        at: SocketAddr,
        scene: &str,
        code: &str,
        answer: &str,
    ) -> Page {
        let fields = [("scene", scene), ("code", code), ("answer", answer)];
        let application = self.house.application().at(at);
        application.post_as("/relay/program/answer", None, &fields).await
    }

    /// The person of the mini program answers.
    pub(crate) async fn answers(&self, desk: &Desk, person: &str, answer: &str) -> Page {
        self.brings(&desk.ticket(), &self.login(person), answer).await
    }
}

/// One of the six numbers, and not the desktop's.
pub(crate) async fn wrong_number(place: &Place, desk: &Desk) -> String {
    let question = place.asks(&desk.ticket()).await.json();
    let right = desk.number();
    let numbers = question.get("numbers").unwrap().as_array().unwrap().iter();
    let mut numbers = numbers.map(|number| number.as_u64().unwrap().to_string());
    numbers.find(|number| *number != right).unwrap()
}

#[track_caller]
pub(crate) fn assert_status(page: &Page, status: &str) {
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.json().get("status").unwrap(), status, "{}", page.body);
}

#[track_caller]
pub(crate) fn assert_refused(page: &Page, error: &str) {
    assert_eq!(
        (page.status.as_u16(), page.oauth_error()),
        (400, error.to_owned()),
        "{}",
        page.body
    );
}
