//! Keys that the server fetches from the application: how often, from where, how much of them, and what stays in use.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Notify;

use crate::assertions::{application, assert_proved, claims, show, show_signed};
use crate::place::{Place, assert_json, post};
use crate::signing::{ClientKey, set};

/// What a key server says next.
#[derive(Debug, Clone)]
enum Says {
    /// A whole answer after the status line.
    Bytes(Vec<u8>),
    /// Nothing, for longer than anybody waits.
    Nothing,
}

impl Says {
    fn answer(status: &str, headers: &str, body: &[u8]) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
        Self::Bytes([head.as_bytes(), body].concat())
    }

    fn keys(keys: &[&ClientKey]) -> Self {
        Self::answer("200 OK", "Content-Type: application/jwk-set+json\r\n", set(keys).as_bytes())
    }
}

/// A server on loopback that says the same to everybody and counts them.
#[derive(Debug, Clone)]
struct KeyServer {
    address: SocketAddr,
    says: Arc<Mutex<Says>>,
    calls: Arc<Mutex<usize>>,
}

impl KeyServer {
    fn start(says: Says) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let says = Arc::new(Mutex::new(says));
        let calls = Arc::new(Mutex::new(0));
        let server = Self { address, says, calls };
        let inside = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map(Result::unwrap) {
                *inside.calls.lock().unwrap() += 1;
                let says = inside.says.lock().unwrap().clone();
                thread::spawn(move || answer(stream, says));
            }
        });
        server
    }

    fn now_says(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    fn calls(&self) -> usize {
        *self.calls.lock().unwrap()
    }

    fn uri(&self) -> String {
        format!("http://{}/jwks", self.address)
    }
}

fn answer(mut stream: TcpStream, says: Says) {
    let mut request = [0; 4096];
    drop(stream.read(&mut request));
    match says {
        Says::Bytes(bytes) => drop(stream.write_all(&bytes)),
        Says::Nothing => drop(stream.read(&mut request)),
    }
}

fn client(id: &str, uri: &str) -> String {
    format!(
        "[[clients]]\nid = \"{id}\"\nredirect_uris = [\"https://{id}.example/cb\"]\njwks_uri = \"{uri}\"\n"
    )
}

/// Longer than the pause between two fetches for one client.
const PAUSE: Duration = Duration::from_millis(11_000);

/// T7, CA-13: a new key is found without a restart, old ones stay in use while the address is broken, and strangers cause
/// no more than one call in ten seconds. Seen red without the second look, and with keys dropped by a failed fetch.
#[tokio::test]
async fn keys_are_fetched_again_for_a_new_key_and_kept_while_the_address_is_broken() {
    let (old, new) = (ClientKey::new("ES256", "old"), ClientKey::new("ES256", "new"));
    let server = KeyServer::start(Says::keys(&[&old]));
    let place = Place::with(&client("fetched", &server.uri())).await;
    let app = application(&place, "fetched");
    for turn in 0..5 {
        let page = show_signed(&app, &old, &claims(&place, "fetched")).await;
        assert_proved(&page, &format!("turn {turn}"));
    }
    assert_eq!(server.calls(), 1);
    let nobody = show_signed(&app, &new, &claims(&place, "fetched")).await;
    assert_json(&nobody, 401, "invalid_client");
    assert_eq!(server.calls(), 1, "not again within ten seconds");

    tokio::time::sleep(PAUSE).await;
    server.now_says(Says::answer("200 OK", "", &[b' '; 70_000]));
    let all: Vec<_> = (0..30).map(|_| claims(&place, "fetched")).collect();
    let pages = join_all(all.iter().map(|claims| show_signed(&app, &new, claims))).await;
    assert!(pages.iter().all(|page| page.status == 401));
    assert_eq!(server.calls(), 2, "thirty at once are one call");
    let page = show_signed(&app, &old, &claims(&place, "fetched")).await;
    assert_proved(&page, "the old key stays");

    tokio::time::sleep(PAUSE).await;
    server.now_says(Says::keys(&[&new]));
    let page = show_signed(&app, &new, &claims(&place, "fetched")).await;
    assert_proved(&page, "the new key is found");
    let page = show_signed(&app, &old, &claims(&place, "fetched")).await;
    assert_json(&page, 401, "invalid_client");
    assert_eq!(server.calls(), 3);
    place.close().await;
}

/// CA-13.
#[tokio::test]
async fn answers_that_are_no_key_set_prove_nobody_and_lead_nowhere() {
    let key = ClientKey::new("ES256", "key");
    let elsewhere = KeyServer::start(Says::keys(&[&key]));
    let location = format!("Location: {}\r\n", elsewhere.uri());
    let keys = set(&[&key]);
    let padded = format!("{keys}{}", " ".repeat(65 * 1024));
    let twice = keys.replacen('{', "{\"keys\":[],", 1);
    let servers: Vec<_> = [
        Says::answer("302 Found", &location, b""),
        Says::answer("200 OK", "Content-Encoding: gzip\r\n", keys.as_bytes()),
        Says::answer("200 OK", "", padded.as_bytes()),
        Says::answer("200 OK", "", twice.as_bytes()),
        Says::answer("200 OK", "", key.jwk().to_string().as_bytes()),
        Says::answer("200 OK", "", b"<html>"),
        Says::answer("404 Not Found", "", keys.as_bytes()),
        Says::Nothing,
    ]
    .into_iter()
    .map(KeyServer::start)
    .collect();
    let one = |(number, server): (usize, &KeyServer)| client(&format!("c{number}"), &server.uri());
    let place = Place::with(&servers.iter().enumerate().map(one).collect::<String>()).await;
    for (number, server) in servers.iter().enumerate() {
        let id = format!("c{number}");
        let app = application(&place, &id);
        let began = Instant::now();
        let page = show_signed(&app, &key, &claims(&place, &id)).await;
        assert_eq!(page.status, 401, "{number}: {}", page.body);
        assert!(began.elapsed() < Duration::from_secs(6), "{number}");
        assert_eq!(server.calls(), 1, "{number}");
    }
    assert_eq!(elsewhere.calls(), 0);
    place.close().await;
}

/// CA-13: literal addresses near us; names that lead there are tried where the resolver can be bent, in `outbound`.
#[tokio::test]
async fn addresses_near_us_are_not_called() {
    let key = ClientKey::new("ES256", "key");
    let canary = KeyServer::start(Says::keys(&[&key]));
    let port = canary.address.port();
    let uris = [
        format!("https://[::ffff:127.0.0.1]:{port}/jwks"),
        format!("https://10.0.0.1:{port}/jwks"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://[fd00:ec2::254]/".to_owned(),
        "https://100.100.100.200/".to_owned(),
    ];
    let one = |(number, uri): (usize, &String)| client(&format!("n{number}"), uri);
    let place = Place::with(&uris.iter().enumerate().map(one).collect::<String>()).await;
    for (number, uri) in uris.iter().enumerate() {
        let id = format!("n{number}");
        let began = Instant::now();
        let app = application(&place, &id);
        let page = show_signed(&app, &key, &claims(&place, &id)).await;
        assert_json(&page, 401, "invalid_client");
        assert!(began.elapsed() < Duration::from_secs(2), "{uri} was tried");
    }
    assert_eq!(canary.calls(), 0);
    place.close().await;
}

/// Nobody makes us call an application with an assertion that could not hold anyway.
/// Seen red with the claims looked at after the keys alone.
#[tokio::test]
async fn nothing_is_fetched_for_an_assertion_that_could_not_hold() {
    let key = ClientKey::new("ES256", "key");
    let server = KeyServer::start(Says::keys(&[&key]));
    let place = Place::with(&client("fetched", &server.uri())).await;
    let app = application(&place, "fetched");
    for (name, value) in
        [("aud", json!("https://other.example")), ("exp", json!(1)), ("jti", json!(""))]
    {
        let mut claims = claims(&place, "fetched");
        claims[name] = value;
        assert_json(&show_signed(&app, &key, &claims).await, 401, "invalid_client");
    }
    let stranger = application(&place, "nobody");
    assert_eq!(show_signed(&stranger, &key, &claims(&place, "nobody")).await.status, 401);
    assert_eq!(server.calls(), 0);
    assert_proved(&show_signed(&app, &key, &claims(&place, "fetched")).await, "a good one");
    assert_eq!(server.calls(), 1);
    place.close().await;
}

/// Registers an application that proves itself with keys at `uri`; its id.
async fn stranger(place: &Place, uri: &str) -> String {
    let described = json!({
        "client_name": "Stranger",
        "redirect_uris": ["https://stranger.example/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks_uri": uri,
    });
    let json = [("content-type", "application/json")];
    let url = format!("{}/oauth2/register", place.house.issuer);
    let page = post(&place.app(), &url, &json, described.to_string().as_bytes()).await;
    assert_eq!(page.status, 201, "{}", page.body);
    page.json()["client_id"].as_str().unwrap().to_owned()
}

/// Law 12: applications that registered themselves hold up no vouched one, however many of them have a silent server.
/// Seen red with one number of calls for everybody.
#[tokio::test]
async fn a_crowd_of_strangers_with_a_silent_server_holds_up_nobody_who_is_vouched_for() {
    let key = ClientKey::new("ES256", "key");
    let (good, silent) = (KeyServer::start(Says::keys(&[&key])), KeyServer::start(Says::Nothing));
    let open = "[registration]\nmode = \"open\"\n".to_owned() + &client("vouched", &good.uri());
    let place = Place::with(&open).await;
    let (mut crowd, refused) = (Vec::new(), Notify::new());
    for _ in 0..80 {
        let id = stranger(&place, &silent.uri()).await;
        crowd.push((application(&place, &id), key.sign(&claims(&place, &id))));
    }
    let strangers = join_all(crowd.iter().map(async |(app, jwt)| {
        let page = show(app, jwt, &[]).await;
        refused.notify_one();
        page.status
    }));
    let vouched = async {
        // Whoever is refused before the silence is over found no place: all are taken.
        refused.notified().await;
        let app = application(&place, "vouched");
        show_signed(&app, &key, &claims(&place, "vouched")).await
    };
    let (strangers, page) = tokio::join!(strangers, vouched);
    assert_proved(&page, "while strangers hold every place of theirs");
    assert!(strangers.iter().all(|status| *status == 401));
    assert!(silent.calls() > 0, "nobody was called for the crowd");
    place.close().await;
}
