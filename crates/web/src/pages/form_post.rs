//! The way back to an application by POST (OAuth 2.0 Form Post Response Mode).
//!
//! The answer travels in hidden fields; a script of our own sends them, a button does without it. The page goes only to
//! the registered redirect URI it is given, and its `Content-Security-Policy` needs that URI in `form-action`
//! (`'self'` would block it). Values are escaped by the template whatever they hold (case AZ-25).

use std::fmt;

use askama::Template;
use magpie_domain::locale::Locale;

use super::{Hidden, Page, PageContext, WebAddress};

/// The way back to an application by POST.
#[derive(Template)]
#[template(path = "pages/form_post.html")]
pub struct FormPost {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// The registered redirect URI.
    pub action: WebAddress,
    /// The parameters of the answer, in order.
    pub fields: Vec<Hidden>,
    /// Whether the answer is an error rather than a code: the words differ.
    pub refused: bool,
}

/// The fields hold a code.
impl fmt::Debug for FormPost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormPost")
            .field("client", &self.client)
            .field("refused", &self.refused)
            .finish_non_exhaustive()
    }
}

impl Page for FormPost {
    fn marker(&self) -> &'static str {
        "form-post"
    }
}

impl FormPost {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self {
            ctx: PageContext::sample(lang),
            client: "Grafana".to_owned(),
            action: WebAddress::sample(),
            fields: vec![Hidden::new("code", "sample"), Hidden::new("state", "sample")],
            refused: false,
        }
    }

    fn lead(&self) -> &str {
        let t = &self.ctx.t.form_post;
        if self.refused { &t.refused_lead } else { &t.lead }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets::asset_path;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_and_works_with_and_without_its_script() {
        for lang in Locale::ALL {
            let html = assert_sound(&FormPost::sample(lang), &["continue", "answer"]);
            assert!(
                html.contains(r#"name="code" value="sample""#)
                    && html.contains(r#"name="state" value="sample""#)
            );
            assert!(html.contains(asset_path("form-post.js")));
        }
    }

    /// Case AZ-25. Seen red with the value written through the `safe` filter.
    #[test]
    fn a_hostile_state_stays_inert() {
        let state = r#""><script>alert(1)</script>'{{7*7}}"#;
        let page =
            FormPost { fields: vec![Hidden::new("state", state)], ..FormPost::sample(Locale::En) };
        let html = page.render().unwrap();
        assert_eq!(html.matches("<script").count(), 1, "only our own");
        assert!(!html.contains("alert(1)</script>") && !html.contains("49"));
        assert!(!html.contains(r#"value="">"#));
    }
}
