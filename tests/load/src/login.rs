//! One whole login, the way a browser and an application do it together: authorization endpoint, WeChat's page, callback,
//! token endpoint with PKCE and client_secret_basic, userinfo. Each begins as a browser nobody knows, with empty jars,
//! since a known session would skip WeChat. It owns what an honest client checks in front: the status, the state, and that
//! it is sent where it expects. Called by the drive; the holders of tokens sign in with the same attempt.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::clock;
use crate::cookie_jar::CookieJar;
use crate::http_client::{Answer, Connection, Trouble};
use crate::site::{ONLINE, REDIRECT_URI, Site};
use crate::statistics::{Samples, Step};
use crate::tokens::{Tokens, redeem_request, userinfo_request};

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
            credentials: ONLINE.credentials(),
            authorization: ONLINE.authorization_target(),
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

    /// Comes back from WeChat while the server gets no word from it; how long the page took that says so, in microseconds.
    pub(crate) async fn come_back_in_vain(&mut self) -> Result<u32, (Step, Trouble)> {
        let mut attempt = Attempt::new(self.site.next_login());
        let left = self.authorize(&mut attempt).await;
        let link = left.map_err(|trouble| (Step::Authorize, trouble))?;
        let approved = self.approve(&mut attempt, &link).await;
        let callback = approved.map_err(|trouble| (Step::Wechat, trouble))?;
        let asked = clock::now();
        let told = self.be_told(&attempt, &callback).await;
        told.map(|()| micros_since(asked)).map_err(|trouble| (Step::Callback, trouble))
    }

    async fn be_told(&mut self, attempt: &Attempt, callback: &str) -> Result<(), Trouble> {
        let request = attempt.page_request(self.site.public, callback, &attempt.at_provider);
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(503)?;
        let page = String::from_utf8_lossy(&answer.body);
        let says = page.contains("data-cause=\"unreachable\"");
        if says { Ok(()) } else { Err(Trouble::Content("another page")) }
    }

    /// The target of WeChat's page, at the fake WeChat.
    async fn authorize(&mut self, attempt: &mut Attempt) -> Result<String, Trouble> {
        let mut target = self.authorization.clone();
        attempt.write_parameters(&mut target);
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
        attempt.code(&location_below(&answer, REDIRECT_URI)?)
    }

    async fn redeem(&mut self, attempt: &Attempt, code: &str) -> Result<Tokens, Trouble> {
        let request = redeem_request(self.site.public, &self.credentials, code, &attempt.verifier);
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(200)?;
        Tokens::redeemed(&answer.body, &attempt.nonce)
    }

    async fn userinfo(&mut self, tokens: &Tokens) -> Result<(), Trouble> {
        let request = userinfo_request(self.site.public, &tokens.access_token);
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(200)?;
        tokens.check_userinfo(&answer.body)
    }
}

/// What one login carries from step to step.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) at_provider: CookieJar,
    pub(crate) at_wechat: CookieJar,
    address: String,
    state: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    challenge: String,
}

impl Attempt {
    /// Everything follows from the number: nothing here protects anybody, it only has to differ.
    pub(crate) fn new(number: u64) -> Self {
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

    /// Appends what differs from login to login to the target of an authorization request.
    pub(crate) fn write_parameters(&self, target: &mut String) {
        let Self { state, nonce, challenge, .. } = self;
        write!(target, "&state={state}&nonce={nonce}&code_challenge={challenge}").ok();
    }

    /// The authorization code of an answer to this attempt, and to no other (RFC 6749 §10.12).
    pub(crate) fn code(&self, query: &str) -> Result<String, Trouble> {
        if parameter(query, "state") != Some(&self.state) {
            return Err(Trouble::Content("another state"));
        }
        parameter(query, "code").map(str::to_owned).ok_or(Trouble::Content("no code"))
    }

    /// A page as a browser behind a proxy asks for it.
    pub(crate) fn page_request(&self, host: SocketAddr, target: &str, jar: &CookieJar) -> String {
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
}
