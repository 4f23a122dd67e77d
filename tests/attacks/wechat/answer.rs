//! Answers compared, requests that hang up, and the lines of the log about one of them.

use std::net::SocketAddr;

use harness::{Browser, House, Page, WECHAT_PHONE};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

/// Everything of an answer but its date, byte for byte.
pub(crate) fn bytes_of(page: &Page) -> (u16, Vec<(String, String)>, String) {
    let headers = page.headers.iter().filter(|(name, _)| name.as_str() != "date");
    let headers = headers.map(|(name, value)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    });
    let mut headers: Vec<_> = headers.collect();
    headers.sort();
    (page.status.as_u16(), headers, page.body.clone())
}

/// The code that the application is sent.
#[track_caller]
pub(crate) fn code_of(page: &Page) -> String {
    assert_eq!(page.status, 303, "{}", page.body);
    page.sent("code").unwrap_or_else(|| panic!("no code: {}", page.location()))
}

/// WeChat's own browser, which has never been anywhere.
pub(crate) fn in_wechat(house: &House) -> Browser {
    Browser::of(house, WECHAT_PHONE)
}

/// Sends a GET with the browser's cookies and gives the open connection without reading the answer.
pub(crate) async fn begin_get(address: SocketAddr, url: &str, browser: &Browser) -> TcpStream {
    let url = url::Url::parse(url).unwrap();
    let cookies: Vec<_> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head = format!(
        "GET {}?{} HTTP/1.1\r\nhost: {}:{}\r\ncookie: {}\r\n\r\n",
        url.path(),
        url.query().unwrap(),
        url.host_str().unwrap(),
        url.port().unwrap(),
        cookies.join("; "),
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// The number that an error page gives the person.
pub(crate) fn reference_of(page: &Page) -> String {
    between(&page.body, r#"<code id="reference">"#, "</code>")
}

/// Whose turn it is, on an error page.
pub(crate) fn turn_of(page: &Page) -> String {
    between(&page.body, r#"data-turn=""#, "\"")
}

/// Where the page's way to try again leads.
pub(crate) fn retry_of(page: &Page) -> String {
    between(&page.body, r#"id="retry" href=""#, "\"")
}

#[track_caller]
fn between(text: &str, from: &str, to: &str) -> String {
    let start = text.find(from).unwrap_or_else(|| panic!("no {from}: {text}")) + from.len();
    let end = text[start..].find(to).unwrap();
    text[start..start + end].to_owned()
}

/// The one line of the log that names this incident.
#[track_caller]
pub(crate) fn log_line(house: &House, reference: &str) -> Value {
    let log = house.log();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(reference)).collect();
    assert_eq!(lines.len(), 1, "{reference}: {lines:?}");
    serde_json::from_str::<Value>(lines[0]).unwrap()["fields"].clone()
}
