//! What a waiting desktop costs the server: the real binary, a connection each, and the kernel's word for its memory.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// How many wait. The server lets half of its connections wait.
const DESKTOPS: usize = 4000;
/// The goal, in bytes.
const MOST_EACH: usize = 30_000;

const CONFIGURATION: &str = r#"
issuer = "http://127.0.0.1:PORT"
[listen]
public = "127.0.0.1:PORT"
management = "127.0.0.1:0"
trusted_proxies = ["127.0.0.0/8"]
[database]
url = "sqlite:magpie.db"
[keys]
root_key = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE"
[limits]
connections = 30000
[wechat]
api_base = "http://127.0.0.1:1"
api_fallback_bases = []
open_base = "http://127.0.0.1:1"
development = true
[[channels]]
id = "scan"
kind = "relay"
through = "inapp"
[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
[[clients]]
id = "app"
secret = "s3cr3t-of-the-application-0123456789abcdef"
redirect_uris = ["https://app.example/cb"]
"#;

/// Starts the debug build, or `MAGPIE_BIN`.
async fn start(folder: &std::path::Path) -> (Child, SocketAddr) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let text = CONFIGURATION.replace("PORT", &address.port().to_string());
    std::fs::write(folder.join("magpie.toml"), text).unwrap();
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/debug/magpie");
    let path = std::env::var_os("MAGPIE_BIN").unwrap_or_else(|| built.into());
    let mut command = Command::new(path);
    command.args(["serve", "--config", "magpie.toml"]).current_dir(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let child = command.spawn().expect("the binary, built");
    while TcpStream::connect(address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (child, address)
}

/// Resident bytes of a process.
fn resident(child: &Child) -> usize {
    let status = format!("/proc/{}/status", child.id().unwrap());
    let text = std::fs::read_to_string(status).unwrap();
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

/// A desktop at an address of its own kind shows a code and listens; gives its open connection.
async fn wait(server: SocketAddr, number: usize) -> TcpStream {
    let from = format!("198.51.{}.{}", number / 2000, number / 8 % 250);
    let start = "/oauth2/authorize?client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&scope=openid";
    let ask = |path: &str, more: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nX-Forwarded-For: {from}\r\n{more}\r\n")
    };
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(ask(start, "Connection: close\r\n").as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    assert!(page.contains("relay-code"), "{number}: {page}");
    let cookie = crate::scene::between(&page, "set-cookie: ", ";");
    let events = crate::scene::between(&page, "data-events=\"", "\"");
    let mut stream = TcpStream::connect(server).await.unwrap();
    stream.write_all(ask(&events, &format!("Cookie: {cookie}\r\n")).as_bytes()).await.unwrap();
    let mut buffer = [0_u8; 1024];
    let mut heard = String::new();
    while !heard.contains("event: waiting") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "{number}: {heard}");
        heard.push_str(&String::from_utf8_lossy(buffer.get(..read).unwrap()));
    }
    stream
}

#[tokio::test]
#[ignore = "takes a minute and the built binary: cargo build, then run with --ignored"]
async fn a_waiting_desktop_costs_at_most_thirty_kilobytes() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, server) = start(folder.path()).await;
    let mut open = Vec::new();
    // Whatever is made once is made by then.
    for number in 0..50 {
        drop(wait(server, number).await);
    }
    let before = resident(&child);
    let began = std::time::Instant::now();
    for number in 50..50 + DESKTOPS {
        open.push(wait(server, number).await);
    }
    let after = resident(&child);
    assert!(began.elapsed() < Duration::from_secs(45), "the first ones are let go by then");
    let each = (after - before) / DESKTOPS;
    println!("{DESKTOPS} desktops: {before} -> {after}, {each} bytes each");
    assert!(each <= MOST_EACH, "{each}");
    drop(open);
    child.kill().await.unwrap();
}
