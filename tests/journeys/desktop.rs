//! The main job: an application sends somebody to Magpie, WeChat says who it is, the application hears it.

use harness::{Application, Browser, House};

#[tokio::test]
async fn somebody_signs_in_by_qr_and_the_application_learns_who() {
    for house in House::on_both_engines().await {
        let application = house.application();
        let mut browser = Browser::new(&house);
        let verifier = "a-verifier-that-is-long-enough-for-rfc-7636-43";
        let challenge = Application::challenge(verifier);
        let start = application.authorize(&[
            ("nonce", "nonce-of-this-login-1"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let answered = browser.sign_in(&house, &start, "xiaoyu").await;
        assert_eq!(answered.status, 303, "{}", answered.body);
        assert!(
            answered.location().starts_with("https://app.example/cb?keep=1&"),
            "{}",
            answered.location()
        );
        assert_eq!(answered.sent("state").unwrap(), "state-of-the-application");
        assert_eq!(answered.sent("iss").unwrap(), house.issuer);
        let code = answered.sent("code").unwrap();
        let page = application
            .token(&[
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", &application.redirect_uri),
                ("code_verifier", verifier),
            ])
            .await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(page.header("cache-control"), "no-store");
        let tokens = harness::Tokens::read(&page);
        assert_eq!(tokens.id_token["iss"], house.issuer.as_str());
        assert_eq!(tokens.id_token["aud"], "app");
        assert_eq!(tokens.id_token["nonce"], "nonce-of-this-login-1");
        assert!(tokens.id_token.get("name").is_none(), "thin by default");
        let userinfo = application.userinfo(&tokens.access_token).await;
        assert_eq!(userinfo.status, 200, "{}", userinfo.body);
        let claims = userinfo.json();
        assert_eq!(claims["sub"], tokens.subject().as_str());
        assert_eq!(claims["name"], "小鱼🐟");
        let pictures = format!("{}/avatar/", house.issuer);
        assert!(claims["picture"].as_str().unwrap().starts_with(&pictures));
        assert!(claims["preferred_username"].as_str().unwrap().starts_with("wx_"));
        assert_eq!((house.wechat.exchanges(), house.wechat.profiles()), (1, 1));
        house.close().await;
    }
}
