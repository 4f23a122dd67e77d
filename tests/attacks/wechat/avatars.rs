//! People's pictures: fetched from WeChat once, looked at, and served from our own origin.

use harness::{Browser, House, Response, send};
use http::StatusCode;
use magpie_simulator::{Endpoint, Fault};
use serde_json::Value;

use crate::answer::code_of;
use crate::ledger::Place;

/// The picture that an application is told of when this person signs in.
async fn picture_of(house: &House, person: &str) -> Option<String> {
    let application = house.application();
    let answer = Browser::new(house).sign_in(house, &application.authorize(&[]), person).await;
    let tokens = application.tokens(&code_of(&answer)).await;
    let claims = application.userinfo(&tokens.access_token).await.json();
    claims.get("picture").and_then(Value::as_str).map(str::to_owned)
}

async fn get(house: &House, url: &str, known: Option<&str>) -> Response {
    let mut request = http::Request::get(url);
    if let Some(known) = known {
        request = request.header("if-none-match", known);
    }
    send(house.address(), request.body(Vec::new()).unwrap()).await
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

/// WX-08, WX-14, on both engines: applications and their pages never meet WeChat's hosts for a picture. Seen red with
/// WeChat's own address told.
#[tokio::test]
async fn a_picture_is_fetched_once_and_served_by_us_as_a_picture_and_nothing_else() {
    for place in Place::on_both_engines().await {
        let house = &place.house;
        let url = picture_of(house, "ann").await.unwrap();
        assert!(url.starts_with(&format!("{}/avatar/", house.issuer)), "{url}");
        for _ in 0..3 {
            let picture = get(house, &url, None).await;
            assert_eq!(picture.status(), StatusCode::OK);
            assert!(picture.body().starts_with(b"\x89PNG"));
            assert_eq!(header(&picture, "content-type"), "image/png");
            assert_eq!(header(&picture, "x-content-type-options"), "nosniff");
            assert_eq!(header(&picture, "content-security-policy"), "default-src 'none'; sandbox");
            assert_eq!(header(&picture, "cross-origin-resource-policy"), "cross-origin");
            assert_eq!(header(&picture, "cache-control"), "public, max-age=3600");
            let again = get(house, &url, Some(header(&picture, "etag"))).await;
            assert_eq!((again.status(), again.body().len()), (StatusCode::NOT_MODIFIED, 0));
        }
        assert_eq!(
            picture_of(house, "ann").await.as_ref(),
            Some(&url),
            "the same, signed in again"
        );
        assert_eq!(house.wechat.requests_to(Endpoint::Avatar), 1);
        place.house.close().await;
    }
}

/// WX-14: a page under a picture's address would run in our origin. Seen red without the look at its bytes.
#[tokio::test]
async fn what_is_no_picture_is_not_served() {
    let place = Place::open().await;
    let house = &place.house;
    let page = Fault::Body(b"<!doctype html><script>alert(1)</script>".to_vec());
    house.wechat.script().always(Endpoint::Avatar, page);
    let url = picture_of(house, "ann").await.unwrap();
    let answer = get(house, &url, None).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(answer.body().len(), 0);
    assert_eq!(place.count("avatars").await, 1);
    place.house.close().await;
}

/// Seen red with a name that follows from the person alone.
#[tokio::test]
async fn another_picture_has_another_address_and_the_one_before_is_gone() {
    let place = Place::open().await;
    let house = &place.house;
    let first = picture_of(house, "ann").await.unwrap();
    assert_eq!(get(house, &first, None).await.status(), StatusCode::OK);
    let other = format!("{}/avatar/laowang/132", house.wechat.base_url());
    house.wechat.change_world(|world| {
        let ann = world.people.iter_mut().find(|person| person.key == "ann").unwrap();
        ann.headimgurl = Some(other);
    });
    let second = picture_of(house, "ann").await.unwrap();
    assert_ne!(first, second);
    assert_eq!(get(house, &second, None).await.status(), StatusCode::OK);
    assert_eq!(get(house, &first, None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(place.count("avatars").await, 1, "one for each person");
    place.house.close().await;
}

/// QR-06 in small: names that nobody was told of.
#[tokio::test]
async fn a_made_up_name_is_nobodys() {
    let place = Place::open().await;
    let house = &place.house;
    for name in ["0123456789abcdefghjkmnpqrs", "x", "..%2f..%2fetc%2fpasswd", "%00"] {
        let url = format!("{}/avatar/{name}", house.issuer);
        assert_eq!(get(house, &url, None).await.status(), StatusCode::NOT_FOUND, "{name}");
    }
    assert_eq!(house.wechat.requests_to(Endpoint::Avatar), 0);
    place.house.close().await;
}
