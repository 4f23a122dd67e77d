//! What WeCom can have against an app of an organisation's: planted in the console, in the configuration and on the way.

use harness::{House, Plan};
use magpie_simulator::{Agent, Corp, Endpoint, Fault, World};

use crate::configuration::{Setup, WEBSITE, channel};
use crate::trap::{Trap, response};

const CORP_ID: &str = "ww0000000000000001";

/// A house whose WeCom trusts the issuer.
async fn house() -> House {
    let mut world = World::demo("127.0.0.1");
    world.corps = vec![Corp::demo("not.yet.known")];
    let house = House::of(Plan { world: Some(world), ..Plan::default() }).await;
    let authority = house.authority();
    change_app(&house, |app| app.trusted_domains = vec![authority]);
    house
}

fn change_app(house: &House, change: impl FnOnce(&mut Agent)) {
    house.wechat.change_world(|world| change(&mut world.corps[0].agents[0]));
}

/// The house's configuration, with WeCom alone.
fn office(house: &House) -> Setup {
    let mut office = channel("office", "wecom", CORP_ID);
    office.secret = format!("{CORP_ID}-1000002-secret");
    office.more = "agent_id = 1000002";
    Setup { channels: vec![office], ..Setup::of(house) }
}

/// Members need neither a channel of WeChat's nor WeChat's API, and a WeChat user is nobody of theirs. Seen red with a
/// platform wanted of members, and with WeChat's API asked for everybody.
#[tokio::test]
async fn an_app_in_order_is_called_so_alone_and_beside_wechat() {
    let house = house().await;
    let alone = Setup { api_base: Trap::closed().url("http"), ..office(&house) };
    let good = alone.is_well().await.of("good");
    assert!(good.contains(&"wecom_good".to_owned()), "{good:?}");
    assert!(good.contains(&"wecom_channel_good".to_owned()), "{good:?}");
    assert!(!good.contains(&"wechat_good".to_owned()), "nobody asked: {good:?}");
    // Nobody was asked, and no code was given to anybody.
    for endpoint in [Endpoint::Authorize, Endpoint::Callback, Endpoint::WecomUserDetail] {
        assert_eq!(house.wechat.requests_to(endpoint), 0, "{endpoint:?}");
    }
    let mut beside = Setup::of(&house);
    beside.channels.extend(office(&house).channels);
    beside.is_well().await;
    let mut website = channel("desktop", "website", WEBSITE);
    website.more = "";
    let mut two = office(&house);
    two.channels.push(website);
    assert_eq!(two.is_well().await.finding("identities_good")["severity"], "good");
    house.close().await;
}

/// What the operator wrote differs from what the console has. Seen red with the console's entries not asked for.
#[tokio::test]
async fn a_wrong_corp_id_secret_and_agent_id_are_told_apart() {
    let house = house().await;
    house.wechat.change_world(|world| {
        let mut other = world.corps[0].agents[0].clone();
        (other.agent_id, other.secret) = (1_000_003, "the-secret-of-the-other-app".to_owned());
        world.corps[0].agents.push(other);
    });
    let with = |change: &dyn Fn(&mut Setup)| {
        let mut setup = office(&house);
        change(&mut setup);
        setup
    };
    for (change, problem, console) in [
        (
            &(|setup: &mut Setup| setup.channels[0].app = "ww00000000000000ff")
                as &dyn Fn(&mut Setup),
            "corp_id_unknown",
            "wecom_corp",
        ),
        (
            &|setup| setup.channels[0].secret = "a-secret-of-before".to_owned(),
            "wecom_secret_wrong",
            "wecom_app",
        ),
        (&|setup| setup.channels[0].more = "agent_id = 1000009", "agent_unknown", "wecom_app"),
        // Both are apps of the organisation, and the secret is the other one's.
        (&|setup| setup.channels[0].more = "agent_id = 1000003", "agent_unknown", "wecom_app"),
    ] {
        let finding = with(change).suffers(problem).await.finding(problem).clone();
        assert_eq!((&finding["about"], &finding["console"]), (&"office".into(), &console.into()));
        assert_eq!(finding["turn"], "operator");
        for locale in ["en", "zh-CN"] {
            let words = &finding["texts"][locale];
            let page = words["console"].as_str().unwrap();
            assert!(page.starts_with("work.weixin.qq.com › "), "{words}");
            assert!(!words["cure"].as_str().unwrap().is_empty(), "{words}");
        }
    }
    house.close().await;
}

/// Seen red with the made-up code not shown.
#[tokio::test]
async fn the_address_that_wecom_saw_is_shown_whichever_call_it_refuses() {
    let house = house().await;
    for endpoint in [Endpoint::WecomToken, Endpoint::WecomAgent, Endpoint::WecomUserInfo] {
        house.wechat.script().clear();
        house.wechat.script().always(endpoint, Fault::Errcode(60_020));
        let diagnosis = office(&house).suffers("wecom_address_not_listed").await;
        let finding = diagnosis.finding("wecom_address_not_listed");
        assert_eq!(
            (&finding["data"]["ip"], &finding["about"]),
            (&"203.0.113.9".into(), &"office".into())
        );
        for (locale, page) in [("en", "trusted addresses (企业可信IP)"), ("zh-CN", "企业可信IP")]
        {
            let words = &finding["texts"][locale];
            assert!(words["cure"].as_str().unwrap().contains("203.0.113.9"), "{words}");
            assert!(words["console"].as_str().unwrap().ends_with(page), "{words}");
        }
    }
    house.close().await;
}

/// WeCom compares the port too, so it is part of what to enter. Found by what the console has, and by the page alone where
/// the two entries of the console differ. Seen red with the console's entries not asked for, and with the page not
/// looked at.
#[tokio::test]
async fn a_domain_that_is_not_trusted_is_spelled_with_its_port() {
    let house = house().await;
    let host = house.authority().split(':').next().unwrap().to_owned();
    for domains in [Vec::new(), vec![host], vec!["other.example".to_owned()]] {
        change_app(&house, |app| app.trusted_domains = domains);
        let diagnosis = office(&house).suffers("wecom_domain_not_trusted").await;
        let finding = diagnosis.finding("wecom_domain_not_trusted");
        assert_eq!(finding["data"]["host"], house.authority());
        assert_eq!(finding["console"], "wecom_domain");
    }
    let silent = Fault::NoField("redirect_domain".to_owned());
    house.wechat.script().always(Endpoint::WecomAgent, silent);
    office(&house).suffers("wecom_domain_not_trusted").await;
    house.wechat.script().clear();
    let authority = house.authority();
    change_app(&house, |app| app.trusted_domains = vec!["other.example".to_owned(), authority]);
    office(&house).suffers("wecom_domain_not_trusted").await;
    house.close().await;
}

/// Seen red with the made-up code not shown.
#[tokio::test]
async fn what_the_console_has_switched_off_is_named() {
    let house = house().await;
    change_app(&house, |app| app.disabled = true);
    office(&house).suffers("wecom_app_disabled").await;
    change_app(&house, |app| app.disabled = false);
    // The call for the app is no login's: where it alone is refused, people sign in.
    for (endpoint, number, problem) in [
        (Endpoint::WecomToken, 40_091, Some("wecom_secret_wrong")),
        (Endpoint::WecomUserInfo, 48_002, Some("wecom_not_permitted")),
        (Endpoint::WecomUserInfo, 41_999, Some("wecom_refuses")),
        (Endpoint::WecomAgent, 41_999, None),
    ] {
        house.wechat.script().clear();
        house.wechat.script().always(endpoint, Fault::Errcode(number));
        match problem {
            Some(problem) => drop(office(&house).suffers(problem).await),
            None => drop(office(&house).is_well().await),
        }
    }
    for (endpoint, fault, problem) in [
        (Endpoint::WecomToken, Fault::Errcode(45_009), "wechat_busy"),
        (Endpoint::WecomUserInfo, Fault::Body(b"<html>".to_vec()), "wechat_unreadable"),
    ] {
        house.wechat.script().clear();
        // The first of two calls for a token shows no credential, and asks only who answers.
        if endpoint == Endpoint::WecomToken {
            house.wechat.script().once(endpoint, Fault::Pass);
        }
        house.wechat.script().always(endpoint, fault);
        office(&house).is_warned(problem).await;
    }
    house.close().await;
}

/// As for WeChat: where somebody else answers, the secret stays here. Seen red with any answer taken for WeCom's.
#[tokio::test]
async fn who_does_not_speak_as_wecom_does_never_hears_a_secret() {
    let house = house().await;
    let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = std::sync::Arc::clone(&heard);
    let trap = Trap::answering(move |path| {
        noted.lock().unwrap().push(path.to_owned());
        response(200, "", "{}")
    });
    Setup { wecom_base: trap.url("http"), ..office(&house) }.suffers("wechat_imitated").await;
    assert_eq!(*heard.lock().unwrap(), ["/cgi-bin/gettoken"]);
    let closed = Setup { wecom_base: Trap::closed().url("http"), ..office(&house) };
    closed.suffers("wechat_refused").await;
    let (status, said) = office(&house).run(&["doctor", "--channel", "office"]).await;
    assert!(status == Some(0) && said.contains("channel office: WeCom accepts"), "{said}");
    house.close().await;
}
