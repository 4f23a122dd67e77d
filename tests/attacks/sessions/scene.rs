//! A house with applications that can sign people out, and a browser that is signed in at them.

use harness::{Browser, Database, House, Page, Plan, Tokens};

/// Where `bye` may return to.
pub(crate) const BYE: &str = "https://bye.example/out?from=magpie";
const SECRET: &str = "s3cr3t-of-the-application-0123456789abcdef";

/// An application that may return after a logout, with more keys.
pub(crate) fn client(id: &str, more: &str) -> String {
    format!(
        r#"
[[clients]]
id = "{id}"
name = "Application {id}"
secret = "{SECRET}"
redirect_uris = ["https://{id}.example/cb"]
post_logout_redirect_uris = ["https://{id}.example/out?from=magpie"]
scopes = ["openid", "profile", "offline_access"]
{more}
"#
    )
}

pub(crate) struct Scene {
    pub(crate) house: House,
}

impl Scene {
    pub(crate) async fn with(more: &str) -> Self {
        Self { house: House::with(more).await }
    }

    pub(crate) async fn on_postgres(more: &str) -> Option<Self> {
        let database = Some(Database::on_postgres().await?);
        let plan = Plan { database, more: more.to_owned(), ..Plan::default() };
        Some(Self { house: House::of(plan).await })
    }

    pub(crate) async fn open() -> Self {
        Self::with(&client("bye", "")).await
    }

    /// What an application received for somebody who signed in, or was signed in, in this browser.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, id: &str, person: &str) -> Tokens {
        let mut app = self.house.application();
        app.client_id = id.to_owned();
        app.redirect_uri = format!("https://{id}.example/cb");
        let start = app.authorize(&[("scope", "openid profile")]);
        let page = browser.get(&start).await;
        let page = if page.headers.contains_key("location") && page.sent("code").is_some() {
            page
        } else {
            browser.sign_in(&self.house, &start, person).await
        };
        app.tokens(&page.sent("code").unwrap_or_else(|| panic!("{}", page.body))).await
    }

    /// Whether somebody is signed in, as an application would ask.
    pub(crate) async fn is_signed_in(&self, browser: &mut Browser) -> bool {
        let page = browser.get(&self.house.application().authorize(&[("prompt", "none")])).await;
        match page.sent("error") {
            None => true,
            Some(error) => {
                assert_eq!(error, "login_required");
                false
            }
        }
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.house.database().number(sql).await
    }

    pub(crate) async fn run(&self, sql: &str) {
        self.house.database().run(sql).await;
    }
}

/// The end-session endpoint with these parameters.
pub(crate) fn end_session(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("/oauth2/logout?{}", query.finish())
}

pub(crate) fn id_token(tokens: &Tokens) -> String {
    tokens.answer["id_token"].as_str().unwrap().to_owned()
}

/// The value of a hidden field.
pub(crate) fn field(page: &Page, name: &str) -> String {
    let from = format!(r#"name="{name}" value=""#);
    let rest = page.body.split(&from).nth(1).unwrap_or_else(|| panic!("no {name}: {}", page.body));
    rest.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&")
}

#[track_caller]
pub(crate) fn assert_shown(page: &Page, status: u16, marker: &str) {
    assert_eq!((page.status.as_u16(), &*page.marker()), (status, marker), "{}", page.body);
    assert!(page.headers.get("location").is_none(), "nobody is sent anywhere");
}
