//! Requests with claims named one by one, and requests that came in another way than spelled out.

use super::*;

/// A13: known claims that the client may have are kept by their place; all others are left.
#[test]
fn claims_named_one_by_one_are_kept_where_they_were_asked() {
    let narrow =
        Client::new(ClientDraft { scopes: ScopeSet::parse("openid profile"), ..draft() }).unwrap();
    let wish = r#"claims={"id_token":{"picture":{"essential":true},"name":null,"auth_time":null,"acr":{"essential":true,"values":["x","urn:magpie:acr:wechat"]}},
        "userinfo":{"gender":null,"email":null,"wechat_unionid":null,"zzz":null,"name":7},"other":{"name":null}}"#;
    let request = ask(&narrow, &format!("{BASE}&scope=openid&{wish}")).unwrap();
    assert_eq!(request.asked_claims.id_token, ["name", "picture"]);
    assert_eq!(request.asked_claims.userinfo, ["gender"]);
    assert_eq!(scopes_to_agree(&request).to_string(), "openid profile");
    assert_eq!(request.scopes.to_string(), "openid");
    assert_eq!(ask(&narrow, &to_query(&request)), Ok(request));
    let weak = "claims={\"id_token\":{\"acr\":{\"essential\":false,\"value\":\"gold\"}}}";
    assert!(asked(&narrow, weak).unwrap().asked_claims.is_empty());
}

/// Q7: a client that promised to push or to sign is asked for by nobody else.
#[test]
fn a_client_that_promised_a_way_is_held_to_it() {
    let pushes = client_with(|policy| policy.requests.require_pushed = true);
    let signs = client_with(|policy| {
        policy.keys = magpie_domain::ClientKeys::Jwks("{}".to_owned());
        policy.requests.require_signed = true;
    });
    let plain = params(&format!("{BASE}&scope=openid"));
    let way = |pushed, signed| Way { pushed, signed };
    for (client, way, fits) in [
        (&pushes, way(false, false), false),
        (&pushes, way(false, true), false),
        (&pushes, way(true, false), true),
        (&signs, way(false, false), false),
        (&signs, way(true, false), false),
        (&signs, way(false, true), true),
        (&client(), way(false, false), true),
    ] {
        let result = check(&plain, Some(client), &HintFacts::NotSent, way);
        if fits { assert!(result.is_ok()) } else { assert_eq!(told(result), InvalidRequest) }
    }
}

/// A pushed request is named again and never told to the browser.
#[test]
fn a_pushed_request_is_written_back_by_its_name() {
    let mut request = asked(&client(), "state=s").unwrap();
    let id = magpie_domain::PushedId::parse("0123456789abcdefghjkmnpqrs").unwrap();
    request.pushed = Some(magpie_domain::PushedHandle { id, secret: "s".repeat(43) });
    let query = to_query(&request);
    let names: Vec<_> = params(&query).pairs().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["client_id", "request_uri"]);
}

/// E4. Seen red without them: the token of the second try would have been for other servers.
#[test]
fn the_resources_of_a_request_are_written_back() {
    let api = client_with(|policy| {
        policy.tokens.resources =
            vec!["https://api.example/v1".to_owned(), "https://other.example".to_owned()];
    });
    let named = "resource=https://api.example/v1&resource=https://other.example";
    let request = asked(&api, named).unwrap();
    assert_eq!(request.resources.len(), 2);
    assert_eq!(ask(&api, &to_query(&request)), Ok(request));
}

/// Q7: what we write is not signed, so it is no use to a client that promised to sign. Seen red without the look at it.
#[test]
fn a_request_that_had_to_be_signed_is_not_written_back() {
    let signs = client_with(|policy| {
        policy.keys = magpie_domain::ClientKeys::Jwks("{}".to_owned());
        policy.requests.require_signed = true;
    });
    let plain = params(&format!("{BASE}&scope=openid"));
    let way = Way { pushed: false, signed: true };
    let mut request = check(&plain, Some(&signs), &HintFacts::NotSent, way).unwrap();
    assert_eq!(start_over(&signs, &request), None);
    let link =
        |request: &AuthorizationRequest| Some(format!("/oauth2/authorize?{}", to_query(request)));
    assert_eq!(start_over(&client(), &request), link(&request));
    let id = magpie_domain::PushedId::parse("0123456789abcdefghjkmnpqrs").unwrap();
    request.pushed = Some(magpie_domain::PushedHandle { id, secret: "s".repeat(43) });
    assert_eq!(start_over(&signs, &request), link(&request), "named again");
}

/// X6. Seen red with the key left out of the link.
#[test]
fn a_request_that_is_begun_again_keeps_its_key() {
    let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let request = ask(&client(), &format!("{BASE}&scope=openid&dpop_jkt={jkt}")).unwrap();
    assert_eq!(request.dpop_jkt.as_deref(), Some(jkt));
    assert_eq!(ask(&client(), &to_query(&request)), Ok(request));
}
