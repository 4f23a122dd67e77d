//! How a flow ends early: a refusal is a value, a breakage is an incident (law 10).
//!
//! `?` on a breakage costs nothing and records its place; a refusal must be spelled out.
//! There is no conversion that turns one into the other.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::panic::Location;

use magpie_domain::NoEntropy;
use magpie_store::StoreError;
use magpie_vault::VaultError;

/// Why a flow stopped early.
#[derive(Debug)]
pub enum Stop<R> {
    /// The rules say no: answered in the endpoint's own dialect.
    Refused(R),
    /// Something broke: logged with its causes, shown as a number.
    Broken(Incident),
}

impl Stop<Infallible> {
    /// The same for a caller that may refuse.
    pub(crate) fn unrefused<R>(self) -> Stop<R> {
        match self {
            Self::Broken(incident) => Stop::Broken(incident),
            Self::Refused(never) => match never {},
        }
    }
}

/// What a flow gives: its value, a refusal, or an incident.
pub type Outcome<T, R> = Result<T, Stop<R>>;

/// Something broke. Carries causes and place for the log; says nothing to the outside.
pub struct Incident {
    cause: Box<dyn Error + Send + Sync>,
    place: &'static Location<'static>,
    passing: bool,
}

impl Incident {
    /// Records a breakage at the caller's place. `passing` is whether waiting may help: answered 503, not 500.
    #[track_caller]
    pub fn new(cause: impl Error + Send + Sync + 'static, passing: bool) -> Self {
        Self { cause: Box::new(cause), place: Location::caller(), passing }
    }

    /// The same incident for somebody else who waited for the same work.
    pub(crate) fn shared(first: &std::sync::Arc<Self>) -> Self {
        let cause = Shared(std::sync::Arc::clone(first));
        Self { place: first.place, passing: first.passing, cause: Box::new(cause) }
    }

    /// Whether waiting may help: the database is away or busy.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        self.passing
    }

    /// The causes, outermost first, on one line; for the log only.
    #[must_use]
    pub fn causes(&self) -> String {
        let mut text = self.cause.to_string();
        let mut next = self.cause.source();
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }

    /// Where it was noticed.
    #[must_use]
    pub const fn place(&self) -> &'static Location<'static> {
        self.place
    }
}

/// One incident with several owners.
#[derive(Debug)]
struct Shared(std::sync::Arc<Incident>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.causes())
    }
}

impl Error for Shared {}

impl fmt::Debug for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incident({} at {})", self.causes(), self.place)
    }
}

impl<R> From<StoreError> for Stop<R> {
    #[track_caller]
    fn from(cause: StoreError) -> Self {
        let passing = cause.is_unavailable();
        Self::Broken(Incident::new(cause, passing))
    }
}

impl<R> From<VaultError> for Stop<R> {
    #[track_caller]
    fn from(cause: VaultError) -> Self {
        Self::Broken(Incident::new(cause, false))
    }
}

impl<R> From<NoEntropy> for Stop<R> {
    #[track_caller]
    fn from(cause: NoEntropy) -> Self {
        // KY-08: no weak value takes the place of a random one; the caller is asked to come back.
        Self::Broken(Incident::new(cause, true))
    }
}

/// Something that cannot happen unless two parts of Magpie disagree.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{0}")]
pub struct Inconsistent(pub &'static str);

impl<R> From<Inconsistent> for Stop<R> {
    #[track_caller]
    fn from(cause: Inconsistent) -> Self {
        Self::Broken(Incident::new(cause, false))
    }
}
