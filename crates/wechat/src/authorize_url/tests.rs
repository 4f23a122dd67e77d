use magpie_domain::testing::SeededEntropy;

use super::*;
use crate::samples::{mini_program, mobile_app, service_account, website, wecom};

const CALLBACK: &str = "https://login.example.com/sso/callback/desk-top";
const ENCODED: &str = "https%3A%2F%2Flogin.example.com%2Fsso%2Fcallback%2Fdesk-top";

fn handle() -> DepartureHandle {
    DepartureHandle::generate(&SeededEntropy::new(5)).unwrap()
}

/// Seen red with `scope` and `response_type` swapped.
#[test]
fn a_website_app_asks_in_the_documented_order() {
    let handle = handle();
    for (lang, written) in [(Locale::ZhCn, "cn"), (Locale::En, "en")] {
        let manner = Manner { scope: WebScope::SnsapiBase, force_popup: true, lang };
        let url =
            departure("https://open.weixin.qq.com", &website("qr"), CALLBACK, &handle, manner)
                .unwrap();
        let state = handle.as_str();
        assert_eq!(
            url,
            format!(
                "https://open.weixin.qq.com/connect/qrconnect?appid=wx0123456789abcdef&redirect_uri={ENCODED}\
                 &response_type=code&scope=snsapi_login&state={state}&lang={written}#wechat_redirect"
            )
        );
    }
}

#[test]
fn a_service_account_asks_in_the_documented_order() {
    let handle = handle();
    for (scope, force_popup, name, after_state) in [
        (WebScope::SnsapiBase, false, "snsapi_base", ""),
        (WebScope::SnsapiUserinfo, false, "snsapi_userinfo", ""),
        (WebScope::SnsapiUserinfo, true, "snsapi_userinfo", "&forcePopup=true"),
    ] {
        let manner = Manner { scope, force_popup, lang: Locale::En };
        // A slash at the end of the configured base does no harm.
        let url =
            departure("http://127.0.0.1:9999/", &service_account("in"), CALLBACK, &handle, manner)
                .unwrap();
        let state = handle.as_str();
        assert_eq!(
            url,
            format!(
                "http://127.0.0.1:9999/connect/oauth2/authorize?appid=wx0123456789abcdef&redirect_uri={ENCODED}\
                 &response_type=code&scope={name}&state={state}{after_state}#wechat_redirect"
            )
        );
    }
}

/// Trap of wechat.md §12.1: here the AgentId stands behind the state.
#[test]
fn wecom_asks_in_the_documented_order_inside_and_on_the_desktop() {
    let handle = handle();
    let state = handle.as_str();
    for (lang, written) in [(Locale::ZhCn, "zh"), (Locale::En, "en")] {
        for (scope, name) in [
            (MemberScope::SnsapiBase, "snsapi_base"),
            (MemberScope::SnsapiPrivateinfo, "snsapi_privateinfo"),
        ] {
            let channel = wecom("office", scope);
            let Way::Wecom(app) = channel.way else { panic!("{:?}", channel.way) };
            // Neither a wish for the dialog nor a service account's scope is heard.
            let manner = Manner { scope: WebScope::SnsapiUserinfo, force_popup: true, lang };
            assert_eq!(
                departure("https://open.weixin.qq.com", &channel, CALLBACK, &handle, manner)
                    .unwrap(),
                format!(
                    "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wwInventedCorp&redirect_uri={ENCODED}\
                     &response_type=code&scope={name}&state={state}&agentid=1000002#wechat_redirect"
                )
            );
            assert_eq!(
                wecom_desktop(
                    "https://login.work.weixin.qq.com/",
                    (&channel, app),
                    CALLBACK,
                    &handle,
                    lang
                ),
                format!(
                    "https://login.work.weixin.qq.com/wwlogin/sso/login?login_type=CorpApp&appid=wwInventedCorp\
                     &agentid=1000002&redirect_uri={ENCODED}&state={state}&lang={written}"
                )
            );
        }
    }
}

#[test]
fn the_callback_is_encoded_once_whatever_is_in_it() {
    let manner = Manner { scope: WebScope::SnsapiBase, force_popup: false, lang: Locale::ZhCn };
    let odd = "https://login.example.com/a%20b?x=1&y=鹊#z";
    let url = departure("https://o.example", &website("qr"), odd, &handle(), manner).unwrap();
    assert!(
        url.contains(
            "redirect_uri=https%3A%2F%2Flogin.example.com%2Fa%2520b%3Fx%3D1%26y%3D%E9%B9%8A%23z&"
        ),
        "{url}"
    );
    assert_eq!(url.matches('#').count(), 1);
    assert!(url.ends_with("#wechat_redirect"));
}

/// Law 9. The handle has to go to WeChat; the AppSecret must not.
#[test]
fn the_app_secret_never_leaves_by_the_browser() {
    let manner = Manner { scope: WebScope::SnsapiUserinfo, force_popup: true, lang: Locale::ZhCn };
    for channel in [website("qr"), service_account("in"), wecom("o", MemberScope::SnsapiBase)] {
        let url = departure("https://o.example", &channel, CALLBACK, &handle(), manner).unwrap();
        assert!(!url.contains("planted-app-secret"), "{url}");
    }
}

#[test]
fn no_url_leads_to_a_channel_that_no_browser_uses() {
    for channel in [mini_program("mini"), mobile_app("app")] {
        let manner =
            Manner { scope: WebScope::SnsapiUserinfo, force_popup: false, lang: Locale::En };
        assert_eq!(departure("https://o.example", &channel, CALLBACK, &handle(), manner), None);
    }
}
