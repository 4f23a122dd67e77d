//! The addresses that an application registers. Nobody looked at them before, so they are held to more than those that an
//! operator writes down: web pages answer by https alone, and what is meant for a program goes to a program.

use magpie_domain::{RedirectUri, WebUrl};

use super::RegistrationRules;
use super::members::{Member, Members, member};
use crate::error::OAuthError;

/// The redirect URIs: https for the web; for a program also loopback and private-use schemes (RFC 8252 §7).
pub(super) fn redirect_uris(members: Members<'_>, native: bool) -> Result<Vec<String>, OAuthError> {
    let wrong = OAuthError::invalid_redirect_uri("redirect_uris must be a list of URIs");
    let listed = members.texts(Member { name: "redirect_uris", wrong })?;
    let listed = listed.filter(|uris| !uris.is_empty());
    let uris = listed.ok_or(OAuthError::invalid_redirect_uri("redirect_uris is missing"))?;
    let refused = OAuthError::invalid_redirect_uri(
        "a redirect URI must be https without fragment; of a native application also http on loopback, or a scheme of its own with a dot",
    );
    returns(&uris, native).ok_or(refused)
}

/// Where logout may return to, under the same rules.
pub(super) fn after_logout(members: Members<'_>, native: bool) -> Result<Vec<String>, OAuthError> {
    let member =
        member!("post_logout_redirect_uris", "a list of URIs that could be redirect URIs as well");
    match members.texts(member)? {
        None => Ok(Vec::new()),
        Some(uris) => returns(&uris, native).ok_or(member.wrong),
    }
}

fn returns(uris: &[&str], native: bool) -> Option<Vec<String>> {
    let fits = |uri: &RedirectUri| uri.is_https() || (native && uri.is_of_a_program());
    let read = |text: &&str| {
        RedirectUri::register(text).ok().filter(fits).map(|uri| uri.as_str().to_owned())
    };
    uris.iter().map(read).collect()
}

/// An address that people or their browsers are sent to: https.
pub(super) fn page(members: Members<'_>, member: Member) -> Result<Option<String>, OAuthError> {
    members.word(member, |text| usable(text, WebUrl::is_https))
}

/// An address that we call: https, which the guard of the `outbound` room looks at once more; in development also http on
/// loopback and below `.test`.
pub(super) fn called(
    members: Members<'_>,
    rules: &RegistrationRules<'_>,
    member: Member,
) -> Result<Option<String>, OAuthError> {
    members.word(member, |text| usable(text, |url| url.is_https() || rules.development))
}

fn usable(text: &str, fits: impl Fn(&WebUrl) -> bool) -> Option<String> {
    WebUrl::parse(text).ok().filter(fits).map(|url| url.as_str().to_owned())
}

/// The page that a logout opens in a frame is of the same origin as one of the redirect URIs (Front-Channel Logout §2),
/// or anybody could have any page framed by ours.
pub(super) fn frame(
    members: Members<'_>,
    rules: &RegistrationRules<'_>,
    redirect_uris: &[String],
) -> Result<Option<String>, OAuthError> {
    let member =
        member!("frontchannel_logout_uri", "an https URL of the same origin as a redirect URI");
    let Some(uri) = called(members, rules, member)? else { return Ok(None) };
    let origin = |text: &str| WebUrl::parse(text).ok().and_then(|url| url.origin());
    let own = origin(&uri);
    let is_own = own.is_some() && redirect_uris.iter().any(|redirect| origin(redirect) == own);
    if is_own { Ok(Some(uri)) } else { Err(member.wrong) }
}
