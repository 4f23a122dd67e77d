//! WeChat shows a preview of our page (网页快照页): what that is, and the one tap that ends it.
//!
//! Nothing is created, linked or issued for a snapshot user, and the application is not called back, since it might
//! send the person round in circles (wechat.md section 4). The real page has another cookie jar, so the form starts
//! again from the application's own request rather than from the attempt.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{FormTarget, Page, PageContext};

/// WeChat shows a preview of our page.
#[derive(Debug, Template)]
#[template(path = "pages/snapshot_user.html")]
pub struct SnapshotUser {
    /// The frame.
    pub ctx: PageContext,
    /// The application's name.
    pub client: String,
    /// Takes `step=continue` and `step=cancel`.
    pub form: FormTarget,
    /// Whether it is for a device: there is no application to go back to.
    pub device: bool,
}

impl Page for SnapshotUser {
    fn marker(&self) -> &'static str {
        "snapshot-user"
    }
}

impl SnapshotUser {
    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self {
            ctx: PageContext::sample(lang),
            client: "Grafana".to_owned(),
            form: FormTarget::sample(),
            device: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn it_is_sound_and_names_the_button_of_wechat_as_people_see_it() {
        for lang in Locale::ALL {
            let html = assert_sound(&SnapshotUser::sample(lang), &["continue", "cancel"]);
            assert!(
                html.contains("使用完整服务"),
                "the button is Chinese in every language of ours"
            );
        }
    }
}
