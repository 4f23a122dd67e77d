//! A desktop that shows the code of a mini program: whoever answers there is who they are by the website's own QR page.

use harness::{Browser, House, Plan};
use magpie_simulator::{Account, AccountKind, Scope, World};

const MINI: &str = "wx0000000000000004";

/// A desktop may choose among three ways: the relay is one of them, by a wish.
const CHANNELS: &str = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"

[[channels]]
id = "office"
kind = "wecom"
corp_id = "ww0000000000000001"
corp_secret = "ww0000000000000001-1000002-secret"
agent_id = 1000002

[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
platform = "main"

[[channels]]
id = "mini"
kind = "mini_program"
app_id = "wx0000000000000004"
app_secret = "wx0000000000000004-secret"
platform = "main"

[[channels]]
id = "scan"
kind = "relay"
through = "inapp"
mini_program = "mini"
page = "pages/confirm/confirm"
"#;

fn plan() -> Plan {
    let mut world = World::demo("127.0.0.1");
    world.accounts.push(Account {
        app_id: MINI.to_owned(),
        app_secret: format!("{MINI}-secret"),
        kind: AccountKind::MiniProgram,
        name: "Mini".to_owned(),
        platform: Some("main".to_owned()),
        callback_domains: Vec::new(),
        allow_port: false,
    });
    let channels = Some(CHANNELS.to_owned());
    Plan { channels, world: Some(world), ..Plan::default() }
}

/// A desktop on which the person chose a way, and what it showed then.
async fn chosen(house: &House, channel: &str) -> (Browser, harness::Page) {
    let mut desktop = Browser::new(house);
    let page = desktop.get(&house.application().authorize(&[])).await;
    assert_eq!(page.marker(), "choose-channel", "{}", page.body);
    let page = desktop.post(&page.action(), &[("step", "continue"), ("channel", channel)]).await;
    (desktop, page)
}

async fn by_website(house: &House, person: &str) -> String {
    let (mut desktop, departed) = chosen(house, "desktop").await;
    let callback = house.wechat.approve(&departed.location(), person).unwrap();
    let answered = desktop.get(&callback).await;
    house.application().tokens(&answered.sent("code").unwrap()).await.subject()
}

/// Camera, question, number, desktop.
async fn by_mini_program(house: &House, person: &str) -> String {
    let (mut desktop, page) = chosen(house, "scan").await;
    assert_eq!(page.marker(), "relay-code", "{}", page.body);
    let part = |from: &str, to: &str| {
        let rest = page.body.split(from).nth(1).unwrap();
        rest.split(to).next().unwrap().to_owned()
    };
    let scene = harness::read_qr(&page.body).rsplit('/').next().unwrap().to_owned();
    let application = house.application();
    let asked = application.post_as("/relay/program/question", None, &[("scene", &scene)]).await;
    assert_eq!(asked.json().get("application").unwrap(), "The application", "{}", asked.body);
    let code = house.wechat.issue_code(MINI, person, Scope::MiniProgram).unwrap();
    let number = part(r#"id="number" dir="ltr">"#, "<");
    let answer = [("scene", &*scene), ("code", &code), ("answer", &number)];
    let answered = application.post_as("/relay/program/answer", None, &answer).await;
    assert_eq!(answered.json().get("status").unwrap(), "approved", "{}", answered.body);
    let answered = desktop.get(&part("data-next=\"", "\"")).await;
    application.tokens(&answered.sent("code").unwrap()).await.subject()
}

/// By the unionid, whichever of the two they came by first. Seen red with the unionid left out.
#[tokio::test]
async fn who_answers_in_the_mini_program_is_who_scans_the_websites_code() {
    let house = House::of(plan()).await;
    let website_first = by_website(&house, "ann").await;
    assert_eq!(by_mini_program(&house, "ann").await, website_first);
    let program_first = by_mini_program(&house, "ben").await;
    assert_eq!(by_website(&house, "ben").await, program_first);
    assert_ne!(program_first, website_first);
    house.close().await;
}
