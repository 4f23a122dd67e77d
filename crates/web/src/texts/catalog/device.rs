//! The words of a device and its person.

use serde::Deserialize;

use super::Phrase;

section! {
    /// The code that a device shows.
    DeviceTexts {
        title: String,
        lead: String,
        compare: String,
        code: String,
        wrong: String,
        button: String,
        note: String,
    }
}

section! {
    /// The question for a device.
    DeviceConsentTexts {
        title: Phrase,
        code: String,
        warning_title: String,
        warning: Phrase,
        lead: Phrase,
        deny: String,
    }
}

section! {
    /// The words of one end.
    DeviceEndTexts {
        title: String,
        lead: String,
        advice: String,
    }
}

section! {
    /// How the visit with a device's code came out.
    DeviceEndsTexts {
        allowed: DeviceEndTexts,
        refused: DeviceEndTexts,
        stopped: DeviceEndTexts,
        late: DeviceEndTexts,
        account: String,
    }
}
