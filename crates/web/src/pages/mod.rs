//! The pages people see.
//!
//! One page is a template in `templates/pages/` and a struct here with the same name; the frame they share is
//! [`PageContext`] and `templates/base.html`. Pages decide nothing: whoever makes one hands over finished facts.
//! Every page carries an ASCII marker and stable element ids, no inline style or script, and no address of a third
//! party, so that a strict `Content-Security-Policy` fits all of them. Endpoints of this crate make and answer them.

mod account;
mod already_used;
mod choose_channel;
mod confirm_sign_out;
mod consent;
mod device;
mod device_consent;
mod device_done;
mod error;
mod explain;
mod form_post;
mod interstitial;
mod link;
mod not_found;
mod not_signed_in;
mod qr;
mod relay_code;
mod relay_done;
mod relay_lost;
mod relay_question;
mod relay_scan;
mod sign_in_not_found;
mod signed_out;
mod snapshot_user;

use std::fmt;

use magpie_domain::locale::Locale;
use magpie_flows::authorize::RelayLost as WhyLost;
use magpie_oidc::paths::{DeviceEnd, RelayEnd};

use crate::assets;
use crate::texts::Texts;

pub use account::{Account, HeldApplication};
pub use already_used::AlreadyUsed;
pub use choose_channel::{ChooseChannel, Way};
pub use confirm_sign_out::ConfirmSignOut;
pub use consent::{Ask, ClientPages, Consent};
pub use device::Device;
pub use device_consent::DeviceConsent;
pub use device_done::DeviceDone;
pub use error::{ErrorPage, OperatorHelp, Trouble};
pub use explain::{NoServiceAccount, OpenInWechat, OpenInWecom, WecomNotWechat};
pub use form_post::FormPost;
pub use interstitial::Interstitial;
pub use link::{OwnPath, WebAddress};
pub use not_found::NotFound;
pub use not_signed_in::NotSignedIn;
pub use qr::QrPath;
pub use relay_code::RelayCode;
pub use relay_done::RelayDone;
pub use relay_lost::RelayLost;
pub use relay_question::RelayQuestion;
pub use relay_scan::RelayScan;
pub use sign_in_not_found::SignInNotFound;
pub use signed_out::SignedOut;
pub use snapshot_user::SnapshotUser;

/// A page: a template with a marker that scripted browsers and tests read.
pub trait Page: askama::Template {
    /// The ASCII name in `<meta name="magpie-page">` and `<body data-page>`; it never changes.
    fn marker(&self) -> &'static str;
}

/// What every page needs besides its own facts.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// The words of the page's language.
    pub t: &'static Texts,
    /// The page's language.
    pub lang: Locale,
    /// Whether WeChat is simulated: shows the banner and what otherwise goes to the log only.
    pub development: bool,
    /// How this service presents itself.
    pub brand: Brand,
    /// The path of the issuer, under which everything of ours lives: empty or beginning with a slash.
    pub base_path: String,
    /// Where the same page is to be had in the other language; no switch is shown without it.
    pub other_language: Option<OwnPath>,
    /// The number by which the operator finds this moment in the log. Never an identifier of a person.
    pub reference: Option<String>,
}

/// How an operator's service presents itself.
#[derive(Debug, Clone, Default)]
pub struct Brand {
    /// The service's name on top of every page; the product's own name when absent.
    pub name: Option<String>,
    /// Lines at the very bottom, such as the ICP number that mainland hosts must show (ICP备案号).
    pub footer: Vec<String>,
}

impl PageContext {
    /// A plain context: production, the product's own name, no switch, no reference.
    #[must_use]
    pub fn new(lang: Locale) -> Self {
        Self {
            t: Texts::of(lang),
            lang,
            development: false,
            base_path: String::new(),
            brand: Brand::default(),
            other_language: None,
            reference: None,
        }
    }

    /// A context that fills every slot, for looking at pages and for tests.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self {
            brand: Brand { name: None, footer: vec!["京ICP备00000000号".to_owned()] },
            other_language: OwnPath::parse("/language"),
            reference: Some("7K2M-9QXD".to_owned()),
            ..Self::new(lang)
        }
    }

    /// The path of a static file for this page's host.
    fn asset(&self, name: &str) -> String {
        format!("{}{}", self.base_path, assets::asset_path(name))
    }

    fn brand_name(&self) -> &str {
        self.brand.name.as_deref().unwrap_or(&self.t.common.brand)
    }

    /// The tag of the language that the switch leads to.
    pub(crate) const fn other_tag(&self) -> &'static str {
        self.other_lang().tag()
    }

    const fn other_lang(&self) -> Locale {
        match self.lang {
            Locale::ZhCn => Locale::En,
            Locale::En => Locale::ZhCn,
        }
    }
}

/// Where the forms of a page go, and what goes along unseen (the attempt, a token against forged posts).
#[derive(Debug, Clone)]
pub struct FormTarget {
    /// The path that takes the post.
    pub action: OwnPath,
    /// Fields that the person does not see.
    pub hidden: Vec<Hidden>,
}

/// One hidden field.
#[derive(Clone)]
pub struct Hidden {
    /// The field's name.
    pub name: String,
    /// The field's value.
    pub value: String,
}

/// The value may be a code or a token against forged posts.
impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hidden").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Hidden {
    /// A field from its name and value.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl FormTarget {
    /// A form without hidden fields.
    #[must_use]
    pub const fn new(action: OwnPath) -> Self {
        Self { action, hidden: Vec::new() }
    }

    /// A target with one hidden field.
    #[must_use]
    pub fn sample() -> Self {
        let action = OwnPath::parse("/oauth2/authorize").unwrap_or_else(OwnPath::root);
        Self { action, hidden: vec![Hidden::new("attempt", "sample")] }
    }
}

/// The letter that stands for an application: its first letter or digit, as a capital.
fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default()
}

/// A page of the gallery: the marker, a variant's name, the HTML.
pub type Picture = (&'static str, &'static str, askama::Result<String>);

/// Every page and variant with sample facts, for people who look at pages and for tests over all of them.
#[must_use]
pub fn gallery(lang: Locale) -> Vec<Picture> {
    fn picture<P: Page>(variant: &'static str, page: P) -> Picture {
        (page.marker(), variant, page.render())
    }
    let mut pictures = vec![
        picture("", Interstitial::sample(lang)),
        picture("fresh", Interstitial { fresh: true, ..Interstitial::sample(lang) }),
        picture("wecom", Interstitial { wecom: true, ..Interstitial::sample(lang) }),
        picture("", SnapshotUser::sample(lang)),
        picture("", ChooseChannel::sample(lang)),
        picture("wecom", ChooseChannel::sample_with_wecom(lang)),
        picture("", OpenInWechat::sample(lang)),
        picture("", NoServiceAccount::sample(lang)),
        picture("", WecomNotWechat::sample(lang)),
        picture("", OpenInWecom::sample(lang)),
        picture("device", Interstitial { device: true, ..Interstitial::sample(lang) }),
        picture("device", SnapshotUser { device: true, ..SnapshotUser::sample(lang) }),
        picture("device", ChooseChannel { device: true, ..ChooseChannel::sample(lang) }),
        picture("device", OpenInWechat { device: true, ..OpenInWechat::sample(lang) }),
        picture("device", NoServiceAccount { device: true, ..NoServiceAccount::sample(lang) }),
        picture("device", WecomNotWechat { device: true, ..WecomNotWechat::sample(lang) }),
        picture("", Consent::sample(lang)),
        picture("unvouched", Consent::sample_unvouched(lang)),
        picture("", FormPost::sample(lang)),
        picture("", ErrorPage::sample(lang)),
        picture("wecom", ErrorPage::of_wechat(PageContext::sample(lang), "wecom_out_of_range")),
        picture("development", ErrorPage::sample_in_development(lang)),
        picture("trouble", ErrorPage::of(PageContext::sample(lang), Trouble::RedirectMismatch)),
        picture("", NotFound::sample(lang)),
        picture("", SignInNotFound::sample(lang)),
        picture("", AlreadyUsed::sample(lang)),
        picture("", ConfirmSignOut::sample(lang)),
        picture("", SignedOut::sample(lang)),
        picture("frames", SignedOut::sample_with_frames(lang)),
        picture("", Account::sample(lang)),
        picture("empty", Account::sample_without_applications(lang)),
        picture("", NotSignedIn::sample(lang)),
        picture("", Device::sample(lang)),
        picture("filled", Device::sample_filled(lang)),
        picture("wrong", Device::sample_wrong(lang)),
        picture("", DeviceConsent::sample(lang)),
        picture("allowed", DeviceDone::sample(lang, DeviceEnd::Allowed)),
        picture("refused", DeviceDone::sample(lang, DeviceEnd::Refused)),
        picture("stopped", DeviceDone::sample(lang, DeviceEnd::Stopped)),
        picture("late", DeviceDone::sample(lang, DeviceEnd::Late)),
        picture("", RelayQuestion::sample(lang)),
        picture("wrong", RelayQuestion::sample_wrong(lang)),
        picture("", RelayScan::sample(lang)),
    ];
    pictures.extend(RelayCode::sample(lang).map(|page| picture("", page)));
    pictures.extend(RelayCode::sample_with_program(lang).map(|page| picture("program", page)));
    pictures.extend(RelayCode::sample_in_chat(lang).map(|page| picture("chat", page)));
    let done = |end: RelayEnd| picture(end.as_str(), RelayDone::sample(lang, end));
    pictures.extend(RelayEnd::ALL.into_iter().map(done));
    let lost = |why: WhyLost| picture(why.as_str(), RelayLost::sample(lang, why));
    pictures.extend(WhyLost::ALL.into_iter().map(lost));
    pictures
}

#[cfg(test)]
mod tests;
