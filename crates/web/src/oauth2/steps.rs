//! From the next step of a login to HTTP: a page of the attempt, the way to WeChat, or the application's answer.

use axum::http::StatusCode;
use axum::response::Response;
use magpie_domain::{AttemptId, ChannelId, ChannelKind};
use magpie_flows::AttemptCookie;
use magpie_flows::authorize::{self, DeviceQuestion, Page, ShownPage, Step};
use magpie_flows::relay::RelayQuestion;
use magpie_oidc::paths;
use magpie_oidc::response_mode::AuthorizationResponse;
use magpie_wechat::suggest::Reason;

use crate::kit::cookies::SetCookies;
use crate::kit::visitor::Visit;
use crate::kit::{answers, form, form_action};
use crate::pages::{
    self, ChooseChannel, ClientPages, Consent, DeviceConsent, ErrorPage, FormPost, FormTarget,
    Hidden, Interstitial, NoServiceAccount, OpenInWechat, OpenInWecom, OwnPath, PageContext,
    QrPath, RelayCode, RelayLost, SnapshotUser, Trouble, Way, WebAddress, WecomNotWechat,
};
use crate::state::{Observation, Web};
use crate::wechat::callback::{failed, landed};

/// Writes a step down.
pub(crate) fn answer(web: &Web, visit: &Visit<'_>, step: Step) -> Response {
    let (mut response, cookie) = match step {
        Step::Answer { response, cookie } => (application_answer(web, visit, &response), cookie),
        Step::Depart(departure) => {
            web.observe(Observation::Departed { channel: &departure.channel });
            (answers::see_other(&departure.location), Some(departure.cookie))
        }
        Step::Show(shown) => {
            let cookie = shown.cookie.clone();
            (page(web, visit, *shown), Some(cookie))
        }
        Step::Landed(landing) => (landed(web, visit, &landing), None),
    };
    if let Some(cookie) = cookie {
        with_attempt(web, visit, &mut response, &cookie);
    }
    response
}

/// Puts the attempt's cookie into an answer.
pub(crate) fn with_attempt(
    web: &Web,
    visit: &Visit<'_>,
    response: &mut Response,
    cookie: &AttemptCookie,
) {
    let lifetime = web.flows().settings().lifetimes.attempt;
    SetCookies::new(web.flows().issuer())
        .attempt(cookie, &visit.cookies, lifetime)
        .apply(response.headers_mut());
}

/// The answer that goes to the application, in the response mode of its request.
pub(crate) fn application_answer(
    web: &Web,
    visit: &Visit<'_>,
    response: &AuthorizationResponse,
) -> Response {
    match response {
        AuthorizationResponse::Redirect { location } => answers::see_other(location),
        AuthorizationResponse::FormPost { action, fields } => {
            let Some(address) = WebAddress::parse(action) else {
                // A private-use scheme takes no post: RFC 8252 applications use the query.
                return answers::see_other(&in_query(action, fields));
            };
            let host = action
                .split("://")
                .nth(1)
                .and_then(|rest| rest.split(['/', '?']).next())
                .unwrap_or_default();
            let page = FormPost {
                ctx: visit.context(web),
                client: host.to_owned(),
                action: address,
                refused: fields.iter().any(|(name, _)| name == "error"),
                fields: fields.iter().map(|(name, value)| Hidden::new(name, value)).collect(),
            };
            let target: Vec<_> = form_action::of_post(action).into_iter().collect();
            answers::page(StatusCode::OK, &page, &target)
        }
    }
}

/// The answer as the query of a redirect; what the URI was registered with stays (RFC 6749 §3.1.2).
fn in_query(action: &str, fields: &[(String, String)]) -> String {
    let query = form::query(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let joint = match action.split_once('?') {
        None => "?",
        Some((_, before)) if before.is_empty() || before.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{action}{joint}{query}")
}

fn page(web: &Web, visit: &Visit<'_>, shown: ShownPage) -> Response {
    let path = format!("{}{}", web.flows().issuer().path(), paths::resume(&shown.cookie.attempt));
    let frame = Frame {
        ctx: visit.context_at(web, &path),
        client: shown.client_name,
        form: FormTarget::new(OwnPath::parse(&path).unwrap_or_else(OwnPath::root)),
        targets: form_action::of_attempt(
            web.flows().issuer().is_secure(),
            [
                &web.flows().settings().open_base,
                &web.flows().settings().wecom_login_base,
                &shown.redirect_csp_source,
            ],
        ),
        device: shown.for_device,
    };
    match shown.page {
        Page::Interstitial { snapshot: true, .. } => {
            let Frame { ctx, client, form, targets, device } = frame;
            answers::page(StatusCode::OK, &SnapshotUser { ctx, client, form, device }, &targets)
        }
        Page::Interstitial { reauthentication, channel, .. } => {
            interstitial(web, frame, reauthentication, &channel)
        }
        Page::ChooseChannel(choices) => {
            let Frame { ctx, client, form, targets, device } = frame;
            let ways = choices
                .into_iter()
                .map(|choice| Way { id: choice.id.into(), kind: choice.kind, label: choice.label })
                .collect();
            answers::page(
                StatusCode::OK,
                &ChooseChannel { ctx, client, form, ways, device },
                &targets,
            )
        }
        Page::Explain(reason) => explain(web, frame, shown.start_over.as_deref(), reason),
        Page::Device(question) => device(frame, question),
        Page::RelayCode(code) => relay_code(web, frame, &shown.cookie.attempt, &code),
        Page::RelayLost(why) => relay_lost(frame, why),
        Page::RelayQuestion(question) => relay_question(frame, question),
        Page::Failed(failure) => failed(web, visit, &failure, &shown.cookie.attempt),
        Page::Consent { scopes, person, about, self_registered } => {
            let Frame { ctx, client, form, targets, .. } = frame;
            let page = Consent {
                ctx,
                client,
                form,
                scopes: scopes.iter().collect(),
                person,
                pages: ClientPages::of(*about),
                unvouched: self_registered.then_some(shown.redirect_csp_source),
            };
            answers::page(StatusCode::OK, &page, &targets)
        }
    }
}

/// Explains what comes.
fn interstitial(web: &Web, frame: Frame, fresh: bool, channel: &ChannelId) -> Response {
    let Frame { ctx, client, form, targets, device } = frame;
    let wecom = is_wecom(web, channel);
    let page = Interstitial { ctx, client, form, fresh, device, wecom };
    answers::page(StatusCode::OK, &page, &targets)
}

/// Whether a channel leads to WeCom, for the words of the page before.
fn is_wecom(web: &Web, channel: &ChannelId) -> bool {
    let channel = web.flows().settings().channel(channel);
    channel.is_some_and(|channel| channel.kind() == ChannelKind::Wecom)
}

/// What the pages of an attempt have in common.
struct Frame {
    ctx: PageContext,
    client: String,
    form: FormTarget,
    targets: Vec<String>,
    /// Whether a device waits: then there is no application to go back to.
    device: bool,
}

/// Asks about a device.
fn device(frame: Frame, question: DeviceQuestion) -> Response {
    let Frame { ctx, client, mut form, targets, .. } = frame;
    form.hidden.push(Hidden::new("form_token", question.form_token.expose()));
    let page = DeviceConsent {
        ctx,
        client,
        form,
        scopes: question.scopes.iter().collect(),
        person: question.person,
        user_code: question.user_code.to_string(),
    };
    answers::page(StatusCode::OK, &page, &targets)
}

/// Shows the QR code of a desktop.
fn relay_code(
    web: &Web,
    frame: Frame,
    attempt: &AttemptId,
    code: &authorize::RelayCode,
) -> Response {
    let Frame { ctx, client, form, targets, .. } = frame;
    let own = |path: String| {
        let path = format!("{}{path}", web.flows().issuer().path());
        OwnPath::parse(&path).unwrap_or_else(OwnPath::root)
    };
    let Some(qr) = QrPath::of(&code.address) else {
        let page = ErrorPage::of(ctx, Trouble::Incident);
        return answers::page(StatusCode::INTERNAL_SERVER_ERROR, &page, &[]);
    };
    let page = RelayCode {
        ctx,
        client,
        form,
        qr,
        number: code.number,
        events: own(paths::resume_events(attempt)),
        news: own(paths::resume_news(attempt)),
        next: own(paths::resume(attempt)),
        program_code: code.has_program.then(|| own(paths::resume_program_code(attempt))),
        left: code.left.as_seconds(),
        in_chat: code.in_chat,
    };
    answers::page_that_listens(&page, &targets)
}

/// Says why a code leads nowhere any more.
fn relay_lost(frame: Frame, why: authorize::RelayLost) -> Response {
    let Frame { ctx, client, form, targets, .. } = frame;
    answers::page(StatusCode::OK, &RelayLost { ctx, client, form, why }, &targets)
}

/// Asks on the phone.
fn relay_question(frame: Frame, question: RelayQuestion) -> Response {
    let Frame { ctx, client, mut form, targets, .. } = frame;
    form.hidden.push(Hidden::new("form_token", question.form_token.expose()));
    let RelayQuestion { person, address, browser, ago, choices, wrong, .. } = question;
    let page =
        pages::RelayQuestion { ctx, client, form, person, address, browser, ago, choices, wrong };
    answers::page(StatusCode::OK, &page, &targets)
}

/// Explains why this browser cannot sign in, with the application's own request as the link to carry elsewhere, where
/// there is one.
fn explain(web: &Web, frame: Frame, again: Option<&str>, reason: Reason) -> Response {
    let Frame { ctx, client, form, targets, device } = frame;
    let address = |again| web.flows().issuer().join(again);
    let link = again.map(address).and_then(|address| WebAddress::parse(&address));
    let status = StatusCode::OK;
    match reason {
        Reason::OpenInWechat | Reason::OnlyInWechat => {
            answers::page(status, &OpenInWechat { ctx, client, form, link, device }, &targets)
        }
        Reason::NoServiceAccount | Reason::NothingConfigured => {
            answers::page(status, &NoServiceAccount { ctx, client, form, link, device }, &targets)
        }
        Reason::OpenInWecom => {
            answers::page(status, &OpenInWecom { ctx, client, form, link, device }, &targets)
        }
        Reason::WecomIsNotWechat => {
            answers::page(status, &WecomNotWechat { ctx, client, form, link, device }, &targets)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seen red with the bare action: the application heard neither a code nor an error.
    #[test]
    fn a_private_use_scheme_gets_its_answer_in_the_query() {
        let fields = [("code", "c+d"), ("state", "a&b=c")].map(|(n, v)| (n.into(), v.into()));
        for (action, expected) in [
            ("com.example.app:/cb", "com.example.app:/cb?code=c%2Bd&state=a%26b%3Dc"),
            ("com.example.app:/cb?t=1", "com.example.app:/cb?t=1&code=c%2Bd&state=a%26b%3Dc"),
            ("com.example.app:/cb?", "com.example.app:/cb?code=c%2Bd&state=a%26b%3Dc"),
        ] {
            assert_eq!(in_query(action, &fields), expected);
        }
    }
}
