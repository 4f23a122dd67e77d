//! The map refuses wrong arrows, and says where they are.

use super::*;

/// A package as `cargo metadata` would print it.
fn package(name: &str, dependencies: &[&str]) -> Package {
    let text = format!(
        r#"{{"name":"{name}","version":"0.1.0","id":"{name}","dependencies":[{}],"targets":[],"features":{{}},
            "manifest_path":"/there/Cargo.toml","license":null,"license_file":null,"description":null,"source":null}}"#,
        dependencies.join(",")
    );
    text_to_package(&text)
}

fn text_to_package(text: &str) -> Package {
    let metadata = format!(
        r#"{{"packages":[{text}],"workspace_members":[],"resolve":null,"workspace_root":"/there",
            "target_directory":"/there/target","version":1,"metadata":null}}"#
    );
    cargo_metadata::MetadataCommand::parse(metadata).unwrap().packages.remove(0)
}

fn edge(name: &str, kind: &str, features: &str) -> String {
    format!(
        r#"{{"name":"{name}","source":null,"req":"*","kind":{kind},"optional":false,"uses_default_features":true,
            "features":[{features}],"target":null,"rename":null,"registry":null,"path":"/there"}}"#
    )
}

fn findings(name: &str, edges: &[String]) -> Vec<Finding> {
    let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
    let text = "[package]\nname = \"x\"\n[dependencies]\nmagpie-store.workspace = true\ntokio.workspace = true\n";
    judge(&package(name, &edges), &Manifest { path: "crates/x/Cargo.toml", text })
}

#[test]
fn an_arrow_that_points_down_is_allowed() {
    assert_eq!(findings("magpie-flows", &[edge("magpie-store", "null", "")]), []);
    assert_eq!(findings("magpie-store", &[edge("sqlx", "null", "")]), []);
}

#[test]
fn an_arrow_that_points_up_or_sideways_is_named_with_its_line() {
    for room in
        ["domain", "oidc", "wechat", "vault", "outbound", "web", "simulator", "xtask", "tests"]
    {
        let found = findings(&format!("magpie-{room}"), &[edge("magpie-store", "null", "")]);
        assert_eq!(found.len(), 1, "{room}");
        assert_eq!(found[0].line, 4, "{room}");
        assert!(found[0].what.contains("must not see store"), "{room}");
    }
}

#[test]
fn a_development_dependency_is_an_arrow_too() {
    assert_eq!(findings("magpie-web", &[edge("magpie-store", "\"dev\"", "")]).len(), 1);
    assert_eq!(findings("magpie-oidc", &[edge("magpie-wechat", "\"dev\"", "")]).len(), 1);
    assert_eq!(findings("magpie-flows", &[edge("magpie-simulator", "\"dev\"", "")]), []);
    assert_eq!(findings("magpie-flows", &[edge("magpie-simulator", "null", "")]).len(), 1);
}

#[test]
fn the_movable_clock_is_for_tests_only() {
    let testing = "\"testing\"";
    assert_eq!(findings("magpie-flows", &[edge("magpie-domain", "\"dev\"", testing)]), []);
    assert_eq!(findings("magpie-flows", &[edge("magpie-domain", "null", testing)]).len(), 1);
    let sneaky = r#"{"name":"magpie-web","version":"0.1.0","id":"w","dependencies":[],"targets":[],
        "features":{"extra":["magpie-domain/testing"]},"manifest_path":"/there/Cargo.toml","license":null,
        "license_file":null,"description":null,"source":null}"#;
    let manifest = Manifest { path: "crates/web/Cargo.toml", text: "" };
    assert_eq!(judge(&text_to_package(sneaky), &manifest).len(), 1);
}

#[test]
fn a_pure_room_takes_no_runtime_except_in_its_tests() {
    let found = findings("magpie-oidc", &[edge("tokio", "null", "")]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, 5);
    assert_eq!(findings("magpie-oidc", &[edge("tokio", "\"dev\"", "")]), []);
}

#[test]
fn a_package_that_is_not_on_the_map_is_refused() {
    assert_eq!(findings("magpie-extras", &[]).len(), 1);
}
