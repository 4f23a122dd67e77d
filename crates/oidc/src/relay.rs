//! The request that a phone answers for a desktop that shows a QR code. Which phone and which number count is in
//! `domain::relay`, the steps in `flows::relay`.

use magpie_domain::{
    AskedClaims, AuthorizationRequest, ChannelId, MatchNumber, PromptSet, RedirectUri, RelayHandle,
    RelayTicket, ResponseMode, TokenText,
};

use crate::error::OAuthError;
use crate::params::Params;

/// What a mini program brings for a desktop.
#[derive(Debug)]
pub struct ProgramAnswer {
    /// The scene that it was opened with.
    pub scene: TokenText,
    /// A fresh code of `wx.login`.
    pub code: TokenText,
    /// What its person said.
    pub word: ProgramWord,
}

/// What somebody said in a mini program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramWord {
    /// A number.
    Number(MatchNumber),
    /// This was not me.
    No,
}

impl ProgramAnswer {
    /// Reads the form: `scene`, `code` and `answer`, which is two digits or `no`.
    ///
    /// # Errors
    /// `invalid_request` for what is missing, doubled or no answer.
    pub fn read(form: &Params) -> Result<Self, OAuthError> {
        let scene = TokenText::new(program_scene(form)?.to_owned());
        let code = form.get("code").ok_or(OAuthError::invalid_request("code is missing"))?;
        let answer = form.get("answer").ok_or(OAuthError::invalid_request("answer is missing"))?;
        let word = match answer {
            "no" => Some(ProgramWord::No),
            number => MatchNumber::parse(number).map(ProgramWord::Number),
        };
        let word = word.ok_or(OAuthError::invalid_request("answer is two digits or no"))?;
        Ok(Self { scene, code: TokenText::new(code.to_owned()), word })
    }
}

/// Reads the form of a mini program that asks who asks: `scene`.
///
/// # Errors
/// `invalid_request` when it is missing, or anything is doubled.
pub fn program_scene(form: &Params) -> Result<&str, OAuthError> {
    if form.first_repeated().is_some() {
        return Err(OAuthError::invalid_request("a parameter is repeated"));
    }
    form.get("scene").ok_or(OAuthError::invalid_request("scene is missing"))
}

/// The refusal of a scene with which no desktop waits for a mini program: invented, answered and expired alike.
#[must_use]
pub const fn no_desktop() -> OAuthError {
    OAuthError::expired_token("no desktop waits with this scene; let it show a new code")
}

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

    /// QR-05: nothing but a number or a plain no is an answer.
    #[test]
    fn a_mini_program_brings_a_scene_a_code_and_two_digits_or_a_no() {
        let number = |n| MatchNumber::of(n).map(ProgramWord::Number);
        for (form, read) in [
            ("scene=s&code=c&answer=42", number(42)),
            ("scene=s&code=c&answer=no", Some(ProgramWord::No)),
            ("scene=s&code=c&answer=yes", None),
            ("scene=s&code=c&answer=09", None),
            ("scene=s&code=c&answer=", None),
            ("scene=s&code=c", None),
            ("scene=s&answer=42", None),
            ("code=c&answer=42", None),
            ("scene=s&code=c&answer=42&answer=43", None),
            ("scene=s&scene=t&code=c&answer=42", None),
        ] {
            let params = Params::from_form(form.as_bytes()).unwrap();
            let answer = ProgramAnswer::read(&params);
            assert_eq!(answer.map(|answer| answer.word).ok(), read, "{form}");
        }
    }

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
                let session = Some(SessionFacts { subject: &subject, auth_time });
                let facts = NeedsFacts { session, fresh, consent, now: SAMPLE_NOW };
                assert_eq!(needs(&request, &facts), Ok(expected));
            }
        }
    }
}
