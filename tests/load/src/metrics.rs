//! Reads the server's own counters, as its management address tells them in the Prometheus text form.
//! Owns the form and the few names that the benchmark looks for; a name the server does not tell is `None`, not zero,
//! because a count that nobody made must not look like a good one. Called by the campaign before and after a slice.

use std::net::SocketAddr;

use anyhow::Context as _;

use crate::drive::get;
use crate::http_client::{Connection, Trouble};
use crate::statistics::median;

/// Durable commits of the store.
const COMMITS: &str = "magpie_commits_total";
/// Transactions that those commits carried.
const TRANSACTIONS: &str = "magpie_transactions_total";
/// Statements sent to the database, reads included.
const STATEMENTS: &str = "magpie_statements_total";
/// Calls to WeChat, retries included.
const CALLS: &str = "magpie_wechat_calls_total";
/// Tokens signed.
const SIGNATURES: &str = "magpie_signatures_total";

/// Connections that the server holds open for desktops that wait for a phone.
const WAITING: &str = "magpie_relay_windows";

/// How many desktops the server keeps waiting, by its own account.
pub(crate) async fn waiting(management: SocketAddr) -> anyhow::Result<f64> {
    let text = ask(management).await?;
    sum(&text, WAITING).context("the server does not tell how many desktops wait")
}

async fn ask(management: SocketAddr) -> Result<String, Trouble> {
    let mut connection = Connection::to(management);
    let answer =
        connection.ask(get(management, "/metrics").as_bytes()).await?.expect_status(200)?;
    Ok(String::from_utf8_lossy(&answer.body).into_owned())
}

/// Counters since the start of the server, or a share of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Counters {
    pub(crate) commits: Option<f64>,
    pub(crate) transactions: Option<f64>,
    pub(crate) statements: Option<f64>,
    pub(crate) calls: Option<f64>,
    pub(crate) signatures: Option<f64>,
}

impl Counters {
    /// Asks the server.
    pub(crate) async fn ask(management: SocketAddr) -> Result<Self, Trouble> {
        Ok(Self::read(&ask(management).await?))
    }

    fn read(text: &str) -> Self {
        Self {
            commits: sum(text, COMMITS),
            transactions: sum(text, TRANSACTIONS),
            statements: sum(text, STATEMENTS),
            calls: sum(text, CALLS),
            signatures: sum(text, SIGNATURES),
        }
    }

    fn made_of(each: impl Fn(fn(&Self) -> Option<f64>) -> Option<f64>) -> Self {
        Self {
            commits: each(|counters| counters.commits),
            transactions: each(|counters| counters.transactions),
            statements: each(|counters| counters.statements),
            calls: each(|counters| counters.calls),
            signatures: each(|counters| counters.signatures),
        }
    }

    /// What was added since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        Self::made_of(|pick| pick(&self).zip(pick(&earlier)).map(|(now, then)| now - then))
    }

    /// The share of each of `done`; of none it is infinite, and fails its goal.
    pub(crate) fn shared_by(self, done: f64) -> Self {
        Self::made_of(|pick| pick(&self).map(|total| each(total, done)))
    }

    /// The median of each count over the rounds in which it was told.
    pub(crate) fn over_rounds(rounds: &[Self]) -> Self {
        Self::made_of(|pick| {
            let told: Vec<f64> = rounds.iter().filter_map(pick).collect();
            (!told.is_empty()).then(|| median(&told))
        })
    }
}

/// A share of a total; what nothing was done with is infinitely dear, and fails its goal.
pub(crate) fn each(total: f64, done: f64) -> f64 {
    if done > 0.0 { total / done } else { f64::INFINITY }
}

/// The sum over all label sets of one metric; `None` when there is no such metric.
fn sum(text: &str, name: &str) -> Option<f64> {
    let samples = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let value = match rest.strip_prefix('{') {
            Some(labelled) => labelled.rsplit_once('}')?.1,
            None => rest.strip_prefix(' ')?,
        };
        value.split_ascii_whitespace().next()?.parse::<f64>().ok()
    });
    samples.fold(None, |total, sample| Some(total.unwrap_or(0.0) + sample))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_sets_are_added_up_and_other_names_are_left_alone() {
        let text = "# TYPE a_total counter\na_total{kind=\"x } y\"} 2\na_total{kind=\"z\"} 3 1700000000\na_total_more 9\nb 1.5\n";
        assert_eq!(sum(text, "a_total"), Some(5.0));
        assert_eq!(sum(text, "b"), Some(1.5));
    }

    #[test]
    fn a_count_that_nobody_made_is_not_zero() {
        assert_eq!(sum("# HELP a nothing yet\n", "a"), None);
        let known = Counters { commits: Some(7.0), ..Counters::default() };
        let earlier = Counters { commits: Some(4.0), calls: Some(1.0), ..Counters::default() };
        let added = Counters { commits: Some(3.0), ..Counters::default() };
        assert_eq!(known.since(earlier), added);
        assert_eq!(Counters::over_rounds(&[Counters::default()]), Counters::default());
    }

    #[test]
    fn a_share_is_taken_of_each_count_and_its_median_over_the_rounds_that_told_it() {
        let round = |commits, signatures| Counters { commits, signatures, ..Counters::default() };
        let share = round(Some(30.0), Some(9.0)).shared_by(10.0);
        assert_eq!(share, round(Some(3.0), Some(0.9)));
        assert_eq!(share.shared_by(0.0).commits, Some(f64::INFINITY));
        let rounds = [round(Some(1.0), None), round(Some(9.0), Some(2.0)), round(Some(2.0), None)];
        assert_eq!(Counters::over_rounds(&rounds), round(Some(2.0), Some(2.0)));
    }
}
