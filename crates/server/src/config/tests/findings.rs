//! Every kind of finding: its place, its caret, what was seen and what to do.

use super::{CHANNEL, CLIENT, Desk, LEAST};

/// Checks that each line of `expected` is part of what is said about `text`.
fn says(text: &str, expected: &[&str]) {
    let said = Desk::new().complaints(text);
    for part in expected {
        assert!(said.contains(part), "missing: {part}\nin:\n{said}");
    }
}

#[test]
fn an_unknown_key_is_shown_with_line_caret_and_the_expected_names() {
    says(
        &format!("{LEAST}[listen]\npubic = \"127.0.0.1:1\"\n"),
        &[
            "error: magpie.toml:5:1: listen.pubic: unknown key `pubic` in listen\n",
            "5 | pubic = \"…\"\n  | ^^^^^\n",
            "did you mean `public`? expected one of: public, management, trusted_proxies",
        ],
    );
}

#[test]
fn an_unknown_section_is_refused_too() {
    says(
        &format!("{LEAST}[lisen]\n"),
        &["unknown key `lisen`", "4 | [lisen]\n  |  ^^^^^\n", "did you mean `listen`?"],
    );
}

#[test]
fn all_findings_are_told_at_once_in_the_order_of_the_file() {
    let said = Desk::new().complaints("issuer = 5\n[listen]\npublic = \"x\"\n[nowhere]\n");
    let order =
        ["magpie.toml:1:10: issuer", "listen.public", "nowhere"].map(|part| said.find(part));
    assert!(order.iter().all(Option::is_some) && order.is_sorted(), "{said}");
    assert!(said.contains("there is no root key"), "{said}");
}

#[test]
fn a_value_of_the_wrong_kind_is_named_by_its_kind() {
    let wrong = [
        ("issuer = 5\n", "this is a number, and a text in quotes is wanted"),
        ("listen = 1\n", "and a table, headed [listen], is wanted"),
        ("channels = {}\n", "and tables, each headed [[channels]], is wanted"),
        ("[wechat]\ndevelopment = \"no\"\n", "and true or false without quotes is wanted"),
        ("[limits]\nconnections = \"9\"\n", "and a whole number without quotes is wanted"),
        ("[listen]\ntrusted_proxies = \"10.0.0.0/8\"\n", "and a list of texts"),
        ("[times]\ncode = 60\n", "this is a number, and a text in quotes is wanted"),
        ("[times]\ncode = 1.5\n", "this is a fraction"),
    ];
    for (text, part) in wrong {
        says(text, &[part, "^"]);
    }
}

#[test]
fn a_file_that_is_no_toml_is_shown_with_its_place_and_no_value() {
    says(
        "issuer = \"https://login.example.com\"\n[keys]\nroot_key = S3CR3T\n",
        &["error: magpie.toml:3:", "this is not TOML", "3 | root_key = …\n"],
    );
}

#[test]
fn an_empty_file_and_a_byte_order_mark_are_understood() {
    says("", &["error: magpie.toml: issuer: the key is missing"]);
    Desk::new().accept(&format!("\u{feff}{LEAST}"));
}

/// OP-02.
#[test]
fn an_issuer_that_applications_could_not_compare_is_refused() {
    for (issuer, part) in [
        ("https://login.example.com/", "trailing slash"),
        ("http://login.example.com", "is http"),
        ("https://login.example.com?x=1", "has a query"),
        ("https://user@login.example.com", "credentials"),
        ("https://Login.example.com", "normal form"),
        ("login.example.com", "not a URL"),
        ("http://127.0.0.1:8080", "the issuer is http"),
    ] {
        says(&LEAST.replace("https://login.example.com", issuer), &["error: ", part, "issuer"]);
    }
    says(
        "issuer = \"https://a.example/\"\n",
        &["1 | issuer = \"https://a.example/\"\n  |          ^^^^^^^^^^^^^^^^^^^^\n"],
    );
}

#[test]
fn a_proxy_list_that_trusts_everybody_is_refused() {
    for network in ["0.0.0.0/0", "::/0"] {
        let text = format!("{LEAST}[listen]\ntrusted_proxies = [\"10.0.0.1\", \"{network}\"]\n");
        says(&text, &["would trust everybody", &format!("\"…\", \"{network}\"]"), "^"]);
    }
    says(&format!("{LEAST}[listen]\ntrusted_proxies = [\"proxy\"]\n"), &["neither a network"]);
}

#[test]
fn listeners_must_differ_and_management_should_stay_inside() {
    says(
        &format!("{LEAST}[listen]\nmanagement = \"127.0.0.1:8080\"\n"),
        &["listen.management: is the public address"],
    );
    says(&format!("{LEAST}[listen]\nmanagement = \"0.0.0.0:9090\"\n"), &["warning: ", "metrics"]);
}

#[test]
fn a_missing_app_secret_is_told_where_the_console_shows_it() {
    let without = CHANNEL.replace("app_secret = \"S3CR3T-planted-app\"\n", "");
    says(
        &format!("{LEAST}{without}"),
        &[
            "channels.desktop.app_secret: the AppSecret is missing",
            "4 | [[channels]]\n  | ^^^^^^^^^^^^\n",
            "微信开放平台 (open.weixin.qq.com) → 管理中心 → 网站应用",
        ],
    );
    let account = without.replace("website", "service_account");
    says(&format!("{LEAST}{account}"), &["微信公众平台 (mp.weixin.qq.com)", "开发接口管理"]);
}

#[test]
fn channels_that_contradict_each_other_or_wechat_are_refused() {
    let twice = format!("{LEAST}{CHANNEL}{CHANNEL}");
    says(&twice, &["two channels have this id", "two channels have this AppID", "^^^^^^^^^"]);
    let scoped = format!("{LEAST}{CHANNEL}scope = \"snsapi_base\"\n");
    says(&scoped, &["only a service account has a choice of scope", "snsapi_login"]);
    let odd = CHANNEL.replace("website", "webs1te");
    says(&format!("{LEAST}{odd}"), &["no such kind", "desktop.kind"]);
    says(
        &format!("{LEAST}[[channels]]\n"),
        &["channels.0.id: the key is missing", "channels.0.kind"],
    );
}

#[test]
fn a_relay_goes_through_a_service_account_wherever_that_stands_and_has_nothing_of_its_own() {
    let account = CHANNEL.replace("website", "service_account");
    let relay = "[[channels]]\nid = \"scan\"\nkind = \"relay\"\nthrough = \"desktop\"\n";
    for text in [format!("{LEAST}{relay}{account}"), format!("{LEAST}{account}{relay}")] {
        let config = Desk::new().accept(&text);
        let relay = config.channels.iter().find(|channel| channel.id.as_str() == "scan").unwrap();
        assert_eq!(relay.kind(), magpie_domain::ChannelKind::Relay);
        assert_eq!(relay.account.app_id, config.channels[0].account.app_id);
    }
    says(
        &format!("{LEAST}{CHANNEL}{relay}"),
        &["channels.scan.through: there is no service account of this id"],
    );
    says(&format!("{LEAST}{relay}"), &["there is no service account of this id"]);
    let twice = relay.replace("scan", "desktop");
    says(&format!("{LEAST}{account}{twice}"), &["two channels have this id"]);
    let less = relay.replace("through = \"desktop\"\n", "");
    says(&format!("{LEAST}{account}{less}"), &["channels.scan.through: the key is missing"]);
    let more = format!("{relay}app_id = \"wx1\"\nscope = \"snsapi_base\"\n");
    says(
        &format!("{LEAST}{account}{more}"),
        &["channels.scan.app_id: a relay has no account of its own", "scan.scope"],
    );
}

#[test]
fn an_issuer_that_wechat_will_refuse_is_warned_of() {
    let port = LEAST.replace("login.example.com", "login.example.com:8443");
    says(&format!("{port}{CHANNEL}"), &["warning: ", "10003", "port 443"]);
    let path = LEAST.replace("login.example.com", "login.example.com/sso");
    says(&format!("{path}{CHANNEL}"), &["warning: ", "10003", "`login.example.com`", "授权回调域"]);
}

#[test]
fn a_foreign_wechat_is_for_development_and_development_is_local() {
    let foreign = "[wechat]\napi_base = \"http://127.0.0.1:9999\"\n";
    says(&format!("{LEAST}{foreign}"), &["wechat.api_base: is not WeChat over https"]);
    let everywhere = format!("{LEAST}{foreign}development = true\n");
    says(&everywhere, &["development is for an issuer on loopback or below .test"]);
    let local = everywhere.replace("https://login.example.com", "http://127.0.0.1:8080");
    let config = Desk::new().accept(&local);
    assert!(config.wechat.api_fallback_bases.is_empty(), "would leave the simulator");
    for base in [
        "https://api.weixin.qq.com/",
        "https://weixin.qq.com.evil.example",
        "ftp://api.weixin.qq.com",
    ] {
        says(
            &format!("{LEAST}[wechat]\nopen_base = \"{base}\"\n"),
            &["error: ", "wechat.open_base"],
        );
    }
}

#[test]
fn only_files_that_wechat_would_name_are_served() {
    for name in ["index.html", "MP_verify_../x.txt", "short.txt", "robots_.txt"] {
        let text = format!("{LEAST}[wechat]\nverification_files = {{ \"{name}\" = \"x\" }}\n");
        says(&text, &["the name is not MP_verify_"]);
    }
}

#[test]
fn a_synthetic_address_needs_a_domain_of_ones_own() {
    let text = format!("{LEAST}{CLIENT}email = {{ mode = \"synthetic\" }}\n");
    says(&text, &["clients.grafana.email: synthetic addresses need a domain", "[claims]"]);
    Desk::new().accept(&format!("{text}[claims]\nemail_domain = \"people.example.com\"\n"));
    for domain in ["qq.com", "mail.163.com", "localhost", "Example.com", "-a.example"] {
        says(&format!("{LEAST}[claims]\nemail_domain = \"{domain}\"\n"), &["claims.email_domain"]);
    }
}

#[test]
fn times_outside_sense_are_refused_and_never_clamped() {
    for (key, value, part) in [
        ("code", "9s", "wanted: 10s to 10m"),
        ("pushed_request", "10m", "wanted: 5s to 599s"),
        ("code", "99999999999d", "longer than"),
        ("attempt", "1h30m", "is not a time"),
        ("id_token", "25h", "wanted: 1m to 1d"),
        ("session_idle", "31d", "is longer than session_absolute"),
        ("key_published_before_use", "1m", "wanted: 10m to 30d"),
        ("refresh_token_idle", "181d", "is longer than refresh_token_absolute"),
    ] {
        says(&format!("{LEAST}[times]\n{key} = \"{value}\"\n"), &[part, &format!("times.{key}")]);
    }
}

#[test]
fn limits_have_limits() {
    for (line, part) in [
        ("connections = 5", "wanted: 10 to 100000"),
        ("header_bytes = 99999999999999", "out of range"),
        ("connections = -1", "out of range"),
        ("idle_time = \"15s\"", "is not longer than request_time"),
    ] {
        says(&format!("{LEAST}[limits]\n{line}\n"), &[part, "error: magpie.toml:5:", "^"]);
    }
}

#[test]
fn a_client_that_cannot_be_is_refused_at_the_key_that_is_wrong() {
    for (line, part) in [
        ("post_logout_redirect_uris = [\"https://*.example\"]", "wildcard"),
        ("preset = \"grafna\"", "did you mean `grafana`?"),
        ("scopes = [\"profile\"]", "clients.grafana.scopes: the scopes must contain openid"),
        ("scopes = [\"openid\", \"adress\"]", "there is no scope `adress`"),
        ("token_endpoint_auth_methods = [\"none\"]", "clients.grafana.token_endpoint_auth_methods"),
        ("token_endpoint_auth_methods = [\"tls_client_auth\"]", "there is no method"),
        ("token_endpoint_auth_methods = [\"private_key_jwt\"]", "needs keys (jwks or jwks_uri)"),
        ("email = { mode = \"collected\" }", "not available in this version"),
        ("email = { mod = \"none\" }", "unknown key `mod`"),
        ("subject_type = \"pairwize\"", "did you mean `pairwise`?"),
        ("admission = \"listed\"", "only open admission"),
        ("jwks_uri = \"http://a.example\"", "is http and not on loopback"),
        ("jwks = { keys = [] }", "these are no public keys"),
        ("jwks = { keys = [{ kty = \"EC\", d = \"x\" }] }", "these are no public keys"),
        ("grant_types = [\"password\"]", "there is no grant type `password`"),
        ("grant_types = []", "must name each grant once"),
        ("resources = [\"api\"]", "is not an absolute URL"),
        ("allowed_cors_origins = [\"https://a.example/\"]", "is not an origin"),
        ("security_profile = \"fapi2\"", "authenticates by private_key_jwt"),
        ("software_statement = \"x\"", "not available in this version"),
        ("consent = \"maybe\"", "expected one of: implicit, explicit"),
        ("name = \"\"", "1 to 100 characters"),
    ] {
        says(&format!("{LEAST}{CLIENT}{line}\n"), &["error: magpie.toml:8:", part, "^"]);
    }
    says(&format!("{LEAST}{CLIENT}{CLIENT}"), &["two clients have this id"]);
    says(&format!("{LEAST}[[clients]]\n"), &["clients.0.id: the key is missing", "redirect_uris"]);
}

#[test]
fn a_redirect_uri_is_refused_where_it_stands_in_the_list() {
    let uris = "[\"https://grafana.example.com/login\", \"http://a.example/cb\"]";
    let text =
        format!("{LEAST}{}", CLIENT.replace("[\"https://grafana.example.com/login\"]", uris));
    says(&text, &["`http://a.example/cb` is http and not on loopback", "7:55: clients.grafana"]);
}

#[test]
fn sections_of_later_versions_are_refused_rather_than_ignored() {
    let text = format!("{LEAST}[console]\nadmins = []\n");
    says(&text, &["console: not available in this version"]);
}

#[test]
fn a_log_filter_that_cannot_be_read_is_refused() {
    says(
        &format!("{LEAST}[telemetry]\nfilter = \"a=b=c\"\n"),
        &["telemetry.filter: is not a filter"],
    );
    says(&format!("{LEAST}[telemetry]\nlog = \"xml\"\n"), &["expected one of: json, plain"]);
}

#[test]
fn findings_are_also_json() {
    let loaded = Desk::new().read(&format!("{LEAST}[listen]\npublic = \"x\"\n"));
    let json = serde_json::to_value(&loaded.findings.0).unwrap();
    let finding = json.as_array().unwrap().iter().find(|finding| finding["severity"] == "error");
    let finding = finding.unwrap();
    assert_eq!(finding["key"], "listen.public");
    assert_eq!((&finding["line"], &finding["column"]), (&5.into(), &10.into()));
}

/// wechat.md §5 and §6. Seen red with any channel taken for one whose codes are brought.
#[test]
fn a_mini_program_has_no_scope_and_its_codes_are_brought_by_name() {
    let mini = CHANNEL.replace("website", "mini_program").replace("desktop", "mini");
    let client = "[[clients]]\nid = \"shop\"\nwechat_channels = [\"mini\"]\n\
        grant_types = [\"urn:ietf:params:oauth:grant-type:token-exchange\"]\n";
    let desk = Desk::new();
    let config = desk.accept(&format!("{LEAST}{mini}{client}"));
    assert_eq!(config.clients[0].policy().wechat_channels[0].as_str(), "mini");
    says(
        &format!("{LEAST}{mini}scope = \"snsapi_base\"\n"),
        &["only a service account has a choice", "wx.login"],
    );
    for wrong in ["desktop", "gone"] {
        let text = format!("{LEAST}{CHANNEL}{}", client.replace("mini", wrong));
        says(
            &text,
            &[
                "clients.shop.wechat_channels",
                &format!("`{wrong}` is no channel of kind mini_program"),
            ],
        );
    }
    let without = client
        .replace("grant_types", "#grant_types")
        .replace("wechat", "redirect_uris = [\"https://a.example/cb\"]\nwechat");
    says(&format!("{LEAST}{mini}{without}"), &["wechat_channels needs the grant type"]);
}

#[test]
fn a_token_server_is_an_https_address_and_its_bearer_needs_one() {
    let mini = CHANNEL.replace("website", "mini_program");
    let server = "app_token_url = \"https://tokens.example.com/mini\"\n";
    let bearer = "app_token_bearer = \"S3CR3T-planted-bearer\"\n";
    let config = Desk::new().accept(&format!("{LEAST}{mini}{server}{bearer}"));
    assert!(
        config.channels[0].central_tokens.as_ref().is_some_and(|central| central.bearer.is_some())
    );
    says(&format!("{LEAST}{mini}{bearer}"), &["there is no token server to show it to"]);
    let plain = server.replace("https", "http");
    says(&format!("{LEAST}{mini}{plain}"), &["channels.desktop.app_token_url"]);
}
