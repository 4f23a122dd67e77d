//! Reads the server's own counters, as its management address tells them in the Prometheus text form.
//! Owns the form and the few names that the benchmark looks for; a name the server does not tell is `None`, not zero,
//! because a count that nobody made must not look like a good one. Called by the campaign before and after a slice.

use std::net::SocketAddr;

use crate::drive::get;
use crate::http_client::{Connection, Trouble};

/// Durable commits of the store.
const COMMITS: &str = "magpie_commits_total";
/// Transactions that those commits carried.
const TRANSACTIONS: &str = "magpie_transactions_total";
/// Statements sent to the database, reads included.
const STATEMENTS: &str = "magpie_statements_total";
/// Calls to WeChat, retries included.
const CALLS: &str = "magpie_wechat_calls_total";

/// Counters since the start of the server.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Counters {
    pub(crate) commits: Option<f64>,
    pub(crate) transactions: Option<f64>,
    pub(crate) statements: Option<f64>,
    pub(crate) calls: Option<f64>,
}

impl Counters {
    /// Asks the server.
    pub(crate) async fn ask(management: SocketAddr) -> Result<Self, Trouble> {
        let answer = Connection::to(management)
            .ask(get(management, "/metrics").as_bytes())
            .await?
            .expect_status(200)?;
        Ok(Self::read(&String::from_utf8_lossy(&answer.body)))
    }

    fn read(text: &str) -> Self {
        Self {
            commits: sum(text, COMMITS),
            transactions: sum(text, TRANSACTIONS),
            statements: sum(text, STATEMENTS),
            calls: sum(text, CALLS),
        }
    }

    /// What was added since `earlier`.
    pub(crate) fn since(self, earlier: Self) -> Self {
        let added =
            |now: Option<f64>, then: Option<f64>| now.zip(then).map(|(now, then)| now - then);
        Self {
            commits: added(self.commits, earlier.commits),
            transactions: added(self.transactions, earlier.transactions),
            statements: added(self.statements, earlier.statements),
            calls: added(self.calls, earlier.calls),
        }
    }
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
    }
}
