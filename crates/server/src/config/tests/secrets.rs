//! Secrets never show, wherever an operator puts them and whatever else is wrong.

use super::{CHANNEL, CLIENT, Desk, LEAST, ROOT_KEY};

/// Law 9. Seen red with the mask of `excerpt` taken out.
#[test]
fn a_planted_secret_is_in_no_finding_whatever_is_wrong_beside_it() {
    let desk = Desk::new();
    let whole = format!("{LEAST}{CHANNEL}{CLIENT}[database]\nurl = \"postgres://u:S3CR3T@h/d\"\n");
    let spoilt = [
        whole.replace("app_secret =", "app_secert ="),
        whole.replace("secret =", "secert ="),
        whole.replace("app_secret = ", "app_secret = 1 #"),
        whole.replace("app_secret = \"S3CR3T-planted-app\"", "app_secret = S3CR3T-planted-app"),
        whole.replace("app_secret = \"S3CR3T-planted-app\"", "app_secret = \"S3CR3T-planted-app"),
        whole
            .replace("app_secret = \"S3CR3T", "app_secret = \"\"\"\nS3CR3T\\q\"\"\"\nx = \"S3CR3T"),
        whole.replace("\"S3CR3T-planted-app\"", "[\"S3CR3T-planted-app\"]"),
        whole.replace("\"S3CR3T-planted-app\"", "{ x = \"S3CR3T-planted-app\" }"),
        whole.replace("app_secret =", "app_secret_file = \"x\"\napp_secret ="),
        whole.replace("url =", "ulr ="),
        whole.replace("postgres://", "mysql://"),
        whole.replace("@h/d", ""),
        whole.replace("[[channels]]\n", "").replace("[keys]", "[keys]\nroot_key = \"S3CR3T\""),
        format!(
            "channels = [{{ id = \"a\", app_secert = \"S3CR3T\", knd = \"website\" }}]\n{LEAST}"
        ),
        format!("issuer = {{ app_secret = \"S3CR3T\" }}\n{CHANNEL}"),
    ];
    for text in spoilt {
        let loaded = desk.read(&text);
        let json = serde_json::to_string(&loaded.findings.0).unwrap();
        let said = format!("{} {:?} {json}", loaded.findings, loaded.findings);
        assert!(loaded.findings.has_errors(), "nothing was wrong in:\n{text}");
        assert!(!said.contains("S3CR3T"), "{text}\n----\n{said}");
    }
}

#[test]
fn a_planted_secret_is_in_no_debug_output() {
    let desk = Desk::new();
    let text = format!("{LEAST}{CHANNEL}{CLIENT}[database]\nurl = \"postgres://u:S3CR3T@h/d\"\n");
    let printed = format!("{:?}", desk.accept(&text));
    assert!(!printed.contains("S3CR3T") && !printed.contains(ROOT_KEY), "{printed}");
    assert!(printed.contains("wx0000000000000001"), "prints what is no secret");
}

#[test]
fn a_secret_file_ends_with_its_last_line() {
    let desk = Desk::new();
    let text = CHANNEL.replace("app_secret = \"S3CR3T-planted-app\"", "app_secret_file = \"a\"");
    for (written, read) in [("x y", "x y"), ("x y\n", "x y"), ("x y\r\n", "x y"), (" x\n", " x")] {
        desk.put("a", written, 0o600);
        let config = desk.accept(&format!("{LEAST}{text}"));
        assert_eq!(config.channels.first().unwrap().account.app_secret.expose(), read);
    }
}

#[test]
fn a_secret_file_that_cannot_be_used_is_named() {
    let desk = Desk::new();
    desk.put("empty", "\n", 0o600);
    desk.put("open", "S3CR3T", 0o644);
    std::fs::create_dir(desk.path("folder")).unwrap();
    for (file, part) in [
        ("empty", "error: magpie.toml:8:19: channels.desktop.app_secret_file: empty is empty"),
        ("folder", "folder: this is a directory, not a file"),
        ("nowhere", "nowhere: there is no such file"),
        (
            "open",
            "warning: magpie.toml:8:19: channels.desktop.app_secret_file: open can be read by every user",
        ),
    ] {
        let line = format!("app_secret_file = \"{file}\"");
        let text = CHANNEL.replace("app_secret = \"S3CR3T-planted-app\"", &line);
        let said = desk.complaints(&format!("{LEAST}{text}"));
        assert!(said.contains(part), "{file}: {said}");
    }
}

/// KY-01.
#[test]
fn a_root_key_that_is_absent_wrong_or_open_to_everybody_is_refused() {
    let desk = Desk::new();
    let cut = ROOT_KEY.split_at(20).0;
    std::fs::create_dir(desk.path("folder")).unwrap();
    desk.put("open", ROOT_KEY, 0o644);
    desk.put("cut", cut, 0o600);
    desk.put("empty", "", 0o600);
    for (file, part) in [
        ("open", "can be read by every user"),
        ("cut", "the root key is not 32 bytes in base64url"),
        ("empty", "is empty"),
        ("folder", "is a directory"),
        ("nowhere", "there is no such file"),
    ] {
        let text = LEAST.replace("root.key", file);
        let said = desk.complaints(&text);
        assert!(desk.read(&text).config.is_none(), "{file} was accepted");
        assert!(said.contains(part) && said.contains("keys.root_key_file"), "{file}: {said}");
        assert!(!said.contains(cut), "{said}");
    }
    let said = desk.complaints("issuer = \"https://login.example.com\"\n");
    assert!(said.contains("there is no root key") && said.contains("magpie init"), "{said}");
    let both = format!("{LEAST}root_key = \"{ROOT_KEY}\"\n");
    assert!(desk.complaints(&both).contains("both `root_key` and `root_key_file` are set"));
}
