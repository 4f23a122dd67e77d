//! Which browser a person sits at, in a few words that they know: `Chrome, Windows`. For showing alone.
//! The header is anybody's text, so none of it is repeated: the answer is put together from words of ours.

/// How much of the header is read, in bytes. Real ones stay below 600.
const LONGEST: usize = 2048;

/// Browsers by their marker; one that calls itself by others' names too stands before them.
const BROWSERS: [(&str, &str); 13] = [
    ("wxwork", "WeCom"),
    ("micromessenger", "WeChat"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("qqbrowser", "QQ"),
    ("metasr", "Sogou"),
    ("360se", "360"),
    ("ucbrowser", "UC"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
];

/// Systems likewise.
const SYSTEMS: [(&str, &str); 9] = [
    ("windows", "Windows"),
    ("harmony", "HarmonyOS"),
    ("android", "Android"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("mac os", "macOS"),
    ("macintosh", "macOS"),
    ("; cros", "ChromeOS"),
    ("linux", "Linux"),
];

/// Names the browser and its system, as far as the header gives them away; empty when it gives away nothing.
#[must_use]
pub fn read(user_agent: &str) -> String {
    let text: String = user_agent.chars().take(LONGEST).map(|c| c.to_ascii_lowercase()).collect();
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(marker, _)| text.contains(marker)).map(|(_, name)| *name)
    };
    [named(&BROWSERS), named(&SYSTEMS)].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// QR-09: nothing that a browser says of itself comes back.
    #[test]
    fn a_browser_is_named_in_words_of_ours() {
        for (header, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
                "Chrome, Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36 Edg/150.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
                "Safari, macOS",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox, Linux",
            ),
            ("curl/8.0 <script>alert(1)</script>", ""),
            ("", ""),
        ] {
            assert_eq!(read(header), expected, "{header}");
        }
    }
}
