//! A house that mini programs and apps bring codes to, and what they send.

use std::sync::{Arc, Mutex};

use harness::{Application, Database, Page, Plan};
use magpie_simulator::{Account, AccountKind, Scope, World};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::place::Place;

/// The AppIDs of the scene.
pub(crate) const MINI: &str = "wx0000000000000003";
pub(crate) const APP: &str = "wx0000000000000004";
pub(crate) const OTHER_MINI: &str = "wx0000000000000005";

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub(crate) const WECHAT_CODE: &str = "urn:magpie:params:oauth:token-type:wechat-code";
pub(crate) const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

const CHANNELS: &str = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
[[channels]]
id = "mini"
kind = "mini_program"
app_id = "wx0000000000000003"
app_secret = "wx0000000000000003-secret"
platform = "main"
[[channels]]
id = "app"
kind = "mobile_app"
app_id = "wx0000000000000004"
app_secret = "wx0000000000000004-secret"
platform = "main"
[[channels]]
id = "other"
kind = "mini_program"
app_id = "wx0000000000000005"
app_secret = "wx0000000000000005-secret"
platform = "main"
"#;

/// `shop` is public and has both, `server` authenticates and has the mini program, `pairs` sees a `sub` of its own, and
/// `narrow` may exchange access tokens alone.
const CLIENTS: &str = r#"
[[clients]]
id = "shop"
scopes = ["openid", "profile", "wechat", "offline_access"]
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange", "refresh_token"]
wechat_channels = ["mini", "app"]
[[clients]]
id = "server"
secret = "s3cr3t-of-the-application-0123456789abcdef"
scopes = ["openid", "profile", "offline_access"]
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]
wechat_channels = ["mini"]
[[clients]]
id = "pairs"
scopes = ["openid"]
subject_type = "pairwise"
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]
wechat_channels = ["mini", "app"]
[[clients]]
id = "caller"
scopes = ["openid", "phone"]
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]
wechat_channels = ["mini", "app"]
[[clients]]
id = "sealed"
scopes = ["openid", "profile", "phone"]
grant_types = ["urn:ietf:params:oauth:grant-type:token-exchange"]
wechat_channels = ["mini", "app"]
[[clients]]
id = "narrow"
redirect_uris = ["https://narrow.example/cb"]
scopes = ["openid"]
grant_types = ["authorization_code", "urn:ietf:params:oauth:grant-type:token-exchange"]
"#;

/// The usual world with a mini program, an app and another mini program, all bound to the platform.
fn world() -> World {
    let mut world = World::demo("127.0.0.1");
    for (app_id, kind) in [
        (MINI, AccountKind::MiniProgram),
        (APP, AccountKind::MobileApp),
        (OTHER_MINI, AccountKind::MiniProgram),
    ] {
        world.accounts.push(Account {
            app_id: app_id.to_owned(),
            app_secret: format!("{app_id}-secret"),
            kind,
            name: String::new(),
            platform: Some("main".to_owned()),
            callback_domains: Vec::new(),
            allow_port: false,
        });
    }
    world
}

/// The house, with somebody (`xiaoyu`) who has signed in at a desktop.
pub(crate) async fn house(database: Option<Database>) -> Place {
    with_channels(database, CHANNELS.to_owned()).await
}

/// One whose mini program gets its app-level tokens from a server of the operator's, and what that server heard.
pub(crate) async fn with_central_tokens() -> (Place, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mini?key=1", listener.local_addr().unwrap());
    let heard = Heard::default();
    tokio::spawn(serve_tokens(listener, Arc::clone(&heard)));
    let keys = format!(
        "kind = \"mini_program\"\napp_token_url = \"{url}\"\napp_token_bearer = \"central-bearer-0123456789\""
    );
    let channels = CHANNELS.replacen("kind = \"mini_program\"", &keys, 1);
    (with_channels(None, channels).await, heard)
}

/// Requests, head first.
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

async fn serve_tokens(listener: TcpListener, heard: Heard) {
    let body = r#"{"access_token":"central-token-0123456789","expires_in":7200}"#;
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    while let Ok((mut stream, _peer)) = listener.accept().await {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        heard.lock().unwrap().push(String::from_utf8(head).unwrap());
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

async fn with_channels(database: Option<Database>, channels: String) -> Place {
    Place::of(Plan {
        database,
        world: Some(world()),
        channels: Some(channels),
        more: CLIENTS.to_owned(),
        ..Plan::default()
    })
    .await
}

/// One on each engine.
pub(crate) async fn on_both_engines() -> Vec<Place> {
    let mut places = vec![house(None).await];
    if let Some(database) = Database::on_postgres().await {
        places.push(house(Some(database)).await);
    }
    places
}

impl Place {
    /// A client without a secret.
    pub(crate) fn public(&self, id: &str) -> Application {
        let mut app = self.house.own_application(id, "");
        app.secret = None;
        app
    }

    /// A code as `wx.login` gives it.
    pub(crate) fn mini_code(&self, person: &str) -> String {
        self.house.wechat.issue_code(MINI, person, Scope::MiniProgram).unwrap()
    }

    /// A code as the OpenSDK gives it.
    pub(crate) fn app_code(&self, person: &str) -> String {
        self.house.wechat.issue_code(APP, person, Scope::UserInfo).unwrap()
    }

    /// How many people there are.
    pub(crate) async fn people(&self) -> i64 {
        self.facts.number("SELECT count(*) FROM users").await
    }
}

/// The fields of an exchange; an empty value leaves one out.
pub(crate) fn fields<'a>(
    code: &'a str,
    channel: &'a str,
    more: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("grant_type", GRANT),
        ("subject_token_type", WECHAT_CODE),
        ("subject_token", code),
        ("audience", channel),
        ("scope", "openid"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        if !value.is_empty() {
            fields.push((name, value));
        }
    }
    fields
}

/// Brings a code.
pub(crate) async fn bring(
    app: &Application,
    code: &str,
    channel: &str,
    more: &[(&str, &str)],
) -> Page {
    app.post("/oauth2/token", &fields(code, channel, more)).await
}
