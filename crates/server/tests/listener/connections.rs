//! How long things may take, how many there may be, and how they end.

use std::time::Duration;

use magpie_server::config::Limits;
use magpie_server::listen::HostRule;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use crate::house::{HOST, House, read_all, read_some, request, short_times, status};

/// HT-04. Seen red with the deadline of `guarded` taken out.
#[tokio::test]
async fn silent_and_dribbling_connections_are_closed_while_others_are_served() {
    let house = House::open().await;
    let began = Instant::now();
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(house.connect().await);
    }
    let mut dribbling = house.connect().await;
    let mut written = 0;
    for byte in request("GET /", "A: long enough to take more than a while\r\n").bytes() {
        if dribbling.write_all(&[byte]).await.is_err() {
            break;
        }
        written += 1;
        if written % 10 == 0 {
            let good = house.tell(request("GET /", "Connection: close\r\n")).await;
            assert_eq!(status(&good), "200");
        }
        sleep(Duration::from_millis(40)).await;
        if began.elapsed() > Duration::from_millis(1500) {
            break;
        }
    }
    assert!(read_all(&mut dribbling).await.is_empty());
    for mut stream in silent {
        assert!(read_all(&mut stream).await.is_empty());
    }
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_may_rest_longer_than_a_head_may_take() {
    let house = House::open().await;
    let mut stream = house.connect().await;
    for _ in 0..2 {
        stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
        assert_eq!(status(&read_some(&mut stream).await), "200");
        sleep(Duration::from_millis(600)).await;
    }
    let began = Instant::now();
    assert!(read_all(&mut stream).await.is_empty());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// HT-04. Seen red with the alarm of `guarded` left where resting had put it.
#[tokio::test]
async fn a_slow_head_after_a_good_request_gets_no_longer_than_the_first() {
    let limits = Limits { idle_time: Duration::from_secs(30), ..short_times() };
    let house = House::with(limits, HostRule::Only(HOST.to_owned())).await;
    let mut stream = house.connect().await;
    for _ in 0..2 {
        stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
        assert_eq!(status(&read_some(&mut stream).await), "200");
        // Long enough for the alarm to fire, and to be put off because nothing is due.
        sleep(Duration::from_millis(400)).await;
    }
    stream.write_all(b"GET / HT").await.unwrap();
    let began = Instant::now();
    assert!(read_all(&mut stream).await.is_empty());
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_body_that_dribbles_is_given_up() {
    let limits = Limits { request_time: Duration::from_secs(60), ..short_times() };
    let house = House::with(limits, HostRule::Only(HOST.to_owned())).await;
    let mut stream = house.connect().await;
    let head = request("POST /echo", "Content-Length: 100\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let began = Instant::now();
    let mut answer = String::new();
    while answer.is_empty() && began.elapsed() < Duration::from_secs(10) {
        drop(stream.write_all(b"x").await);
        let mut bytes = [0; 512];
        if let Ok(Ok(count)) = timeout(Duration::from_millis(50), stream.read(&mut bytes)).await {
            answer = String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()).into_owned();
        }
    }
    assert_eq!(status(&answer), "400", "{answer}");
}

#[tokio::test]
async fn an_application_that_hangs_is_503() {
    let house = House::open().await;
    let answer = house.tell(request("GET /stuck", "")).await;
    assert_eq!(status(&answer), "503", "{answer}");
}

/// CC-13 in small: what is in flight finishes, nothing new is taken, resting connections end at once.
/// Seen red without the graceful end.
#[tokio::test]
async fn stopping_finishes_what_is_in_flight_and_takes_nothing_new() {
    let house = House::open().await;
    let mut resting = house.connect().await;
    resting.write_all(request("GET /", "").as_bytes()).await.unwrap();
    assert_eq!(status(&read_some(&mut resting).await), "200");
    let mut busy = house.connect().await;
    busy.write_all(request("GET /slow", "").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;

    let began = Instant::now();
    house.stop.cancel();
    assert!(read_all(&mut resting).await.is_empty());
    assert!(began.elapsed() < short_times().drain_time, "it was given up, not ended");
    assert_eq!(status(&read_all(&mut busy).await), "200");
    timeout(Duration::from_secs(20), house.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(house.address).await.is_err());
}

#[tokio::test]
async fn stopping_gives_up_after_the_drain_time() {
    let limits = Limits { request_time: Duration::from_secs(60), ..short_times() };
    let house = House::with(limits, HostRule::Only(HOST.to_owned())).await;
    let mut stuck = house.connect().await;
    stuck.write_all(request("GET /stuck", "").as_bytes()).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    house.stop.cancel();
    timeout(Duration::from_secs(20), house.served).await.unwrap().unwrap();
    assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
}

#[tokio::test]
async fn connections_beyond_the_cap_are_closed_and_counted() {
    let limits = Limits { connections: 3, idle_time: Duration::from_secs(9), ..short_times() };
    let house = House::with(limits, HostRule::Only(HOST.to_owned())).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = house.connect().await;
        stream.write_all(request("GET /", "").as_bytes()).await.unwrap();
        assert_eq!(status(&read_some(&mut stream).await), "200");
        held.push(stream);
    }
    let mut fourth = house.connect().await;
    assert!(read_all(&mut fourth).await.is_empty());
    let metrics = house.metrics.write().unwrap();
    assert!(metrics.contains("magpie_connections 3"), "{metrics}");
    assert!(metrics.contains("connections_turned_away_total{reason=\"full\"} 1"), "{metrics}");
    held.pop();
    sleep(Duration::from_millis(100)).await;
    let answer = house.tell(request("GET /", "Connection: close\r\n")).await;
    assert_eq!(status(&answer), "200");
}
