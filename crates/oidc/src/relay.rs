//! The request that a phone answers for a desktop that shows a QR code. Which phone and which number count is in
//! `domain::relay`, the steps in `flows::relay`.

use magpie_domain::{
    AskedClaims, AuthorizationRequest, ChannelId, PromptSet, RedirectUri, RelayHandle, RelayTicket,
    ResponseMode,
};

/// The request of a phone's attempt. The person goes to WeChat in any case and is asked in any case: nothing follows from
/// a scan alone, and no session that a phone happens to have may answer for a desktop. `page` is our own page for phones,
/// `through` the service account.
#[must_use]
pub fn to_confirm(
    ticket: &RelayTicket,
    through: ChannelId,
    page: RedirectUri,
) -> AuthorizationRequest {
    AuthorizationRequest {
        client_id: ticket.client_id.clone(),
        redirect_uri: page,
        response_mode: ResponseMode::Query,
        scopes: ticket.scopes,
        scopes_narrowed: false,
        state: None,
        nonce: None,
        code_challenge: None,
        prompt: PromptSet { login: true, consent: true, ..PromptSet::default() },
        max_age: None,
        ui_locales: None,
        hinted_subject: None,
        resources: Vec::new(),
        asked_claims: AskedClaims::default(),
        dpop_jkt: None,
        pushed: None,
        device: None,
        relay: Some(RelayHandle { ticket: ticket.id.clone(), through }),
    }
}

#[cfg(test)]
mod tests {
    use magpie_domain::testing::{SAMPLE_NOW, sample_session, sample_ticket};
    use magpie_domain::{ConsentPolicy, Subject};

    use super::*;
    use crate::authorize::{ConsentFacts, Needs, NeedsFacts, SessionFacts, needs};

    /// QR-05: a session from before leads to WeChat, one of this attempt to the question, and no earlier yes past it.
    #[test]
    fn whoever_is_signed_in_goes_to_wechat_and_is_asked() {
        let page = RedirectUri::register("https://login.example.com/relay/x").unwrap();
        let through = ChannelId::parse("inapp").unwrap();
        let request = to_confirm(&sample_ticket(1), through, page);
        let subject = Subject::parse("sub").unwrap();
        let auth_time = sample_session(1).auth_time;
        for policy in [ConsentPolicy::Implicit, ConsentPolicy::Explicit] {
            for (fresh, expected) in [(false, Needs::Reauthentication), (true, Needs::Consent)] {
                let consent =
                    ConsentFacts { policy, remembered: Some(request.scopes), just_given: false };
                let session = Some(SessionFacts { subject: &subject, auth_time, silent: false });
                let facts = NeedsFacts { session, fresh, consent, now: SAMPLE_NOW };
                assert_eq!(needs(&request, &facts), Ok(expected));
            }
        }
    }
}
