//! An answer as tests look at it.

use http::{HeaderMap, StatusCode};
use url::Url;

use crate::wire::Response;

/// An answer to a browser or an application.
#[derive(Debug, Clone)]
pub struct Page {
    /// Where it came from.
    pub url: String,
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as text.
    pub body: String,
}

impl Page {
    /// Takes an answer that came from there.
    #[must_use]
    pub fn new(url: &str, response: Response) -> Self {
        let (head, body) = response.into_parts();
        Self {
            url: url.to_owned(),
            status: head.status,
            headers: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// A header's text, or nothing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it sends the browser.
    #[must_use]
    pub fn location(&self) -> String {
        let location = self.header("location");
        assert!(
            !location.is_empty(),
            "{} {} sends nobody anywhere: {}",
            self.status,
            self.url,
            self.body
        );
        location.to_owned()
    }

    /// A parameter of the address it sends the browser to.
    #[must_use]
    pub fn sent(&self, name: &str) -> Option<String> {
        let url = Url::parse(&self.location()).expect("an absolute location");
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// The ASCII marker of one of Magpie's pages.
    #[must_use]
    pub fn marker(&self) -> String {
        between(&self.body, r#"<meta name="magpie-page" content=""#, "\"").unwrap_or_default()
    }

    /// The `data-cause` of an error page.
    #[must_use]
    pub fn cause(&self) -> String {
        between(&self.body, r#"data-cause=""#, "\"").unwrap_or_default()
    }

    /// The `action` of the first form.
    #[must_use]
    pub fn action(&self) -> String {
        between(&self.body, r#"action=""#, "\"").expect("a form")
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// The error code of an OAuth error.
    #[must_use]
    pub fn oauth_error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// Asserts what every error page promises: our own text, not stored, not framed, nobody sent anywhere.
    #[track_caller]
    pub fn assert_error_page(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert!(self.headers.get("location").is_none(), "an error page redirects");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("referrer-policy"), "no-referrer");
        assert_eq!(self.header("x-frame-options"), "DENY");
        assert!(self.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert!(self.header("content-type").starts_with("text/html"));
        assert!(!self.marker().is_empty(), "{}", self.body);
    }
}

fn between(text: &str, from: &str, to: &str) -> Option<String> {
    let start = text.find(from)? + from.len();
    let end = text[start..].find(to)?;
    Some(text[start..start + end].replace("&amp;", "&").replace("&#38;", "&"))
}
