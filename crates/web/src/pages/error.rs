//! The error page: what happened, whose turn it is, what to do, and a number.
//!
//! Two sources of words: [`Trouble`] for what is ours, and the help keys for what WeChat refused. Neither shows what
//! WeChat or a library wrote. The cure and the console page are for whoever runs the service, so they are shown in
//! development only and otherwise belong in the log.

use askama::Template;
use magpie_domain::locale::Locale;

use super::{OwnPath, Page, PageContext};
use crate::texts::{Texts, TroubleTexts, Turn};

/// The error page.
#[derive(Debug, Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage {
    ctx: PageContext,
    /// ASCII name of the cause, in `data-cause` for tests.
    cause: &'static str,
    title: &'static str,
    what: &'static str,
    turn: Turn,
    advice: &'static str,
    retry: Option<OwnPath>,
    help: Option<OperatorHelp>,
}

/// What an operator does about a refusal by WeChat.
#[derive(Debug, Clone, Copy)]
pub struct OperatorHelp {
    /// What to change.
    pub cure: &'static str,
    /// The console page to open; empty when none helps.
    pub console: &'static str,
}

/// Troubles that are not WeChat's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A request that cannot be understood, and no trusted address to answer it to.
    BadRequest,
    /// `client_id` names nobody.
    UnknownClient,
    /// `redirect_uri` is not registered for the client (RFC 6749 §3.1.2.4: not redirected).
    RedirectMismatch,
    /// The attempt is too old.
    Expired,
    /// The browser drops cookies.
    CookiesMissing,
    /// Too many tries from one place.
    RateLimited,
    /// Busy, or shutting down.
    Unavailable,
    /// Something broke; the reference leads to it.
    Incident,
    /// The application is not open to this person.
    NotAdmitted,
    /// Somebody has to approve first.
    AwaitingApproval,
    /// The person is blocked.
    AccountBlocked,
    /// A request to sign out that cannot be honoured.
    SignOutRefused,
}

impl Trouble {
    /// Every trouble.
    pub const ALL: [Self; 12] = [
        Self::BadRequest,
        Self::UnknownClient,
        Self::RedirectMismatch,
        Self::Expired,
        Self::CookiesMissing,
        Self::RateLimited,
        Self::Unavailable,
        Self::Incident,
        Self::NotAdmitted,
        Self::AwaitingApproval,
        Self::AccountBlocked,
        Self::SignOutRefused,
    ];

    /// The name in `data-cause`, in logs and in the catalog.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::UnknownClient => "unknown_client",
            Self::RedirectMismatch => "redirect_mismatch",
            Self::Expired => "expired",
            Self::CookiesMissing => "cookies_missing",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Incident => "incident",
            Self::NotAdmitted => "not_admitted",
            Self::AwaitingApproval => "awaiting_approval",
            Self::AccountBlocked => "account_blocked",
            Self::SignOutRefused => "sign_out_refused",
        }
    }

    fn texts(self, t: &'static Texts) -> &'static TroubleTexts {
        let errors = &t.errors;
        match self {
            Self::BadRequest => &errors.bad_request,
            Self::UnknownClient => &errors.unknown_client,
            Self::RedirectMismatch => &errors.redirect_mismatch,
            Self::Expired => &errors.expired,
            Self::CookiesMissing => &errors.cookies_missing,
            Self::RateLimited => &errors.rate_limited,
            Self::Unavailable => &errors.unavailable,
            Self::Incident => &errors.incident,
            Self::NotAdmitted => &errors.not_admitted,
            Self::AwaitingApproval => &errors.awaiting_approval,
            Self::AccountBlocked => &errors.account_blocked,
            Self::SignOutRefused => &errors.sign_out_refused,
        }
    }
}

impl Page for ErrorPage {
    fn marker(&self) -> &'static str {
        "error"
    }
}

impl ErrorPage {
    /// The page about a trouble of ours, of the application's or of the person's.
    #[must_use]
    pub fn of(ctx: PageContext, trouble: Trouble) -> Self {
        let texts = trouble.texts(ctx.t);
        Self {
            cause: trouble.as_str(),
            title: &texts.title,
            what: &texts.what,
            turn: texts.turn,
            advice: &texts.advice,
            retry: None,
            help: None,
            ctx,
        }
    }

    /// The page about a refusal by WeChat or WeCom, by its help key; an unheard key gets the words of `unknown`.
    #[must_use]
    pub fn of_wechat(ctx: PageContext, help_key: &'static str) -> Self {
        let (title, help) = match ctx.t.wecom.help_of(help_key) {
            Some(help) => (&ctx.t.wecom.error_title, help),
            None => (&ctx.t.error.wechat_title, ctx.t.wechat.of(help_key)),
        };
        Self {
            cause: help_key,
            title,
            what: &help.what,
            turn: help.turn,
            advice: &help.advice,
            retry: None,
            help: Some(OperatorHelp { cure: &help.cure, console: &help.console }),
            ctx,
        }
    }

    /// Adds a link that tries again.
    #[must_use]
    pub fn with_retry(self, path: OwnPath) -> Self {
        Self { retry: Some(path), ..self }
    }

    /// The page with sample facts.
    #[must_use]
    pub fn sample(lang: Locale) -> Self {
        Self::of_wechat(PageContext::sample(lang), "busy").with_retry(OwnPath::root())
    }

    /// The page with sample facts and what only a developer sees.
    #[must_use]
    pub fn sample_in_development(lang: Locale) -> Self {
        let ctx = PageContext { development: true, ..PageContext::sample(lang) };
        Self::of_wechat(ctx, "ip_not_allowed")
    }

    /// Who can act; where WeCom refused, it is not WeChat that one waits for.
    fn whose_turn(&self) -> &str {
        match self.turn {
            Turn::Wechat if self.ctx.t.wecom.help_of(self.cause).is_some() => {
                &self.ctx.t.wecom.turn
            }
            turn => self.ctx.t.turn_name(turn),
        }
    }

    fn operator(&self) -> Option<&OperatorHelp> {
        self.help.as_ref().filter(|_| self.ctx.development)
    }
}

#[cfg(test)]
mod tests;
