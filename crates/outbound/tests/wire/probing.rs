//! Why nobody answers is told apart, and no error carries an address.

use std::io::Write;
use std::net::TcpListener;

use magpie_outbound::{Answered, Probe, Unreached};

use crate::child;
use crate::strangers::{authority, behind_own_certificate, server};
use crate::upstream::Upstream;

fn get(url: &str) -> Result<Answered, Unreached> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { Probe::new().unwrap().get(url, Some("Agent/1")).await })
}

fn failure(url: &str) -> Unreached {
    get(url).map(|answered| answered.status).unwrap_err()
}

#[test]
fn a_name_a_closed_port_silence_and_a_hang_up_are_told_apart() {
    assert_eq!(failure("http://nobody.invalid:1/"), Unreached::NameUnknown);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    assert_eq!(failure(&closed), Unreached::Refused);
    let silent = Upstream::start(|_number, wire| wire.listen());
    assert_eq!(failure(&silent.base()), Unreached::Silent);
    let rude = Upstream::start(|_number, wire| {
        wire.request();
    });
    assert_eq!(failure(&rude.base()), Unreached::BrokenOff);
    let no_tls = Upstream::start(|_number, wire| {
        wire.say(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        wire.listen();
    });
    assert_eq!(failure(&no_tls.base().replace("http:", "https:")), Unreached::Tls);
}

#[test]
fn a_redirect_is_an_answer_and_so_are_its_date_and_type() {
    let answer = "HTTP/1.1 302 Found\r\nlocation: https://elsewhere.example/\r\n\
                  date: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-type: Text/HTML; charset=x\r\ncontent-length: 2\r\n\r\nno";
    let upstream = Upstream::answering(answer);
    let answered = get(&upstream.base()).unwrap();
    assert_eq!((answered.status, answered.body.as_slice()), (302, &b"no"[..]));
    assert_eq!(answered.content_type(), "text/html");
    assert_eq!(answered.date(), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert!(!format!("{answered:?}").contains("elsewhere"));
    assert!(upstream.heard().concat().to_lowercase().contains("user-agent: agent/1"));
}

#[test]
fn each_way_in_which_a_certificate_is_wrong_has_its_name() {
    if let Some(bases) = child::bases() {
        let failures: Vec<_> = bases.iter().map(|base| failure(base)).collect();
        let expected = [
            Unreached::CertificateName,
            Unreached::CertificateDates,
            Unreached::CertificateUnknown,
            Unreached::CertificateUnknown,
        ];
        assert_eq!(failures, expected);
        return;
    }
    let trusted = authority();
    let mut roots = tempfile::NamedTempFile::new().unwrap();
    roots.write_all(trusted.pem().as_bytes()).unwrap();
    let (wrong_name, expired) = (server(&trusted, 4000), server(&trusted, 2020));
    let (unknown, own) = (server(&authority(), 4000), behind_own_certificate());
    child::run(
        "probing::each_way_in_which_a_certificate_is_wrong_has_its_name",
        &[wrong_name.base(), expired.base_by_name(), unknown.base_by_name(), own.base_by_name()],
        &[("SSL_CERT_FILE", roots.path().to_str().unwrap())],
    );
}
