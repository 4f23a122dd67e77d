//! oauth2-proxy (a Go module) in front of an upstream that shows the headers it gets, with `oauth2_proxy/oauth2-proxy.cfg`.

use std::process::Command;

use harness::free_port;
use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::application::Application;
use crate::browser::{Arrival, Browser};
use crate::foreign;
use crate::go_programs;
use crate::provider::{EMAIL_DOMAIN, ODD_SECRET, Provider};
use crate::received::text;
use crate::yardstick;

/// The proxy with these settings over those of its file, for a client with these lines of the configuration.
async fn started(
    client: &str,
    settings: &[(&'static str, &'static str)],
) -> Option<(Provider, Application)> {
    let program = go_programs::built("oauth2_proxy", "github.com/oauth2-proxy/oauth2-proxy/v7")?;
    let (magpie, port) = (free_port(), free_port());
    let clients = format!(
        "[[clients]]\nid = \"reports\"\nsecret = \"{ODD_SECRET}\"\nrequire_pkce = true\n\
         redirect_uris = [\"http://127.0.0.1:{port}/oauth2/callback\"]\n{client}{}",
        yardstick::client(ODD_SECRET)
    );
    let issuer = format!("http://127.0.0.1:{magpie}");
    let provider = Provider::start_at(magpie, issuer, ODD_SECRET, &clients).await;
    let mut command = Command::new(program);
    command.arg("--config").arg(foreign::own_folder("oauth2_proxy").join("oauth2-proxy.cfg"));
    // In place of what the file says of a machine: addresses, secrets, and plain http.
    command.env("OAUTH2_PROXY_OIDC_ISSUER_URL", &provider.issuer);
    command.env("OAUTH2_PROXY_CLIENT_SECRET", provider.secret);
    command.env("OAUTH2_PROXY_REDIRECT_URL", format!("http://127.0.0.1:{port}/oauth2/callback"));
    command.env("OAUTH2_PROXY_HTTP_ADDRESS", format!("127.0.0.1:{port}"));
    command.env("OAUTH2_PROXY_UPSTREAMS", upstream().await);
    command.env("OAUTH2_PROXY_COOKIE_SECRET", "0123456789abcdef0123456789abcdef");
    command.env("OAUTH2_PROXY_COOKIE_SECURE", "false");
    // So that the test can ask who its bearer is.
    command.env("OAUTH2_PROXY_PASS_ACCESS_TOKEN", "true");
    command.envs(settings.iter().copied());
    let folder = tempfile::tempdir().unwrap();
    let application = Application::start("oauth2-proxy", command, folder, port, &provider).await;
    Some((provider, application))
}

/// An application that answers with the headers of each request; it ends with the test.
async fn upstream() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((peer, _)) = listener.accept().await {
            tokio::spawn(show_headers(peer));
        }
    });
    format!("http://{address}")
}

async fn show_headers(peer: TcpStream) {
    let mut peer = BufReader::new(peer);
    let mut headers = Map::new();
    let mut line = String::new();
    while peer.read_line(&mut line).await.is_ok_and(|length| length > 2) {
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            headers.insert(name.to_owned(), value.into());
        }
        line.clear();
    }
    let body = Value::from(headers).to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    // Who does not wait for the answer does not miss it.
    drop(peer.write_all(answer.as_bytes()).await);
}

async fn sign_in(application: &Application, person: &str) -> (Value, Arrival) {
    let arrival = application.visit(&mut Browser::new(), "/report", person).await;
    assert!(arrival.status.is_success(), "{} {}", arrival.status, arrival.body);
    assert_eq!(arrival.url.path(), "/report");
    (serde_json::from_str(&arrival.body).unwrap(), arrival)
}

/// An ID token of another issuer or for another audience is a status 500 at the proxy.
#[tokio::test]
async fn oauth2_proxy_hands_the_person_to_its_upstream_without_an_e_mail_address() {
    let Some((provider, application)) = started("", &[]).await else { return };
    let (headers, arrival) = sign_in(&application, "xiaoyu").await;
    let request = arrival.way.iter().find(|url| url.path() == "/oauth2/authorize").unwrap();
    assert!(request.query().unwrap().contains("code_challenge_method=S256"), "{request}");
    let xiaoyu = yardstick::person(&provider, "xiaoyu").await;
    assert_is(&headers, &xiaoyu);
    let token = text(&headers, "X-Forwarded-Access-Token");
    assert_eq!(
        yardstick::userinfo(&provider, token).await,
        xiaoyu,
        "its access token is another's"
    );

    let (elsewhere, _) = sign_in(&application, "xiaoyu").await;
    assert_is(&elsewhere, &xiaoyu);
    let (other, _) = sign_in(&application, "laowang").await;
    assert_is(&other, &yardstick::person(&provider, "laowang").await);
    assert_ne!(text(&other, "X-Forwarded-User"), text(&headers, "X-Forwarded-User"));
}

/// The headers name this person, as Magpie knows them.
fn assert_is(headers: &Value, person: &Value) {
    for (header, claim) in
        [("User", "sub"), ("Email", "sub"), ("Preferred-Username", "preferred_username")]
    {
        assert_eq!(
            text(headers, &format!("X-Forwarded-{header}")),
            text(person, claim),
            "{header}"
        );
    }
}

#[tokio::test]
async fn oauth2_proxy_takes_a_synthetic_address_for_one_that_is_proved() {
    let client =
        "scopes = [\"openid\", \"profile\", \"email\"]\nemail = { mode = \"synthetic\" }\n";
    let settings = [
        ("OAUTH2_PROXY_OIDC_EMAIL_CLAIM", "email"),
        ("OAUTH2_PROXY_SCOPE", "openid profile email"),
    ];
    let Some((_provider, application)) = started(client, &settings).await else { return };
    let (headers, _) = sign_in(&application, "laowang").await;
    let user_name = text(&headers, "X-Forwarded-Preferred-Username");
    assert_eq!(text(&headers, "X-Forwarded-Email"), format!("{user_name}@{EMAIL_DOMAIN}"));
}

/// Why the guide sets `oidc_email_claim`.
#[tokio::test]
async fn oauth2_proxy_as_it_comes_takes_nobody_without_an_e_mail_address() {
    let settings = [("OAUTH2_PROXY_OIDC_EMAIL_CLAIM", "email")];
    let Some((_provider, application)) = started("", &settings).await else { return };
    let arrival = application.visit(&mut Browser::new(), "/report", "laowang").await;
    assert_eq!(arrival.status.as_u16(), 500, "{}", arrival.body);
    assert_eq!(arrival.url.path(), "/oauth2/callback");
}
