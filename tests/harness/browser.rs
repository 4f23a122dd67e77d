//! A browser, one step at a time: a cookie jar, a user agent, no redirect followed unless told.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use http::header;
use url::Url;

use crate::house::House;
use crate::logs;
use crate::page::Page;
use crate::wire;

/// A desktop browser.
pub const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";
/// An ordinary browser on a phone.
pub const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
/// WeChat's own browser on a phone.
pub const WECHAT_PHONE: &str = "Mozilla/5.0 (Linux; Android 14; 22081212C Build/UKQ1; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/122.0 Mobile Safari/537.36 XWEB/1220133 MMWEBSDK/20240404 MMWEBID/98 MicroMessenger/8.0.49.2600(0x28003133) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64";
/// WeChat's own browser on Windows.
pub const WECHAT_DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0 Safari/537.36 MicroMessenger/7.0.20.1781(0x6700143B) NetType/WIFI MiniProgramEnv/Windows WindowsWechat/WMPF WindowsWechat(0x63090c37) XWEB/14185";
/// WeCom's browser, which also says MicroMessenger.
pub const WECOM: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 wxwork/4.1.20 MicroMessenger/7.0.1 Language/zh ColorScheme/Light";
/// WeCom's browser on Windows, which says WeChat's names as well.
pub const WECOM_DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.5359.125 Safari/537.36 wxwork/4.1.20 (MicroMessenger/6.2) WindowsWechat MailPlugin_Electron WeMail embeddisk";

/// A browser with cookies of its own.
#[derive(Debug, Clone)]
pub struct Browser {
    /// What it calls itself.
    pub agent: String,
    /// Its cookies; loopback has one jar for all ports, as browsers have.
    pub cookies: BTreeMap<String, String>,
    /// More headers for every request.
    pub headers: Vec<(String, String)>,
    address: SocketAddr,
    authority: String,
}

impl Browser {
    /// A desktop browser that has never been anywhere.
    #[must_use]
    pub fn new(house: &House) -> Self {
        Self::of(house, DESKTOP)
    }

    /// A browser of that kind.
    #[must_use]
    pub fn of(house: &House, agent: &str) -> Self {
        Self {
            agent: agent.to_owned(),
            cookies: BTreeMap::new(),
            headers: vec![("accept-language".to_owned(), "en".to_owned())],
            address: house.address(),
            authority: house.authority(),
        }
    }

    /// The same browser whose requests reach another replica of the house.
    #[must_use]
    pub fn at(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Adds a header to every request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Opens an address; a path is one of the house's own.
    pub async fn get(&mut self, url: &str) -> Page {
        self.request("GET", url, None).await
    }

    /// Sends any method without a body.
    pub async fn method(&mut self, method: &str, url: &str) -> Page {
        self.request(method, url, None).await
    }

    /// Posts a form.
    pub async fn post(&mut self, url: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.request("POST", url, Some(body.finish())).await
    }

    async fn request(&mut self, method: &str, url: &str, form: Option<String>) -> Page {
        let absolute = if url.starts_with('/') {
            format!("http://{}{url}", self.authority)
        } else {
            url.to_owned()
        };
        let parsed = Url::parse(&absolute).expect("an address");
        let target =
            format!("{}:{}", parsed.host_str().unwrap(), parsed.port_or_known_default().unwrap());
        let address =
            if target == self.authority { self.address } else { target.parse().expect("loopback") };
        let mut request = http::Request::builder().method(method).uri(without_fragment(&absolute));
        request = request.header(header::USER_AGENT, &self.agent);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !self.cookies.is_empty() {
            let pairs: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(form.unwrap_or_default().into_bytes()).expect("a request");
        let page = Page::new(&absolute, wire::send(address, request).await);
        self.keep_cookies(&page);
        remember(&page);
        page
    }

    fn keep_cookies(&mut self, page: &Page) {
        for line in page.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').expect("a cookie");
            logs::remember(value);
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Signs in to `start` as `person`: presses Magpie's button where there is one, agrees at WeChat, and comes back.
    /// Gives the page that the callback answered.
    pub async fn sign_in(&mut self, house: &House, start: &str, person: &str) -> Page {
        let callback = self.leave(house, start, person).await;
        self.get(&callback).await
    }

    /// As [`Self::sign_in`], up to the callback's address, which is not opened.
    pub async fn leave(&mut self, house: &House, start: &str, person: &str) -> String {
        let mut page = self.get(start).await;
        if page.status == 200 && page.marker() == "interstitial" {
            let action = page.action();
            page = self.post(&action, &[("step", "continue")]).await;
        }
        let wechat = page.location();
        assert!(
            wechat.starts_with(&house.wechat.base_url()),
            "not to WeChat but to {wechat}: {}",
            page.body
        );
        let callback = house.wechat.approve(&wechat, person).expect("WeChat agrees");
        remember_query(&callback);
        callback
    }
}

/// Codes and states of an address that somebody is sent to are nobody else's to read.
fn remember(page: &Page) {
    if let Some(location) = page.headers.get(header::LOCATION) {
        remember_query(location.to_str().unwrap());
    }
}

fn remember_query(address: &str) {
    if let Ok(url) = Url::parse(address) {
        for (name, value) in url.query_pairs() {
            if matches!(&*name, "code" | "state" | "nonce") {
                logs::remember(&value);
            }
        }
    }
}

fn without_fragment(url: &str) -> &str {
    url.split('#').next().unwrap_or_default()
}
