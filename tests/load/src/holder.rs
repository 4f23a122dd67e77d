//! An application that holds tokens of one person and spends them again and again: refresh tokens, each of which brings
//! the next, or one access token at userinfo. It signs in once, by following redirects as a browser does, so that the
//! same lines work at the server and at the peer; signing in is not measured. Called by the drive.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::cookie_jar::CookieJar;
use crate::http_client::{Answer, Connection, Trouble};
use crate::login::Attempt;
use crate::site::{OFFLINE, REDIRECT_URI, Site};
use crate::tokens::{Tokens, redeem_request, refresh_request, userinfo_request};

/// Most redirects of one login; both providers need three or fewer before the application's own address.
const HOPS: usize = 6;

/// What tokens are spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// The refresh token that came last, for the next one with an access token and an ID token.
    Refresh,
    /// The claims of the person.
    Userinfo,
}

impl Errand {
    pub(crate) const ALL: [Self; 2] = [Self::Refresh, Self::Userinfo];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Refresh => "refresh",
            Self::Userinfo => "userinfo",
        }
    }
}

/// Who gives tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    /// What is measured.
    Server,
    /// What it is compared with.
    Peer,
}

/// One connection to a provider with the tokens of one person.
#[derive(Debug)]
pub(crate) struct Holder {
    provider: Connection,
    address: SocketAddr,
    credentials: String,
    tokens: Tokens,
    site: Arc<Site>,
    /// The cookies of the person's browser, which is signed in at the provider.
    session: CookieJar,
}

/// A code that its application has not redeemed.
#[derive(Debug)]
pub(crate) struct Unredeemed {
    code: String,
    attempt: Attempt,
}

impl Holder {
    /// Signs somebody in.
    pub(crate) async fn sign_in(site: Arc<Site>, provider: Provider) -> Result<Self, Trouble> {
        let mut target = OFFLINE.authorization_target();
        let address = match provider {
            Provider::Server => site.public,
            Provider::Peer => {
                // It gives offline access only where the consent page was asked for (OIDC Core §11).
                target.push_str("&prompt=consent");
                site.peer
            }
        };
        let mut browser = Browser::new(address, &site);
        browser.attempt.write_parameters(&mut target);
        let code = browser.follow(target).await?;
        let Browser { at_provider: mut provider, attempt, .. } = browser;
        let credentials = OFFLINE.credentials();
        let request = redeem_request(address, &credentials, &code, &attempt.verifier);
        let answer = provider.ask(request.as_bytes()).await?.expect_status(200)?;
        let tokens = Tokens::redeemed(&answer.body, &attempt.nonce)?;
        if tokens.refresh_token.is_none() {
            return Err(Trouble::Content("no refresh token"));
        }
        let session = attempt.at_provider;
        Ok(Self { provider, address, credentials, tokens, site, session })
    }

    /// A code for the application that the person is signed in at already: the provider asks nobody.
    pub(crate) async fn obtain_code(&mut self) -> Result<Unredeemed, Trouble> {
        let mut attempt = Attempt::new(self.site.next_login());
        attempt.at_provider = self.session.clone();
        let mut target = OFFLINE.authorization_target();
        attempt.write_parameters(&mut target);
        let request = attempt.page_request(self.address, &target, &attempt.at_provider);
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(303)?;
        let location = answer.location.unwrap_or_default();
        let query =
            location.strip_prefix(REDIRECT_URI).ok_or(Trouble::Content("sent elsewhere"))?;
        Ok(Unredeemed { code: attempt.code(query)?, attempt })
    }

    /// Redeems it; the tokens are looked at and given up.
    pub(crate) async fn redeem(&mut self, unredeemed: &Unredeemed) -> Result<(), Trouble> {
        let Unredeemed { code, attempt } = unredeemed;
        let request = redeem_request(self.address, &self.credentials, code, &attempt.verifier);
        let answer = self.provider.ask(request.as_bytes()).await?.expect_status(200)?;
        Tokens::redeemed(&answer.body, &attempt.nonce).map(drop)
    }

    /// Spends a token once, and keeps what it brought.
    pub(crate) async fn run(&mut self, errand: Errand) -> Result<(), Trouble> {
        match errand {
            Errand::Refresh => {
                let refresh_token = self.tokens.refresh_token.as_deref().unwrap_or_default();
                let request = refresh_request(self.address, &self.credentials, refresh_token);
                let answer = self.provider.ask(request.as_bytes()).await?.expect_status(200)?;
                self.tokens = self.tokens.refreshed(&answer.body)?;
                Ok(())
            }
            Errand::Userinfo => {
                let request = userinfo_request(self.address, &self.tokens.access_token);
                let answer = self.provider.ask(request.as_bytes()).await?.expect_status(200)?;
                self.tokens.check_userinfo(&answer.body)
            }
        }
    }
}

/// A browser on its way from the authorization endpoint back to the application.
#[derive(Debug)]
struct Browser {
    attempt: Attempt,
    provider: SocketAddr,
    wechat: SocketAddr,
    at_provider: Connection,
    at_wechat: Connection,
}

impl Browser {
    fn new(provider: SocketAddr, site: &Site) -> Self {
        Self {
            attempt: Attempt::new(site.next_login()),
            provider,
            wechat: site.simulator,
            at_provider: Connection::to(provider),
            at_wechat: Connection::to(site.simulator),
        }
    }

    /// Follows redirects until the application's address, and returns the code that stands there.
    async fn follow(&mut self, target: String) -> Result<String, Trouble> {
        let mut place = Place { at_wechat: false, target };
        for _ in 0..HOPS {
            let answer = self.visit(&place).await?;
            let location = answer.location.ok_or(Trouble::Content("no location"))?;
            if let Some(query) = location.strip_prefix(REDIRECT_URI) {
                return self.attempt.code(query);
            }
            place = self.resolve(&place, &location)?;
        }
        Err(Trouble::Content("redirects without end"))
    }

    async fn visit(&mut self, place: &Place) -> Result<Answer, Trouble> {
        let attempt = &mut self.attempt;
        let (host, connection) = if place.at_wechat {
            (self.wechat, &mut self.at_wechat)
        } else {
            (self.provider, &mut self.at_provider)
        };
        let jar = if place.at_wechat { &attempt.at_wechat } else { &attempt.at_provider };
        let request = attempt.page_request(host, &place.target, jar);
        let answer = connection.ask(request.as_bytes()).await?;
        let jar = if place.at_wechat { &mut attempt.at_wechat } else { &mut attempt.at_provider };
        jar.obey(&answer.cookies);
        match answer.status {
            302 | 303 => Ok(answer),
            other => Err(Trouble::Status(other)),
        }
    }

    /// Where a location leads that is seen at `from` (RFC 3986 §5.2, as far as redirects need it).
    fn resolve(&self, from: &Place, location: &str) -> Result<Place, Trouble> {
        let below = |host: SocketAddr| location.strip_prefix(&format!("http://{host}"));
        let (at_wechat, target) = match (below(self.provider), below(self.wechat)) {
            (Some(target), _) => (false, target),
            (None, Some(target)) => (true, target),
            (None, None) => (from.at_wechat, location),
        };
        if target.starts_with('/') {
            Ok(Place { at_wechat, target: target.to_owned() })
        } else {
            Err(Trouble::Content("sent elsewhere"))
        }
    }
}

/// A page at one of the two hosts that a login visits.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    at_wechat: bool,
    target: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::Choice;

    #[test]
    fn a_redirect_stays_at_its_host_or_names_one_of_two() {
        let folder = tempfile::tempdir().unwrap();
        let choice =
            Choice { people: 1, algorithm: "RS256".to_owned(), peer: true, postgres: None };
        let site = Site::prepare(folder.path(), &choice).unwrap();
        let browser = Browser::new(site.peer, &site);
        let place = |at_wechat, target: &str| Place { at_wechat, target: target.to_owned() };
        for from in [place(false, "/a"), place(true, "/a")] {
            let to = |location: &str| browser.resolve(&from, location).ok();
            assert_eq!(to("/b?c"), Some(place(from.at_wechat, "/b?c")));
            assert_eq!(to(&format!("http://{}/b", site.peer)), Some(place(false, "/b")));
            assert_eq!(to(&format!("http://{}/b", site.simulator)), Some(place(true, "/b")));
            // A longer port begins with ours, and another host is nobody we measure.
            assert_eq!(to(&format!("http://{}9/b", site.peer)), None);
            assert_eq!(to("https://elsewhere.example/b"), None);
        }
    }
}
