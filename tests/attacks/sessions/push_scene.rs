//! A house whose accounts push: the simulator signs and encrypts, with code of its own.

use std::net::SocketAddr;

use harness::{Database, House, Page, Plan, send};
use magpie_simulator::{Flaw, PushConsole, PushFormat, PushMode, PushRequest, Pushed};

use crate::scene::Scene;

pub(crate) const WEBSITE: &str = "wx0000000000000001";
pub(crate) const ACCOUNT: &str = "wx0000000000000002";
const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

/// Both channels, with more of the service account's pushes.
fn channels(more: &str) -> String {
    let push = format!("token = \"{TOKEN}\", encoding_aes_key = \"{KEY}\"");
    format!(
        r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "{WEBSITE}"
app_secret = "{WEBSITE}-secret"
platform = "main"
push = {{ {push}, format = "json" }}

[[channels]]
id = "inapp"
kind = "service_account"
app_id = "{ACCOUNT}"
app_secret = "{ACCOUNT}-secret"
platform = "main"
push = {{ {push}{more} }}
"#
    )
}

/// What a house is to be like.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// More configuration.
    pub(crate) more: String,
    /// More keys of the service account's pushes, each after a comma.
    pub(crate) push: String,
}

impl Wanted {
    pub(crate) fn with(more: &str) -> Self {
        Self { more: more.to_owned(), ..Self::default() }
    }

    /// Such a house on SQLite.
    pub(crate) async fn open(&self) -> Scene {
        self.on(None).await
    }

    /// One on each engine.
    pub(crate) async fn on_both_engines(&self) -> Vec<Scene> {
        let mut scenes = vec![self.on(None).await];
        if let Some(database) = Database::on_postgres().await {
            scenes.push(self.on(Some(database)).await);
        }
        scenes
    }

    async fn on(&self, database: Option<Database>) -> Scene {
        let plan = Plan {
            database: database.clone(),
            more: self.more.clone(),
            channels: Some(channels(&self.push)),
            ..Plan::default()
        };
        let scene = Scene { house: House::of(plan).await };
        for (app_id, channel, format) in
            [(WEBSITE, "desktop", PushFormat::Json), (ACCOUNT, "inapp", PushFormat::Xml)]
        {
            let url = format!("{}/push/{channel}", scene.house.issuer);
            let mode = PushMode::Secure;
            let (token, encoding_aes_key) = (TOKEN.to_owned(), KEY.to_owned());
            let app_id = app_id.to_owned();
            scene.house.wechat.change_world(|world| {
                world.pushes.push(PushConsole {
                    app_id,
                    url,
                    token,
                    encoding_aes_key,
                    mode,
                    format,
                });
            });
        }
        scene
    }
}

impl Scene {
    pub(crate) fn set_mode(&self, app_id: &str, mode: PushMode) {
        self.house.wechat.change_world(|world| {
            for console in world.pushes.iter_mut().filter(|console| console.app_id == app_id) {
                console.mode = mode;
            }
        });
    }

    pub(crate) fn written(&self, app_id: &str, pushed: &Pushed, flaw: Flaw) -> PushRequest {
        self.house.wechat.write_push(app_id, "xiaoyu", pushed, flaw).unwrap()
    }

    /// Sends a push to the house.
    pub(crate) async fn pushed(&self, request: &PushRequest) -> Page {
        pushed_to(self.house.address(), request).await
    }

    /// Sends a push that must be taken.
    pub(crate) async fn push(&self, app_id: &str, pushed: &Pushed) {
        assert_taken(&self.pushed(&self.written(app_id, pushed, Flaw::None)).await);
    }
}

/// Sends a push to a replica.
pub(crate) async fn pushed_to(address: SocketAddr, request: &PushRequest) -> Page {
    let sent = http::Request::post(&request.url)
        .header("content-type", request.content_type)
        .body(request.body.clone().into_bytes())
        .unwrap();
    Page::new(&request.url, send(address, sent).await)
}

#[track_caller]
pub(crate) fn assert_taken(page: &Page) {
    assert_eq!((page.status.as_u16(), &*page.body), (200, "success"));
    assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
}
