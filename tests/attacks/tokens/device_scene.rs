//! A house with applications on devices, what such a device says, and what its person does in a browser.

use harness::{Application, Browser, Page};

use crate::place::Place;

pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A confidential application `box`, a public one `tv`, one that proves a key and one whose people are asked
/// once; none has a redirect URI.
pub(crate) const DEVICES: &str = r#"
[[clients]]
id = "box"
name = "A box"
secret = "s3cr3t-of-the-application-0123456789abcdef"
grant_types = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
scopes = ["openid", "profile", "offline_access"]
resources = ["https://api.example"]
[[clients]]
id = "tv"
name = "A television"
grant_types = ["urn:ietf:params:oauth:grant-type:device_code"]
[[clients]]
id = "speaker"
name = "A loudspeaker"
grant_types = ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"]
scopes = ["openid", "profile", "offline_access"]
dpop_bound_access_tokens = true
[[clients]]
id = "frame"
name = "A picture frame"
grant_types = ["urn:ietf:params:oauth:grant-type:device_code"]
consent = "explicit"
"#;

/// The two codes of a device.
#[derive(Debug, Clone)]
pub(crate) struct Codes {
    pub(crate) device: String,
    pub(crate) user: String,
}

impl Codes {
    /// What the device's row is called.
    pub(crate) fn row(&self) -> &str {
        self.device.split('.').next().unwrap()
    }
}

impl Place {
    pub(crate) async fn with_devices() -> Self {
        Self::with(DEVICES).await
    }

    pub(crate) async fn with_devices_on_both_engines() -> Vec<Self> {
        Self::on_both_engines_with(DEVICES).await
    }

    /// The confidential application on a device.
    pub(crate) fn device(&self) -> Application {
        self.house.own_application("box", "")
    }

    /// A public one.
    pub(crate) fn public_device(&self, id: &str) -> Application {
        let mut app = self.house.public_application();
        app.client_id = id.to_owned();
        app
    }

    /// Makes the time of one device pass.
    pub(crate) async fn pass(&self, codes: &Codes, seconds: u32) {
        let row = codes.row();
        let sql = format!(
            "UPDATE devices SET polled_at = polled_at - {seconds}, expires_at = expires_at - {seconds} WHERE device_id = '{row}'; \
             UPDATE grants SET code_expires_at = code_expires_at - {seconds} WHERE grant_id = (SELECT grant_id FROM devices WHERE device_id = '{row}')"
        );
        self.facts.run(&sql).await;
    }

    /// The person of this place's browser says `step` for a device.
    pub(crate) async fn say(&mut self, codes: &Codes, step: &str) -> Page {
        say(&mut self.browser, codes, step).await
    }

    /// Whether that many audit rows tell of it.
    pub(crate) async fn audited(&self, fact: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM audit_events WHERE fact LIKE '%\"{fact}\"%'");
        self.facts.number(&sql).await
    }
}

/// A device asks for its codes, with more fields.
pub(crate) async fn ask(app: &Application, more: &[(&str, &str)]) -> Page {
    app.post("/oauth2/device", more).await
}

/// The codes of a device that may have what it asks for.
pub(crate) async fn codes(app: &Application, more: &[(&str, &str)]) -> Codes {
    let page = ask(app, more).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let answer = page.json();
    let text = |name: &str| answer[name].as_str().unwrap().to_owned();
    Codes { device: text("device_code"), user: text("user_code") }
}

/// A device asks for its tokens.
pub(crate) async fn poll(app: &Application, codes: &Codes) -> Page {
    poll_with(app, &codes.device, &[]).await
}

/// The same with any code and more fields.
pub(crate) async fn poll_with(app: &Application, code: &str, more: &[(&str, &str)]) -> Page {
    let mut fields = vec![("grant_type", GRANT), ("device_code", code)];
    fields.extend(more);
    app.post("/oauth2/token", &fields).await
}

/// A person who is signed in types the code: the question.
pub(crate) async fn bring(browser: &mut Browser, code: &str) -> Page {
    browser.post("/device", &[("user_code", code)]).await
}

/// What a person answers to the question, on the page's own form.
pub(crate) async fn answer(browser: &mut Browser, question: &Page, step: &str) -> Page {
    assert_eq!(question.marker(), "device-consent", "{}", question.body);
    let token = form_token(question);
    browser.post(&question.action(), &[("form_token", &token), ("step", step)]).await
}

/// Both.
pub(crate) async fn say(browser: &mut Browser, codes: &Codes, step: &str) -> Page {
    let question = bring(browser, &codes.user).await;
    answer(browser, &question, step).await
}

/// The token of a page's own form.
pub(crate) fn form_token(page: &Page) -> String {
    let rest = page.body.split(r#"name="form_token" value=""#).nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The browser is told how it came out, on a page of our own.
#[track_caller]
pub(crate) fn assert_end(page: &Page, end: &str) {
    assert_eq!(page.status, 303, "{}", page.body);
    let location = page.location();
    assert!(location.ends_with(&format!("/device/{end}")), "{location}");
}
