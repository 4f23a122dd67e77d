use super::*;
use crate::pages::tests::assert_sound;
use crate::texts::{WechatHelp, WecomHelp};

#[test]
fn every_trouble_has_a_sound_page_in_both_languages() {
    for lang in Locale::ALL {
        for trouble in Trouble::ALL {
            let html = assert_sound(
                &ErrorPage::of(PageContext::sample(lang), trouble),
                &["error", "reference"],
            );
            assert!(html.contains(&format!(r#"data-cause="{}""#, trouble.as_str())));
            assert!(html.contains("data-turn="));
        }
    }
}

#[test]
fn every_refusal_by_wechat_has_a_sound_page_in_both_languages() {
    for lang in Locale::ALL {
        for key in WechatHelp::KEYS {
            let html = assert_sound(
                &ErrorPage::of_wechat(PageContext::sample(lang), key),
                &["error", "reference"],
            );
            assert!(html.contains(&format!(r#"data-cause="{key}""#)));
        }
    }
}

#[test]
fn every_refusal_by_wecom_has_a_sound_page_that_speaks_of_wecom() {
    for lang in Locale::ALL {
        for key in WecomHelp::KEYS {
            let key: &'static str = format!("wecom_{key}").leak();
            let page = ErrorPage::of_wechat(PageContext::sample(lang), key);
            let html = assert_sound(&page, &["error", "reference"]);
            assert!(html.contains(&format!(r#"data-cause="{key}""#)));
            assert!(html.contains(&page.ctx.t.wecom.error_title), "{html}");
            assert!(!html.contains(">WeChat<"), "{html}");
        }
    }
}

/// Case WX-13. Seen red with the condition on `development` taken out of `operator`.
#[test]
fn the_cure_is_shown_in_development_only() {
    for lang in Locale::ALL {
        let cure =
            Texts::of(lang).wechat.of("ip_not_allowed").cure.split(['\'', ';']).next().unwrap();
        let shown = ErrorPage::sample_in_development(lang).render().unwrap();
        assert!(
            shown.contains(r#"id="operator""#)
                && shown.contains(r#"id="console""#)
                && shown.contains(cure)
        );
        let page =
            ErrorPage::of_wechat(PageContext::sample(lang), "ip_not_allowed").render().unwrap();
        assert!(
            !page.contains(r#"id="operator""#)
                && !page.contains("mp.weixin.qq.com")
                && !page.contains(cure)
        );
    }
}

#[test]
fn a_retry_is_offered_where_there_is_one() {
    let page = ErrorPage::of(PageContext::new(Locale::En), Trouble::RateLimited);
    assert!(!page.render().unwrap().contains(r#"id="retry""#));
    let path = OwnPath::parse("/oauth2/authorize?client_id=a&state=b").unwrap();
    let html = page.with_retry(path).render().unwrap();
    assert!(html.contains(r#"id="retry""#) && html.contains("client_id=a&#38;state=b"));
}
