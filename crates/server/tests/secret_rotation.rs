//! `magpie client …` beside a running server: a new secret while the old one goes on to count, and changes that take effect
//! at once. Speaks to the binary and over the wire alone.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken fixture should fail loudly")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a configuration, and a server over it that ends with the test.
struct House {
    folder: TempDir,
    address: SocketAddr,
    server: Child,
}

impl House {
    fn open() -> Self {
        // Between our look for a free port and the server's start somebody else may take it.
        (0..5).find_map(|_try| Self::open_on_a_port()).unwrap()
    }

    /// A running server, or none when its port was taken.
    fn open_on_a_port() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        std::fs::write(folder.path().join("magpie.toml"), configuration(address)).unwrap();
        let server = magpie(folder.path()).arg("serve").stderr(Stdio::null()).spawn().unwrap();
        let mut house = Self { folder, address, server };
        let mut looks = 0;
        // The port is taken before the database is made ready, and answers come after that.
        while house.status("nobody", "nothing").as_deref() != Some("401") {
            if house.server.try_wait().unwrap().is_some() {
                return None;
            }
            looks += 1;
            assert!(looks < 600, "the server does not come up");
            thread::sleep(Duration::from_millis(50));
        }
        Some(house)
    }

    fn run(&self, words: &[&str]) -> Output {
        magpie(self.folder.path()).args(words).arg("--json").output().unwrap()
    }

    /// What a command answers, or a panic with what it said.
    fn done(&self, words: &[&str]) -> Value {
        let output = self.run(words);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{words:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What a command complains about.
    fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {}", text(&output.stdout));
        format!("{}{}", text(&output.stdout), text(&output.stderr))
    }

    /// Whether the secret proves the client: a code that never was is 400 to it, and 401 to everybody else.
    fn proves(&self, client: &str, secret: &str) -> bool {
        match self.status(client, secret).as_deref() {
            Some("400") => true,
            Some("401") => false,
            other => panic!("{other:?}"),
        }
    }

    /// The status of a token request, if there is an answer.
    fn status(&self, client: &str, secret: &str) -> Option<String> {
        let body = format!(
            "grant_type=authorization_code&code=never.was&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&client_id={client}&client_secret={secret}"
        );
        let answer = self.post("/oauth2/token", "application/x-www-form-urlencoded", &body)?;
        answer.split(' ').nth(1).map(str::to_owned)
    }

    /// The whole answer to a request, if there is one.
    fn post(&self, path: &str, kind: &str, body: &str) -> Option<String> {
        let length = body.len();
        self.ask(
            &format!("POST {path}"),
            &format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"),
        )
    }

    /// Status and body of a page.
    fn get(&self, path: &str) -> (String, String) {
        let answer = self.ask(&format!("GET {path}"), "\r\n").unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
    }

    fn ask(&self, line: &str, rest: &str) -> Option<String> {
        let request =
            format!("{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{rest}", self.address);
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

fn configuration(address: SocketAddr) -> String {
    format!(
        r#"issuer = "http://{address}"
[listen]
public = "{address}"
management = "127.0.0.1:0"
[database]
url = "sqlite:house.db"
[keys]
root_key = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE"
[wechat]
api_base = "http://127.0.0.1:1"
api_fallback_bases = []
open_base = "http://127.0.0.1:1"
development = true
[registration]
mode = "open"
max_unused = 1
[[clients]]
id = "declared"
secret = "secret-of-the-declared-one-0123456789"
redirect_uris = ["https://declared.example/cb"]
"#
    )
}

impl Drop for House {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

fn magpie(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_magpie"));
    command.current_dir(directory).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn secret(answer: &Value) -> String {
    answer.get("client_secret").and_then(Value::as_str).unwrap().to_owned()
}

const ADD: [&str; 5] = ["client", "add", "app", "--redirect-uri", "https://app.example/cb"];

/// CA-14. Seen red with the end of the old secret not written.
#[test]
fn the_old_secret_counts_until_its_end_and_the_new_one_at_once() {
    let house = House::open();
    let first = secret(&house.done(&ADD));
    assert!(house.proves("app", &first) && !house.proves("app", "wrong-secret"));
    let rotated = house.done(&["client", "rotate-secret", "app", "--keep-old", "4s"]);
    let second = secret(&rotated);
    assert!(rotated.get("previous_secret_until").is_some_and(Value::is_i64), "{rotated}");
    assert!(house.proves("app", &first), "within the window");
    assert!(house.proves("app", &second));
    thread::sleep(Duration::from_secs(5));
    assert!(!house.proves("app", &first), "after the window");
    assert!(house.proves("app", &second));
    let third = secret(&house.done(&["client", "rotate-secret", "app"]));
    assert!(!house.proves("app", &second), "without a window the old one stops at once");
    assert!(house.proves("app", &third));
    // Two rotations in a row leave two live secrets, not three.
    let fourth = secret(&house.done(&["client", "rotate-secret", "app", "--keep-old", "1h"]));
    let fifth = secret(&house.done(&["client", "rotate-secret", "app", "--keep-old", "1h"]));
    let live = [&third, &fourth, &fifth].map(|secret| house.proves("app", secret));
    assert_eq!(live, [false, true, true]);
    let shown = house.done(&["client", "show", "app"]).to_string();
    for secret in [first, second, third, fourth, fifth] {
        assert!(!shown.contains(&secret));
    }
}

#[test]
fn what_cannot_be_rotated_or_changed_is_refused_and_stays() {
    let house = House::open();
    house.done(&ADD);
    house.done(&["client", "add", "public", "--public", "--redirect-uri", "https://p.example/cb"]);
    for (words, said) in [
        (["client", "rotate-secret", "nobody", "--keep-old", "1h"], "no client"),
        (["client", "rotate-secret", "public", "--keep-old", "1h"], "no secret"),
        (["client", "rotate-secret", "declared", "--keep-old", "1h"], "configuration file"),
        (["client", "rotate-secret", "app", "--keep-old", "91d"], "90d"),
        (["client", "rotate-secret", "app", "--keep-old", "soon"], "not a time"),
        (["client", "update", "nobody", "--set", "name=x"], "no client"),
        (["client", "update", "declared", "--set", "name=x"], "configuration file"),
        (["client", "update", "app", "--set", "nmae=x"], "name"),
        (["client", "update", "app", "--set", "redirect_uris=[]"], "redirect URI"),
        (
            [
                "client",
                "update",
                "app",
                "--set",
                "token_endpoint_auth_methods=[\"private_key_jwt\"]",
            ],
            "keys",
        ),
    ] {
        let before = house.done(&["client", "list"]);
        let complaint = house.refused(&words);
        assert!(complaint.contains(said), "{words:?}: {complaint}");
        assert_eq!(house.done(&["client", "list"]), before, "{words:?}");
    }
}

#[test]
fn a_change_takes_effect_at_once_and_show_tells_all() {
    let house = House::open();
    let secret = secret(&house.done(&ADD));
    let name = |value: &Value| value.get("name").cloned();
    let changed =
        house.done(&["client", "update", "app", "--set", "name=应用", "--set", "nickname=true"]);
    assert_eq!(name(&changed), Some("应用".into()));
    assert!(house.proves("app", &secret), "the secret stays");
    house.done(&["client", "update", "app", "--set", "enabled=false"]);
    assert!(!house.proves("app", &secret));
    house.done(&["client", "update", "app", "--set", "enabled=true"]);
    assert!(house.proves("app", &secret));
    let keyed = house.done(&[
        "client",
        "update",
        "app",
        "--set",
        "jwks_uri=https://app.example/jwks",
        "--set",
        "token_endpoint_auth_methods=[\"private_key_jwt\"]",
    ]);
    assert_eq!(keyed.get("jwks_uri"), Some(&"https://app.example/jwks".into()));
    assert_eq!(keyed.get("has_secret"), Some(&Value::Bool(false)), "it has keys now");
    assert!(!house.proves("app", &secret));
    assert_eq!(house.done(&["client", "show", "app"]), keyed);
    let added = house.done(&[
        "client",
        "add",
        "keyed",
        "--redirect-uri",
        "https://k.example/cb",
        "--set",
        "jwks_uri=https://k.example/jwks",
    ]);
    assert_eq!(added.get("client_secret"), None, "who has keys needs no secret");
}

/// From then on it takes no place among those that signed nobody in. Seen red with nobody vouched for.
#[test]
fn an_operator_who_changes_a_registered_client_vouches_for_it() {
    let house = House::open();
    let register = || {
        let body = r#"{"redirect_uris":["https://new.example/cb"]}"#;
        house.post("/oauth2/register", "application/json", body).unwrap()
    };
    let answer = register();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    let (_head, body) = answer.split_once("\r\n\r\n").unwrap();
    let told: Value = serde_json::from_str(body).unwrap();
    let id = told.get("client_id").and_then(Value::as_str).unwrap();
    assert!(register().starts_with("HTTP/1.1 503 "), "the one place is taken");
    // Who shuts it out does not stand for it.
    house.done(&["client", "update", id, "--set", "enabled=false"]);
    assert!(register().starts_with("HTTP/1.1 503 "));
    house.done(&["client", "update", id, "--set", "enabled=true"]);
    assert!(register().starts_with("HTTP/1.1 201 "));
}

/// WP-12: a file that WeChat's console gave is served by a server that runs, from the moment it is added; only such files
/// are taken, and those of the configuration are changed there.
#[test]
fn a_file_for_wechat_is_served_beside_a_running_server() {
    let house = House::open();
    let (name, body) = ("MP_verify_AbCdEfGhIjKlMnOp.txt", "AbCdEfGhIjKlMnOp");
    let path = format!("/{name}");
    assert_eq!(house.get(&path).0, "404");
    let put = |name: &str, body: &str| {
        let file = house.folder.path().join(name);
        std::fs::write(&file, body).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let added = house.done(&["verification-file", "add", &put(name, body)]);
    assert_eq!(added["url"], format!("http://{}{path}", house.address));
    assert_eq!(house.get(&path), ("200".to_owned(), body.to_owned()));
    assert_eq!(house.get(&format!("/x{path}")).0, "404");
    house.done(&["verification-file", "add", &put(name, "another4WeChat\n")]);
    assert_eq!(house.get(&path).1, "another4WeChat\n", "byte for byte");
    for (wrong, text) in [("robots.txt", body), ("index.html", body), ("AbCdEfGh.txt", "<script>")]
    {
        house.refused(&["verification-file", "add", &put(wrong, text)]);
        assert_eq!(house.get(&format!("/{wrong}")).0, "404", "{wrong}");
    }
    let listed = house.done(&["verification-file", "list"]);
    assert_eq!(listed, serde_json::json!([{ "name": name, "from": "added" }]));
    house.done(&["verification-file", "remove", name]);
    assert_eq!(house.get(&path).0, "404");
    assert!(house.refused(&["verification-file", "remove", name]).contains(name));
}
