//! What WeChat can have against an account.

use harness::{House, Plan};
use magpie_simulator::{Endpoint, Fault, World};

use crate::configuration::{SERVICE, Setup, WEBSITE, channel};

/// Seen red with a frozen secret told as a wrong one.
#[tokio::test]
async fn each_number_of_wechats_is_told_as_its_cause() {
    let house = House::open().await;
    let setup = Setup::of(&house);
    for (endpoint, number, problem) in [
        (Endpoint::AccessToken, 40_013, "app_id_unknown"),
        (Endpoint::AccessToken, 40_125, "app_secret_wrong"),
        (Endpoint::AccessToken, 40_243, "app_secret_frozen"),
        (Endpoint::AccessToken, 45_009, "quota_reached"),
        (Endpoint::AccessToken, 48_001, "api_not_authorized"),
        (Endpoint::AccessToken, 48_004, "api_banned"),
        (Endpoint::AccessToken, 48_017, "address_retired"),
        (Endpoint::AccessToken, 43_004, "wechat_refuses"),
        (Endpoint::StableToken, 40_164, "address_not_listed"),
        (Endpoint::QrConnect, 10_003, "callback_port"),
        (Endpoint::QrConnect, 10_004, "account_banned"),
        (Endpoint::Authorize, 10_005, "scope_not_granted"),
        (Endpoint::Authorize, 10_015, "platform_not_authorized"),
        (Endpoint::Authorize, 10_016, "service_account_wanted"),
        (Endpoint::Authorize, 10_012, "link_incomplete"),
    ] {
        house.wechat.script().clear();
        house.wechat.script().always(endpoint, Fault::Errcode(number));
        setup.suffers(problem).await;
    }
    house.wechat.script().clear();
    house.wechat.script().always(Endpoint::AccessToken, Fault::Errcode(-1));
    setup.is_warned("wechat_busy").await;
    house.close().await;
}

#[tokio::test]
async fn the_address_that_wechat_saw_is_shown_with_the_page_where_it_is_entered() {
    let house = House::open().await;
    house.wechat.script().always(Endpoint::StableToken, Fault::Errcode(40_164));
    let diagnosis = Setup::of(&house).suffers("address_not_listed").await;
    let finding = diagnosis.finding("address_not_listed");
    assert_eq!(finding["about"], "inapp");
    assert_eq!(finding["data"]["ip"], "203.0.113.9");
    assert_eq!(finding["turn"], "operator");
    for (locale, page) in [("en", "IP whitelist (IP白名单)"), ("zh-CN", "IP白名单")] {
        let words = &finding["texts"][locale];
        assert!(words["cure"].as_str().unwrap().contains("203.0.113.9"), "{words}");
        assert!(words["console"].as_str().unwrap().ends_with(page), "{words}");
        let guide = format!("docs/guide/{locale}/wechat/errors/40164.md");
        assert_eq!(words["guide"], guide);
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(guide).exists());
    }
    house.close().await;
}

/// What the operator wrote differs from what the console has.
/// Seen red with the app-level token of a service account not looked at.
#[tokio::test]
async fn a_wrong_appid_a_wrong_secret_and_accounts_of_the_other_kind_are_told_apart() {
    let house = House::open().await;
    let mut unknown = Setup::of(&house);
    unknown.channels[0] = channel("desktop", "website", "wx00000000000000ff");
    unknown.suffers("app_id_unknown").await;
    let mut wrong = Setup::of(&house);
    wrong.channels[1].secret = "the-secret-of-another-account".to_owned();
    wrong.suffers("app_secret_wrong").await;
    let mut website = Setup::of(&house);
    website.channels = vec![channel("desktop", "website", SERVICE)];
    website.suffers("website_app_wanted").await;
    let mut service = Setup::of(&house);
    service.channels = vec![channel("inapp", "service_account", WEBSITE)];
    service.suffers("service_account_wanted").await;
    house.close().await;
}

/// Seen red with the whole issuer in place of its host.
#[tokio::test]
async fn a_callback_that_is_not_registered_is_spelled_as_the_console_wants_it() {
    let mut world = World::demo("127.0.0.1");
    for account in &mut world.accounts {
        account.allow_port = false;
    }
    let house = House::of(Plan { world: Some(world), ..Plan::default() }).await;
    Setup::of(&house).suffers("callback_port").await;
    // Nobody resolves this name, so two things are wrong; the one about WeChat names the bare host.
    let issuer = "http://login.test/magpie".to_owned();
    let diagnosis = Setup { issuer, ..Setup::of(&house) }.examine().await;
    assert_eq!(diagnosis.of("act"), ["callback_domain", "issuer_name_unknown"]);
    assert_eq!(diagnosis.finding("callback_domain")["data"]["host"], "login.test");
    assert_eq!(diagnosis.finding("callback_domain")["console"], "website_callback");
    house.close().await;
}
