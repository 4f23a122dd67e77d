//! Codes of mini programs: who may have one, for which scene and page, and that it is a picture.

use magpie_simulator::{Account, AccountKind, Endpoint, Fault, RunningSimulator};

use crate::client::{SERVICE, demo_with, post};

const MINI: &str = "wx0000000000000009";

async fn simulator() -> RunningSimulator {
    demo_with(|world| {
        world.accounts.push(Account {
            app_id: MINI.to_owned(),
            app_secret: format!("{MINI}-secret"),
            kind: AccountKind::MiniProgram,
            name: "Mini".to_owned(),
            platform: None,
            callback_domains: Vec::new(),
            allow_port: false,
        });
    })
    .await
}

async fn token(simulator: &RunningSimulator, app_id: &str) -> String {
    let body = format!(
        r#"{{"grant_type":"client_credential","appid":"{app_id}","secret":"{app_id}-secret"}}"#
    );
    post(simulator, "/cgi-bin/stable_token", "", &body).await.field("access_token")
}

#[tokio::test]
async fn a_code_is_a_picture_for_a_mini_programs_token_a_scene_and_a_released_page() {
    let simulator = simulator().await;
    let path = |token: &str| format!("/wxa/getwxacodeunlimit?access_token={token}");
    let mini = path(&token(&simulator, MINI).await);
    let wanted = |scene: &str, page: &str| format!(r#"{{"scene":"{scene}","page":"{page}"}}"#);
    let drawn = post(&simulator, &mini, "", &wanted("a1", "pages/confirm/confirm")).await;
    assert_eq!(drawn.header("content-type"), Some("image/png"));
    let unchecked = r#"{"scene":"a1","page":"other/page","check_path":false}"#;
    assert_eq!(
        post(&simulator, &mini, "", unchecked).await.header("content-type"),
        Some("image/png")
    );
    let service = path(&token(&simulator, SERVICE).await);
    for (path, body, errcode) in [
        (&mini, wanted("a1", "other/page"), 41_030),
        (&mini, wanted("a1", "/pages/confirm/confirm"), 41_030),
        (&mini, wanted("", "pages/a"), 40_129),
        (&mini, wanted(&"x".repeat(33), "pages/a"), 40_129),
        (&mini, wanted("a b", "pages/a"), 40_129),
        (&mini, "no JSON".to_owned(), 47_001),
        (&service, wanted("a1", "pages/a"), 48_001),
        (&path("x"), wanted("a1", "pages/a"), 40_001),
    ] {
        assert_eq!(post(&simulator, path, "", &body).await.errcode(), errcode, "{body}");
    }
    simulator.script().once(Endpoint::ProgramCode, Fault::Errcode(45_009));
    let refused = post(&simulator, &mini, "", &wanted("a1", "pages/a")).await;
    assert_eq!(refused.errcode(), 45_009);
}
