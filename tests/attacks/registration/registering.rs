//! What an application may say of itself, and what it is told.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::scene::{REGISTER, Scene, assert_refused, described};

/// C1, C2, C3, G6. Seen red with 200 in place of 201, with an answer that may be stored, and with `contacts`,
/// `client_secret_expires_at` and `registration_client_uri` left out in turn.
#[tokio::test]
async fn an_application_is_told_what_it_registered_and_nobody_keeps_it() {
    for scene in Scene::on_both_engines().await {
        let said = json!({
            "client_name#zh-CN": "新来的",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": "openid profile wechat",
            "initiate_login_uri": "https://new.example/login",
            "logo_uri": "https://new.example/logo.png",
            "contacts": ["ops@new.example"],
            "something_else": true,
        });
        let page = scene.post(&described(said)).await;
        assert_eq!(page.status, 201, "{}", page.body);
        let stored = (page.header("cache-control"), page.header("pragma"));
        assert_eq!(stored, ("no-store", "no-cache"));
        let told = page.json();
        for (name, expected) in [
            ("client_name", json!("Newcomer")),
            ("client_secret_expires_at", json!(0)),
            ("grant_types", json!(["authorization_code", "refresh_token"])),
            ("response_types", json!(["code"])),
            ("token_endpoint_auth_method", json!("client_secret_basic")),
            ("id_token_signed_response_alg", json!("RS256")),
            // openid and unionid are an operator's to give.
            ("scope", json!("openid profile")),
            ("initiate_login_uri", json!("https://new.example/login")),
            ("logo_uri", json!("https://new.example/logo.png")),
            ("contacts", json!(["ops@new.example"])),
        ] {
            assert_eq!(told[name], expected, "{name}");
        }
        assert!(told.get("something_else").is_none() && told.get("client_name#zh-CN").is_none());
        let id = told["client_id"].as_str().unwrap();
        let uri = format!("{}/oauth2/register/{id}", scene.house.issuer);
        assert_eq!(told["registration_client_uri"], uri.as_str());
        assert_eq!(scene.audited("client_added", id).await, 1);
        // Neither secret nor token can be read in the database.
        let row = scene.text("SELECT details || client_id || name FROM clients").await;
        for name in ["client_secret", "registration_access_token"] {
            assert!(!row.contains(told[name].as_str().unwrap()), "{name}");
        }
        scene.house.close().await;
    }
}

/// C4, C5. The tables are in the `oidc` room; here is one of each kind, and that it leaves nothing behind.
#[tokio::test]
async fn what_cannot_be_is_refused_by_its_name_and_leaves_nothing() {
    let scene = Scene::open().await;
    for (more, error) in [
        (json!({ "redirect_uris": ["https://new.example/cb#f"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["http://new.example/cb"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        (json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        (json!({ "response_types": ["token"] }), "invalid_client_metadata"),
        (json!({ "grant_types": ["client_credentials"] }), "invalid_client_metadata"),
        (json!({ "id_token_signed_response_alg": "none" }), "invalid_client_metadata"),
        (json!({ "initiate_login_uri": "http://new.example/l" }), "invalid_client_metadata"),
        (json!({ "jwks": { "keys": [] } }), "invalid_client_metadata"),
        (json!({ "software_statement": "e30.e30." }), "invalid_software_statement"),
    ] {
        let page = scene.post(&described(more.clone())).await;
        assert_refused(&page, 400, error);
        assert!(!page.json()["error_description"].as_str().unwrap().is_empty(), "{more}");
    }
    for body in ["", "[]", "null", "{", "\"x\""] {
        let page = scene.call("POST", REGISTER, "", body).await;
        assert_refused(&page, 400, "invalid_client_metadata");
    }
    let deep = "[".repeat(5000);
    let page = scene.call("POST", REGISTER, "", &deep).await;
    assert_refused(&page, 400, "invalid_client_metadata");
    assert_eq!(scene.number("SELECT count(*) FROM clients").await, 0);
    assert_eq!(scene.audited("client_added", "").await, 0);
    scene.house.close().await;
}

/// A server that answers every request with this body.
async fn serving(body: &'static str) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let mut buffer = [0_u8; 4096];
            let _read = stream.read(&mut buffer).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
            drop(stream.write_all(answer.as_bytes()).await);
        }
    });
    format!("http://{address}/sector.json")
}

/// C4, CA-13. Seen red without the fetch: anybody could have the pairwise subjects of another sector.
#[tokio::test]
async fn a_sector_is_believed_only_when_it_lists_every_redirect_uri() {
    let scene = Scene::open().await;
    let uris = json!(["https://new.example/cb", "https://second.example/cb"]);
    let pairwise = |sector: &str| {
        json!({
            "subject_type": "pairwise",
            "redirect_uris": uris,
            "sector_identifier_uri": sector,
        })
    };
    let good = serving(r#"["https://new.example/cb", "https://second.example/cb"]"#).await;
    let client = scene.registered(pairwise(&good)).await;
    assert_eq!(client.0["sector_identifier_uri"], good.as_str());
    let short = serving(r#"["https://new.example/cb"]"#).await;
    // A name that leads to an address of our own network is not called at all.
    for sector in
        [&*short, "https://10.0.0.1/sector", "https://[fe80::1]/s", "http://127.0.0.1:1/s"]
    {
        let page = scene.post(&described(pairwise(sector))).await;
        assert_refused(&page, 400, "invalid_client_metadata");
    }
    let several = json!({ "subject_type": "pairwise", "redirect_uris": uris });
    assert_refused(&scene.post(&described(several)).await, 400, "invalid_client_metadata");
    // It is asked again when the client changes.
    let mut moved = described(pairwise(&short));
    moved["client_id"] = json!(client.id());
    let page = scene.call("PUT", client.uri(), client.token(), &moved.to_string()).await;
    assert_refused(&page, 400, "invalid_client_metadata");
    scene.house.close().await;
}
