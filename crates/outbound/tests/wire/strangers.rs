//! Who must not hear the secret: a proxy that the environment names, and a server that cannot prove its name.

use std::io::Write;
use std::sync::Arc;

use magpie_outbound::{CallFailed, HttpSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::call::{REQUEST_LINE, exchange, failure, openid};
use crate::child;
use crate::upstream::{Upstream, token};

/// Seen red without `no_proxy`.
#[test]
fn a_proxy_of_the_environment_is_not_used() {
    if let Some(bases) = child::bases() {
        let reply = exchange(HttpSettings::default(), &[bases.first().unwrap()]);
        assert_eq!(openid(reply), "oPlantedOpenId");
        return;
    }
    let (upstream, proxy) = (Upstream::answering(token()), Upstream::answering(token()));
    let named = proxy.base();
    let environment = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"]
        .map(|variable| (variable, named.as_str()));
    child::run(
        "strangers::a_proxy_of_the_environment_is_not_used",
        &[upstream.base()],
        &environment,
    );
    assert_eq!(proxy.heard(), Vec::<String>::new());
    assert!(upstream.heard().concat().starts_with(REQUEST_LINE));
}

pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(crate) fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server for `localhost` with a certificate from `authority`.
pub(crate) fn server(authority: &Authority, until_year: i32) -> Upstream {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.not_after = date_time_ymd(until_year, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    behind(certificate.der().clone(), &key)
}

/// A server for `localhost` that vouches for itself.
pub(crate) fn behind_own_certificate() -> Upstream {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    behind(own.self_signed(&key).unwrap().der().clone(), &key)
}

fn behind(certificate: CertificateDer<'static>, key: &KeyPair) -> Upstream {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let answer = token();
    Upstream::start_tls(
        Arc::new(tls),
        move |_number, wire| {
            while wire.request() && wire.say(&answer) {}
        },
    )
}

/// Seen red with invalid certificates accepted, and with invalid host names accepted.
#[test]
fn a_server_that_cannot_prove_its_name_hears_nothing() {
    if let Some(bases) = child::bases() {
        let mut results =
            bases.iter().map(|base| exchange(HttpSettings::default(), &[base.as_str()]));
        assert_eq!(openid(results.next().unwrap()), "oPlantedOpenId");
        let failures: Vec<CallFailed> = results.map(failure).collect();
        // Nothing was sent, so another base may be tried.
        assert_eq!(failures, [CallFailed::Connect; 4]);
        return;
    }
    let trusted = authority();
    let mut roots = tempfile::NamedTempFile::new().unwrap();
    roots.write_all(trusted.pem().as_bytes()).unwrap();
    let (proven, wrong_name) = (server(&trusted, 4000), server(&trusted, 4000));
    let (expired, unknown) = (server(&trusted, 2020), server(&authority(), 4000));
    let self_signed = behind_own_certificate();
    child::run(
        "strangers::a_server_that_cannot_prove_its_name_hears_nothing",
        &[
            proven.base_by_name(),
            wrong_name.base(),
            expired.base_by_name(),
            unknown.base_by_name(),
            self_signed.base_by_name(),
        ],
        &[("SSL_CERT_FILE", roots.path().to_str().unwrap())],
    );
    assert!(proven.heard().concat().starts_with(REQUEST_LINE));
    for stranger in [wrong_name, expired, unknown, self_signed] {
        let heard = stranger.heard();
        assert!(!heard.is_empty(), "was not even called");
        assert_eq!(heard.concat(), "");
    }
}
