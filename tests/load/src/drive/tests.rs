use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::site::Choice;

/// A server that answers every request with `answer`, after `delay`, until the test ends; it closes where it says so.
async fn stub(answer: &'static str, delay: Duration) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            connections.spawn(async move {
                let mut buffer = [0; 4096];
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                    tokio::time::sleep(delay).await;
                    let sent = stream.write_all(answer.as_bytes()).await;
                    if sent.is_err() || answer.contains("connection: close") {
                        break;
                    }
                }
            });
        }
    });
    (address, tasks)
}

fn site_at(address: SocketAddr) -> (tempfile::TempDir, Arc<Site>) {
    let folder = tempfile::tempdir().unwrap();
    let choice = Choice { people: 1, algorithm: "RS256".to_owned(), peer: true, postgres: None };
    let mut site = Site::prepare(folder.path(), &choice).unwrap();
    site.public = address;
    (folder, Arc::new(site))
}

fn failed(samples: &Samples) -> u64 {
    samples.errors.values().sum()
}

#[tokio::test]
async fn a_cheap_route_is_asked_on_every_connection_until_the_time_is_up() {
    let (address, _server) =
        stub("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", Duration::ZERO).await;
    let samples = repeat(address, "/", 4, Duration::from_millis(100)).await.unwrap();
    assert!(samples.done() >= 4, "{}", samples.done());
    assert_eq!(failed(&samples), 0, "{:?}", samples.errors);
}

#[tokio::test]
async fn a_refusal_is_counted_by_step_and_status_and_is_no_login() {
    let refusal = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n";
    let (address, _server) = stub(refusal, Duration::ZERO).await;
    let (_folder, site) = site_at(address);
    let samples = open(&site, 100, Duration::from_millis(100)).await.unwrap();
    assert_eq!(samples.done(), 0);
    assert_eq!(samples.errors.get("authorize: status 429"), Some(&10), "{:?}", samples.errors);
}

#[tokio::test]
async fn nobody_who_answers_is_an_error_and_the_run_still_ends() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (_folder, site) = site_at(address);
    let samples = closed(&site, 2, Duration::from_millis(20)).await.unwrap();
    assert!(failed(&samples) > 0 && samples.done() == 0);
    assert!(samples.errors.contains_key("authorize: no connection"), "{:?}", samples.errors);
}

/// The stall of a server must be seen by every login that was due meanwhile: here each answer takes 200 ms, and a
/// closed loop of one user would report one login where the timetable has twenty.
#[tokio::test]
async fn the_timetable_goes_on_while_the_server_is_slow() {
    let refusal = "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n";
    let (address, _server) = stub(refusal, Duration::from_millis(200)).await;
    let (_folder, site) = site_at(address);
    let begun = clock::now();
    let samples = open(&site, 100, Duration::from_millis(200)).await.unwrap();
    assert_eq!((failed(&samples), samples.lag.len()), (20, 20));
    assert!(begun.elapsed() < Duration::from_secs(3), "they did not wait for each other");
}

/// A kept connection that the server closes is opened again for the next request.
#[tokio::test]
async fn a_closed_connection_is_opened_again() {
    let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let (address, _server) = stub(answer, Duration::ZERO).await;
    let mut connection = Connection::to(address);
    for _ in 0..3 {
        connection.ask(get(address, "/").as_bytes()).await.unwrap();
    }
}

#[test]
fn a_timetable_holds_rate_times_span() {
    assert_eq!(offered(300, Duration::from_millis(1500)), 450);
    assert_eq!(offered(100, Duration::ZERO), 0);
}
