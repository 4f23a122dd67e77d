//! Somebody who is signed in, applications that receive codes, and what every refusal of the token endpoint promises.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use harness::{Application, Browser, Database, House, Page, Plan, Tokens};

use crate::database::Facts;

/// A verifier of RFC 7636's length.
pub(crate) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-rfc-7636-43";

/// The scopes of an application that wants a refresh token.
pub(crate) const OFFLINE: &str = "openid profile offline_access";

/// A house, its database, and a browser whose person is signed in.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) house: House,
    pub(crate) facts: Facts,
    pub(crate) browser: Browser,
}

impl Place {
    /// On a SQLite file.
    pub(crate) async fn open() -> Self {
        Self::of(Plan::default()).await
    }

    /// With more configuration.
    pub(crate) async fn with(more: &str) -> Self {
        Self::of(Plan { more: more.to_owned(), ..Plan::default() }).await
    }

    /// One on each engine.
    pub(crate) async fn on_both_engines() -> Vec<Self> {
        Self::on_both_engines_with("").await
    }

    /// One on each engine, with more configuration.
    pub(crate) async fn on_both_engines_with(more: &str) -> Vec<Self> {
        let mut places = vec![Self::with(more).await];
        places.extend(Self::on_postgres_with(more).await);
        places
    }

    /// On PostgreSQL, where there is a server for tests.
    pub(crate) async fn on_postgres() -> Option<Self> {
        Self::on_postgres_with("").await
    }

    async fn on_postgres_with(more: &str) -> Option<Self> {
        let database = Database::on_postgres().await?;
        let more = more.to_owned();
        Some(Self::of(Plan { database: Some(database), more, ..Plan::default() }).await)
    }

    pub(crate) async fn of(plan: Plan) -> Self {
        let house = House::of(plan).await;
        let facts = Facts(house.database().clone());
        let mut browser = Browser::new(&house);
        let start = house.application().authorize(&[]);
        let page = browser.sign_in(&house, &start, "xiaoyu").await;
        assert_eq!(page.status, 303, "{}", page.body);
        Self { house, facts, browser }
    }

    pub(crate) fn app(&self) -> Application {
        self.house.application()
    }

    /// Whether the database file or its journal holds a text, or the bytes that it stands for.
    pub(crate) fn keeps(&self, text: &str) -> bool {
        let decoded = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        let files = ["magpie.db", "magpie.db-wal"].map(|name| self.house.folder().join(name));
        files.iter().any(|file| {
            let kept = std::fs::read(file).unwrap();
            let has = |part: &[u8]| kept.windows(part.len()).any(|window| window == part);
            has(text.as_bytes()) || (!decoded.is_empty() && has(&decoded))
        })
    }

    /// A code for an application, without any page: the person is signed in.
    pub(crate) async fn code(&mut self, app: &Application, more: &[(&str, &str)]) -> String {
        let page = self.browser.get(&app.authorize(more)).await;
        assert_eq!(page.status, 303, "{}", page.body);
        page.sent("code").unwrap_or_else(|| panic!("no code but {}", page.location()))
    }

    /// A code of the confidential application, without a challenge.
    pub(crate) async fn plain_code(&mut self) -> String {
        let app = self.app();
        self.code(&app, &[]).await
    }

    /// A code of that application that wants [`VERIFIER`].
    pub(crate) async fn bound_code(&mut self, app: &Application) -> String {
        let challenge = Application::challenge(VERIFIER);
        let more = [("code_challenge", &*challenge), ("code_challenge_method", "S256")];
        self.code(app, &more).await
    }

    /// A code, redeemed.
    pub(crate) async fn tokens(&mut self) -> Tokens {
        let code = self.plain_code().await;
        self.app().tokens(&code).await
    }

    /// A code for an application that may come back while the person is away; bound to [`VERIFIER`].
    pub(crate) async fn offline_code(&mut self, app: &Application) -> String {
        let challenge = Application::challenge(VERIFIER);
        let more = [
            ("code_challenge", &*challenge),
            ("code_challenge_method", "S256"),
            ("scope", OFFLINE),
        ];
        self.code(app, &more).await
    }

    /// That code, redeemed: with a refresh token.
    pub(crate) async fn offline(&mut self, app: &Application) -> Tokens {
        let code = self.offline_code(app).await;
        let page = redeem(app, &code, &[("code_verifier", VERIFIER)]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let tokens = Tokens::read(&page);
        assert!(!tokens.refresh_token.is_empty(), "{}", page.body);
        tokens
    }

    pub(crate) async fn close(self) {
        self.house.close().await;
    }
}

/// Uses a refresh token, with more fields.
pub(crate) async fn refresh(app: &Application, token: &str, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    fields.extend(more);
    app.post("/oauth2/token", &fields).await
}

/// Uses a refresh token that is good.
pub(crate) async fn refreshed(app: &Application, token: &str) -> Tokens {
    let page = refresh(app, token, &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    Tokens::read(&page)
}

/// A token request as it should be but for `more`; an empty value leaves a field out.
pub(crate) async fn redeem(app: &Application, code: &str, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &*app.redirect_uri),
    ];
    if app.secret.is_none() {
        fields.push(("client_id", &*app.client_id));
    }
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    app.token(&fields).await
}

/// A POST of any bytes under any content type to the token endpoint.
pub(crate) async fn post(
    app: &Application,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Page {
    let mut request = http::Request::post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(body.to_vec()).unwrap()).await
}

/// JSON n x of the case tables.
#[track_caller]
pub(crate) fn assert_json(page: &Page, status: u16, error: &str) {
    assert_eq!((page.status.as_u16(), &*page.oauth_error()), (status, error), "{}", page.body);
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("pragma"), "no-cache");
    assert!(page.headers.get("location").is_none() && page.headers.get("set-cookie").is_none());
    let answer = page.json();
    let mut members: Vec<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["error", "error_description"], "nothing else is told");
    let description = answer["error_description"].as_str().unwrap();
    let plain = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
    assert!(!description.is_empty() && description.bytes().all(plain), "{description}");
}
