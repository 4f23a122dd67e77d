//! A person's desktop browser: a cookie jar shared by every port of loopback, as browsers do it, redirects across
//! origins, forms pressed by the ids of their buttons, and the `Origin` that a browser would send with them.
//! It knows no endpoint of Magpie: it goes where it is sent and presses what a person would press.

use cookie_store::CookieStore;
use http::{Method, Request, Response, StatusCode, header};
use url::Url;

use crate::page::{self, Form};
use crate::wire;

const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";
/// Redirects and presses of one sign-in; more is a loop.
const MOST_STEPS: usize = 30;

#[derive(Debug)]
pub(crate) struct Browser {
    jar: CookieStore,
}

/// Where a walk ended.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) url: Url,
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    /// Every address on the way, the last one included.
    pub(crate) way: Vec<Url>,
    referrer_policy: String,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { jar: CookieStore::new() }
    }

    /// Opens `start` and, as this person, presses what stands between there and the application.
    pub(crate) async fn sign_in(&mut self, start: &str, person: &str) -> Arrival {
        self.sign_in_until(start, person, |_| false).await
    }

    /// As [`Self::sign_in`], but an address that `ends` is not opened: nobody listens there.
    pub(crate) async fn sign_in_until(
        &mut self,
        start: &str,
        person: &str,
        ends: impl Fn(&Url) -> bool,
    ) -> Arrival {
        let mut way = Vec::new();
        let mut next = Visit::open(Url::parse(start).unwrap());
        while way.len() < MOST_STEPS {
            way.push(next.url.clone());
            if ends(&next.url) {
                return Arrival::unopened(next.url, way);
            }
            let answer = self.send(&next).await;
            if let Some(onward) = redirected(&next, &answer) {
                next = onward;
                continue;
            }
            let arrival = Arrival::at(next.url, answer, way);
            let Some(press) = what_a_person_presses(&arrival, person) else { return arrival };
            (next, way) = (press, arrival.way);
        }
        panic!("still not there after {MOST_STEPS} steps: {:#?}", texts(&way));
    }

    async fn send(&mut self, visit: &Visit) -> Response<Vec<u8>> {
        let mut request = Request::builder()
            .method(visit.method.clone())
            .uri(visit.url.as_str())
            .header(header::USER_AGENT, DESKTOP)
            .header(header::ACCEPT, "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")
            .header(header::ACCEPT_LANGUAGE, "zh-CN,zh;q=0.9,en;q=0.8");
        let cookies: Vec<String> = self
            .jar
            .get_request_values(&place_of(&visit.url))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(origin) = &visit.origin {
            request = request
                .header(header::ORIGIN, origin)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let answer = wire::send(request.body(visit.body.clone().into_bytes()).unwrap()).await;
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error:?}", visit.url));
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            // A browser drops what it may not keep, without a word.
            drop(self.jar.parse(cookie, &place_of(&visit.url)));
        }
        answer
    }
}

impl Arrival {
    fn at(url: Url, answer: Response<Vec<u8>>, way: Vec<Url>) -> Self {
        let policy = answer.headers().get(header::REFERRER_POLICY);
        let referrer_policy = policy.map_or_else(String::new, |p| p.to_str().unwrap().to_owned());
        let body = String::from_utf8(answer.body().clone());
        let body = body.unwrap_or_else(|error| panic!("{url} is not UTF-8: {error}"));
        Self { url, status: answer.status(), body, way, referrer_policy }
    }

    fn unopened(url: Url, way: Vec<Url>) -> Self {
        Self {
            url,
            status: StatusCode::OK,
            body: String::new(),
            way,
            referrer_policy: String::new(),
        }
    }

    /// The way as text, for a failure.
    pub(crate) fn way_in_words(&self) -> Vec<&str> {
        texts(&self.way)
    }

    /// A parameter of the address it ended at.
    pub(crate) fn parameter(&self, wanted: &str) -> String {
        let found = self.url.query_pairs().find(|(name, _)| name == wanted);
        found.unwrap_or_else(|| panic!("no {wanted} in {}", self.url)).1.into_owned()
    }

    /// Pressing a button of this page.
    fn press(&self, form: &Form, button: &str) -> Visit {
        assert!(form.is_post, "the form of #{button} at {} is not a POST", self.url);
        // Fetch, "append a request Origin header": a page that sends no referrer sends no origin either.
        let origin = match self.referrer_policy.as_str() {
            "no-referrer" => "null".to_owned(),
            _ => self.url.origin().ascii_serialization(),
        };
        Visit {
            method: Method::POST,
            url: self.url.join(&form.action).unwrap(),
            body: form.body_when_pressed(button),
            origin: Some(origin),
        }
    }
}

/// Where the jar believes to be: `Secure` cookies of plain http on loopback are kept, as Chromium and Firefox do.
fn place_of(url: &Url) -> Url {
    let (mut place, port) = (url.clone(), url.port_or_known_default());
    place.set_scheme("https").unwrap();
    place.set_port(port).unwrap();
    place
}

fn texts(way: &[Url]) -> Vec<&str> {
    way.iter().map(Url::as_str).collect()
}

/// One request to come.
#[derive(Debug)]
struct Visit {
    method: Method,
    url: Url,
    body: String,
    origin: Option<String>,
}

impl Visit {
    const fn open(url: Url) -> Self {
        Self { method: Method::GET, url, body: String::new(), origin: None }
    }
}

/// Where an answer sends the browser: 307 and 308 repeat the request, the others become a GET.
fn redirected(visit: &Visit, answer: &Response<Vec<u8>>) -> Option<Visit> {
    let target =
        answer.headers().get(header::LOCATION).filter(|_| answer.status().is_redirection())?;
    let url = visit.url.join(target.to_str().unwrap()).unwrap();
    let repeats = matches!(answer.status().as_u16(), 307 | 308);
    assert!(!repeats || visit.method == Method::GET, "a form's content would go on to {url}");
    Some(Visit::open(url))
}

/// The one button a person who wants to sign in would press here; `None` when there is none.
fn what_a_person_presses(page: &Arrival, person: &str) -> Option<Visit> {
    let button = |id| page::form_with_button(&page.body, id);
    if let Some(mut form) = button("approve") {
        form.fill("person", person);
        return Some(page.press(&form, "approve"));
    }
    let (id, form) = ["continue", "allow"].into_iter().find_map(|id| Some((id, button(id)?)))?;
    Some(page.press(&form, id))
}
