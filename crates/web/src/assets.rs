//! Static files: the style sheet, two small scripts, the mark.
//!
//! Owns their names on the wire, `/assets/<name>.<hash>.<ext>`, where the hash is of the content: a file can therefore be
//! kept by browsers for a year, and a changed file has another name. Refuses every other path, a stale hash included.
//! Templates ask [`asset_path`], the route of `/assets/` asks [`find`]. Nothing here comes from a third party.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

/// Part of the program in a release build, read from the source tree in a debug build.
#[derive(RustEmbed)]
#[folder = "../../templates/static"]
struct Files;

/// One static file, ready to be answered.
#[derive(Debug)]
pub struct Asset {
    /// The path it is served under, from the root of the issuer's host.
    pub path: String,
    /// The body.
    pub bytes: Cow<'static, [u8]>,
    /// The value of `Content-Type`.
    pub content_type: &'static str,
    /// The value of `ETag`, quotes included (RFC 9110 §8.8.3).
    pub etag: String,
}

/// Every file by its plain name.
static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|name| {
            let file = Files::get(&name)?;
            let asset = Asset::new(&name, file.data, &file.metadata.sha256_hash())?;
            Some((name.into_owned(), asset))
        })
        .collect()
});

impl Asset {
    /// A file whose extension has no content type here is left out rather than served as something else.
    fn new(name: &str, bytes: Cow<'static, [u8]>, sha256: &[u8]) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        let content_type = match extension {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            _ => return None,
        };
        let mut hash = String::with_capacity(16);
        for byte in sha256.iter().take(8) {
            write!(hash, "{byte:02x}").ok()?;
        }
        Some(Self {
            path: format!("/assets/{stem}.{hash}.{extension}"),
            bytes,
            content_type,
            etag: format!("\"{hash}\""),
        })
    }
}

/// The path under which a file is served, for example `/assets/app.0123456789abcdef.css`.
/// For a name that no file has it gives `/assets/`, which is not found; the page tests follow every path of every page.
#[must_use]
pub fn asset_path(name: &str) -> &'static str {
    ASSETS.get(name).map_or("/assets/", |asset| asset.path.as_str())
}

/// The file served under a path, or none: unknown names, wrong hashes and anything with a folder in it are not found.
#[must_use]
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.values().find(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_found_under_its_own_path_alone() {
        for name in ["app.css", "form-post.js", "copy.js", "magpie.svg", "favicon.png"] {
            let asset = find(asset_path(name)).unwrap();
            assert!(!asset.bytes.is_empty(), "{name}");
            assert!(asset.bytes.len() < 12_000, "{name} is {} bytes", asset.bytes.len());
            assert!(find(&format!("/assets/{name}")).is_none(), "{name} without its hash");
        }
    }

    #[test]
    fn anything_else_is_not_found() {
        let css = asset_path("app.css");
        for path in [
            "",
            "/",
            "/assets/",
            "app.css",
            "/assets/../app.css",
            "/assets/app.0000000000000000.css",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
        assert!(find(&format!("{css}/")).is_none() && find(&css.to_uppercase()).is_none());
        assert_eq!(asset_path("nothing.css"), "/assets/");
    }

    #[test]
    fn a_changed_file_has_another_path_and_tag() {
        let of = |hash: &[u8]| Asset::new("a.css", Cow::Borrowed(b"x"), hash).unwrap();
        assert_ne!(of(&[1; 32]).path, of(&[2; 32]).path);
        assert_ne!(of(&[1; 32]).etag, of(&[2; 32]).etag);
        assert_eq!(of(&[1; 32]).path, "/assets/a.0101010101010101.css");
    }

    #[test]
    fn a_file_of_an_unknown_kind_is_left_out() {
        assert!(Asset::new("notes.html", Cow::Borrowed(b"x"), &[1; 32]).is_none());
    }

    /// Case WX-08: nothing we serve asks a third party for anything.
    #[test]
    fn no_file_names_a_foreign_host() {
        for asset in ASSETS.values().filter(|asset| asset.content_type != "image/png") {
            let text = String::from_utf8(asset.bytes.to_vec()).unwrap();
            let text = text.replace("http://www.w3.org/2000/svg", "");
            for trace in ["http:", "https:", "//fonts", "@import", "url("] {
                assert!(!text.contains(trace), "{} has {trace}", asset.path);
            }
        }
    }
}
