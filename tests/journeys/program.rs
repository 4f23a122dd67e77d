//! A desktop that shows the code of a mini program: whoever answers there is who they are by the website's own QR page.

use harness::channels::{self, MINI_APP_ID};
use harness::{Browser, House, Plan};
use magpie_simulator::Scope;

/// A desktop may choose among three ways: the relay is one of them, by a wish.
fn plan() -> Plan {
    let ways = [
        channels::WEBSITE,
        channels::WECOM,
        channels::SERVICE_ACCOUNT,
        channels::MINI_PROGRAM,
        channels::RELAY_WITH_PROGRAM,
    ];
    let (channels, world) = (Some(ways.concat()), Some(channels::world()));
    Plan { channels, world, ..Plan::default() }
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
    let code = house.wechat.issue_code(MINI_APP_ID, person, Scope::MiniProgram).unwrap();
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
