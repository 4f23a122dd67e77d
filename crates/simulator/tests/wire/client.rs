//! A small HTTP client by hand, because the tests must see raw bytes, broken bodies and closed connections.

use std::time::Duration;

use magpie_simulator::{RunningSimulator, Simulator, World};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const WEBSITE: &str = "wx0000000000000001";
pub(crate) const SERVICE: &str = "wx0000000000000002";
pub(crate) const CALLBACK: &str = "http%3A%2F%2Fapp.test%2Fcb";
pub(crate) const WECHAT: &str =
    "User-Agent: Mozilla/5.0 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN\r\n";

/// What came back; `None` in place of it means that the connection was closed without a byte.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| {
            line.split_once(':').is_some_and(|(have, _)| have.eq_ignore_ascii_case(name))
        };
        self.head.lines().find(named).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }

    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, 302, "{}", self.text());
        self.header("location").unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn errcode(&self) -> i64 {
        assert_eq!(self.status, 200);
        self.json().get("errcode").and_then(Value::as_i64).unwrap_or(0)
    }

    pub(crate) fn field(&self, name: &str) -> String {
        self.json()
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{name} in {}", self.text()))
            .to_owned()
    }

    /// The number or name of the refusal page.
    pub(crate) fn refusal(&self) -> String {
        assert_eq!(self.status, 200);
        let text = self.text();
        let (_, after) = text
            .split_once("id=\"error\" data-code=\"")
            .unwrap_or_else(|| panic!("no refusal: {text}"));
        after.split_once('"').unwrap().0.to_owned()
    }
}

/// The demo world, its callbacks at `app.test`, strict about the browser.
pub(crate) async fn demo() -> RunningSimulator {
    demo_with(|_| {}).await
}

pub(crate) async fn demo_with(change: impl FnOnce(&mut World)) -> RunningSimulator {
    let mut world = World::demo("app.test");
    world.any_browser = false;
    change(&mut world);
    Simulator::start(world, ([127, 0, 0, 1], 0).into()).await.unwrap()
}

pub(crate) async fn get(simulator: &RunningSimulator, path: &str) -> Answer {
    send(simulator, "GET", path, "", "").await.unwrap()
}

pub(crate) async fn get_as(simulator: &RunningSimulator, path: &str, headers: &str) -> Answer {
    send(simulator, "GET", path, headers, "").await.unwrap()
}

pub(crate) async fn post(
    simulator: &RunningSimulator,
    path: &str,
    headers: &str,
    body: &str,
) -> Answer {
    send(simulator, "POST", path, headers, body).await.unwrap()
}

/// `None`: closed without an answer.
pub(crate) async fn send(
    simulator: &RunningSimulator,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Option<Answer> {
    let mut stream = TcpStream::connect(simulator.address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: wechat.test\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    // A connection that is refused unread may break while we write.
    drop(stream.write_all(request.as_bytes()).await);
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut bytes)).await;
    drop(read.expect("an answer within five seconds"));
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let body = bytes.split_off(end + 4);
    let head = String::from_utf8(bytes).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(Answer { status, head, body })
}

pub(crate) fn service_link(scope: &str) -> String {
    format!(
        "/connect/oauth2/authorize?appid={SERVICE}&redirect_uri={CALLBACK}&response_type=code&scope={scope}&state=s1"
    )
}

pub(crate) fn website_link() -> String {
    format!(
        "/connect/qrconnect?appid={WEBSITE}&redirect_uri={CALLBACK}&response_type=code&scope=snsapi_login&state=s1"
    )
}

pub(crate) fn exchange_path(app_id: &str, code: &str) -> String {
    format!(
        "/sns/oauth2/access_token?appid={app_id}&secret={app_id}-secret&code={code}&grant_type=authorization_code"
    )
}

pub(crate) async fn exchange(simulator: &RunningSimulator, app_id: &str, code: &str) -> Answer {
    get(simulator, &exchange_path(app_id, code)).await
}

pub(crate) fn code_in(callback: &str) -> String {
    let (_, after) = callback.split_once("code=").unwrap();
    after.split('&').next().unwrap().to_owned()
}
