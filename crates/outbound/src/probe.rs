//! Calls that find out why other calls do not work: one base, one try, and the answer as it came.
//! What a login need not know is told apart here: a name that does not resolve, a closed port, silence, and each way in
//! which a certificate can be wrong. As everywhere in this crate, no redirect is followed and no error carries a URL.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use http::{HeaderMap, header};
use magpie_domain::{Account, Secret};
use reqwest::RequestBuilder;
use rustls::CertificateError;
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

use crate::http::bare;
use crate::unreachable::HttpClientBroken;

/// Longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// Longest wait from the look-up of the name to the last byte: what WeChat gets in a login.
const TOTAL: Duration = Duration::from_secs(5);
/// Largest answer read, in bytes; what comes after it is left unread.
const LARGEST_BODY: usize = 256 * 1024;

/// Why nobody answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// The name leads to no address.
    #[error("the name does not resolve")]
    NameUnknown,
    /// Nothing listens there, or a firewall says so.
    #[error("the connection was refused")]
    Refused,
    /// Nothing came in time.
    #[error("nothing came in time")]
    Silent,
    /// The certificate has expired, or is not valid yet.
    #[error("the certificate is not valid today")]
    CertificateDates,
    /// The certificate is for other names.
    #[error("the certificate is for another name")]
    CertificateName,
    /// Nobody we trust vouches for the certificate: self-signed, an incomplete chain, an inspecting proxy.
    #[error("the certificate comes from somebody unknown")]
    CertificateUnknown,
    /// TLS failed otherwise: no TLS there, or none in common.
    #[error("TLS failed")]
    Tls,
    /// The connection broke off.
    #[error("the connection broke off")]
    BrokenOff,
}

/// An answer as it came, redirects and errors included.
#[derive(Clone)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// At most 256 KiB of the body.
    pub body: Vec<u8>,
    headers: HeaderMap,
}

impl Answered {
    /// The media type without parameters, in lower case; empty when there is none.
    #[must_use]
    pub fn content_type(&self) -> String {
        let named = self.header(&header::CONTENT_TYPE).split(';').next().unwrap_or_default();
        named.trim().to_ascii_lowercase()
    }

    /// The `Date` field as it came (RFC 9110 §6.6.1); empty when there is none.
    #[must_use]
    pub fn date(&self) -> &str {
        self.header(&header::DATE)
    }

    fn header(&self, name: &header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl fmt::Debug for Answered {
    /// Without headers and body, which may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answered")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The client of these calls; cheap to clone. It keeps no connection: each call shows the whole way.
#[derive(Debug, Clone)]
pub struct Probe {
    client: reqwest::Client,
}

impl Probe {
    /// Builds the client.
    ///
    /// # Errors
    /// [`HttpClientBroken`] when the TLS roots of the system cannot be used.
    pub fn new() -> Result<Self, HttpClientBroken> {
        let client = bare()
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .build()
            .map_err(|_may_name_files| HttpClientBroken)?;
        Ok(Self { client })
    }

    /// Fetches an address. `agent` is a `User-Agent` in place of our own, for pages that ask who looks.
    ///
    /// # Errors
    /// [`Unreached`], without the address.
    pub async fn get(&self, url: &str, agent: Option<&str>) -> Result<Answered, Unreached> {
        let request = self.client.get(url);
        let request = match agent {
            Some(agent) => request.header(header::USER_AGENT, agent),
            None => request,
        };
        ask(url, request).await
    }

    /// Exchanges a code that was never given to anybody (`GET /sns/oauth2/access_token` of one base), which tells what
    /// WeChat thinks of AppID and AppSecret.
    ///
    /// # Errors
    /// [`Unreached`], without the address.
    pub async fn exchange(
        &self,
        base: &str,
        account: &Account,
        made_up: &str,
    ) -> Result<Answered, Unreached> {
        let query = [
            ("appid", account.app_id.as_str()),
            ("secret", account.app_secret.expose().as_str()),
            ("code", made_up),
            ("grant_type", "authorization_code"),
        ];
        let url = format!("{base}/sns/oauth2/access_token");
        ask(&url, self.client.get(&url).query(&query)).await
    }

    /// Asks one base for the app-level token (`POST /cgi-bin/stable_token`). Without `force_refresh` the token that other
    /// programs hold stays good (wechat.md §5.5). Whoever calls this reads from the answer whether there is one, and
    /// drops it.
    ///
    /// # Errors
    /// [`Unreached`], without the address.
    pub async fn stable_token(&self, base: &str, account: &Account) -> Result<Answered, Unreached> {
        let body = serde_json::json!({
            "grant_type": "client_credential",
            "appid": account.app_id.as_str(),
            "secret": account.app_secret.expose().as_str(),
            "force_refresh": false,
        });
        let url = format!("{base}/cgi-bin/stable_token");
        ask(&url, self.client.post(&url).json(&body)).await
    }
}

/// WeCom's calls (wechat.md §12.2). Its tokens are the same for every caller, so asking for one takes nobody's away.
impl Probe {
    /// Asks for the token of an app (`GET /cgi-bin/gettoken`).
    ///
    /// # Errors
    /// [`Unreached`], without the address.
    pub async fn wecom_token(&self, base: &str, account: &Account) -> Result<Answered, Unreached> {
        let secret = account.app_secret.expose();
        let query = [("corpid", account.app_id.as_str()), ("corpsecret", secret.as_str())];
        self.wecom(base, "/cgi-bin/gettoken", &query).await
    }

    /// Asks what the console has for an app (`GET /cgi-bin/agent/get`).
    ///
    /// # Errors
    /// [`Unreached`], without the address.
    pub async fn wecom_app(
        &self,
        base: &str,
        token: &Secret<String>,
        agent_id: u32,
    ) -> Result<Answered, Unreached> {
        let agent_id = agent_id.to_string();
        let query = [("access_token", token.expose().as_str()), ("agentid", agent_id.as_str())];
        self.wecom(base, "/cgi-bin/agent/get", &query).await
    }

    /// Shows a code that was never given to anybody (`GET /cgi-bin/auth/getuserinfo`).
    ///
    /// # Errors
    /// [`Unreached`], without the address.
    pub async fn wecom_code(
        &self,
        base: &str,
        token: &Secret<String>,
        made_up: &str,
    ) -> Result<Answered, Unreached> {
        let query = [("access_token", token.expose().as_str()), ("code", made_up)];
        self.wecom(base, "/cgi-bin/auth/getuserinfo", &query).await
    }

    async fn wecom(
        &self,
        base: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Answered, Unreached> {
        let url = format!("{base}{path}");
        ask(&url, self.client.get(&url).query(query)).await
    }
}

/// Looks the name up, which the client would not tell apart from a closed port, and makes the call, all in one deadline.
async fn ask(url: &str, request: RequestBuilder) -> Result<Answered, Unreached> {
    let call = async {
        resolve(url).await?;
        read(request.send().await.map_err(why)?).await
    };
    timeout(TOTAL, call).await.unwrap_or(Err(Unreached::Silent))
}

async fn resolve(url: &str) -> Result<(), Unreached> {
    let url = Url::parse(url).map_err(|_quotes_the_url| Unreached::NameUnknown)?;
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    let port = url.port_or_known_default().unwrap_or_default();
    let found = lookup_host((name, port)).await.map_err(|_no_such_name| Unreached::NameUnknown)?;
    if found.count() == 0 { Err(Unreached::NameUnknown) } else { Ok(()) }
}

async fn read(mut response: reqwest::Response) -> Result<Answered, Unreached> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(why)? {
        let room = LARGEST_BODY.saturating_sub(body.len());
        body.extend(chunk.iter().take(room));
        if body.len() >= LARGEST_BODY {
            break;
        }
    }
    Ok(Answered { status, body, headers })
}

/// Finds the cause below the client's own error, whose text names the URL.
#[expect(clippy::needless_pass_by_value, reason = "consumed so that nobody can print it")]
fn why(error: reqwest::Error) -> Unreached {
    if error.is_timeout() {
        return Unreached::Silent;
    }
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(found) = known(cause) {
            return found;
        }
        next = cause.source();
    }
    Unreached::BrokenOff
}

/// What one cause says. An IO error hides the error it was made of from `source`, so it is opened here.
fn known(cause: &(dyn Error + 'static)) -> Option<Unreached> {
    if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
        return Some(of_tls(tls));
    }
    let io = cause.downcast_ref::<io::Error>()?;
    if let Some(inner) = io.get_ref() {
        return known(inner);
    }
    match io.kind() {
        io::ErrorKind::ConnectionRefused
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => Some(Unreached::Refused),
        io::ErrorKind::TimedOut => Some(Unreached::Silent),
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> Unreached {
    let rustls::Error::InvalidCertificate(certificate) = error else { return Unreached::Tls };
    match certificate {
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => Unreached::CertificateDates,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Unreached::CertificateName
        }
        _ => Unreached::CertificateUnknown,
    }
}
