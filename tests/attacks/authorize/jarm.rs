//! Answers as one signed JWT (JARM): everything is inside, for one client, for a while, and nothing stands beside it.

use harness::{Browser, House, Page};
use url::Url;

use crate::scene::{STATE, signed_in};
use crate::signing::{now, verified};

const TARGET: &str = "https://app.example/cb?keep=1";

/// The names that an answer in the query adds to the registered ones.
fn added(page: &Page) -> Vec<String> {
    let url = Url::parse(&page.location()).unwrap();
    url.query_pairs().map(|(name, _)| name.into_owned()).filter(|name| name != "keep").collect()
}

/// JARM §2.1, §2.3.1, A16, B2, JW-05: yes and no, with state, issuer, audience and an end; no parameter beside `response`.
#[tokio::test]
async fn a_signed_answer_has_everything_inside() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    for mode in ["jwt", "query.jwt"] {
        let page = browser.get(&app.authorize(&[("response_mode", mode)])).await;
        assert_eq!(page.status, 303, "{}", page.body);
        assert!(page.location().starts_with(TARGET));
        assert_eq!(added(&page), ["response"]);
        let said = verified(&house, &page.sent("response").unwrap()).await;
        assert_eq!(
            (said["iss"].as_str(), said["aud"].as_str()),
            (Some(&*house.issuer), Some("app"))
        );
        assert_eq!(said["state"], STATE);
        let end = said["exp"].as_i64().unwrap();
        assert!((now() + 30..=now() + 600).contains(&end), "{end}");
        assert_eq!(said.as_object().unwrap().len(), 5);
        assert_eq!(app.redeem(said["code"].as_str().unwrap()).await.status, 200);
        let answer = page.sent("response").unwrap();
        let hinted = app.authorize(&[("prompt", "none"), ("id_token_hint", &answer)]);
        let page = browser.get(&hinted).await;
        assert_eq!(page.sent("error").as_deref(), Some("invalid_request"), "it is no ID token");
    }
    for (more, error) in [
        ([("scope", "profile"), ("prompt", "")], "invalid_scope"),
        ([("prompt", "none"), ("scope", "openid")], "login_required"),
    ] {
        let more = [&more[..], &[("response_mode", "jwt")]].concat();
        let page = Browser::new(&house).get(&app.authorize(&more)).await;
        assert_eq!(added(&page), ["response"]);
        let said = verified(&house, &page.sent("response").unwrap()).await;
        assert_eq!((said["error"].as_str(), said["state"].as_str()), (Some(error), Some(STATE)));
        assert!(said.get("code").is_none() && said["aud"] == "app" && said["exp"].is_i64());
    }
    house.close().await;
}

/// JARM §2.3.3: the same by form.
#[tokio::test]
async fn a_signed_answer_can_be_posted() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = signed_in(&house, "xiaoyu").await;
    let page = browser.get(&app.authorize(&[("response_mode", "form_post.jwt")])).await;
    assert_eq!(
        (page.status.as_u16(), page.body.matches("<input").count()),
        (200, 1),
        "{}",
        page.body
    );
    let (_, rest) = page.body.split_once(r#"name="response" value=""#).unwrap();
    let said = verified(&house, rest.split('"').next().unwrap()).await;
    assert_eq!(said["state"], STATE);
    assert_eq!(app.redeem(said["code"].as_str().unwrap()).await.status, 200);
    house.close().await;
}

/// A browser that comes from WeChat gets a signed answer too.
#[tokio::test]
async fn a_first_sign_in_is_answered_signed() {
    let house = House::open().await;
    let app = house.application();
    let mut browser = Browser::new(&house);
    let start = app.authorize(&[("response_mode", "jwt")]);
    let page = browser.sign_in(&house, &start, "xiaoyu").await;
    assert_eq!(added(&page), ["response"]);
    let said = verified(&house, &page.sent("response").unwrap()).await;
    assert_eq!(app.redeem(said["code"].as_str().unwrap()).await.status, 200);
    house.close().await;
}
