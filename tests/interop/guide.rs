//! The guide shows the settings that are tested: every longer word of its code stands in the tested source too.

use std::collections::BTreeSet;
use std::path::Path;

/// The page, the language of its code, and what is tested.
const PAGES: [(&str, &str, &[&str]); 16] = [
    ("auth-js.md", "js", &["npm/auth_js.mjs"]),
    ("express-openid-connect.md", "js", &["npm/express_openid_connect.mjs"]),
    ("oidc-client-ts.md", "js", &["npm/oidc_client_ts.mjs"]),
    ("passport-openidconnect.md", "js", &["npm/passport_openidconnect.mjs"]),
    ("django-allauth.md", "python", &["pypi/django_allauth.py"]),
    ("mozilla-django-oidc.md", "python", &["pypi/django_mozilla.py"]),
    ("gitlab.md", "ruby", &["ruby/omniauth_openid_connect.rb"]),
    ("jupyterhub.md", "python", &["jupyterhub/jupyterhub_config.py"]),
    ("synapse.md", "yaml", &["synapse/homeserver.yaml"]),
    ("keycloak.md", "json", &["keycloak/realm.json"]),
    ("oauth2-proxy.md", "ini", &["oauth2_proxy/oauth2-proxy.cfg"]),
    ("kubernetes.md", "yaml", &["kubernetes/authentication.yaml"]),
    ("openid-client.md", "js", &["npm/openid_client.mjs"]),
    ("authlib.md", "python", &["pypi/flask_authlib.py"]),
    ("mod-auth-openidc.md", "apache", &["mod_auth_openidc/httpd.conf", "mod_auth_openidc.rs"]),
    ("openidconnect-rs.md", "rust", &["openidconnect_crate.rs"]),
];
/// Shorter words are the page's own names and addresses.
const SHORTEST: usize = 9;

#[test]
fn the_guide_shows_what_is_tested_in_both_languages() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (page, language, sources) in PAGES {
        let read = |file: &&str| std::fs::read_to_string(tests.join("interop").join(file)).unwrap();
        let tested: String = sources.iter().map(read).collect();
        let tested: BTreeSet<&str> = words(&tested).collect();
        for folder in ["en", "zh-CN"] {
            let path = tests.join("../docs/guide").join(folder).join("integrations").join(page);
            let shown = code(&std::fs::read_to_string(&path).unwrap(), language);
            let long: BTreeSet<&str> =
                words(&shown).filter(|word| word.len() >= SHORTEST).collect();
            assert!(long.len() > 2, "{} shows no {language}", path.display());
            let untested: Vec<_> = long.difference(&tested).collect();
            assert!(untested.is_empty(), "{}: {untested:?}", path.display());
        }
    }
}

/// The fenced blocks of one language, without comments: those are in the page's own words.
fn code(page: &str, language: &str) -> String {
    let opening = format!("```{language}");
    let mut inside = false;
    let mut kept = String::new();
    for line in page.lines() {
        if line.starts_with("```") {
            inside = line == opening;
        } else if inside && !line.trim_start().starts_with(['#', '/']) {
            kept += line;
            kept.push('\n');
        }
    }
    kept
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}
