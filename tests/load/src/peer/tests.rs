use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::bare_route::DOCUMENTS;
use crate::campaign::wait_for_answer;
use crate::drive;
use crate::holder::{Errand, Provider};
use crate::http_client::Connection;
use crate::site::Choice;

#[test]
fn node_is_new_from_20_on() {
    assert!(is_new("20.0.0") && is_new("24.1.0"));
    assert!(!is_new("18.20.4") && !is_new("") && !is_new("x.1"));
}

/// A running peer; its parts end in this order.
struct Scene {
    _peer: Child,
    site: Arc<Site>,
    _folder: TempDir,
}

/// Nothing where there is no Node, unless everything must be tested.
async fn scene(algorithm: &str) -> Option<Scene> {
    // Two tests at once would install into one folder.
    static INSTALLED: OnceLock<anyhow::Result<Installation>> = OnceLock::new();
    let installation = match INSTALLED.get_or_init(Installation::prepare) {
        Ok(installation) => installation,
        Err(trouble) => {
            let everything = std::env::var_os("MAGPIE_TEST_ALL").is_some_and(|value| value == "1");
            assert!(!everything, "{trouble:#}");
            eprintln!("skipped: {trouble:#}");
            return None;
        }
    };
    assert!(installation.versions().starts_with("oidc-provider 9."), "{}", installation.versions());
    let folder = tempfile::tempdir().unwrap();
    let choice = Choice { people: 1, algorithm: algorithm.to_owned(), peer: true, postgres: None };
    let site = Arc::new(Site::prepare(folder.path(), &choice).unwrap());
    let mut peer = installation.start(&site, algorithm).unwrap();
    let [discovery, _] = DOCUMENTS;
    wait_for_answer(&mut peer, site.peer, discovery.path).await.unwrap();
    Some(Scene { _peer: peer, site, _folder: folder })
}

/// The other half of every comparison with the peer: what the driver asks of it must be answered in full.
#[tokio::test]
async fn the_peer_rotates_and_tells_the_person_as_the_server_does() {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let Some(Scene { site, _peer, _folder }) = scene(algorithm).await else { return };
        announces(site.peer, algorithm).await;
        for errand in Errand::ALL {
            let holders = drive::sign_in(&site, Provider::Peer, 2).await.unwrap();
            let samples = drive::spend(holders, errand, Duration::from_millis(200)).await.unwrap();
            assert!(
                samples.done() > 2 && samples.errors.is_empty(),
                "{errand:?}: {:?}",
                samples.errors
            );
        }
    }
}

/// What the package keeps in memory by itself ends at 1,000 to 2,000 entries, and a login makes seven.
#[tokio::test]
async fn the_peer_still_knows_the_first_of_many_holders() {
    let Some(Scene { site, _peer, _folder }) = scene("ES256").await else { return };
    let first = drive::sign_in(&site, Provider::Peer, 2).await.unwrap();
    for _ in 0..3 {
        drop(drive::sign_in(&site, Provider::Peer, 100).await.unwrap());
    }
    for mut holder in first {
        holder.run(Errand::Refresh).await.unwrap();
        holder.run(Errand::Userinfo).await.unwrap();
    }
}

/// The paths that the driver knows, and the algorithm that was asked for.
async fn announces(peer: SocketAddr, algorithm: &str) {
    let ask = async |path: &str| {
        let answer = Connection::to(peer).ask(drive::get(peer, path).as_bytes()).await.unwrap();
        serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap()
    };
    let [discovery, jwks] = DOCUMENTS;
    let document = ask(discovery.path).await;
    for (name, path) in [
        ("token_endpoint", "/oauth2/token"),
        ("userinfo_endpoint", "/oauth2/userinfo"),
        ("jwks_uri", jwks.path),
    ] {
        assert_eq!(document[name], format!("http://{peer}{path}"));
    }
    assert_eq!(ask(jwks.path).await["keys"][0]["alg"], algorithm);
}
