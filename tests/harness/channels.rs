//! Configuration of one channel of each kind, and the simulated world that they belong to: all of WeChat's accounts on one
//! platform, and one organisation in WeCom.

use magpie_simulator::{Account, AccountKind, Corp, World};

use crate::house::House;

/// The AppID of [`MINI_PROGRAM`].
pub const MINI_APP_ID: &str = "wx0000000000000003";
/// The AppID of [`MOBILE_APP`].
pub const MOBILE_APP_ID: &str = "wx0000000000000004";

/// `desktop`: a website app.
pub const WEBSITE: &str = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
"#;

/// `inapp`: a service account that asks for the profile.
pub const SERVICE_ACCOUNT: &str = r#"
[[channels]]
id = "inapp"
kind = "service_account"
app_id = "wx0000000000000002"
app_secret = "wx0000000000000002-secret"
platform = "main"
scope = "snsapi_userinfo"
"#;

/// `scan`: a relay through [`SERVICE_ACCOUNT`].
pub const RELAY: &str = r#"
[[channels]]
id = "scan"
kind = "relay"
through = "inapp"
"#;

/// `scan`: the same relay, whose desktops can be answered for in [`MINI_PROGRAM`], too.
pub const RELAY_WITH_PROGRAM: &str = r#"
[[channels]]
id = "scan"
kind = "relay"
through = "inapp"
mini_program = "mini"
page = "pages/confirm/confirm"
"#;

/// `mini`: a mini program.
pub const MINI_PROGRAM: &str = r#"
[[channels]]
id = "mini"
kind = "mini_program"
app_id = "wx0000000000000003"
app_secret = "wx0000000000000003-secret"
platform = "main"
"#;

/// `app`: a mobile app.
pub const MOBILE_APP: &str = r#"
[[channels]]
id = "app"
kind = "mobile_app"
app_id = "wx0000000000000004"
app_secret = "wx0000000000000004-secret"
platform = "main"
"#;

/// `office`: an app of an organisation in WeCom, which has no platform.
pub const WECOM: &str = r#"
[[channels]]
id = "office"
kind = "wecom"
corp_id = "ww0000000000000001"
corp_secret = "ww0000000000000001-1000002-secret"
agent_id = 1000002
"#;

/// The world of all of them. WeCom sends nobody back before [`trust`].
#[must_use]
pub fn world() -> World {
    let mut world = World::demo("127.0.0.1");
    for (app_id, kind) in
        [(MINI_APP_ID, AccountKind::MiniProgram), (MOBILE_APP_ID, AccountKind::MobileApp)]
    {
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
    world.corps = vec![Corp::demo("not.yet.known")];
    world
}

/// Types the house's host and port into WeCom's console, which compares both.
pub fn trust(house: &House) {
    let authority = house.authority();
    house.wechat.change_world(|world| {
        for agent in world.corps.iter_mut().flat_map(|corp| &mut corp.agents) {
            agent.trusted_domains = vec![authority.clone()];
        }
    });
}
