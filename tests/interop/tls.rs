//! TLS in front of a server on loopback, for relying parties that demand https: what a reverse proxy is in production.
//! Its authority lives as long as the test. Each connection carries one request, which keeps it to a page of code.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PublicKeyData as _,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use sha2::{Digest as _, Sha256};

/// For a browser that opens a connection and never asks.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running proxy.
#[derive(Debug)]
pub(crate) struct Front {
    port: u16,
    authority: String,
    key_hash: String,
    stopped: Arc<AtomicBool>,
}

impl Front {
    /// Listens with TLS and hands each request on to `inner`, unchanged but for `Connection`.
    pub(crate) fn start(inner: u16) -> Self {
        let authority = authority();
        let key = KeyPair::generate().unwrap();
        let tls = Arc::new(configured(&authority, &key));
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        std::thread::spawn(move || {
            while let Ok((peer, _)) = listener.accept() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let tls = Arc::clone(&tls);
                // A browser that goes away in the middle is no matter of the test.
                std::thread::spawn(move || serve(tls, peer, inner).ok());
            }
        });
        let key_hash = STANDARD.encode(Sha256::digest(key.subject_public_key_info()));
        Self { port, authority: authority.pem(), key_hash, stopped }
    }

    /// Where it is reached.
    pub(crate) fn origin(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The certificate of its authority, as PEM.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The hash of its public key, for a browser that is to trust this key alone.
    pub(crate) fn key_hash(&self) -> &str {
        &self.key_hash
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Wakes the listener, which then goes.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "authority of one test");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn configured(authority: &Authority, key: &KeyPair) -> ServerConfig {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "issuer of one test");
    let certificate = params.signed_by(key, authority).unwrap().der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

fn serve(tls: Arc<ServerConfig>, peer: TcpStream, inner: u16) -> io::Result<()> {
    peer.set_read_timeout(Some(PATIENCE))?;
    let connection = ServerConnection::new(tls).map_err(io::Error::other)?;
    let mut outside = StreamOwned::new(connection, peer);
    let request = read_request(&mut outside)?;
    let mut inside = TcpStream::connect(("127.0.0.1", inner))?;
    inside.write_all(&request)?;
    // The answer ends with the connection, as the request says.
    io::copy(&mut inside, &mut outside)?;
    outside.conn.send_close_notify();
    outside.flush()
}

/// One request, with `Connection: close` for whatever it said.
fn read_request(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let lower = line.to_ascii_lowercase();
        if lower == "\r\n" {
            break;
        }
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        if !lower.starts_with("connection:") {
            request += &line;
        }
    }
    request += "Connection: close\r\n\r\n";
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok([request.into_bytes(), body].concat())
}
