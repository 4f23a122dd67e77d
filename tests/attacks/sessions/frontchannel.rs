//! Applications are told in frames of the page that says goodbye.

use harness::Browser;

use crate::scene::{BYE, Scene, assert_shown, client, end_session, id_token};

/// L10, and the module oidcc-frontchannel-rp-initiated-logout. Seen red with addresses without the session, and with a
/// policy that names no frames.
#[tokio::test]
async fn the_page_opens_exactly_the_registered_frames_and_then_goes_back() {
    let front = |id: &str, uri: &str| client(id, &format!("frontchannel_logout_uri = \"{uri}\""));
    let more = front("bye", "https://bye.example/front?a=1")
        + &front("two", "https://two.example:8443/front")
        + &front("unused", "https://unused.example/front");
    let scene = Scene::with(&more).await;
    let mut browser = Browser::new(&scene.house);
    let tokens = scene.sign_in(&mut browser, "bye", "xiaoyu").await;
    scene.sign_in(&mut browser, "two", "xiaoyu").await;
    let hint = id_token(&tokens);
    let pairs = [("id_token_hint", &*hint), ("post_logout_redirect_uri", BYE), ("state", "s&t")];
    let page = browser.get(&end_session(&pairs)).await;
    assert_shown(&page, 200, "signed-out");
    let iss: String = url::form_urlencoded::byte_serialize(scene.house.issuer.as_bytes()).collect();
    let sid = tokens.id_token["sid"].as_str().unwrap();
    let html = page.body.replace("&#38;", "&").replace("&amp;", "&");
    for frame in [
        format!("https://bye.example/front?a=1&iss={iss}&sid={sid}"),
        format!("https://two.example:8443/front?iss={iss}&sid={sid}"),
    ] {
        assert!(html.contains(&format!("<iframe src=\"{frame}\"")), "{frame} in {html}");
    }
    assert_eq!(page.body.matches("<iframe").count(), 2);
    let policy = page.header("content-security-policy");
    let frames = policy.split(';').find(|part| part.trim().starts_with("frame-src")).unwrap();
    assert_eq!(frames.trim(), "frame-src https://bye.example https://two.example:8443");
    assert!(!scene.is_signed_in(&mut browser).await);
    // The link works without scripts, and is checked again.
    let link = html.split("id=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let back = browser.get(link).await;
    assert!(back.location().starts_with(BYE), "{}", back.location());
    assert_eq!(back.sent("state").as_deref(), Some("s&t"));
    let again = browser.get("/oauth2/logout").await;
    assert!(!again.header("content-security-policy").contains("frame-src"));
    scene.house.close().await;
}
