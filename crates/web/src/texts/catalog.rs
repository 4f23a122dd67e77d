//! The shape of the catalog: one struct per page, one field per sentence.
//!
//! Templates name these fields, so a sentence that does not exist does not compile; serde refuses a language file that
//! lacks one or has one too many. Sentences with gaps are [`Phrase`]s, the others plain strings.

use serde::Deserialize;

use super::{DoctorTexts, Phrase, Turn, WechatHelp, WechatPageHelp, WecomTexts};

/// Declares one section of the catalog: its plain sentences, then those with gaps.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(
                #[doc = concat!("`", stringify!($field), "` of this section.")]
                pub $field: $kind,
            )+
        }
    };
}

pub(super) use section;

mod device;
mod relay;

pub use device::*;
pub use relay::*;

section! {
    /// Words on every page.
    CommonTexts {
        brand: String,
        development: String,
        reference: String,
        reference_hint: String,
        switch_language: String,
        skip: String,
        whose_turn: String,
        next: String,
        operator_only: String,
        operator_note: String,
        console: String,
        back: Phrase,
        device_back: String,
        device_waits: String,
    }
}

section! {
    /// Who can act.
    TurnTexts {
        person: String,
        application: String,
        operator: String,
        wechat: String,
    }
}

section! {
    /// The page before WeChat.
    InterstitialTexts {
        title: Phrase,
        lead: Phrase,
        note: String,
        button: String,
        fresh_title: String,
        fresh_lead: Phrase,
        fresh_button: String,
        unknown_yet: Phrase,
    }
}

section! {
    /// WeChat's QR code in a page of ours.
    EmbeddedQrTexts {
        title: Phrase,
        lead: Phrase,
        code: String,
        full_page: String,
        note: String,
        cancel: Phrase,
    }
}

section! {
    /// WeChat shows a preview (网页快照).
    SnapshotUserTexts {
        title: String,
        lead: Phrase,
        step_one: String,
        step_two: String,
        step_three: String,
        button: String,
    }
}

section! {
    /// Several ways to sign in.
    ChooseChannelTexts {
        title: String,
        lead: Phrase,
        website: String,
        website_hint: String,
        service_account: String,
        service_account_hint: String,
        relay: String,
        relay_hint: String,
        follow: String,
        follow_hint: String,
    }
}

section! {
    /// An ordinary browser of a phone.
    OpenInWechatTexts {
        title: String,
        lead: Phrase,
        link: String,
        copy: String,
        copied: String,
        steps: String,
        step_one: String,
        step_two: String,
        step_three: String,
        begin: Phrase,
        other_device: Phrase,
        link_elsewhere: String,
    }
}

section! {
    /// WeChat's browser, with no service account configured.
    NoServiceAccountTexts {
        title: String,
        lead: Phrase,
        step_one: String,
        step_two: String,
        step_three: String,
        link: String,
        begin: Phrase,
        cure: String,
    }
}

section! {
    /// WeCom's browser (企业微信).
    WecomNotWechatTexts {
        title: String,
        lead: Phrase,
        step_one: String,
        step_two: String,
        link: String,
    }
}

section! {
    /// What an application will receive.
    ConsentTexts {
        title: Phrase,
        lead: Phrase,
        signed_in_as: Phrase,
        allow: String,
        deny: String,
        remember: String,
        unvouched: Phrase,
        home: Phrase,
        logo: Phrase,
        policy: Phrase,
        terms: Phrase,
        openid: String,
        openid_hint: String,
        profile: String,
        profile_hint: String,
        email: String,
        email_hint: String,
        phone: String,
        phone_hint: String,
        groups: String,
        groups_hint: String,
        wechat: String,
        wechat_hint: String,
        offline_access: String,
        offline_access_hint: String,
    }
}

section! {
    /// The way back by POST.
    FormPostTexts {
        title: Phrase,
        lead: String,
        refused_lead: String,
        button: Phrase,
    }
}

section! {
    /// The frame of the error page.
    ErrorTexts {
        retry: String,
        wechat_title: String,
    }
}

section! {
    /// No such page.
    NotFoundTexts {
        title: String,
        lead: String,
        advice: String,
    }
}

section! {
    /// A callback without its cookie.
    SignInNotFoundTexts {
        title: String,
        lead: String,
        advice: String,
    }
}

section! {
    /// The end of a session.
    SignedOutTexts {
        title: String,
        lead: String,
        telling: String,
        next: String,
        wechat_title: String,
        wechat: String,
        other_account: String,
        advice: String,
    }
}

section! {
    /// The account page of nobody.
    NotSignedInTexts {
        title: String,
        lead: String,
        advice: String,
    }
}

section! {
    /// Who is signed in, and which applications hold what.
    AccountTexts {
        title: String,
        person: String,
        signed_in: String,
        just_now: String,
        minutes_ago: Phrase,
        hours_ago: Phrase,
        days_ago: Phrase,
        website: String,
        service_account: String,
        relay: String,
        follow: String,
        sign_out: String,
        sign_out_hint: String,
        applications: String,
        no_applications: String,
        open: Phrase,
        withdraw: String,
        withdraw_of: Phrase,
        withdraw_hint: String,
    }
}

section! {
    /// The question before a session ends.
    ConfirmSignOutTexts {
        title: String,
        lead: String,
        asked: Phrase,
        button: String,
        cancel: String,
    }
}

section! {
    /// A callback that has been answered before.
    AlreadyUsedTexts {
        title: String,
        lead: String,
        advice: String,
    }
}

section! {
    /// The words about a trouble that is not WeChat's.
    TroubleTexts {
        title: String,
        what: String,
        turn: Turn,
        advice: String,
    }
}

section! {
    /// Troubles that are not WeChat's, by what happened.
    ErrorsTexts {
        bad_request: TroubleTexts,
        unknown_client: TroubleTexts,
        redirect_mismatch: TroubleTexts,
        expired: TroubleTexts,
        cookies_missing: TroubleTexts,
        rate_limited: TroubleTexts,
        unavailable: TroubleTexts,
        incident: TroubleTexts,
        not_admitted: TroubleTexts,
        awaiting_approval: TroubleTexts,
        account_blocked: TroubleTexts,
        sign_out_refused: TroubleTexts,
    }
}

/// Every word of one language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Words on every page.
    pub common: CommonTexts,
    /// Who can act.
    pub turn: TurnTexts,
    /// The page before WeChat.
    pub interstitial: InterstitialTexts,
    /// WeChat's QR code in a page of ours.
    pub embedded_qr: EmbeddedQrTexts,
    /// WeChat shows a preview (网页快照).
    pub snapshot_user: SnapshotUserTexts,
    /// Several ways to sign in.
    pub choose_channel: ChooseChannelTexts,
    /// An ordinary browser of a phone.
    pub open_in_wechat: OpenInWechatTexts,
    /// WeChat's browser, with no service account configured.
    pub no_service_account: NoServiceAccountTexts,
    /// WeCom's browser (企业微信).
    pub wecom_not_wechat: WecomNotWechatTexts,
    /// What an application will receive.
    pub consent: ConsentTexts,
    /// The way back by POST.
    pub form_post: FormPostTexts,
    /// The frame of the error page.
    pub error: ErrorTexts,
    /// No such page.
    pub not_found: NotFoundTexts,
    /// A callback without its cookie.
    pub sign_in_not_found: SignInNotFoundTexts,
    /// The end of a session.
    pub signed_out: SignedOutTexts,
    /// The account page of nobody.
    pub not_signed_in: NotSignedInTexts,
    /// Who is signed in, and which applications hold what.
    pub account: AccountTexts,
    /// The question before a session ends.
    pub confirm_sign_out: ConfirmSignOutTexts,
    /// The code that a device shows.
    pub device: DeviceTexts,
    /// The question for a device.
    pub device_consent: DeviceConsentTexts,
    /// How the visit with a device's code came out.
    pub device_end: DeviceEndsTexts,
    /// The QR code of ours on a desktop.
    pub relay_code: RelayCodeTexts,
    /// The QR code of a service account on a desktop.
    pub follow_code: FollowCodeTexts,
    /// What is said in the chat of a service account.
    pub chat: ChatTexts,
    /// A QR code that leads nowhere any more.
    pub relay_lost: RelayLostTexts,
    /// The question on the phone.
    pub relay_question: RelayQuestionTexts,
    /// How it came out on the phone.
    pub relay_end: RelayEndsTexts,
    /// A QR code of ours that was opened elsewhere than in WeChat.
    pub relay_scan: RelayScanTexts,
    /// A callback that has been answered before.
    pub already_used: AlreadyUsedTexts,
    /// Troubles that are not WeChat's.
    pub errors: ErrorsTexts,
    /// Refusals that WeChat answers to our server.
    pub wechat: WechatHelp,
    /// Refusals that WeChat shows in the browser.
    pub wechat_page: WechatPageHelp,
    /// Everything about WeCom (企业微信).
    pub wecom: WecomTexts,
    /// What `magpie doctor` says.
    pub doctor: DoctorTexts,
}
