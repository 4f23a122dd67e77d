//! Whether a form was posted from a page of somebody else's. For our forms before anybody is signed in, which have no
//! session that a token could be bound to (LO-02); the others have `flows::form_token`.

use axum::http::{HeaderMap, header};
use magpie_domain::Issuer;

/// What the browser says of where the post comes from (Fetch Metadata, and the `Origin` header of Fetch §3.2).
///
/// `Origin: null` is also what a browser sends for our own pages, since they ask for no referrer (Fetch, "append a request
/// Origin header"), so it says nothing by itself; browsers that know no `Sec-Fetch-Site` are let in with it.
pub(crate) fn is_from_elsewhere(headers: &HeaderMap, issuer: &Issuer) -> bool {
    let is_other_site = headers
        .get_all("sec-fetch-site")
        .iter()
        .any(|site| !["same-origin", "none"].iter().any(|own| site.as_bytes() == own.as_bytes()));
    let is_other_origin = headers
        .get_all(header::ORIGIN)
        .iter()
        .any(|origin| *origin != issuer.origin() && origin.as_bytes() != b"null");
    is_other_site || is_other_origin
}
