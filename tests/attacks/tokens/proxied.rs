//! Proofs of possession behind a proxy: what a proof names is the address that the application knows.

use serde_json::json;

use crate::dpop::{bound_tokens, challenged, with};
use crate::place::Place;
use crate::proofs::{Prover, userinfo};

const USERINFO: &str = "/oauth2/userinfo";

/// X7: the issuer's address counts, not the one a proxy called, nor the one it says it was called by.
/// Seen red with the path alone compared.
#[tokio::test]
async fn a_proof_names_the_public_address_and_not_the_one_behind_the_proxy() {
    let mut place = Place::open().await;
    let (app, prover) = (place.app(), Prover::new(&place, "ES256"));
    let trusted = "trusted_proxies = [\"127.0.0.0/8\"]";
    let (address, stop) = crate::twin::twin(&place, trusted, "").await;
    let there = app.clone().at(address);
    let token = bound_tokens(&mut place, &app, &prover).await.access_token;
    let shown = format!("DPoP {token}");
    let request = http::Request::get(format!("{}{USERINFO}", place.house.issuer))
        .header("authorization", &shown)
        .header("dpop", prover.at_userinfo(&there, &token).await)
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https");
    let page = there.send(request.body(Vec::new()).unwrap()).await;
    assert_eq!(page.status, 200, "{}", page.body);
    for htu in [format!("http://{address}{USERINFO}"), format!("https://evil.example{USERINFO}")] {
        let claims = with(&prover.claims("GET", USERINFO, Some(&token)), "htu", json!(htu));
        let proof = prover.sign(&with(&claims, "nonce", json!(prover.nonce(&there).await)));
        let request = http::Request::get(format!("{}{USERINFO}", place.house.issuer))
            .header("authorization", &shown)
            .header("dpop", &proof)
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "https");
        let page = there.send(request.body(Vec::new()).unwrap()).await;
        assert!(page.status == 401 && challenged(&page, "invalid_dpop_proof"), "{}", page.body);
        let page = userinfo(&there, &shown, &[&proof]).await;
        assert!(page.status == 401 && challenged(&page, "invalid_dpop_proof"), "{}", page.body);
    }
    // Who calls it by its own address is not answered at all.
    let request = http::Request::get(format!("http://{address}{USERINFO}"))
        .header("authorization", &shown)
        .header("dpop", prover.at_userinfo(&there, &token).await);
    assert_eq!(there.send(request.body(Vec::new()).unwrap()).await.status, 421);
    stop.cancel();
    place.close().await;
}
