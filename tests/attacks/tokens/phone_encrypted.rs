//! What a mini program had encrypted by WeChat (`encryptedData`): it counts beside a fresh code of the same person, and a
//! refusal tells nobody why.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::{Page, Tokens};
use magpie_simulator::{Endpoint, Fault, Scope};
use openssl::symm::{Cipher, encrypt};
use serde_json::{Value, json};

use crate::assertions::now;
use crate::phone_scene::{MINI, OTHER_MINI, bring, house};
use crate::place::{Place, assert_json};

const KEY: &[u8; 16] = b"PlantedSessKey!!";
const IV: &[u8; 16] = b"an-invented-iv!!";

fn sealed(key: &[u8], payload: &[u8]) -> String {
    STANDARD.encode(encrypt(Cipher::aes_128_cbc(), key, Some(IV), payload).unwrap())
}

fn mark(app: &str, at: i64) -> Value {
    json!({ "appid": app, "timestamp": at })
}

impl Place {
    fn openid(&self, person: &str) -> String {
        self.house.wechat.world().account(MINI).unwrap().openid_of(person)
    }

    fn unionid(&self, person: &str) -> String {
        self.house.wechat.world().account(MINI).unwrap().unionid_of(person).unwrap()
    }

    /// Brings a code whose session has the key of the test.
    async fn bring_sealed(&self, person: &str, data: &str, faults: Vec<Fault>) -> Page {
        let key = format!("\"{}\"", STANDARD.encode(KEY)).into_bytes();
        let mut all = vec![Fault::RawField("session_key".to_owned(), key)];
        all.extend(faults);
        self.house.wechat.script().once(Endpoint::JsCode2Session, magpie_simulator::Faults(all));
        let iv = STANDARD.encode(IV);
        let more = [("encrypted_data", data), ("iv", &*iv), ("scope", "openid profile phone")];
        let page = bring(&self.public("sealed"), &self.mini_code(person), "mini", &more).await;
        self.house.wechat.script().clear();
        page
    }
}

/// wechat.md §5.3: a unionid that the exchange lacks, the profile, and a phone number, of the person of the code.
/// Seen red with the unionid inside left out.
#[tokio::test]
async fn what_was_encrypted_for_the_person_of_the_code_counts() {
    let mut place = house(None).await;
    let desktop = place.tokens().await.subject();
    let payload = json!({
        "openId": place.openid("xiaoyu"), "unionId": place.unionid("xiaoyu"), "nickName": "New name",
        "gender": 0, "avatarUrl": "", "watermark": mark(MINI, now()),
    });
    let data = sealed(KEY, payload.to_string().as_bytes());
    let page = place.bring_sealed("xiaoyu", &data, vec![Fault::UnionIdMissing]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let tokens = Tokens::read(&page);
    assert_eq!(tokens.subject(), desktop, "found by the unionid alone");
    let info = place.public("sealed").userinfo(&tokens.access_token).await.json();
    assert_eq!(info["name"], "New name");
    let phone = json!({
        "phoneNumber": "13900000000", "purePhoneNumber": "13900000000", "countryCode": "86",
        "watermark": mark(MINI, now()),
    });
    let data = sealed(KEY, phone.to_string().as_bytes());
    let page = place.bring_sealed("xiaoyu", &data, vec![]).await;
    let info = place.public("sealed").userinfo(&Tokens::read(&page).access_token).await.json();
    assert_eq!(info["phone_number"], "+8613900000000", "{}", page.body);
    place.close().await;
}

/// One answer for all, byte for byte, so that nobody learns what was wrong. Seen red with the watermark's time not
/// looked at.
#[tokio::test]
async fn whatever_is_wrong_with_encrypted_data_the_answer_is_the_same() {
    let place = house(None).await;
    let people = place.people().await;
    let payload = |person: &str, app: &str, at: i64| {
        json!({ "openId": place.openid(person), "watermark": mark(app, at) })
            .to_string()
            .into_bytes()
    };
    let good = payload("ben", MINI, now());
    let raw = |bytes: &[u8]| STANDARD.encode(bytes);
    let mut answers = Vec::new();
    for (name, data) in [
        ("another key", sealed(b"PlantedSessKey!?", &good)),
        ("no padding", raw(&[7; 64])),
        ("half a block", raw(&[7; 63])),
        ("no JSON", sealed(KEY, b"hello")),
        (
            "no watermark",
            sealed(KEY, json!({ "openId": place.openid("ben") }).to_string().as_bytes()),
        ),
        ("another person", sealed(KEY, &payload("ann", MINI, now()))),
        ("another account", sealed(KEY, &payload("ben", OTHER_MINI, now()))),
        ("long ago", sealed(KEY, &payload("ben", MINI, now() - 3600))),
        ("far ahead", sealed(KEY, &payload("ben", MINI, now() + 3600))),
        ("no base64", "!".to_owned()),
    ] {
        let page = place.bring_sealed("ben", &data, vec![]).await;
        assert_eq!(page.oauth_error(), "invalid_request", "{name}: {}", page.body);
        assert_json(&page, 400, "invalid_request");
        answers.push(page.body);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(place.people().await, people);
    let page = place.bring_sealed("ben", &sealed(KEY, &good), vec![]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    place.close().await;
}

/// An app has no session key, and half of the pair is nothing. Seen red with an app's left unread.
#[tokio::test]
async fn encrypted_data_is_a_mini_programs_and_comes_with_its_iv() {
    let place = house(None).await;
    let (sealed_app, iv) = (place.public("sealed"), STANDARD.encode(IV));
    let code = place.house.wechat.issue_code(MINI, "ben", Scope::MiniProgram).unwrap();
    for more in [[("iv", &*iv), ("encrypted_data", "")], [("iv", ""), ("encrypted_data", "AAAA")]] {
        assert_json(&bring(&sealed_app, &code, "mini", &more).await, 400, "invalid_request");
    }
    let more = [("iv", &*iv), ("encrypted_data", "AAAA")];
    assert_json(
        &bring(&sealed_app, &place.app_code("ben"), "app", &more).await,
        400,
        "invalid_request",
    );
    assert_eq!(bring(&sealed_app, &code, "mini", &[]).await.status, 200, "the code is unspent");
    place.close().await;
}
