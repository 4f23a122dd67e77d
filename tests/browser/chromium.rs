//! One Chromium behind one chromedriver, for one test. Both end with it.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use thirtyfour::prelude::*;
use thirtyfour::session::http::{Body, HttpClient};
use tokio::process::{Child, Command};

/// What a test's browser looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looks {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) language: &'static str,
    pub(crate) agent: Option<&'static str>,
    pub(crate) scripts: bool,
}

impl Looks {
    pub(crate) const DESKTOP: Self =
        Self { width: 1280, height: 900, language: "en", agent: None, scripts: true };
    pub(crate) const PHONE: Self = Self {
        width: 390,
        height: 844,
        language: "zh-CN",
        agent: Some(harness::PHONE),
        scripts: true,
    };
    pub(crate) const WECHAT: Self = Self { agent: Some(harness::WECHAT_PHONE), ..Self::PHONE };
}

/// A running browser.
pub(crate) struct Chromium {
    pub(crate) driver: WebDriver,
    process: Child,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts a browser; nothing where there is none, which `MAGPIE_TEST_ALL=1` forbids.
    pub(crate) async fn start(looks: Looks) -> Option<Self> {
        Self::start_with(looks, &[]).await
    }

    /// Starts a browser with these arguments besides its own.
    pub(crate) async fn start_with(looks: Looks, besides: &[String]) -> Option<Self> {
        let (browser, driver) = programs()?;
        let port = harness::free_port();
        let process = Command::new(driver)
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("chromedriver starts");
        let profile = tempfile::tempdir().unwrap();
        let mut capabilities = DesiredCapabilities::chrome();
        capabilities.set_binary(browser.to_str().unwrap()).unwrap();
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            "--hide-scrollbars".to_owned(),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--window-size={},{}", looks.width, looks.height),
            format!("--lang={}", looks.language),
            format!("--accept-lang={}", looks.language),
        ];
        arguments.extend(looks.agent.map(|agent| format!("--user-agent={agent}")));
        for argument in arguments.iter().chain(besides) {
            capabilities.add_arg(argument).unwrap();
        }
        if !looks.scripts {
            let preferences =
                serde_json::json!({ "profile.managed_default_content_settings.javascript": 2 });
            capabilities.add_experimental_option("prefs", preferences).unwrap();
        }
        let driver = connect(&format!("http://127.0.0.1:{port}"), capabilities).await;
        // The window of a headless browser has borders; what matters is the size of the page.
        driver.set_window_rect(0, 0, looks.width, looks.height).await.unwrap();
        Some(Self { driver, process, _profile: profile })
    }

    /// Keeps a picture for people to look at.
    pub(crate) async fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artefacts");
        std::fs::create_dir_all(&folder).unwrap();
        self.driver.screenshot(&folder.join(format!("{name}.png"))).await.unwrap();
    }

    /// The marker of the page that is shown.
    pub(crate) async fn marker(&self) -> String {
        let body = self.driver.find(By::Tag("body")).await.unwrap();
        body.attr("data-page").await.unwrap().unwrap_or_default()
    }

    /// Presses the button or link of that id.
    pub(crate) async fn press(&self, id: &str) {
        self.driver.find(By::Id(id)).await.unwrap().click().await.unwrap();
    }

    /// Waits until an element of that id is there, and gives its text.
    pub(crate) async fn wait_for(&self, id: &str) -> String {
        let found =
            self.driver.query(By::Id(id)).wait(Duration::from_secs(20), Duration::from_millis(50));
        found.first().await.unwrap().text().await.unwrap()
    }

    /// Waits until an element of that selector is there, and gives it.
    pub(crate) async fn wait_for_css(&self, selector: &str) -> WebElement {
        let found = self.driver.query(By::Css(selector));
        let found = found.wait(Duration::from_secs(20), Duration::from_millis(50));
        found.first().await.unwrap()
    }

    /// Where it is, once it has come to an address that begins like this.
    pub(crate) async fn gone_to(&self, prefix: &str) -> String {
        let mut url = String::new();
        for _ in 0..400 {
            url = self.driver.current_url().await.unwrap().to_string();
            if url.starts_with(prefix) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(url.starts_with(prefix), "still at {url}");
        url
    }

    /// Ends the browser.
    pub(crate) async fn end(mut self) {
        self.driver.quit().await.unwrap();
        self.process.kill().await.unwrap();
    }
}

async fn connect(url: &str, capabilities: impl Into<Capabilities> + Clone) -> WebDriver {
    let open = || WebDriver::builder(url, capabilities.clone()).client(Wire);
    // Not before somebody listens there: each try that reaches chromedriver opens a browser.
    let address = url.trim_start_matches("http://");
    for _ in 0..1200 {
        if tokio::net::TcpStream::connect(address).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    open().await.expect("a browser behind chromedriver")
}

/// The harness's own HTTP, so that no second client comes into the tree.
#[derive(Debug, Clone, Copy)]
struct Wire;

#[async_trait::async_trait]
impl HttpClient for Wire {
    async fn send(
        &self,
        request: http::Request<Body<'_>>,
    ) -> WebDriverResult<http::Response<bytes::Bytes>> {
        let (mut head, body) = request.into_parts();
        let body = match body {
            Body::Empty => Vec::new(),
            Body::Json(value) => serde_json::to_vec(value).unwrap(),
        };
        head.headers.insert(http::header::CONTENT_LENGTH, body.len().into());
        let address = head.uri.authority().unwrap().as_str().parse().unwrap();
        let answer = harness::send(address, http::Request::from_parts(head, body)).await;
        Ok(answer.map(bytes::Bytes::from))
    }

    async fn new(&self) -> std::sync::Arc<dyn HttpClient> {
        std::sync::Arc::new(*self)
    }
}

fn programs() -> Option<(PathBuf, PathBuf)> {
    let find = |name: &str, usual: &[&str]| {
        let named = std::env::var(name).ok().map(PathBuf::from);
        named.or_else(|| usual.iter().map(PathBuf::from).find(|path| path.exists()))
    };
    let browser = find("TEST_CHROMIUM", &["/usr/bin/chromium", "/usr/bin/chromium-browser"]);
    let driver = find("TEST_CHROMEDRIVER", &["/usr/bin/chromedriver"]);
    let both = browser.zip(driver);
    let must = std::env::var("MAGPIE_TEST_ALL").is_ok_and(|value| value == "1");
    assert!(both.is_some() || !must, "MAGPIE_TEST_ALL=1 demands Chromium and chromedriver");
    if both.is_none() {
        eprintln!("skipped: there is no Chromium with chromedriver");
    }
    both
}
