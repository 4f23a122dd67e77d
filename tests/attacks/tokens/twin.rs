//! Another process of a house, over the same database and under the same issuer, with settings that the house itself
//! cannot be given: its listener's and its keys'.

use std::net::SocketAddr;
use std::sync::Arc;

use magpie_server::config::{self, Environment};
use magpie_server::metrics::Metrics;
use magpie_server::serve::{self, Migrations, Sockets};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::place::Place;

/// The root key of all houses for tests: twins read each other's cookies.
const ROOT_KEY: &str = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE";

/// Opens it with more keys in `[listen]` and `[keys]`; it ends with the token.
pub(crate) async fn twin(
    place: &Place,
    listen: &str,
    keys: &str,
) -> (SocketAddr, CancellationToken) {
    let (issuer, wechat) = (&place.house.issuer, place.house.wechat.base_url());
    let database = place.house.database().url();
    let app = place.app();
    let (secret, uri) = (app.secret.as_deref().unwrap(), &app.redirect_uri);
    let other = place.house.other_application().redirect_uri;
    let text = format!(
        r#"issuer = "{issuer}"
[listen]
public = "127.0.0.1:1"
management = "127.0.0.1:2"
{listen}
[database]
url = "{database}"
[keys]
root_key = "{ROOT_KEY}"
{keys}
[wechat]
api_base = "{wechat}"
api_fallback_bases = []
open_base = "{wechat}"
development = true
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
[[clients]]
id = "app"
secret = "{secret}"
redirect_uris = ["{uri}"]
[[clients]]
id = "other"
secret = "{secret}"
redirect_uris = ["{other}"]
"#
    );
    let loaded =
        config::read(&place.house.folder().join("twin.toml"), text, &Environment::default());
    let config = loaded.config.unwrap_or_else(|| panic!("{}", loaded.findings));
    let metrics = Arc::new(Metrics::default());
    let flows = serve::open(&config, Migrations::Check, &metrics).await.unwrap();
    let public = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let management = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = public.local_addr().unwrap();
    let stop = CancellationToken::new();
    let sockets = Sockets::of(public, management);
    tokio::spawn(serve::serve(config, sockets, flows, metrics, stop.clone()));
    (address, stop)
}
