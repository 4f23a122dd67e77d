//! One whole login, the way a browser and an application do it together: authorization endpoint, WeChat's page, callback,
//! token endpoint with PKCE and client_secret_basic, userinfo. Each begins as a browser nobody knows, with empty jars,
//! since a known session would skip WeChat. It owns what an honest client checks: the status, the state, the nonce and
//! that both ways tell the same subject; it does not verify signatures, which would only burn the cores that are measured.
//! Called by the drive.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::cookie_jar::CookieJar;
use crate::http_client::{Answer, Connection, Trouble};
use crate::site::{self, REDIRECT_URI, REDIRECT_URI_ENCODED, Site};
use crate::statistics::{Samples, Step};

/// A desktop browser as the channels see it.
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36";

/// Kept connections of one person and of the application that asks for her; reused from login to login.
#[derive(Debug)]
pub(crate) struct VirtualUser {
    site: Arc<Site>,
    provider: Connection,
    wechat: Connection,
    credentials: String,
    authorization: String,
}

impl VirtualUser {
    pub(crate) fn new(site: &Arc<Site>) -> Self {
        Self {
            site: Arc::clone(site),
            provider: Connection::to(site.public),
            wechat: Connection::to(site.simulator),
            credentials: site::client_credentials(),
            authorization: site::authorization_target(),
        }
    }

    /// Logs in once. `scheduled` is when the login should have begun, and the whole is counted from there.
    pub(crate) async fn log_in(&mut self, scheduled: Instant, samples: &mut Samples) {
        let mut attempt = Attempt::new(self.site.next_login());
        match self.steps(&mut attempt, samples).await {
            Ok(()) => samples.whole.push(micros_since(scheduled)),
            Err((step, trouble)) => samples.note_error(format!("{}: {trouble}", step.name())),
        }
    }

    async fn steps(
        &mut self,
        attempt: &mut Attempt,
        samples: &mut Samples,
    ) -> Result<(), (Step, Trouble)> {
        let begun = clock::now();
        let link = timed(samples, Step::Authorize, begun, self.authorize(attempt).await)?;
        let begun = clock::now();
        let callback = timed(samples, Step::Wechat, begun, self.approve(attempt, &link).await)?;
        let begun = clock::now();
        let code = timed(samples, Step::Callback, begun, self.land(attempt, &callback).await)?;
        let begun = clock::now();
        let tokens = timed(samples, Step::Token, begun, self.redeem(attempt, &code).await)?;
        let begun = clock::now();
        timed(samples, Step::Userinfo, begun, self.userinfo(&tokens).await)
    }

    /// The target of WeChat's page, at the fake WeChat.
    async fn authorize(&mut self, attempt: &mut Attempt) -> Result<String, Trouble> {
        let mut target = self.authorization.clone();
        let (state, nonce, challenge) = (&attempt.state, &attempt.nonce, &attempt.challenge);
        write!(target, "&state={state}&nonce={nonce}&code_challenge={challenge}").ok();
        let request = attempt.page_request(self.site.public, &target, &attempt.at_provider);
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(303)?;
        attempt.at_provider.obey(&answer.cookies);
        location_below(&answer, &self.site.wechat())
    }

    /// The target of the callback, at the server.
    async fn approve(&mut self, attempt: &mut Attempt, link: &str) -> Result<String, Trouble> {
        let request = attempt.page_request(self.site.simulator, link, &attempt.at_wechat);
        let answer = self.wechat.ask(request.as_bytes()).await?.expect_status(302)?;
        attempt.at_wechat.obey(&answer.cookies);
        location_below(&answer, self.site.issuer())
    }

    /// The authorization code.
    async fn land(&mut self, attempt: &mut Attempt, callback: &str) -> Result<String, Trouble> {
        let request = attempt.page_request(self.site.public, callback, &attempt.at_provider);
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(303)?;
        attempt.at_provider.obey(&answer.cookies);
        let query = location_below(&answer, REDIRECT_URI)?;
        if parameter(&query, "state") != Some(&attempt.state) {
            return Err(Trouble::Content("another state"));
        }
        parameter(&query, "code").map(str::to_owned).ok_or(Trouble::Content("no code"))
    }

    async fn redeem(&mut self, attempt: &Attempt, code: &str) -> Result<Tokens, Trouble> {
        let host = self.site.public;
        let (credentials, verifier) = (&self.credentials, &attempt.verifier);
        let body = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={REDIRECT_URI_ENCODED}&code_verifier={verifier}"
        );
        let request = format!(
            "POST /oauth2/token HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\nAccept: application/json\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(200)?;
        Tokens::read(&answer.body, &attempt.nonce)
    }

    async fn userinfo(&mut self, tokens: &Tokens) -> Result<(), Trouble> {
        let (host, access_token) = (self.site.public, &tokens.access_token);
        let request = format!(
            "GET /oauth2/userinfo HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {access_token}\r\nAccept: application/json\r\n\r\n"
        );
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(200)?;
        let claims = json(&answer.body)?;
        match text(&claims, "sub")? == tokens.subject && !text(&claims, "name")?.is_empty() {
            true => Ok(()),
            false => Err(Trouble::Content("another person")),
        }
    }
}

/// What one login carries from step to step.
#[derive(Debug)]
struct Attempt {
    at_provider: CookieJar,
    at_wechat: CookieJar,
    address: String,
    state: String,
    nonce: String,
    verifier: String,
    challenge: String,
}

impl Attempt {
    /// Everything follows from the number: nothing here protects anybody, it only has to differ.
    fn new(number: u64) -> Self {
        let derive =
            |what: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{what} {number}")));
        let verifier = derive("verifier");
        let [.., a, b, c] = number.to_be_bytes();
        Self {
            at_provider: CookieJar::default(),
            at_wechat: CookieJar::default(),
            address: format!("10.{a}.{b}.{c}"),
            state: derive("state"),
            nonce: derive("nonce"),
            challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier)),
            verifier,
        }
    }

    /// A page as a browser behind a proxy asks for it.
    fn page_request(&self, host: SocketAddr, target: &str, jar: &CookieJar) -> String {
        let address = &self.address;
        let mut request = format!(
            "GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nX-Forwarded-For: {address}\r\n\
             Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: zh-CN,zh;q=0.9,en;q=0.8\r\n"
        );
        jar.write(target, &mut request);
        request.push_str("\r\n");
        request
    }
}

#[derive(Debug)]
struct Tokens {
    access_token: String,
    subject: String,
}

impl Tokens {
    /// Reads a token response (RFC 6749 §5.1) and the claims of its ID token, which must answer our nonce.
    fn read(body: &[u8], nonce: &str) -> Result<Self, Trouble> {
        let response = json(body)?;
        let access_token = text(&response, "access_token")?.to_owned();
        let claims = text(&response, "id_token")?
            .split('.')
            .nth(1)
            .and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok())
            .ok_or(Trouble::Content("ID token is not a JWT"))?;
        let claims = json(&claims)?;
        if text(&claims, "nonce")? != nonce {
            return Err(Trouble::Content("another nonce"));
        }
        Ok(Self { access_token, subject: text(&claims, "sub")?.to_owned() })
    }
}

fn json(bytes: &[u8]) -> Result<Value, Trouble> {
    serde_json::from_slice(bytes).map_err(|_not_json| Trouble::Content("not JSON"))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Trouble> {
    value.get(name).and_then(Value::as_str).ok_or(Trouble::Content("a member is missing"))
}

/// The rest of the location, which must begin with `base`.
fn location_below(answer: &Answer, base: &str) -> Result<String, Trouble> {
    let location = answer.location.as_deref().ok_or(Trouble::Content("no location"))?;
    location.strip_prefix(base).map(str::to_owned).ok_or(Trouble::Content("sent elsewhere"))
}

/// A parameter of `?a=1&b=2`; what we look for is never percent-encoded.
fn parameter<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    let pairs = query.strip_prefix('?')?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}

/// Notes how long a step took, if it succeeded: a quick refusal must not make a latency look good.
fn timed<T>(
    samples: &mut Samples,
    step: Step,
    begun: Instant,
    outcome: Result<T, Trouble>,
) -> Result<T, (Step, Trouble)> {
    if outcome.is_ok() {
        samples.note(step, micros_since(begun));
    }
    outcome.map_err(|trouble| (step, trouble))
}

/// Microseconds since then, as far as they fit.
pub(crate) fn micros_since(begun: Instant) -> u32 {
    u32::try_from(clock::now().saturating_duration_since(begun).as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_hash_of_the_verifier_and_no_two_logins_are_alike() {
        let (one, other) = (Attempt::new(1), Attempt::new(2));
        assert_eq!(one.verifier.len(), 43, "RFC 7636 §4.1 wants 43 to 128 characters");
        assert_eq!(one.challenge, URL_SAFE_NO_PAD.encode(Sha256::digest(&one.verifier)));
        assert!(
            one.state != other.state && one.nonce != other.nonce && one.verifier != other.verifier
        );
        assert_eq!(
            (one.address.as_str(), Attempt::new(65_536).address.as_str()),
            ("10.0.0.1", "10.1.0.0")
        );
    }

    #[test]
    fn a_location_elsewhere_is_an_error_and_not_a_login() {
        let mut answer = Answer::default();
        answer.location = Some(format!("{REDIRECT_URI}?code=a.b&state=c"));
        let query = location_below(&answer, REDIRECT_URI).unwrap();
        assert_eq!(
            (parameter(&query, "code"), parameter(&query, "state")),
            (Some("a.b"), Some("c"))
        );
        assert_eq!(parameter(&query, "cod"), None);
        assert!(location_below(&answer, "https://other.example").is_err());
        assert!(location_below(&Answer::default(), REDIRECT_URI).is_err());
    }

    #[test]
    fn tokens_that_answer_another_nonce_are_an_error() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"s","nonce":"n"}"#);
        let body = format!(r#"{{"access_token":"t","id_token":"h.{claims}.s"}}"#);
        assert_eq!(Tokens::read(body.as_bytes(), "n").unwrap().subject, "s");
        assert!(Tokens::read(body.as_bytes(), "m").is_err());
        assert!(Tokens::read(br#"{"error":"invalid_grant"}"#, "n").is_err());
        assert!(Tokens::read(br#"{"access_token":"t","id_token":"opaque"}"#, "n").is_err());
    }
}
