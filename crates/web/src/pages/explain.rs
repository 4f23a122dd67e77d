//! Four pages that explain instead of sending people to WeChat, where they would meet an error without a way back.
//!
//! An ordinary phone browser cannot sign in at all, neither with WeChat nor with WeCom; WeChat's browser cannot without a service account; WeCom's browser
//! has other accounts (wechat.md section 14). Each shows the link to carry elsewhere and the way back to the
//! application. The link is the application's own request on our origin and holds no secret.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{FormTarget, Page, PageContext, WebAddress};

/// Declares a page of this kind: they differ in template, marker and words alone.
macro_rules! explaining_page {
    ($(#[$doc:meta])* $name:ident, $template:literal, $marker:literal) => {
        $(#[$doc])*
        #[derive(Debug, Template)]
        #[template(path = $template)]
        pub struct $name {
            /// The frame.
            pub ctx: PageContext,
            /// The application's name.
            pub client: String,
            /// Takes `step=cancel`.
            pub form: FormTarget,
            /// The link to open elsewhere: on our own origin, absolute. None where the application's request cannot be
            /// repeated for it, and the person begins there anew.
            pub link: Option<WebAddress>,
            /// Whether it is for a device: there is no application to go back to, and the link is the page for its code.
            pub device: bool,
        }

        impl Page for $name {
            fn marker(&self) -> &'static str {
                $marker
            }
        }

        impl $name {
            /// The page with sample facts.
            #[must_use]
            pub fn sample(lang: Locale) -> Self {
                Self {
                    ctx: PageContext::sample(lang),
                    client: "Grafana".to_owned(),
                    form: FormTarget::sample(),
                    link: Some(WebAddress::sample()),
                    device: false,
                }
            }
        }
    };
}

explaining_page!(
    /// An ordinary phone browser: open the link in WeChat, or use another device.
    OpenInWechat,
    "pages/open_in_wechat.html",
    "open-in-wechat"
);
explaining_page!(
    /// WeChat's browser, but no service account is configured: open the link on a computer.
    NoServiceAccount,
    "pages/no_service_account.html",
    "no-service-account"
);
explaining_page!(
    /// An ordinary phone browser, where WeCom is the only way: open the link in WeCom.
    OpenInWecom,
    "pages/open_in_wecom.html",
    "open-in-wecom"
);
explaining_page!(
    /// WeCom's browser, but only WeChat is configured: open the link in WeChat.
    WecomNotWechat,
    "pages/wecom_not_wechat.html",
    "wecom-not-wechat"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::tests::assert_sound;

    #[test]
    fn each_shows_the_link_and_the_way_back() {
        for lang in Locale::ALL {
            for html in [
                assert_sound(&OpenInWechat::sample(lang), &["link", "copy", "cancel"]),
                assert_sound(&NoServiceAccount::sample(lang), &["link", "copy", "cancel"]),
                assert_sound(&WecomNotWechat::sample(lang), &["link", "copy", "cancel"]),
                assert_sound(&OpenInWecom::sample(lang), &["link", "copy", "cancel"]),
            ] {
                assert!(html.contains(r#"readonly"#) && html.contains(r#"for="link""#));
                assert!(!html.contains(r#"id="continue""#), "there is no way onwards from here");
            }
        }
    }

    /// Seen red with the link's field left in.
    #[test]
    fn without_a_link_each_says_to_begin_at_the_application() {
        for lang in Locale::ALL {
            for html in [
                assert_sound(
                    &OpenInWechat { link: None, ..OpenInWechat::sample(lang) },
                    &["begin"],
                ),
                assert_sound(
                    &NoServiceAccount { link: None, ..NoServiceAccount::sample(lang) },
                    &["begin"],
                ),
                assert_sound(
                    &WecomNotWechat { link: None, ..WecomNotWechat::sample(lang) },
                    &["begin"],
                ),
                assert_sound(&OpenInWecom { link: None, ..OpenInWecom::sample(lang) }, &["begin"]),
            ] {
                assert!(!html.contains(r#"id="link""#) && !html.contains("/assets/copy"));
                assert!(!html.contains("<ol"), "no steps with a link that is not there");
            }
        }
    }

    #[test]
    fn the_missing_service_account_is_the_operators_turn() {
        let mut page = NoServiceAccount::sample(Locale::En);
        assert!(page.render().unwrap().contains(r#"data-turn="operator""#));
        assert!(
            !page.render().unwrap().contains(r#"id="operator""#),
            "the cure is not for everybody"
        );
        page.ctx.development = true;
        assert!(page.render().unwrap().contains(r#"id="operator""#));
    }
}
