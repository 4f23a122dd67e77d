//! The environment over the file.

use super::{CHANNEL, CLIENT, Desk, LEAST};

#[test]
fn every_key_can_be_set_by_a_variable() {
    let desk = Desk::new();
    let loaded = desk.read_with(
        &format!("{LEAST}{CHANNEL}{CLIENT}"),
        &[
            ("MAGPIE_ISSUER", "https://other.example.com"),
            ("MAGPIE_LISTEN__PUBLIC", "127.0.0.1:1234"),
            ("MAGPIE_LISTEN__TRUSTED_PROXIES", "[\"10.0.0.0/8\"]"),
            ("MAGPIE_TIMES__CODE", "30s"),
            ("MAGPIE_LIMITS__CONNECTIONS", "500"),
            (
                "MAGPIE_WECHAT__VERIFICATION_FILES",
                "{ \"MP_verify_AbCdEfGhIjKlMnOp.txt\" = \"AbCdEfGhIjKlMnOp\" }",
            ),
            ("MAGPIE_CHANNELS__DESKTOP__APP_SECRET", "12345678"),
            ("MAGPIE_CLIENTS__0__NAME", "Dashboards"),
            ("MAGPIE_CONFIG", "elsewhere.toml"),
            ("MAGPIE_SERVICE_HOST", "10.1.2.3"),
            ("MAGPIE_PORT_8080_TCP", "tcp://10.1.2.3:8080"),
            ("PATH", "/bin"),
        ],
    );
    let config = loaded.config.unwrap_or_else(|| panic!("{}", loaded.findings));
    assert_eq!(config.issuer.as_str(), "https://other.example.com");
    assert_eq!(config.listen.public.port(), 1234);
    assert_eq!(config.listen.trusted_proxies.len(), 1);
    assert_eq!(config.times.code.as_seconds(), 30);
    assert_eq!(config.limits.connections, 500);
    assert_eq!(config.wechat.verification_files.len(), 1);
    assert_eq!(config.channels.first().unwrap().account.app_secret.expose(), "12345678");
    assert_eq!(config.clients.first().unwrap().name(), "Dashboards");
}

#[test]
fn whole_lists_can_be_set_by_a_variable() {
    let clients = "[{ id = \"a\", redirect_uris = [\"https://a.example/cb\"] }]";
    let loaded = Desk::new().read_with(
        LEAST,
        &[("MAGPIE_CLIENTS", clients), ("MAGPIE_CLIENTS__A__REQUIRE_PKCE", "true")],
    );
    assert_eq!(loaded.config.unwrap().clients.len(), 1);
}

#[test]
fn a_wrong_variable_is_named_and_its_value_is_not_shown() {
    for (name, value, part) in [
        ("MAGPIE_LISTEN__PUBIC", "S3CR3T", "unknown key `pubic`"),
        ("MAGPIE_LISTEN__PUBLIC", "S3CR3T", "is not an address with a port"),
        ("MAGPIE_CHANNELS__NONE__APP_SECRET", "S3CR3T", "`channels` has no `none`"),
        ("MAGPIE_ISSUER__X", "S3CR3T", "`issuer` is no section"),
        ("MAGPIE_LISTEN__", "S3CR3T", "does not name a key"),
    ] {
        let loaded = Desk::new().read_with(&format!("{LEAST}{CHANNEL}"), &[(name, value)]);
        let said = loaded.findings.to_string();
        assert!(loaded.config.is_none() && said.contains(part), "{name}: {said}");
        assert!(said.contains(&format!("error: {name} (environment): ")), "{said}");
        assert!(!said.contains("S3CR3T"), "{said}");
    }
}

#[test]
fn a_secret_in_the_file_and_its_file_in_the_environment_are_still_both_forms() {
    let loaded = Desk::new().read_with(
        &format!("{LEAST}{CHANNEL}"),
        &[("MAGPIE_CHANNELS__DESKTOP__APP_SECRET_FILE", "root.key")],
    );
    assert!(
        loaded.findings.to_string().contains("both `app_secret` and `app_secret_file` are set")
    );
}
