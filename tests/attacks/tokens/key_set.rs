//! The public keys: what is in them, how they are cached, and what a rotation looks like from outside.

use serde_json::Value;

use crate::jws::{Jws, decoded};
use crate::place::Place;

async fn fetched(place: &Place, address: std::net::SocketAddr) -> Value {
    let mut browser = place.browser.clone().at(address);
    let page = browser.get("/oauth2/jwks").await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.json()
}

fn kids(set: &Value) -> Vec<&str> {
    set["keys"].as_array().unwrap().iter().map(|jwk| jwk["kid"].as_str().unwrap()).collect()
}

/// Five minutes are left of its ninety days: less than the ten that a successor has to be published before.
const ALMOST_OVER: &str = "UPDATE signing_keys SET published_at = published_at - 7775700, signs_from = signs_from - 7775700";

/// D9, UI-10. Seen red with a private member.
#[tokio::test]
async fn the_key_set_is_public_members_and_nothing_else() {
    for mut place in Place::on_both_engines().await {
        let page = place.browser.get("/oauth2/jwks").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("content-type"), "application/json");
        let set = page.json();
        assert_eq!(set.as_object().unwrap().len(), 1);
        let keys = set["keys"].as_array().unwrap();
        assert!(!keys.is_empty());
        let mut names = kids(&set);
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), keys.len(), "each kid once");
        for jwk in keys {
            let mut members: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
            members.sort_unstable();
            assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
            assert_eq!((jwk["kty"].as_str(), jwk["use"].as_str()), (Some("RSA"), Some("sig")));
            assert_eq!(jwk["alg"], "RS256");
            assert!(decoded(jwk["n"].as_str().unwrap()).len() >= 256, "2048 bits");
        }
        place.close().await;
    }
}

/// D11, UI-08, UI-10: every replica names the same bytes alike, so that a cache in front of both works. Seen red with
/// the tag not looked at, and with pages of other origins shut out.
#[tokio::test]
async fn the_key_set_is_cached_by_its_tag_and_read_from_any_origin() {
    let place = Place::open().await;
    let (address, stop) = place.house.replica().await;
    let mut browser = place.browser.clone().with_header("origin", "https://spa.example");
    let page = browser.get("/oauth2/jwks").await;
    let tag = page.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 10, "{tag}");
    let twin = browser.clone().at(address).get("/oauth2/jwks").await;
    assert_eq!((twin.header("etag"), &twin.body), (&*tag, &page.body));
    for known in [&*tag, &format!("W/{tag}"), &format!("\"other\", {tag}"), "*"] {
        let page = browser.clone().with_header("if-none-match", known).get("/oauth2/jwks").await;
        assert_eq!((page.status.as_u16(), &*page.body), (304, ""), "{known}");
        assert_eq!(page.header("etag"), tag);
        assert_eq!(page.header("cache-control"), "public, max-age=300");
        assert_eq!(page.header("access-control-allow-origin"), "*");
    }
    for other in ["\"other\"", &tag[1..tag.len() - 1], "", &tag.to_uppercase()[..5]] {
        let page = browser.clone().with_header("if-none-match", other).get("/oauth2/jwks").await;
        assert_eq!(page.status, 200, "{other}");
        assert_eq!(page.header("cache-control"), "public, max-age=300");
        assert_eq!(page.header("access-control-allow-origin"), "*");
        assert!(page.headers.get("access-control-allow-credentials").is_none());
        assert!(page.headers.get("set-cookie").is_none());
    }
    let head = browser.method("HEAD", "/oauth2/jwks").await;
    assert_eq!((head.status.as_u16(), &*head.body), (200, ""));
    assert_eq!(head.header("content-length"), page.body.len().to_string());
    for method in ["POST", "PUT", "DELETE"] {
        let page = browser.method(method, "/oauth2/jwks").await;
        assert_eq!((page.status.as_u16(), page.header("allow")), (405, "GET,HEAD"), "{method}");
    }
    stop.cancel();
    place.close().await;
}

/// D10, invariant I6, TK-16, KY-06, CC-06. The rows' times are moved, since the machine's clock cannot be; each replica
/// that opens afterwards tends the keys as every running one does within seconds.
#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_stays_after() {
    for mut place in Place::on_both_engines().await {
        let home = place.house.address();
        let first_token = place.tokens().await;
        let first_set = fetched(&place, home).await;
        let old = kids(&first_set)[0].to_owned();
        assert_eq!(kids(&first_set), [&*old]);
        place.facts.run(ALMOST_OVER).await;
        let code = place.plain_code().await;
        let (address, stop) = place.house.replica().await;
        let both = fetched(&place, address).await;
        assert_eq!(kids(&both).len(), 2);
        let new = *kids(&both).iter().find(|kid| **kid != old).unwrap();
        let ahead =
            format!("SELECT signs_from - published_at FROM signing_keys WHERE kid = '{new}'");
        assert!(place.facts.number(&ahead).await >= 600, "published ten minutes before it signs");
        let app = place.app().at(address);
        let token = app.tokens(&code).await;
        let token = Jws::read(token.answer["id_token"].as_str().unwrap());
        assert_eq!(token.kid(), old, "the new key does not sign before its time");
        assert!(token.is_signed_by(&both));
        stop.cancel();
        // Eleven minutes later.
        let later = "UPDATE signing_keys SET published_at = published_at - 660, signs_from = signs_from - 660";
        place.facts.run(later).await;
        let code = place.plain_code().await;
        let (address, stop) = place.house.replica().await;
        let tokens = place.app().at(address).tokens(&code).await;
        let token = Jws::read(tokens.answer["id_token"].as_str().unwrap());
        assert_eq!(token.kid(), new, "a code from before is answered under the new key");
        let set = fetched(&place, address).await;
        assert_eq!(kids(&set).len(), 2, "the old key stays for its tokens");
        assert!(
            token.is_signed_by(&set) && token.is_signed_by(&both),
            "who cached before can verify"
        );
        let earlier = Jws::read(first_token.answer["id_token"].as_str().unwrap());
        assert!(earlier.is_signed_by(&set));
        assert_eq!(place.app().at(address).userinfo(&first_token.access_token).await.status, 200);
        stop.cancel();
        // The old key's last token has ended: an hour, a minute for clocks, and the ten minutes that news may take.
        let gone = "UPDATE signing_keys SET published_at = published_at - 4300, signs_from = signs_from - 4300";
        place.facts.run(gone).await;
        let (address, stop) = place.house.replica().await;
        assert_eq!(kids(&fetched(&place, address).await), [new]);
        assert_eq!(place.facts.number("SELECT count(*) FROM signing_keys").await, 1);
        let audited = r#"SELECT count(*) FROM audit_events WHERE fact LIKE '%"kid"%'"#;
        assert_eq!(place.facts.number(audited).await, 3, "two added, one removed");
        stop.cancel();
        place.close().await;
    }
}

/// CC-05: one successor, whoever makes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_replicas_that_find_a_key_due_make_one_key() {
    for place in Place::on_both_engines().await {
        place.facts.run(ALMOST_OVER).await;
        let opened = tokio::join!(place.house.replica(), place.house.replica());
        let ((one, stop_one), (two, stop_two)) = opened;
        assert_eq!(place.facts.number("SELECT count(*) FROM signing_keys").await, 2);
        for address in [one, two] {
            assert!(!kids(&fetched(&place, address).await).is_empty());
        }
        let (late, stop) = place.house.replica().await;
        assert_eq!(kids(&fetched(&place, late).await).len(), 2);
        for stop in [stop_one, stop_two, stop] {
            stop.cancel();
        }
        place.close().await;
    }
}
