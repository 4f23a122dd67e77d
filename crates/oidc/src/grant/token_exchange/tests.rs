use magpie_domain::testing::{SAMPLE_NOW, sample_grant};
use magpie_domain::{ClientId, ClientSecrets, Lifetime};

use super::*;
use crate::error::ErrorCode;
use crate::samples::{client_with, draft, params};

const API: &str = "https://api.example";
const INNER: &str = "https://inner.example";
const WHOLE: &str = "subject_token=t&subject_token_type=urn:ietf:params:oauth:token-type:access_token&resource=https://api.example";

fn read(form: &str) -> Result<ExchangeRequest, ErrorCode> {
    ExchangeRequest::read(&params(form)).map_err(|error| error.code)
}

fn shown(audience: &[&str], holder: Option<&str>) -> AccessToken {
    AccessToken {
        grant: sample_grant().id,
        scopes: ScopeSet::parse("openid profile"),
        issued: SAMPLE_NOW,
        expires: SAMPLE_NOW.plus(Lifetime::from_hours(1)),
        audience: audience.iter().map(|one| (*one).to_owned()).collect(),
        jkt: None,
        holder: holder.map(|id| ClientId::parse(id).unwrap()),
    }
}

fn judged(form: &str, shown: &AccessToken, own: &[&str]) -> Result<Exchanged, ErrorCode> {
    let resources: Vec<_> = own.iter().map(|one| (*one).to_owned()).collect();
    let client = client_with(|policy| policy.tokens.resources = resources);
    judge(&read(form).unwrap(), shown, &sample_grant(), (&client, None)).map_err(|error| error.code)
}

/// E1, E3. Seen red with the type of the token not demanded, and with an actor overlooked.
#[test]
fn what_is_missing_or_not_offered_is_an_invalid_request() {
    assert!(read(WHOLE).is_ok());
    for (form, code) in [
        (WHOLE.replace("subject_token=t&", ""), ErrorCode::InvalidRequest),
        (WHOLE.replace("_token_type=urn", "_token_typ=urn"), ErrorCode::InvalidRequest),
        (WHOLE.replace("type:access", "type:refresh"), ErrorCode::InvalidRequest),
        (format!("{WHOLE}&actor_token=t"), ErrorCode::InvalidRequest),
        (format!("{WHOLE}&actor_token_type=t"), ErrorCode::InvalidRequest),
        (format!("{WHOLE}&requested_token_type=urn:x"), ErrorCode::InvalidRequest),
        (format!("{WHOLE}&audience=api"), ErrorCode::InvalidTarget),
        (format!("{WHOLE}%23x"), ErrorCode::InvalidTarget),
    ] {
        assert_eq!(read(&form).err(), Some(code), "{form}");
    }
}

/// E6: who holds a token may aim it, who receives one may pass it on, and nobody else.
#[test]
fn only_the_holder_and_the_target_may_exchange_a_token() {
    let own = judged(WHOLE, &shown(&[], None), &[API]).unwrap();
    assert_eq!((own.audience, own.delegated), (vec![API.to_owned()], false));
    assert_eq!(
        judged(WHOLE, &shown(&[], Some("somebody")), &[API]),
        Err(ErrorCode::InvalidRequest)
    );
    let passed = judged(WHOLE, &shown(&[INNER], Some("somebody")), &[API, INNER]).unwrap();
    assert!(passed.delegated);
    assert_eq!(
        judged(WHOLE, &shown(&[INNER], Some("somebody")), &[API]),
        Err(ErrorCode::InvalidRequest)
    );
}

/// E6.
#[test]
fn nothing_is_widened() {
    // A token aimed at one resource is not aimed at another by its holder.
    assert_eq!(judged(WHOLE, &shown(&[INNER], None), &[API, INNER]), Err(ErrorCode::InvalidTarget));
    assert_eq!(judged(WHOLE, &shown(&[], None), &[INNER]), Err(ErrorCode::InvalidTarget));
    let wide = format!("{WHOLE}&scope=openid%20wechat");
    assert_eq!(judged(&wide, &shown(&[], None), &[API]), Err(ErrorCode::InvalidScope));
    let narrow = format!("{WHOLE}&scope=profile");
    let fewer = judged(&narrow, &shown(&[], None), &[API]).unwrap();
    assert_eq!(fewer.scopes, ScopeSet::parse("profile"));
    let nowhere = WHOLE.replace("&resource=https://api.example", "");
    assert_eq!(judged(&nowhere, &shown(&[], None), &[API]), Err(ErrorCode::InvalidTarget));
}

/// RFC 9449 §7.1. Seen red without the key, and with the key asked of the resource server too.
#[test]
fn a_holder_needs_the_key_of_its_token_and_a_resource_server_its_own_credentials() {
    let bound = |holder| AccessToken { jkt: Some("key".to_owned()), ..shown(&[API], holder) };
    let with = |token: &AccessToken, jkt| {
        let client = client_with(|policy| policy.tokens.resources = vec![API.to_owned()]);
        judge(&read(WHOLE).unwrap(), token, &sample_grant(), (&client, jkt))
            .map(|exchanged| exchanged.delegated)
            .map_err(|error| error.code)
    };
    let refused = Err(ErrorCode::InvalidRequest);
    assert_eq!(with(&bound(None), Some("key")), Ok(false));
    assert_eq!(with(&bound(None), Some("other")), refused);
    assert_eq!(with(&bound(None), None), refused);
    assert_eq!(with(&bound(Some("somebody")), None), Ok(true));
    assert_eq!(with(&shown(&[API], None), Some("any")), Ok(false));
}

/// Whoever names a public client could exchange what was meant for it. Seen red with every client taken for a resource
/// server.
#[test]
fn a_client_that_proves_nothing_acts_for_nobody() {
    let mut draft = draft();
    draft.secrets = ClientSecrets::default();
    draft.policy.tokens.resources = vec![API.to_owned()];
    let client = Client::new(draft).unwrap();
    let judged = |holder: &str| {
        let token = shown(&[API], Some(holder));
        judge(&read(WHOLE).unwrap(), &token, &sample_grant(), (&client, None))
            .map(|exchanged| exchanged.delegated)
            .map_err(|error| error.code)
    };
    assert_eq!(judged("somebody"), Err(ErrorCode::InvalidRequest));
    assert_eq!(judged(client.id().as_str()), Ok(false), "its own token it may narrow");
}
