//! Starting, stopping, counting, and reading a world.

use magpie_simulator::{Endpoint, Scope, Simulator, World};
use tokio::net::TcpStream;

use crate::client::{SERVICE, WEBSITE, demo, demo_with, exchange, get, get_as, website_link};

const WORLD: &str = r#"
people_count = 2
auto_approve = true
cancel = "state_only"
request_log = 1

[[accounts]]
app_id = "wx1"
app_secret = "s"
kind = "website"
platform = "main"
callback_domains = ["127.0.0.1", "login.example.com"]
allow_port = true

[[people]]
key = "ann"
nickname = "安"

[[script]]
endpoint = "access_token"
faults = [{ errcode = -1 }, { delay_ms = 10 }]
times = 1

[[script]]
endpoint = "user_info"
faults = ["control_characters", { snapshot = "text" }]
"#;

#[tokio::test]
async fn a_world_file_is_read_with_its_script() {
    let world = World::from_toml(WORLD).unwrap();
    assert_eq!(world.person("p1").unwrap().nickname, "路人 000001");
    assert!(world.person("p2").is_none() && world.person("p01").is_none());
    let simulator = Simulator::start(world, ([127, 0, 0, 1], 0).into()).await.unwrap();
    assert_eq!(simulator.script().remaining(), 2);
    let code = simulator.issue_code("wx1", "ann", Scope::Login).unwrap();
    let path = format!(
        "/sns/oauth2/access_token?appid=wx1&secret=s&code={code}&grant_type=authorization_code"
    );
    assert_eq!(get(&simulator, &path).await.errcode(), -1);
    assert_eq!(get(&simulator, &path).await.errcode(), 0);
    assert_eq!(simulator.requests().len(), 1, "the log is as long as the world says");
}

#[test]
fn a_world_that_cannot_be_is_refused_with_its_reason() {
    let twice = WORLD.replace("[[people]]", "[[people]]\nkey = \"ann\"\n[[people]]");
    for (text, reason) in [
        (WORLD.replace("nickname", "nick_name"), "nick_name"),
        (WORLD.replace("\"login.example.com\"", "\"https://login.example.com\""), "host only"),
        (WORLD.replace("\"login.example.com\"", "\"login.example.com:80\""), "host only"),
        (WORLD.replace("\"ann\"", "\"a b\""), "person key"),
        (twice, "person key"),
        (
            format!(
                "{WORLD}\n[[accounts]]\napp_id = \"wx1\"\napp_secret = \"s\"\nkind = \"sandbox\""
            ),
            "wx1",
        ),
        ("auto_approve = true".to_owned(), "nobody lives"),
    ] {
        let refused = World::from_toml(&text).unwrap_err().to_string();
        assert!(refused.contains(reason), "{reason}: {refused}");
    }
}

#[tokio::test]
async fn requests_are_counted_and_kept_in_their_order() {
    let simulator = demo().await;
    let code = simulator.issue_code(WEBSITE, "ann", Scope::Login).unwrap();
    get_as(&simulator, &website_link(), "User-Agent: test\r\nReferer: http://leak.test/\r\n").await;
    exchange(&simulator, WEBSITE, &code).await;
    let seen = simulator.requests();
    let endpoints: Vec<_> = seen.iter().map(|request| request.endpoint).collect();
    assert_eq!(endpoints, [Endpoint::QrConnect, Endpoint::AccessToken]);
    let (link, exchange) = (&seen[0], &seen[1]);
    assert_eq!(link.names(), ["appid", "redirect_uri", "response_type", "scope", "state"]);
    assert_eq!((link.user_agent.as_str(), link.had_referer), ("test", true));
    assert_eq!(exchange.names(), ["appid", "secret", "code", "grant_type"]);
    assert_eq!(exchange.parameter("code"), Some(code.as_str()));
    assert!(!exchange.had_referer);
    assert_eq!(
        (simulator.exchanges(), simulator.profiles(), simulator.exchanges_of(&code)),
        (1, 0, 1)
    );
    assert_eq!(simulator.exchanges_of("invented"), 0);
    simulator.forget_requests();
    assert_eq!((simulator.requests().len(), simulator.exchanges()), (0, 0));
}

#[tokio::test]
async fn nothing_secret_is_printed() {
    let simulator = demo_with(|world| world.accounts[0].app_secret = "planted-secret".into()).await;
    let code = simulator.issue_code(SERVICE, "ann", Scope::UserInfo).unwrap();
    let token = exchange(&simulator, SERVICE, &code).await.field("access_token");
    get(&simulator, &format!("/sns/auth?access_token={token}&openid=planted-openid")).await;
    let printed = format!("{:?} {:?} {:?}", *simulator, simulator.world(), simulator.requests());
    for planted in ["planted-secret", "planted-openid", &code, &token] {
        assert!(!printed.contains(planted), "{planted}");
    }
}

#[tokio::test]
async fn a_dropped_simulator_listens_no_more_and_ends_its_connections() {
    use tokio::io::AsyncReadExt;
    let simulator = demo().await;
    let address = simulator.address();
    let mut open = TcpStream::connect(address).await.unwrap();
    get(&simulator, "/").await;
    drop(simulator);
    let mut rest = Vec::new();
    let ended =
        tokio::time::timeout(std::time::Duration::from_secs(5), open.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the idle connection was ended");
    assert!(TcpStream::connect(address).await.is_err());
}

#[test]
fn people_and_apps_that_do_not_exist_get_no_code() {
    let simulator = Simulator::new(World::demo("app.test"));
    assert!(simulator.issue_code("wx9", "ann", Scope::Base).unwrap_err().contains("wx9"));
    assert!(simulator.issue_code(SERVICE, "nobody", Scope::Base).unwrap_err().contains("nobody"));
}
