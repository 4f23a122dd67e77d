//! WeChat's QR code in a page of ours, and the way to WeChat's own page.
//!
//! The only page with a script that is not ours: `embedded-qr.js` loads WeChat's, hands it what the box says, and gives up
//! after three seconds. Nothing on the page is a secret, and its address names the attempt alone (0049). Without scripts
//! there is the button, and no box.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{FormTarget, Page, PageContext, WebAddress};

/// WeChat's QR code in a page of ours.
#[derive(Template)]
#[template(path = "pages/embedded_qr.html")]
pub struct EmbeddedQr {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// Takes `step=leave` and `step=cancel`.
    pub form: FormTarget,
    /// WeChat's script.
    pub script: WebAddress,
    /// The AppID.
    pub app_id: String,
    /// Our callback, percent-encoded.
    pub callback: String,
    /// What comes back beside the code.
    pub state: String,
    /// Whether WeChat's program on the same computer may sign in by one click.
    pub quick_login: bool,
}

/// The state proves a callback.
impl std::fmt::Debug for EmbeddedQr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedQr").field("client", &self.client).finish_non_exhaustive()
    }
}

impl Page for EmbeddedQr {
    fn marker(&self) -> &'static str {
        "embedded-qr"
    }
}

impl EmbeddedQr {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Option<Self> {
        Some(Self {
            ctx: PageContext::sample(lang),
            client: "Grafana".to_owned(),
            form: FormTarget::sample(),
            script: WebAddress::parse("https://res.example.com/wxLogin.js")?,
            app_id: "wx0000000000000001".to_owned(),
            callback: "https%3A%2F%2Flogin.example.com%2Fcallback%2Fdesktop".to_owned(),
            state: "0123456789abcdefghjkmnpqrstvwxyz".to_owned(),
            quick_login: true,
        })
    }

    /// What WeChat's page calls the language.
    const fn lang(&self) -> &'static str {
        match self.ctx.lang {
            Locale::ZhCn => "cn",
            Locale::En => "en",
        }
    }

    const fn fast_login(&self) -> &'static str {
        if self.quick_login { "1" } else { "0" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_loads_nothing_by_itself_and_has_a_way_without_scripts() {
        for lang in Locale::ALL {
            let page = EmbeddedQr::sample(lang).unwrap();
            let html = assert_sound(&page, &["wechat", "full-page", "continue", "cancel"]);
            assert!(html.contains(r#"name="step" value="leave""#));
            assert!(html.contains(r#"name="step" value="cancel""#));
            let box_of = html.split(r#"id="wechat""#).nth(1).unwrap().split('>').next().unwrap();
            assert!(box_of.contains(" hidden"), "without scripts there is no box: {box_of}");
            assert_eq!(html.matches("res.example.com").count(), 1, "named for our script alone");
        }
        let page = EmbeddedQr::sample(Locale::En).unwrap();
        assert!(!format!("{page:?}").contains("0123456789"));
    }

    #[test]
    fn quick_login_can_be_switched_off() {
        let sample = EmbeddedQr::sample(Locale::En).unwrap();
        assert!(sample.render().unwrap().contains(r#"data-fast-login="1""#));
        let off = EmbeddedQr { quick_login: false, ..sample };
        assert!(off.render().unwrap().contains(r#"data-fast-login="0""#));
    }
}
