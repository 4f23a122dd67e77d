//! Is our clock right? Compared with the `Date` of answers that came anyway (RFC 9110 §6.6.1).
//! Codes live a minute and ID tokens are refused when they come from the future, so a minute is where it begins to hurt.

use magpie_domain::Timestamp;

use super::issuer;
use super::wechat::Bases;
use super::{Check, Finding, Problem};

/// How far two clocks may be apart, in seconds.
const TOLERATED: i64 = 60;

/// Seconds by which our clock is ahead of theirs.
pub(super) type Offset = i64;

/// How far we are ahead of an answer's `Date` that came just now; nothing when it has none.
pub(super) fn offset(date: &str, now: Timestamp) -> Option<Offset> {
    Some(now.as_seconds().saturating_sub(imf_fixdate(date)?))
}

pub(super) fn judge(issuer: &issuer::Asked, bases: &Bases<'_>) -> Vec<Finding> {
    let of_wechat = bases.offset();
    let mut findings = Vec::new();
    let off = |offset: Offset| offset.saturating_abs() > TOLERATED;
    if let Some(ahead) = of_wechat.filter(|ahead| off(*ahead)) {
        let seconds = ahead.saturating_abs();
        let problem = if ahead > 0 {
            Problem::ClockAhead { seconds }
        } else {
            Problem::ClockBehind { seconds }
        };
        findings.push(Finding::act(Check::Clock, problem));
    }
    if let Some(ahead) = issuer.offset.filter(|ahead| off(*ahead)) {
        let problem = Problem::ClockOfIssuer { seconds: ahead.saturating_abs() };
        findings.push(Finding::act(Check::Clock, problem));
    }
    if findings.is_empty() && (of_wechat.is_some() || issuer.offset.is_some()) {
        findings.push(Finding::good(Check::Clock, Problem::ClockGood));
    }
    findings
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), the only form that is still sent, as seconds since 1970.
fn imf_fixdate(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_weekday, rest) = text.split_once(", ")?;
    let mut words = rest.split(' ');
    let day: i64 = words.next()?.parse().ok()?;
    let name = words.next()?;
    let month = MONTHS.iter().position(|month| *month == name)?;
    let month = i64::try_from(month).ok()?.checked_add(1)?;
    let year: i64 = words.next()?.parse().ok()?;
    let mut time = words.next()?.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (time.next()??, time.next()??, time.next()??);
    let in_order = (1970..=9999).contains(&year)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if !in_order || words.next() != Some("GMT") {
        return None;
    }
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

/// Days from 1970 to a day of the Gregorian calendar, counted in years that begin in March.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let of_year = (153 * month + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_to_the_second_and_nonsense_is_none() {
        for (text, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Thu, 29 Feb 2024 23:59:59 GMT", Some(1_709_251_199)),
            ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 CST", None),
            ("Sun, 06 Now 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 25:49:37 GMT", None),
            ("", None),
        ] {
            assert_eq!(imf_fixdate(text), seconds, "{text}");
        }
        let now = Timestamp::from_seconds(784_111_800);
        assert_eq!(offset("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(23));
    }
}
