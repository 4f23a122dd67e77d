//! Signing in with WeCom (企业微信): the whole way of a member on the desktop and inside WeCom, and every trap of
//! wechat.md §12 that is not a refusal.

use harness::{
    Application, Browser, DESKTOP, House, PHONE, Plan, Tokens, WECHAT_PHONE, WECOM, channels,
};
use magpie_simulator::{Corp, Endpoint, Fault, Simulator, World};
use serde_json::Value;

use crate::answer::code_of;
use crate::ledger::Place;

pub(crate) const CORP_ID: &str = "ww0000000000000001";

const CLIENT: &str = r#"
[[clients]]
id = "mailer"
name = "The mailer"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://mailer.example/cb"]
scopes = ["openid", "profile", "email", "wechat"]
email = { mode = "corporate" }
"#;

/// The mailer where no channel tells a corporate address.
fn silent_client() -> String {
    CLIENT.replace("corporate", "none")
}

/// The channel `office`, with more keys.
pub(crate) fn office(more: &str) -> String {
    format!(
        "[[channels]]\nid = \"office\"\nkind = \"wecom\"\ncorp_id = \"{CORP_ID}\"\n\
         corp_secret = \"{CORP_ID}-1000002-secret\"\nagent_id = 1000002\n{more}\n"
    )
}

/// A house with these channels, and a WeCom that sends people back to it.
pub(crate) async fn house(channels: String, more: String) -> Place {
    let mut world = World::demo("127.0.0.1");
    world.corps = vec![Corp::demo("not.yet.known")];
    let plan = Plan { channels: Some(channels), world: Some(world), more, ..Plan::default() };
    trusted(Place::of(plan).await)
}

fn trusted(place: Place) -> Place {
    let authority = place.house.authority();
    place.house.wechat.change_world(|world| {
        world.corps[0].agents[0].trusted_domains = vec![authority];
    });
    place
}

async fn on_both_engines(channels: &str, more: &str) -> Vec<Place> {
    let mut places = vec![house(channels.to_owned(), more.to_owned()).await];
    if let Some(database) = harness::Database::on_postgres().await {
        let mut world = World::demo("127.0.0.1");
        world.corps = vec![Corp::demo("not.yet.known")];
        let plan = Plan {
            channels: Some(channels.to_owned()),
            world: Some(world),
            more: more.to_owned(),
            database: Some(database.clone()),
            ..Plan::default()
        };
        places.push(trusted(Place { house: House::of(plan).await, database }));
    }
    places
}

fn mailer(house: &House) -> Application {
    house.own_application("mailer", "https://mailer.example/cb")
}

/// Signs somebody in and gives the tokens and what userinfo says.
async fn signed_in(house: &House, agent: &str, person: &str) -> (Tokens, Value) {
    let (application, mut browser) = (mailer(house), Browser::of(house, agent));
    let start = application.authorize(&[("scope", "openid profile email wechat")]);
    let answered = browser.sign_in(house, &start, person).await;
    let tokens = application.tokens(&code_of(&answered)).await;
    let claims = application.userinfo(&tokens.access_token).await.json();
    (tokens, claims)
}

fn change_member(wechat: &Simulator, person: &str, change: impl Fn(&mut magpie_simulator::Member)) {
    wechat.change_world(|world| {
        let members = &mut world.corps[0].members;
        change(members.iter_mut().find(|member| member.person == person).unwrap());
    });
}

/// The main job, on the desktop: WeCom's own page in the documented order, and a member with a userid and no openid.
/// Seen red with the in-app link for every browser.
#[tokio::test]
async fn a_member_signs_in_on_the_desktop_and_the_application_learns_who() {
    for place in on_both_engines(&office("scope = \"snsapi_privateinfo\""), CLIENT).await {
        let house = &place.house;
        let leaving = Browser::new(house).get(&mailer(house).authorize(&[])).await;
        assert_eq!(leaving.status, 303, "{}", leaving.body);
        let location = leaving.location();
        let base = house.wechat.base_url();
        let start = format!(
            "{base}/wwlogin/sso/login?login_type=CorpApp&appid={CORP_ID}&agentid=1000002&redirect_uri="
        );
        assert!(location.starts_with(&start) && !location.contains('#'), "{location}");
        assert_eq!(leaving.sent("lang").unwrap(), "en");

        let (tokens, claims) = signed_in(house, DESKTOP, "ann").await;
        assert_eq!(tokens.id_token["amr"], serde_json::json!(["wecom"]));
        assert_eq!(claims["sub"], tokens.subject().as_str());
        assert_eq!(
            (&claims["wechat_app_id"], &claims["wecom_userid"]),
            (&CORP_ID.into(), &"Ann.Lee@hq_1-a".into())
        );
        for absent in [
            "name",
            "given_name",
            "picture",
            "email",
            "email_verified",
            "wechat_openid",
            "wechat_openids",
            "wechat_unionid",
        ] {
            assert!(claims.get(absent).is_none(), "{absent}: {claims}");
        }
        // A code of the desktop page never opens details, whatever the scope.
        assert_eq!(house.wechat.requests_to(Endpoint::WecomUserDetail), 0);
        let rows = place.rows().await;
        assert_eq!(
            (rows["users"], rows["openids"], rows["members"], rows["unionids"]),
            (1, 1, 1, 0)
        );
        place.house.close().await;
    }
}

/// Letter case is WeCom's to choose; somebody else's userid is somebody else. Seen red with userids compared as they
/// were sent.
#[tokio::test]
async fn a_member_stays_one_person_however_the_userid_is_written() {
    for place in on_both_engines(&office(""), &silent_client()).await {
        let house = &place.house;
        let (first, _) = signed_in(house, DESKTOP, "ann").await;
        change_member(&house.wechat, "ann", |ann| ann.userid = "ANN.LEE@HQ_1-A".to_owned());
        house.wechat.script().once(Endpoint::WecomUserInfo, Fault::Capitalised);
        let (again, claims) = signed_in(house, WECOM, "ann").await;
        assert_eq!(again.subject(), first.subject());
        assert_eq!(claims["wecom_userid"], "ANN.LEE@HQ_1-A", "as it was sent last");
        let (linked, claims) = signed_in(house, DESKTOP, "laowang").await;
        assert_eq!(claims["wecom_userid"], "ww0000000000000002/laowang");
        change_member(&house.wechat, "ann", |ann| ann.userid = "laowang".to_owned());
        let (namesake, _) = signed_in(house, DESKTOP, "ann").await;
        assert!(namesake.subject() != linked.subject() && namesake.subject() != first.subject());
        assert_eq!(place.count("users").await, 3);
        place.house.close().await;
    }
}

/// Inside WeCom, and in WeChat where nothing else is configured: silent, and the AgentId stands behind the state.
/// Seen red with the AgentId left out.
#[tokio::test]
async fn inside_wecom_the_silent_link_needs_no_page() {
    let place = house(office(""), silent_client()).await;
    let house = &place.house;
    let (desktop, _) = signed_in(house, DESKTOP, "xiaoyu").await;
    for agent in [WECOM, WECHAT_PHONE] {
        let mut browser = Browser::of(house, agent);
        let leaving = browser.get(&mailer(house).authorize(&[])).await;
        assert_eq!(leaving.status, 303, "{}", leaving.body);
        let location = leaving.location();
        let state = leaving.sent("state").unwrap();
        let end = format!(
            "&response_type=code&scope=snsapi_base&state={state}&agentid=1000002#wechat_redirect"
        );
        assert!(
            location.contains("/connect/oauth2/authorize?appid=ww") && location.ends_with(&end),
            "{location}"
        );
        let callback = house.wechat.approve(&location, "xiaoyu").unwrap();
        let tokens = mailer(house).tokens(&code_of(&browser.get(&callback).await)).await;
        assert_eq!(tokens.subject(), desktop.subject());
    }
    // A demand for a fresh sign-in is not met in silence.
    let mut browser = Browser::of(house, WECOM);
    let page = browser.get(&mailer(house).authorize(&[("prompt", "login")])).await;
    assert_eq!((page.status.as_u16(), page.marker().as_str()), (200, "interstitial"));
    assert!(page.body.contains("Confirm with WeCom"), "{}", page.body);
    // An ordinary phone browser is told where its account is.
    let page = Browser::of(house, PHONE).get(&mailer(house).authorize(&[])).await;
    assert_eq!((page.status.as_u16(), page.marker().as_str()), (200, "open-in-wecom"));
    place.house.close().await;
}

/// `snsapi_privateinfo` inside WeCom: picture, gender and the mailbox that the organisation assigned, for those whose
/// policy says so. What is known stays for a login on the desktop, and goes when WeCom says that it is gone. Seen red
/// with a mailbox that two people have.
#[tokio::test]
async fn details_come_from_inside_wecom_and_the_mailbox_is_one_persons() {
    for place in on_both_engines(&office("scope = \"snsapi_privateinfo\""), CLIENT).await {
        let house = &place.house;
        let (_, claims) = signed_in(house, WECOM, "xiaoyu").await;
        assert_eq!(
            (&claims["email"], &claims["email_verified"]),
            (&"xiaoyu@corp.example".into(), &true.into())
        );
        assert_eq!(claims["gender"], "female");
        let pictures = format!("{}/avatar/", house.issuer);
        assert!(claims["picture"].as_str().unwrap().starts_with(&pictures));
        assert!(claims.get("name").is_none(), "{claims}");
        let seen = house.wechat.requests();
        let detail = seen.iter().find(|seen| seen.endpoint == Endpoint::WecomUserDetail).unwrap();
        assert_eq!(detail.names(), ["access_token", "user_ticket"]);
        let (_, claims) = signed_in(house, DESKTOP, "xiaoyu").await;
        assert_eq!(claims["email"], "xiaoyu@corp.example");
        // What the member typed is no address of the organisation's.
        let (_, claims) = signed_in(house, WECOM, "ann").await;
        assert!(
            claims.get("email").is_none() && claims.get("email_verified").is_none(),
            "{claims}"
        );
        change_member(&house.wechat, "ann", |ann| ann.biz_mail = "XiaoYu@corp.example".to_owned());
        let (_, claims) = signed_in(house, WECOM, "ann").await;
        assert_eq!(claims["email"], "xiaoyu@corp.example");
        let (_, claims) = signed_in(house, DESKTOP, "xiaoyu").await;
        assert!(claims.get("email").is_none(), "it is Ann's now: {claims}");
        change_member(&house.wechat, "ann", |ann| ann.biz_mail.clear());
        let (_, claims) = signed_in(house, WECOM, "ann").await;
        assert!(claims.get("email").is_none(), "{claims}");
        place.house.close().await;
    }
}

/// The address goes to those whose policy says so, and to nobody else. Seen red with the policy not looked at.
#[tokio::test]
async fn an_application_without_the_policy_is_told_no_address() {
    let more =
        format!("{CLIENT}{}", CLIENT.replace("mailer", "plain").replace("corporate", "none"));
    let place = house(office("scope = \"snsapi_privateinfo\""), more).await;
    let house = &place.house;
    signed_in(house, WECOM, "xiaoyu").await;
    let plain = house.own_application("plain", "https://plain.example/cb");
    let start = plain.authorize(&[("scope", "openid email")]);
    let answered = Browser::of(house, WECOM).sign_in(house, &start, "xiaoyu").await;
    let tokens = plain.tokens(&code_of(&answered)).await;
    let claims = plain.userinfo(&tokens.access_token).await.json();
    assert_eq!(claims.as_object().unwrap().len(), 1, "{claims}");
    place.house.close().await;
}

/// Decision 0012: who came is known, so details that cannot be had stop nobody; details of somebody else do. Seen red
/// with the two userids not compared.
#[tokio::test]
async fn details_that_fail_stop_no_login_and_those_of_somebody_else_do() {
    let place = house(office("scope = \"snsapi_privateinfo\""), CLIENT.to_owned()).await;
    let house = &place.house;
    for fault in [
        Fault::Errcode(84_014),
        Fault::Errcode(60_020),
        Fault::Body(b"<html>".to_vec()),
        Fault::HangUpAfter,
    ] {
        house.wechat.script().once(Endpoint::WecomUserDetail, fault.clone());
        let (_, claims) = signed_in(house, WECOM, "xiaoyu").await;
        assert!(claims.get("email").is_none(), "{fault:?}: {claims}");
    }
    let somebody = Fault::RawField("userid".to_owned(), b"\"lisi\"".to_vec());
    house.wechat.script().once(Endpoint::WecomUserDetail, somebody);
    let start = mailer(house).authorize(&[]);
    let page = Browser::of(house, WECOM).sign_in(house, &start, "xiaoyu").await;
    page.assert_error_page(502);
    assert_eq!(page.cause(), "wecom_unreadable");
    place.house.close().await;
}

/// One token for all, fetched again once when WeCom calls it void; the person notices nothing. Seen red with no token
/// kept.
#[tokio::test]
async fn the_apps_token_is_fetched_once_and_again_when_it_is_void() {
    let place = house(office(""), silent_client()).await;
    let house = &place.house;
    for person in ["ann", "xiaoyu", "ann"] {
        signed_in(house, DESKTOP, person).await;
    }
    assert_eq!(house.wechat.requests_to(Endpoint::WecomToken), 1);
    for (void, fetched) in [(40_014, 2), (42_001, 3)] {
        house.wechat.script().once(Endpoint::WecomUserInfo, Fault::Errcode(void));
        signed_in(house, DESKTOP, "ann").await;
        assert_eq!(house.wechat.requests_to(Endpoint::WecomToken), fetched);
    }
    // Expired at WeCom's end before ours.
    house.wechat.advance(std::time::Duration::from_secs(7_300));
    signed_in(house, DESKTOP, "ann").await;
    assert_eq!(house.wechat.requests_to(Endpoint::WecomToken), 4);
    place.house.close().await;
}

/// WX-25: a member and a WeChat user are two people, whatever they have in common; and the person chooses the way.
/// Seen red with only the website app offered.
#[tokio::test]
async fn beside_wechat_the_person_chooses_and_stays_two_people() {
    let place = house(format!("{}{}", channels::WEBSITE, office("")), silent_client()).await;
    let house = &place.house;
    let mut subjects = Vec::new();
    for (channel, page_of) in
        [("desktop", "/connect/qrconnect?"), ("office", "/wwlogin/sso/login?")]
    {
        let mut browser = Browser::new(house);
        let page = browser.get(&mailer(house).authorize(&[])).await;
        assert_eq!((page.status.as_u16(), page.marker().as_str()), (200, "choose-channel"));
        assert!(
            page.body.contains("id=\"channel-desktop\"")
                && page.body.contains("id=\"channel-office\"")
        );
        let leaving =
            browser.post(&page.action(), &[("step", "continue"), ("channel", channel)]).await;
        assert!(leaving.location().contains(page_of), "{}", leaving.location());
        let callback = house.wechat.approve(&leaving.location(), "ann").unwrap();
        let tokens = mailer(house).tokens(&code_of(&browser.get(&callback).await)).await;
        subjects.push(tokens.subject());
    }
    assert_ne!(subjects[0], subjects[1]);
    place.house.close().await;
}

/// WX-09, WX-10: WeCom's callback is claimed like any other, and a code is shown once. Seen red with a claim that is
/// always the first.
#[tokio::test]
async fn a_callback_that_comes_twice_shows_the_code_once() {
    for place in on_both_engines(&office(""), &silent_client()).await {
        let house = &place.house;
        let mut browser = Browser::new(house);
        let callback = browser.leave(house, &mailer(house).authorize(&[]), "ann").await;
        Browser::new(house).get(&callback).await.assert_error_page(400);
        assert_eq!(
            house.wechat.requests_to(Endpoint::WecomUserInfo),
            0,
            "a stranger costs no call"
        );
        let mut twin = browser.clone();
        let (one, two) = tokio::join!(browser.get(&callback), twin.get(&callback));
        assert_eq!(code_of(&one), code_of(&two));
        assert_eq!(house.wechat.requests_to(Endpoint::WecomUserInfo), 1);
        place.house.close().await;
    }
}
