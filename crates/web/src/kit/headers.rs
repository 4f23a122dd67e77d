//! Headers that keep answers private and pages harmless.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Nothing of this may be kept: it holds a code, a token, a claim or a person's page.
pub(crate) fn no_store(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

/// What every answer to a browser carries, redirects included: the callback's URL holds WeChat's code.
pub(crate) fn discreet(headers: &mut HeaderMap) {
    no_store(headers);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// What every page carries. No inline code, no third party, no frame; forms go only where `form_action` says, and
/// nowhere when it says nothing. [`form_action`](super::form_action) makes the sources.
pub(crate) fn page(headers: &mut HeaderMap, form_action: &[String]) {
    page_with_frames(headers, form_action, Vec::new());
}

/// The same for the one page whose script asks our own origin for news.
pub(crate) fn page_that_listens(headers: &mut HeaderMap, form_action: &[String]) {
    page_with(headers, form_action, "; connect-src 'self'");
}

/// The same for the one page that opens frames: of exactly these origins.
pub(crate) fn page_with_frames(
    headers: &mut HeaderMap,
    form_action: &[String],
    mut frames: Vec<String>,
) {
    frames.sort_unstable();
    frames.dedup();
    let frames =
        if frames.is_empty() { String::new() } else { format!("; frame-src {}", frames.join(" ")) };
    page_with(headers, form_action, &frames);
}

/// The same for the one page with a script and a frame of WeChat's: of exactly this address and this origin (0049).
///
/// The script runs on our origin. It can fetch nothing and frame nothing of ours; that it holds no window of ours either
/// comes from the opener policy, which is another than that of every other page.
pub(crate) fn page_with_wechat(
    headers: &mut HeaderMap,
    form_action: &[String],
    script: &str,
    frame: &str,
) {
    page_of(headers, form_action, &format!("'self' {script}"), &format!("; frame-src {frame}"));
    opener_policy(headers, "same-origin-allow-popups");
}

fn page_with(headers: &mut HeaderMap, form_action: &[String], more: &str) {
    page_of(headers, form_action, "'self'", more);
    opener_policy(headers, "same-origin");
}

fn page_of(headers: &mut HeaderMap, form_action: &[String], scripts: &str, more: &str) {
    discreet(headers);
    let targets = if form_action.is_empty() { "'none'".to_owned() } else { form_action.join(" ") };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src {scripts}; img-src 'self'; form-action {targets}; \
         frame-ancestors 'none'; base-uri 'none'{more}"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
}

fn opener_policy(headers: &mut HeaderMap, policy: &'static str) {
    let name = HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(name, HeaderValue::from_static(policy));
}
