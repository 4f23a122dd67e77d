//! The words of a desktop that signs in with a phone.

use serde::Deserialize;

use super::Phrase;

section! {
    /// The QR code of ours on a desktop.
    RelayCodeTexts {
        title: Phrase,
        lead: Phrase,
        code: String,
        number: String,
        step_one: String,
        step_two: String,
        step_three: String,
        waiting: String,
        note: String,
        program: String,
        program_code: String,
        cancel: Phrase,
    }
}

section! {
    /// The QR code of a service account on a desktop.
    FollowCodeTexts {
        title: Phrase,
        number: String,
        step_one: String,
        step_two: String,
        step_three: Phrase,
        waiting: String,
        note: String,
    }
}

section! {
    /// What is said in the chat of a service account.
    ChatTexts {
        asked: Phrase,
        browser: Phrase,
        unknown_browser: String,
        address: Phrase,
        answer: Phrase,
        warning: String,
        taken: String,
        late: String,
        wrong: Phrase,
        done: String,
        refused: String,
        wrong_numbers: String,
    }
}

section! {
    /// The words of one reason.
    RelayReasonTexts {
        title: String,
        lead: String,
        advice: String,
    }
}

section! {
    /// A QR code that leads nowhere any more.
    RelayLostTexts {
        expired: RelayReasonTexts,
        refused: RelayReasonTexts,
        wrong_numbers: RelayReasonTexts,
        button: String,
        cancel: Phrase,
    }
}

section! {
    /// The question on the phone.
    RelayQuestionTexts {
        title: Phrase,
        lead: String,
        application: String,
        browser: String,
        unknown_browser: String,
        address: String,
        address_hint: String,
        asked: String,
        seconds_ago: Phrase,
        person: String,
        warning_title: String,
        warning: Phrase,
        choose: String,
        wrong: Phrase,
        deny: String,
    }
}

section! {
    /// How it came out on the phone.
    RelayEndsTexts {
        approved: RelayReasonTexts,
        refused: RelayReasonTexts,
        wrong_numbers: RelayReasonTexts,
        stopped: RelayReasonTexts,
        late: RelayReasonTexts,
    }
}

section! {
    /// A QR code of ours that was opened elsewhere than in WeChat.
    RelayScanTexts {
        title: String,
        lead: String,
        step_one: String,
        step_two: String,
        step_three: String,
        note: String,
    }
}
