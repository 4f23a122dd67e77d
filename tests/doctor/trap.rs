//! Something else in the place of a server: it says one thing, or nothing, over TCP or TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The trap; its threads end with the test.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trap {
    pub(crate) address: SocketAddr,
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl Trap {
    /// Answers each request by its path with a whole response.
    pub(crate) fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::over(|tcp| Box::new(tcp), move |stream| serve(stream, &answer))
    }

    /// The same behind TLS.
    pub(crate) fn tls(
        tls: ServerConfig,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let tls = Arc::new(tls);
        let wrap = move |tcp| -> Box<dyn Stream> {
            Box::new(StreamOwned::new(ServerConnection::new(Arc::clone(&tls)).unwrap(), tcp))
        };
        Self::over(wrap, move |stream| serve(stream, &answer))
    }

    /// Takes connections and says nothing.
    pub(crate) fn silent() -> Self {
        Self::over(|tcp| Box::new(tcp), |_stream| thread::sleep(Duration::from_secs(60)))
    }

    /// Speaks HTTP to whoever wants TLS.
    pub(crate) fn without_tls() -> Self {
        Self::over(
            |tcp| Box::new(tcp),
            |mut stream| {
                drop(stream.write_all(response(400, "", "").as_bytes()));
                thread::sleep(Duration::from_secs(5));
            },
        )
    }

    /// Takes connections and closes them.
    pub(crate) fn rude() -> Self {
        Self::over(|tcp| Box::new(tcp), drop)
    }

    /// An address at which nothing listens.
    pub(crate) fn closed() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        Self { address: free.local_addr().unwrap() }
    }

    fn over(
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + Sync + 'static,
        script: impl Fn(Box<dyn Stream>) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let both = Arc::new((wrap, script));
        thread::spawn(move || {
            for tcp in listener.incoming().map_while(Result::ok) {
                let both = Arc::clone(&both);
                thread::spawn(move || (both.1)((both.0)(tcp)));
            }
        });
        Self { address }
    }

    /// By address.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address)
    }

    /// By name.
    pub(crate) fn named(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.address.port())
    }
}

fn serve(mut stream: Box<dyn Stream>, answer: &impl Fn(&str) -> String) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.extend_from_slice(&byte),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head);
    let path = head.split(' ').nth(1).unwrap_or_default();
    drop(stream.write_all(answer(path).as_bytes()).and_then(|()| stream.flush()));
}

/// A whole response.
pub(crate) fn response(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

/// A certificate authority of a test's own, and where its certificate is.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Writes the certificate down for a machine that trusts it.
    pub(crate) fn roots(&self, folder: &tempfile::TempDir) -> PathBuf {
        let path = folder.path().join("roots.pem");
        std::fs::write(&path, self.0.pem()).unwrap();
        path
    }

    /// What a server for `localhost` shows.
    pub(crate) fn server(&self, until_year: i32) -> ServerConfig {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_after = date_time_ymd(until_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}
