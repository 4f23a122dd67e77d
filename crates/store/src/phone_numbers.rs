//! Phone numbers that WeChat vouched for, of the people who let an application have them. One for each person, the last.

use magpie_domain::{PhoneNumber, Timestamp, UserId};

use crate::engine::{Named, Sql, Tx, changed, on_engine};
use crate::error::{Result, RowOf};

pub(crate) const STATEMENTS: &[Named] =
    &[("SET", Sql::both(SET)), ("OF_USER", Sql::both(OF_USER)), ("FORGET", Sql::both(FORGET))];

const SET: &str = "
    INSERT INTO phone_numbers (user_id, phone_number, confirmed_at) VALUES ($1, $2, $3)
    ON CONFLICT (user_id) DO UPDATE SET phone_number = $2, confirmed_at = $3";

/// Keeps the number of a person in place of the one before.
///
/// # Errors
/// Only breakages.
pub async fn set(tx: &mut Tx, user: &UserId, number: &PhoneNumber, now: Timestamp) -> Result<()> {
    on_engine!(tx, |c| changed(
        sqlx::query(SET)
            .bind(user.as_str())
            .bind(number.as_str())
            .bind(now.as_seconds())
            .execute(c)
    ));
    Ok(())
}

const OF_USER: &str = "SELECT phone_number FROM phone_numbers WHERE user_id = $1";

/// The number of a person, if one is known.
///
/// # Errors
/// Only breakages.
pub async fn of_user(tx: &mut Tx, user: &UserId) -> Result<Option<PhoneNumber>> {
    let number: Option<String> =
        on_engine!(tx, |c| sqlx::query_scalar(OF_USER).bind(user.as_str()).fetch_optional(c));
    let of = RowOf { table: "phone_numbers", key: user.as_str() };
    number.map(|text| of.read("phone_number", PhoneNumber::parse(&text))).transpose()
}

const FORGET: &str = "DELETE FROM phone_numbers WHERE user_id = $1";

/// Removes a person's number; whether there was one.
///
/// # Errors
/// Only breakages.
pub async fn forget(tx: &mut Tx, user: &UserId) -> Result<bool> {
    Ok(on_engine!(tx, |c| changed(sqlx::query(FORGET).bind(user.as_str()).execute(c))) > 0)
}
