//! How many logins per second the simulator itself can carry, so that a load test knows when it measures the fake.
//! A login here is three requests on a kept connection: link, exchange, profile. Run it with `--release`.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::{
    io,
    time::{Duration, Instant},
};

use magpie_simulator::{Simulator, World};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

const CONNECTIONS: usize = 32;
const APP: &str = "wx0000000000000001";

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut world = World::demo("app.test");
    world.auto_approve = true;
    world.people_count = 100_000;
    world.request_log = 0;
    let simulator = Simulator::start(world, ([127, 0, 0, 1], 0).into()).await?;
    let begun = now();
    let mut clients = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let address = simulator.address();
        clients.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            while begun.elapsed() < Duration::from_secs(5) {
                login(&mut stream).await?;
            }
            io::Result::Ok(())
        });
    }
    while let Some(done) = clients.join_next().await {
        done.map_err(io::Error::other)??;
    }
    let logins = simulator.profiles();
    println!("{logins} logins, {:.0} per second", logins as f64 / begun.elapsed().as_secs_f64());
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn now() -> Instant {
    Instant::now()
}

async fn login(stream: &mut TcpStream) -> io::Result<()> {
    let link = format!(
        "/connect/qrconnect?appid={APP}&redirect_uri=http%3A%2F%2Fapp.test%2Fcb&response_type=code&scope=snsapi_login&state=s"
    );
    let code = between(&ask(stream, &link).await?, "code=", "&")?;
    let path = format!(
        "/sns/oauth2/access_token?appid={APP}&secret={APP}-secret&code={code}&grant_type=authorization_code"
    );
    let reply = ask(stream, &path).await?;
    let (token, openid) =
        (between(&reply, "\"access_token\":\"", "\"")?, between(&reply, "\"openid\":\"", "\"")?);
    let profile =
        ask(stream, &format!("/sns/userinfo?access_token={token}&openid={openid}")).await?;
    between(&profile, "\"nickname\":\"", "\"").map(drop)
}

/// One request on a kept connection; answers fit into one buffer and carry their length.
async fn ask(stream: &mut TcpStream, path: &str) -> io::Result<String> {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes()).await?;
    let mut answer = String::new();
    loop {
        let mut piece = [0; 4096];
        let read = stream.read(&mut piece).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        answer.push_str(&String::from_utf8_lossy(piece.get(..read).unwrap_or_default()));
        if let Some((head, body)) = answer.split_once("\r\n\r\n") {
            let length =
                between(&format!("{head}\r\n").to_lowercase(), "content-length: ", "\r\n")?;
            if body.len() >= length.parse().unwrap_or(0) {
                return Ok(answer);
            }
        }
    }
}

fn between(text: &str, start: &str, end: &str) -> io::Result<String> {
    let found = text.split_once(start).and_then(|(_, after)| after.split_once(end));
    found
        .map(|(found, _)| found.to_owned())
        .ok_or_else(|| io::Error::other(format!("no {start} in {text}")))
}
