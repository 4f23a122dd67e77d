//! The document behind a `sector_identifier_uri`: a JSON array that lists every redirect URI (OIDC Registration §5).

use serde_json::Value;

/// Whether the document lists them all, byte for byte.
#[must_use]
pub fn lists_all(document: &[u8], redirect_uris: &[String]) -> bool {
    let Ok(Value::Array(listed)) = serde_json::from_slice(document) else { return false };
    redirect_uris.iter().all(|uri| listed.iter().any(|one| one.as_str() == Some(uri)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_redirect_uri_must_be_listed() {
        let uris = ["https://a.example/cb", "https://b.example/cb"].map(str::to_owned);
        for (document, expected) in [
            (r#"["https://b.example/cb","https://a.example/cb","https://c.example/"]"#, true),
            (r#"["https://a.example/cb"]"#, false),
            (r#"["https://a.example/cb","https://b.example/CB"]"#, false),
            (r#"{"redirect_uris":["https://a.example/cb","https://b.example/cb"]}"#, false),
            ("[]", false),
            ("", false),
        ] {
            assert_eq!(lists_all(document.as_bytes(), &uris), expected, "{document}");
        }
    }
}
