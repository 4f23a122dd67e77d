//! Another process of a house, over the same database and under the same issuer, with settings that the house itself
//! cannot be given: its listener's and its keys'.

use std::net::SocketAddr;
use std::sync::Arc;

use magpie_server::config::{self, Config, Environment};
use magpie_server::metrics::Metrics;
use magpie_server::serve::{self, Migrations, Sockets};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::place::Place;

/// The root key of all houses for tests: twins read each other's cookies.
const ROOT_KEY: &str = "c2VjcmV0LXJvb3Qta2V5LW9mLXRlc3QtaG91c2VzLTE";

/// The channel through which the person of a place signed in.
pub(crate) const WEBSITE: &str = r#"
[[channels]]
id = "desktop"
kind = "website"
app_id = "wx0000000000000001"
app_secret = "wx0000000000000001-secret"
platform = "main"
"#;

/// Opens it with more keys in `[listen]` and `[keys]`; it ends with the token.
pub(crate) async fn twin(
    place: &Place,
    listen: &str,
    keys: &str,
) -> (SocketAddr, CancellationToken) {
    twin_through(place, WEBSITE, listen, keys).await
}

/// The same with other channels.
pub(crate) async fn twin_through(
    place: &Place,
    channels: &str,
    listen: &str,
    keys: &str,
) -> (SocketAddr, CancellationToken) {
    let config = configuration(place, channels, listen, keys);
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

/// Why it would not start, if it would not.
pub(crate) async fn complaint(place: &Place) -> Option<String> {
    let config = configuration(place, WEBSITE, "", "");
    let opened = serve::open(&config, Migrations::Check, &Arc::new(Metrics::default())).await;
    opened.err().map(|error| format!("{error}: {error:?}"))
}

fn configuration(place: &Place, channels: &str, listen: &str, keys: &str) -> Config {
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
{channels}
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
    loaded.config.unwrap_or_else(|| panic!("{}", loaded.findings))
}
