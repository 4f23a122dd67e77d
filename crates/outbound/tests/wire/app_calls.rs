//! Calls around app-level tokens: what is said, by which method, and that the secret is never in an address.

use magpie_domain::{CentralTokens, Secret};
use magpie_outbound::HttpSettings;
use magpie_wechat::callback::CallbackCode;
use magpie_wechat::reply::WechatReply;

use crate::call::{account, block_on, sns};
use crate::upstream::{Upstream, answer};

const APP_TOKEN: &str = r#"{"access_token":"planted-app-token","expires_in":7200}"#;

fn heard_by(upstream: &Upstream) -> (String, String) {
    let heard = upstream.heard().concat();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// wechat.md §5.5. Seen red with the older call asked.
#[test]
fn a_stable_token_is_asked_for_in_the_body() {
    for force in [false, true] {
        let upstream = Upstream::answering(answer("200 OK", "", APP_TOKEN.as_bytes()));
        let reply = block_on(async {
            sns(HttpSettings::default(), &[&upstream.base()]).stable_token(&account(), force).await
        });
        let Ok(WechatReply::Ok(reply)) = reply else { panic!("{reply:?}") };
        assert_eq!(reply.access_token.expose(), "planted-app-token");
        assert!(!format!("{reply:?}").contains("planted"));
        let (head, body) = heard_by(&upstream);
        assert!(head.starts_with("POST /cgi-bin/stable_token HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/json") && !head.contains("planted"));
        let said: serde_json::Value = serde_json::from_str(&body).unwrap();
        let expected = serde_json::json!({
            "grant_type": "client_credential", "appid": "wx0123456789abcdef",
            "secret": "planted-app-secret", "force_refresh": force,
        });
        assert_eq!(said, expected);
    }
}

/// wechat.md §5.4.
#[test]
fn a_phone_number_is_asked_for_with_the_token_and_its_code() {
    let body = r#"{"errcode":0,"errmsg":"ok","phone_info":{"purePhoneNumber":"13800000000","countryCode":"86","watermark":{"appid":"wx0123456789abcdef"}}}"#;
    let upstream = Upstream::answering(answer("200 OK", "", body.as_bytes()));
    let reply = block_on(async {
        let token = Secret::new("planted&token".to_owned());
        let code = CallbackCode::parse("planted\"code").unwrap();
        sns(HttpSettings::default(), &[&upstream.base()]).phone_number(&token, &code).await
    });
    let Ok(WechatReply::Ok(reply)) = reply else { panic!("{reply:?}") };
    assert_eq!(reply.number.as_str(), "+8613800000000");
    let (head, body) = heard_by(&upstream);
    let path = "POST /wxa/business/getuserphonenumber?access_token=planted%26token HTTP/1.1\r\n";
    assert!(head.starts_with(path), "{head}");
    assert_eq!(body, r#"{"code":"planted\"code"}"#);
}

/// A redirect would carry the bearer token elsewhere.
#[test]
fn an_operators_token_server_is_asked_as_itself_and_not_followed() {
    let upstream =
        Upstream::answering(answer("302 Found", "Location: http://127.0.0.1:1/\r\n", b""));
    let central = CentralTokens {
        url: Secret::new(format!("{}/tokens?app=1", upstream.base())),
        bearer: Some(Secret::new("planted-bearer".to_owned())),
    };
    let asked = block_on(async {
        sns(HttpSettings::default(), &["http://127.0.0.1:9"]).central_token(&central).await
    });
    assert_eq!(asked.unwrap_err(), magpie_outbound::CallFailed::Redirected);
    let (head, _body) = heard_by(&upstream);
    assert!(head.starts_with("GET /tokens?app=1 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Bearer planted-bearer"), "{head}");
    assert!(!format!("{central:?}").contains("planted"));
}

/// wechat.md §5.1.
#[test]
fn a_mini_programs_code_goes_by_its_own_name() {
    let body = r#"{"session_key":"k","openid":"oPlantedOpenId"}"#;
    let upstream = Upstream::answering(answer("200 OK", "", body.as_bytes()));
    let reply = block_on(async {
        let code = CallbackCode::parse("planted-code").unwrap();
        sns(HttpSettings::default(), &[&upstream.base()]).code_session(&account(), &code).await
    });
    assert!(
        matches!(reply, Ok(WechatReply::Ok(reply)) if reply.openid.as_key() == "oPlantedOpenId")
    );
    let (head, _body) = heard_by(&upstream);
    assert!(head.starts_with("GET /sns/jscode2session?appid=wx0123456789abcdef&secret=planted-app-secret&js_code=planted-code&grant_type=authorization_code HTTP/1.1\r\n"), "{head}");
}
