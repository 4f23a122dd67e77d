//! AZ-37 from outside: who floods the authorization endpoint is told to wait, and nobody else notices.
//! Loopback is never counted, so this server stands behind a proxy on loopback that names its clients.

use std::net::SocketAddr;
use std::sync::Arc;

use harness::{House, Response, send};
use magpie_server::config::{self, Environment};
use magpie_server::metrics::Metrics;
use magpie_server::serve::{self, Migrations, Sockets};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// A call of the authorization endpoint, as a proxy passes it on.
async fn ask(address: SocketAddr, forwarded_for: &str) -> Response {
    let query =
        "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&scope=openid";
    let request = http::Request::get(format!("http://{address}/oauth2/authorize?{query}"))
        .header("x-forwarded-for", forwarded_for)
        .body(Vec::new())
        .unwrap();
    send(address, request).await
}

fn configuration(address: SocketAddr) -> String {
    format!(
        r#"issuer = "http://{address}"
[listen]
public = "127.0.0.1:1"
management = "127.0.0.1:2"
trusted_proxies = ["127.0.0.1"]
[database]
url = "sqlite:magpie.db"
[keys]
root_key = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE"
[wechat]
api_base = "http://127.0.0.1:9"
api_fallback_bases = []
open_base = "http://127.0.0.1:9"
development = true
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
[[clients]]
id = "app"
name = "The application"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://app.example/cb"]
scopes = ["openid"]
"#
    )
}

/// AZ-37: six hundred a minute, then 429 with a time to wait; a neighbour behind the same proxy is served. Seen red
/// with nobody refused, with everybody counted as one, and with the first address of the list believed.
#[tokio::test]
async fn an_address_that_floods_is_told_to_wait_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = public.local_addr().unwrap();
    let file = folder.path().join("magpie.toml");
    let loaded = config::read(&file, configuration(address), &Environment::default());
    let config = loaded.config.unwrap_or_else(|| panic!("{}", loaded.findings));
    let metrics = Arc::new(Metrics::default());
    let flows = serve::open(&config, Migrations::Run, &metrics).await.unwrap();
    let sockets = Sockets::of(public, TcpListener::bind("127.0.0.1:0").await.unwrap());
    let stop = CancellationToken::new();
    let running = serve::serve(config, sockets, flows, metrics, stop.clone());
    let asking = async {
        let mut refused = None;
        for _ in 0..3000 {
            // The nearest address is the proxy's word; what the client wrote before it counts for nothing.
            let answer = ask(address, "198.51.100.7, 203.0.113.9").await;
            if answer.status() == 429 {
                refused = Some(answer);
                break;
            }
            assert_eq!(answer.status(), 303);
        }
        let refused = refused.expect("nobody was told to wait");
        let wait: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(refused.headers()["cache-control"], "no-store");
        assert!(refused.headers().get("location").is_none());
        assert!(refused.headers().get("set-cookie").is_none());
        assert_eq!(ask(address, "203.0.113.10").await.status(), 303);
        // Ten calls a second become free again, so on a slow machine not every call is refused.
        let mut again = 0_u32;
        for _ in 0..100 {
            again += u32::from(ask(address, "10.0.0.1, 203.0.113.9").await.status() == 429);
        }
        assert!(again > 0, "what a client wrote itself made it another client");
        stop.cancel();
    };
    tokio::join!(running, asking);
}

/// AZ-37: without a trusted proxy a header names nobody, so one visitor cannot spend another's turn. Seen red with the
/// header of anybody believed.
#[tokio::test]
async fn a_header_from_nobody_we_trust_makes_nobody_wait() {
    let house = House::open().await;
    let url = house.application().authorize(&[]);
    for _ in 0..650 {
        let request = http::Request::get(&url).header("x-forwarded-for", "203.0.113.9");
        let answer = send(house.address(), request.body(Vec::new()).unwrap()).await;
        assert_eq!(answer.status(), 303);
    }
    house.close().await;
}
