//! Does the database answer, and is its schema this version's?

use magpie_store::{StoreError, Unusable};

use super::{Check, Finding, Patient, Problem};

pub(super) async fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let trouble = match patient.house {
        Err(error) => Some(problem(error)),
        Ok(house) => house.store().check_schema().await.err().as_ref().map(problem),
    };
    let finding = match trouble {
        Some(problem) => Finding::act(Check::Database, problem),
        None => Finding::good(Check::Database, Problem::DatabaseGood),
    };
    vec![finding]
}

/// The texts of the store's errors hold no value of anybody's.
fn problem(error: &StoreError) -> Problem {
    match error {
        StoreError::Unusable(Unusable::Missing) => Problem::DatabaseMissing,
        StoreError::Unusable(Unusable::Foreign) => Problem::DatabaseForeign,
        StoreError::Unusable(Unusable::SchemaBehind { found, wanted }) => {
            Problem::SchemaBehind { found: *found, wanted: *wanted }
        }
        StoreError::Unusable(Unusable::SchemaAhead { found, known }) => {
            Problem::SchemaAhead { found: *found, wanted: *known }
        }
        StoreError::Unusable(Unusable::SchemaDiffers(found)) => {
            Problem::SchemaDiffers { found: *found }
        }
        StoreError::Unavailable(cause) => Problem::DatabaseAway { cause: cause.to_string() },
        StoreError::Unusable(
            Unusable::Address(_) | Unusable::EngineTooOld { .. } | Unusable::Standby,
        )
        | StoreError::Refused(_)
        | StoreError::BrokenRow { .. }
        | StoreError::Unwritable(_)
        | StoreError::Unsettled
        | StoreError::NoEntropy(_) => Problem::DatabaseUnusable { cause: error.to_string() },
    }
}
