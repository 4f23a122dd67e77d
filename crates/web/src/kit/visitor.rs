//! Who calls, as far as a request says: cookies, language, user agent, address.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, header};
use magpie_domain::{Locale, locale};
use magpie_flows::authorize::Visitor;
use magpie_wechat::user_agent::Agent;

use super::client_ip;
use super::cookies::Cookies;
use super::quota::Quota;
use crate::pages::{OwnPath, PageContext};
use crate::state::Web;

/// One visit of a browser.
pub(crate) struct Visit<'a> {
    pub(crate) cookies: Cookies<'a>,
    pub(crate) locale: Locale,
    pub(crate) address: IpAddr,
    /// What this visit may leave in the database.
    pub(crate) quota: Quota<'a>,
    pub(crate) agent: Agent,
    user_agent: &'a str,
}

/// Without the address, which is a person's.
impl fmt::Debug for Visit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit")
            .field("cookies", &self.cookies)
            .field("locale", &self.locale)
            .field("agent", &self.agent)
            .finish_non_exhaustive()
    }
}

impl<'a> Visit<'a> {
    /// Reads a request; `ui_locales` is what the application asked for.
    pub(crate) fn read(
        web: &'a Web,
        headers: &'a HeaderMap,
        extensions: &Extensions,
        ui_locales: Option<&str>,
    ) -> Self {
        let cookies = Cookies::read(headers, web.flows().issuer());
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let accepted = text(header::ACCEPT_LANGUAGE);
        // Who switched the language by hand meant it more than the application did.
        let ui_locales = ui_locales.filter(|_| cookies.language().is_none());
        let locale =
            locale::negotiate(ui_locales, cookies.language(), accepted, web.parts().default_locale);
        let user_agent = text(header::USER_AGENT).unwrap_or_default();
        let address = address(web, headers, extensions);
        let quota = Quota::new(web, address);
        Self { locale, agent: Agent::read(user_agent), address, quota, cookies, user_agent }
    }

    /// The visitor as flows want it.
    pub(crate) fn visitor(&self) -> Visitor<'_> {
        Visitor {
            session: self.cookies.session(),
            agent: self.agent,
            locale: self.locale,
            address: self.address,
            user_agent: self.user_agent,
            budget: &self.quota,
        }
    }

    /// The frame of a page for this visit.
    pub(crate) fn context(&self, web: &Web) -> PageContext {
        PageContext {
            development: web.flows().settings().development,
            base_path: web.flows().issuer().path().to_owned(),
            brand: web.parts().brand.clone(),
            ..PageContext::new(self.locale)
        }
    }

    /// The frame of a page with a language switch that leads back to `path`, one of our own.
    pub(crate) fn context_at(&self, web: &Web, path: &str) -> PageContext {
        let other = match self.locale {
            Locale::ZhCn => Locale::En,
            Locale::En => Locale::ZhCn,
        };
        let switch = format!("{path}?language={}", other.tag());
        PageContext { other_language: OwnPath::parse(&switch), ..self.context(web) }
    }
}

/// The client's address. Without a peer (a test that calls the router itself) nobody is counted.
pub(crate) fn address(web: &Web, headers: &HeaderMap, extensions: &Extensions) -> IpAddr {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::from([127, 0, 0, 1]), |ConnectInfo(address)| address.ip());
    client_ip::client_ip(peer, headers, &web.parts().trusted_proxies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use magpie_domain::Issuer;

    use crate::kit::throttle::{Limits, Throttle};

    /// Seen red with the derived `Debug`.
    #[test]
    fn debug_output_of_a_visit_tells_neither_cookies_nor_address() {
        let issuer = Issuer::parse("https://login.example.com").unwrap();
        let mut headers = HeaderMap::new();
        let planted =
            HeaderValue::from_static("__Host-magpie-session=planted-value; a=other-value");
        headers.insert(header::COOKIE, planted);
        let throttle = Throttle::new(Limits::default());
        let visit = Visit {
            cookies: Cookies::read(&headers, &issuer),
            locale: Locale::En,
            address: IpAddr::from([203, 0, 113, 9]),
            quota: Quota::of(&throttle, IpAddr::from([203, 0, 113, 9])),
            agent: Agent::read(""),
            user_agent: "",
        };
        assert_eq!(visit.cookies.session(), Some("planted-value"));
        let text = format!("{visit:?} {:?}", visit.cookies);
        for secret in ["planted-value", "other-value", "203.0.113.9"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
