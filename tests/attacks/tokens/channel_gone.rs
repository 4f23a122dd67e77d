//! A kind of channel that is taken out of the configuration takes along whatever people gave through it, and nothing else;
//! put in again, it brings everything back (decision 0037).

use std::net::SocketAddr;

use harness::{Application, Browser, Page, Tokens, WECHAT_PHONE};
use serde_json::json;

use crate::device_scene::{Codes, DEVICES, assert_end, codes, poll};
use crate::place::{OFFLINE, Place, assert_json, redeem, refresh};
use crate::resources::{CLIENTS, reader};
use crate::twin::{WEBSITE, twin_through};

const SERVICE_ACCOUNT: &str = r#"
[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
platform = "main"
"#;

fn lasting(place: &Place) -> Application {
    place.house.own_application("lasting", "https://lasting.example/cb")
}

/// Everything that a person gave in one browser.
struct Given {
    browser: Browser,
    kept: Tokens,
    code: String,
    jwt: String,
    device: Codes,
    /// Two names of pushed requests, since whatever answers one spends it.
    pushed: Vec<String>,
}

async fn sent(browser: &mut Browser, start: &str) -> String {
    let page = browser.get(start).await;
    page.sent("code").unwrap_or_else(|| panic!("{}", page.location()))
}

impl Given {
    async fn by(place: &Place, mut browser: Browser) -> Self {
        let (lasting, reader) = (lasting(place), reader(place));
        let start = lasting.authorize(&[("scope", OFFLINE)]);
        let code = sent(&mut browser, &start).await;
        let kept = Tokens::read(&redeem(&lasting, &code, &[]).await);
        let code = sent(&mut browser, &reader.authorize(&[])).await;
        let jwt = reader.tokens(&code).await.access_token;
        let device = codes(&place.device(), &[]).await;
        assert_end(&crate::device_scene::say(&mut browser, &device, "allow").await, "allowed");
        let mut pushed = Vec::new();
        for _ in 0..2 {
            let asked = [
                ("response_type", "code"),
                ("scope", "openid"),
                ("prompt", "none"),
                ("redirect_uri", &*lasting.redirect_uri),
            ];
            let answer = lasting.post("/oauth2/par", &asked).await.json();
            pushed.push(answer["request_uri"].as_str().unwrap().to_owned());
        }
        let code = sent(&mut browser, &lasting.authorize(&[])).await;
        Self { browser, kept, code, jwt, device, pushed }
    }

    async fn asks(&self, address: SocketAddr, start: &str) -> Page {
        self.browser.clone().at(address).get(start).await
    }

    /// Asks silently at one process, by a plain request and by a pushed one.
    async fn assert_signs_in(&mut self, place: &Place, address: SocketAddr, counts: bool) {
        let lasting = lasting(place);
        let silent = lasting.authorize(&[("scope", "openid"), ("prompt", "none")]);
        let uri = self.pushed.pop().unwrap();
        let pushed =
            format!("{}/oauth2/authorize?client_id=lasting&request_uri={uri}", place.house.issuer);
        for start in [silent, pushed] {
            let page = self.asks(address, &start).await;
            assert_eq!(page.sent("code").is_some(), counts, "{}", page.location());
            let told = (!counts).then(|| "login_required".to_owned());
            assert_eq!(page.sent("error"), told);
        }
    }

    /// Shows all of it at one process, where it counts or does not.
    async fn assert_counts(&mut self, place: &Place, address: SocketAddr, counts: bool) {
        let (lasting, reader) = (lasting(place).at(address), reader(place).at(address));
        let status = |yes: u16, no: u16| if counts { yes } else { no };
        self.assert_signs_in(place, address, counts).await;
        let page = reader.userinfo(&self.jwt).await;
        assert_eq!(page.status, status(200, 401), "{}", page.body);
        let kept = [&*self.kept.refresh_token, &*self.kept.access_token];
        for token in kept {
            let told = lasting.post("/oauth2/introspect", &[("token", token)]).await.json();
            assert_eq!(told["active"], json!(counts));
        }
        let exchange = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token", &*self.jwt),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
            ("resource", "https://api.example/v1"),
        ];
        let pages = [
            (reader.token(&exchange).await, "invalid_request"),
            (refresh(&lasting, &self.kept.refresh_token, &[]).await, "invalid_grant"),
            (redeem(&lasting, &self.code, &[]).await, "invalid_grant"),
            (poll(&place.device().at(address), &self.device).await, "invalid_grant"),
        ];
        for (page, error) in &pages {
            if counts {
                assert_eq!(page.status, 200, "{}", page.body);
            } else {
                assert_json(page, 400, error);
            }
        }
    }
}

/// RT-12: channel x session, pushed request, code, refresh, device, exchange, userinfo, introspection. Who signed in
/// through the other kind notices nothing; a sign-out still ends the session. Seen red with
/// each of these places asking nobody, one at a time, but for the pushed request, which is judged with the session.
#[tokio::test]
async fn what_was_given_through_a_channel_ends_with_its_kind_and_comes_back_with_it() {
    let more = format!("{CLIENTS}{DEVICES}");
    for place in Place::on_both_engines_with(&more).await {
        let mut at_the_desk = Given::by(&place, place.browser.clone()).await;
        let mut in_wechat = Browser::of(&place.house, WECHAT_PHONE);
        let start = place.app().authorize(&[]);
        assert_eq!(in_wechat.sign_in(&place.house, &start, "laowang").await.status, 303);
        let mut in_wechat = Given::by(&place, in_wechat).await;
        let (without, stop) = twin_through(&place, SERVICE_ACCOUNT, "", &more).await;
        at_the_desk.assert_counts(&place, without, false).await;
        in_wechat.assert_counts(&place, without, true).await;
        let account = at_the_desk.asks(without, "/account").await;
        assert_eq!(account.marker(), "account", "whoever is signed in can sign out");
        stop.cancel();
        let revoked = "SELECT count(*) FROM grants WHERE revoked_at IS NOT NULL";
        assert_eq!(place.facts.number(revoked).await, 0, "nothing was burnt");
        let (with, stop) = twin_through(&place, WEBSITE, "", &more).await;
        at_the_desk.assert_counts(&place, with, true).await;
        stop.cancel();
        place.close().await;
    }
}
