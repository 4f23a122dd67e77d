//! A house with a registration of some mode, and calls of its endpoints.

use harness::{Application, Browser, Database, House, Page, Plan};
use serde_json::{Value, json};

pub(crate) const OPEN: &str = "[registration]\nmode = \"open\"\n";
pub(crate) const REGISTER: &str = "/oauth2/register";

pub(crate) struct Scene {
    pub(crate) house: House,
}

impl Scene {
    pub(crate) async fn open() -> Self {
        Self::with(OPEN).await
    }

    pub(crate) async fn with(more: &str) -> Self {
        Self { house: House::with(more).await }
    }

    /// An open house on each engine.
    pub(crate) async fn on_both_engines() -> Vec<Self> {
        let mut scenes = vec![Self::open().await];
        if let Some(database) = Database::on_postgres().await {
            let plan = Plan { database: Some(database), more: OPEN.to_owned(), ..Plan::default() };
            scenes.push(Self { house: House::of(plan).await });
        }
        scenes
    }

    /// A call with JSON and a bearer token; empty texts are left out.
    pub(crate) async fn call(&self, method: &str, url: &str, token: &str, body: &str) -> Page {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json")];
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        self.call_as((method, url), &headers, body).await
    }

    /// A call with any headers.
    pub(crate) async fn call_as(
        &self,
        (method, url): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Page {
        let url = match url.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.house.issuer),
            None => url.to_owned(),
        };
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.as_bytes().to_vec()).unwrap();
        self.house.application().send(request).await
    }

    pub(crate) async fn post(&self, body: &Value) -> Page {
        self.call("POST", REGISTER, "", &body.to_string()).await
    }

    /// Registers what is described, which must be in order.
    pub(crate) async fn registered(&self, more: Value) -> Registered {
        let page = self.post(&described(more)).await;
        assert_eq!(page.status, 201, "{}", page.body);
        Registered(page.json())
    }

    /// Puts this in the place of what the client said, which must be in order.
    pub(crate) async fn replaced(&self, client: &Registered, mut more: Value) -> Value {
        more["client_id"] = json!(client.id());
        let body = described(more).to_string();
        let page = self.call("PUT", client.uri(), client.token(), &body).await;
        assert_eq!(page.status, 200, "{}", page.body);
        page.json()
    }

    /// Somebody signs in to the client and says yes; the access token that it gets.
    pub(crate) async fn signed_in(&self, client: &Registered) -> String {
        let app = client.application(&self.house);
        let mut browser = Browser::new(&self.house);
        let page = browser.sign_in(&self.house, &app.authorize(&[]), "xiaoyu").await;
        let page = browser.get(&page.location()).await;
        assert_eq!(page.marker(), "consent");
        let page = browser.post(&page.action(), &[("step", "allow")]).await;
        app.tokens(&page.sent("code").unwrap()).await.access_token
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.house.database().number(sql).await
    }

    pub(crate) async fn text(&self, sql: &str) -> String {
        self.house.database().text(sql).await
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.house.database().run(sql).await;
    }

    /// How often the trail says so of the client.
    pub(crate) async fn audited(&self, fact: &str, client: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM audit_events WHERE fact LIKE '%{fact}%' AND fact LIKE '%{client}%'"
        );
        self.number(&sql).await
    }
}

/// What a registered client was told.
#[derive(Debug, Clone)]
pub(crate) struct Registered(pub(crate) Value);

impl Registered {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.0))
    }

    pub(crate) fn id(&self) -> &str {
        self.text("client_id")
    }

    pub(crate) fn uri(&self) -> &str {
        self.text("registration_client_uri")
    }

    pub(crate) fn token(&self) -> &str {
        self.text("registration_access_token")
    }

    /// The application as others know it.
    pub(crate) fn application(&self, house: &House) -> Application {
        let mut app = house.application();
        app.client_id = self.id().to_owned();
        app.secret = self.0["client_secret"].as_str().map(str::to_owned);
        app.redirect_uri = self.0["redirect_uris"][0].as_str().unwrap().to_owned();
        app
    }
}

/// The least that can be registered, with more laid over it.
pub(crate) fn described(more: Value) -> Value {
    let mut body =
        json!({ "client_name": "Newcomer", "redirect_uris": ["https://new.example/cb"] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// An error in the dialect of RFC 7591 §3.2.2, kept by nobody.
#[track_caller]
pub(crate) fn assert_refused(page: &Page, status: u16, error: &str) {
    assert_eq!((page.status.as_u16(), &*page.oauth_error()), (status, error), "{}", page.body);
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("content-type"), "application/json");
}
