//! What an application asks of a provider's back channel, and what it reads in the answers: the token endpoint and
//! userinfo. It owns what an honest client checks there, that the ID token answers its nonce and that nobody's tokens
//! turn into somebody else's; it verifies no signature, which would only burn the cores that are measured.
//! Called by the logins and by the holders of tokens.

use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::http_client::Trouble;
use crate::site::REDIRECT_URI_ENCODED;

/// A request to the token endpoint (RFC 6749 §3.2) with `client_secret_basic`.
fn token_request(host: SocketAddr, credentials: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {credentials}\r\nAccept: application/json\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// RFC 6749 §4.1.3 with the verifier of RFC 7636 §4.5; nothing in a code needs escaping.
pub(crate) fn redeem_request(
    host: SocketAddr,
    credentials: &str,
    code: &str,
    verifier: &str,
) -> String {
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={REDIRECT_URI_ENCODED}&code_verifier={verifier}"
    );
    token_request(host, credentials, &body)
}

/// RFC 6749 §6; nothing in a refresh token needs escaping.
pub(crate) fn refresh_request(host: SocketAddr, credentials: &str, refresh_token: &str) -> String {
    let body = format!("grant_type=refresh_token&refresh_token={refresh_token}");
    token_request(host, credentials, &body)
}

/// OIDC Core §5.3.1 with the header field of RFC 6750 §2.1.
pub(crate) fn userinfo_request(host: SocketAddr, access_token: &str) -> String {
    format!(
        "GET /oauth2/userinfo HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {access_token}\r\nAccept: application/json\r\n\r\n"
    )
}

/// What an application holds of one person.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    /// Only an application that may stay gets one.
    pub(crate) refresh_token: Option<String>,
    pub(crate) subject: String,
}

impl Tokens {
    /// Reads the answer to a code (RFC 6749 §5.1) and the claims of its ID token, which must answer our nonce.
    pub(crate) fn redeemed(body: &[u8], nonce: &str) -> Result<Self, Trouble> {
        let (tokens, claims) = Self::read(body)?;
        if text(&claims, "nonce")? == nonce {
            Ok(tokens)
        } else {
            Err(Trouble::Content("another nonce"))
        }
    }

    /// Reads the answer to a refresh token. The measured refresh rotates and renews the ID token, at whichever provider:
    /// one that did less would be compared with one that does more.
    pub(crate) fn refreshed(&self, body: &[u8]) -> Result<Self, Trouble> {
        let (tokens, _) = Self::read(body)?;
        if tokens.subject != self.subject {
            // OIDC Core §12.2.
            return Err(Trouble::Content("another person"));
        }
        if tokens.refresh_token.is_none() || tokens.refresh_token == self.refresh_token {
            return Err(Trouble::Content("no new refresh token"));
        }
        Ok(tokens)
    }

    fn read(body: &[u8]) -> Result<(Self, Value), Trouble> {
        let response = json(body)?;
        let access_token = text(&response, "access_token")?.to_owned();
        let refresh_token = text(&response, "refresh_token").ok().map(str::to_owned);
        let claims = text(&response, "id_token")?
            .split('.')
            .nth(1)
            .and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok())
            .ok_or(Trouble::Content("ID token is not a JWT"))?;
        let claims = json(&claims)?;
        let subject = text(&claims, "sub")?.to_owned();
        Ok((Self { access_token, refresh_token, subject }, claims))
    }

    /// Whether userinfo tells the same person, and her name, which the scope `profile` brings.
    pub(crate) fn check_userinfo(&self, body: &[u8]) -> Result<(), Trouble> {
        let claims = json(body)?;
        if text(&claims, "sub")? == self.subject && !text(&claims, "name")?.is_empty() {
            Ok(())
        } else {
            Err(Trouble::Content("another person"))
        }
    }
}

fn json(bytes: &[u8]) -> Result<Value, Trouble> {
    serde_json::from_slice(bytes).map_err(|_not_json| Trouble::Content("not JSON"))
}

fn text<'a>(value: &'a Value, name: &str) -> Result<&'a str, Trouble> {
    value.get(name).and_then(Value::as_str).ok_or(Trouble::Content("a member is missing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(subject: &str, refresh_token: &str) -> Vec<u8> {
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"{subject}","nonce":"n"}}"#));
        format!(
            r#"{{"access_token":"t","refresh_token":"{refresh_token}","id_token":"h.{claims}.s"}}"#
        )
        .into_bytes()
    }

    #[test]
    fn tokens_that_answer_another_nonce_are_an_error() {
        let body = answer("s", "r");
        assert_eq!(Tokens::redeemed(&body, "n").unwrap().subject, "s");
        assert!(Tokens::redeemed(&body, "m").is_err());
        assert!(Tokens::redeemed(br#"{"error":"invalid_grant"}"#, "n").is_err());
        assert!(Tokens::redeemed(br#"{"access_token":"t","id_token":"opaque"}"#, "n").is_err());
    }

    #[test]
    fn a_refresh_brings_the_same_person_an_id_token_and_another_refresh_token() {
        let held = Tokens::redeemed(&answer("s", "first"), "n").unwrap();
        let next = held.refreshed(&answer("s", "second")).unwrap();
        assert_eq!(next.refresh_token.as_deref(), Some("second"));
        assert!(held.refreshed(&answer("s", "first")).is_err(), "not rotated");
        assert!(held.refreshed(&answer("t", "second")).is_err(), "another person");
        let thin = br#"{"access_token":"t","refresh_token":"second"}"#;
        assert!(held.refreshed(thin).is_err(), "no ID token");
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"s"}"#);
        let kept = format!(r#"{{"access_token":"t","id_token":"h.{claims}.s"}}"#);
        assert!(held.refreshed(kept.as_bytes()).is_err(), "no refresh token");
    }

    #[test]
    fn userinfo_of_another_person_or_of_nobody_is_an_error() {
        let held = Tokens::redeemed(&answer("s", "r"), "n").unwrap();
        held.check_userinfo(br#"{"sub":"s","name":"Wang"}"#).unwrap();
        for wrong in
            [&br#"{"sub":"t","name":"Wang"}"#[..], br#"{"sub":"s","name":""}"#, b"{}", b"no"]
        {
            assert!(held.check_userinfo(wrong).is_err());
        }
    }
}
