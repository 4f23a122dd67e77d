//! What an application received, and what must be true of it whoever the client is.

use http::Request;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::browser::Arrival;
use crate::provider::Provider;
use crate::wire;

/// The answer of the small applications.
#[derive(Debug, Deserialize)]
pub(crate) struct Received {
    /// The claims of the ID token, after the client has proved them.
    pub(crate) id_token: Value,
    /// What the userinfo endpoint said, where the client asks it.
    #[serde(default)]
    pub(crate) userinfo: Value,
    /// The rest of the token answer, where the client shows it.
    #[serde(default)]
    pub(crate) token: Value,
    /// What the framework around the client made of it: Apache's variables, Django's user.
    #[serde(default)]
    pub(crate) environment: Value,
    /// Addresses of the browser's way, for what was asked.
    #[serde(skip)]
    pub(crate) way: Vec<Url>,
}

impl Received {
    pub(crate) fn read(arrival: &Arrival) -> Self {
        let received: Self = serde_json::from_str(&arrival.body)
            .unwrap_or_else(|error| panic!("{error} in {}", arrival.body));
        Self { way: arrival.way.clone(), ..received }
    }

    /// Who signed in: one subject wherever it was told.
    pub(crate) fn sub(&self) -> &str {
        let sub = text(&self.id_token, "sub");
        assert!(!sub.is_empty());
        assert!(self.userinfo.is_null() || text(&self.userinfo, "sub") == sub);
        sub
    }

    /// A parameter of the authorization request as the browser carried it.
    pub(crate) fn asked(&self, parameter: &str) -> Option<String> {
        Self::asked_on(&self.way, parameter)
    }

    /// The same on the way to wherever the browser arrived.
    pub(crate) fn asked_on(way: &[Url], parameter: &str) -> Option<String> {
        let request = way.iter().find(|url| url.path() == "/oauth2/authorize");
        let request = request.unwrap_or_else(|| panic!("no authorization request: {way:#?}"));
        request
            .query_pairs()
            .find(|(name, _)| name == parameter)
            .map(|(_, value)| value.into_owned())
    }

    /// Everything that holds for a client as it is by default: the profile is userinfo's business, a nonce was sent,
    /// and there is no address.
    pub(crate) async fn assert_is(&self, provider: &Provider, client_id: &str, person: &str) {
        self.assert_id_token(provider, client_id);
        assert!(self.asked("nonce").is_some());
        assert_profile(&self.userinfo, provider, person).await;
        assert_eq!(self.id_token.get("name"), None, "thin by default");
        assert_eq!(self.userinfo.get("email"), None);
    }

    /// What holds for each ID token: one subject, the issuer, the audience, and the nonce exactly when one was sent.
    pub(crate) fn assert_id_token(&self, provider: &Provider, client_id: &str) {
        assert!(!self.sub().is_empty());
        assert_eq!(text(&self.id_token, "iss"), provider.issuer);
        // A plain string, not a list (relying parties compare it as such).
        assert_eq!(text(&self.id_token, "aud"), client_id);
        assert_eq!(self.asked("client_id").as_deref(), Some(client_id));
        let nonce = self.id_token.get("nonce").map(|nonce| nonce.as_str().unwrap().to_owned());
        assert_eq!(nonce, self.asked("nonce"));
    }
}

/// What holds for each profile, in userinfo or in a fat ID token: the person's name to the letter, a user name, a
/// picture that can be fetched, and no nickname to mistake for a user name.
pub(crate) async fn assert_profile(claims: &Value, provider: &Provider, person: &str) {
    assert_eq!(text(claims, "name"), provider.nickname_of(person));
    assert_eq!(text(claims, "given_name"), provider.nickname_of(person));
    assert!(is_user_name(text(claims, "preferred_username")), "{claims:?}");
    assert_is_png(text(claims, "picture")).await;
    assert_eq!(claims.get("nickname"), None);
}

/// `wx_` and ten base32 characters (Crockford's alphabet, in lower case).
pub(crate) fn is_user_name(name: &str) -> bool {
    let is_base32 = |byte: u8| b"0123456789abcdefghjkmnpqrstvwxyz".contains(&byte);
    name.strip_prefix("wx_").is_some_and(|rest| rest.len() == 10 && rest.bytes().all(is_base32))
}

/// Applications fetch pictures themselves, without a person's cookies.
pub(crate) async fn assert_is_png(url: &str) {
    let answer = wire::send(Request::get(url).body(Vec::new()).unwrap()).await.unwrap();
    assert!(answer.status().is_success(), "{} for the picture", answer.status());
    assert!(answer.body().starts_with(b"\x89PNG"), "the picture is no picture");
}

/// The text of a claim that must be there.
pub(crate) fn text<'a>(claims: &'a Value, name: &str) -> &'a str {
    let value = claims.get(name).and_then(Value::as_str);
    value.unwrap_or_else(|| panic!("no text {name} in {claims}"))
}
