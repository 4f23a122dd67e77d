//! What `/metrics` tells: counts and times, never who.
//! Every label is a closed enum of ours, so that no request can make a new series (PR-05, law 12).
//! The rooms below do not know this module; the wiring and the listener report what they see.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use http::StatusCode;
use magpie_domain::ChannelId;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::listen::Turned;

mod labels;
mod push_labels;
mod requests;

pub use labels::{
    LoginOutcome, LogoutOutcome, RouteClass, TokenAnswer, Upstream, UpstreamEndpoint,
    UpstreamResult,
};

pub use push_labels::{PushEvent, PushOutcome};

type Label = (&'static str, &'static str);
type Counted<const N: usize> = Family<[Label; N], Counter>;
/// Counted by channel: its label comes from the configuration, which is closed.
type ByChannel = Family<[(&'static str, String); 1], Counter>;
type Timed = Family<[Label; 1], Histogram, fn() -> Histogram>;

/// Every number the server keeps of itself.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    departures: ByChannel,
    returns: ByChannel,
    logins: Counted<1>,
    upstream_calls: Counted<2>,
    upstream_seconds: Timed,
    token_answers: Counted<1>,
    http: requests::Requests,
    connections: Gauge,
    connections_turned: Counted<1>,
    sessions_started: Counter,
    incidents: Counter,
    commits: Counter<u64, AtomicU64>,
    transactions: Counter<u64, AtomicU64>,
    statements: Counter<u64, AtomicU64>,
    signatures: Counter<u64, AtomicU64>,
    logout_messages: Family<[Label; 1], Counter<u64, AtomicU64>>,
    pushes: Counted<2>,
    pushes_forwarded: Family<[Label; 1], Counter<u64, AtomicU64>>,
    relay_desktops: Gauge,
    relay_windows: Gauge,
    upstream_resting: Family<[Label; 1], Gauge>,
    up_since: Gauge,
}

fn upstream_times() -> Histogram {
    Histogram::new([0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 5.0])
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("magpie"),
            departures: Family::default(),
            returns: Family::default(),
            logins: Family::default(),
            upstream_calls: Family::default(),
            upstream_seconds: Family::new_with_constructor(upstream_times),
            token_answers: Family::default(),
            http: requests::Requests::default(),
            connections: Gauge::default(),
            connections_turned: Family::default(),
            sessions_started: Counter::default(),
            incidents: Counter::default(),
            commits: Counter::default(),
            transactions: Counter::default(),
            statements: Counter::default(),
            signatures: Counter::default(),
            logout_messages: Family::default(),
            pushes: Family::default(),
            pushes_forwarded: Family::default(),
            relay_desktops: Gauge::default(),
            relay_windows: Gauge::default(),
            upstream_resting: Family::default(),
            up_since: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let departures = self.departures.clone();
        registry.register("departures", "Browsers sent to WeChat by channel", departures);
        let returns = self.returns.clone();
        registry.register("returns", "Browsers that came back from WeChat by channel", returns);
        registry.register("logins", "Logins by how they ended", self.logins.clone());
        let calls = self.upstream_calls.clone();
        registry.register("wechat_calls", "Calls to WeChat by endpoint and result", calls);
        let seconds = self.upstream_seconds.clone();
        registry.register("wechat_call_seconds", "Duration of calls to WeChat", seconds);
        let answers = self.token_answers.clone();
        registry.register("token_answers", "Answers of the token endpoint by error code", answers);
        self.http.register(registry);
        registry.register("connections", "Open connections", self.connections.clone());
        let turned = self.connections_turned.clone();
        registry.register("connections_turned_away", "Connections refused by reason", turned);
        let started = self.sessions_started.clone();
        registry.register("sessions_started", "Browser sessions begun", started);
        registry.register("incidents", "Breakages shown as a number", self.incidents.clone());
        registry.register("commits", "Durable commits of the database", self.commits.clone());
        let carried = self.transactions.clone();
        registry.register("transactions", "Transactions that the commits carried", carried);
        registry.register("statements", "Statements sent to the database", self.statements.clone());
        registry.register("signatures", "Tokens signed", self.signatures.clone());
        let messages = self.logout_messages.clone();
        registry.register("logout_messages", "Back-channel logout messages by outcome", messages);
        registry.register("pushes", "Pushes of WeChat by event and outcome", self.pushes.clone());
        let forwarded = self.pushes_forwarded.clone();
        registry.register(
            "pushes_forwarded",
            "Pushes passed on, by whether they were taken",
            forwarded,
        );
        self.register_gauges();
    }

    fn register_gauges(&mut self) {
        let registry = &mut self.registry;
        let desktops = self.relay_desktops.clone();
        registry.register("relay_desktops", "Desktops that wait for a phone", desktops);
        let windows = self.relay_windows.clone();
        registry.register("relay_windows", "Connections held open for such desktops", windows);
        let resting = self.upstream_resting.clone();
        registry.register("upstream_resting", "1 while nobody is sent to that upstream", resting);
        registry.register("start_time_seconds", "When the process started", self.up_since.clone());
    }

    /// The text of `/metrics` in the OpenMetrics format.
    ///
    /// # Errors
    /// When a number cannot be written, which a `String` never causes.
    pub fn write(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }

    /// A browser was sent to WeChat by a channel of the configuration.
    pub fn departed(&self, channel: &ChannelId) {
        self.departures.get_or_create(&[("channel", channel.to_string())]).inc();
    }

    /// A browser came back from WeChat by a channel of the configuration. One that is opened again counts again.
    pub fn returned(&self, channel: &ChannelId) {
        self.returns.get_or_create(&[("channel", channel.to_string())]).inc();
    }

    /// A login ended.
    pub fn login(&self, outcome: LoginOutcome) {
        self.logins.get_or_create(&[("outcome", outcome.as_str())]).inc();
    }

    /// A call to WeChat ended.
    pub fn upstream_call(
        &self,
        endpoint: UpstreamEndpoint,
        result: UpstreamResult,
        took: Duration,
    ) {
        let endpoint = ("endpoint", endpoint.as_str());
        self.upstream_calls.get_or_create(&[endpoint, ("result", result.as_str())]).inc();
        self.upstream_seconds.get_or_create(&[endpoint]).observe(took.as_secs_f64());
    }

    /// The token endpoint answered.
    pub fn token_answer(&self, answer: TokenAnswer) {
        self.token_answers.get_or_create(&[("error", answer.as_str())]).inc();
    }

    /// A request was answered.
    pub fn http_answer(&self, route: RouteClass, status: StatusCode, took: Duration) {
        self.http.answered(route, status, took);
    }

    /// A browser session began.
    pub fn session_started(&self) {
        self.sessions_started.inc();
    }

    /// Something broke and was shown as a number.
    pub fn incident(&self) {
        self.incidents.inc();
    }

    /// The store's own count of durable commits, which only grows; smaller numbers are ignored.
    pub fn commits(&self, in_all: u64) {
        bring_up_to(&self.commits, in_all);
    }

    /// How many transactions the commits carried; more than commits where SQLite groups them.
    pub fn transactions(&self, in_all: u64) {
        bring_up_to(&self.transactions, in_all);
    }

    /// How many statements were sent since the start.
    pub fn statements(&self, in_all: u64) {
        bring_up_to(&self.statements, in_all);
    }

    /// How many tokens were signed since the start.
    pub fn signatures(&self, in_all: u64) {
        bring_up_to(&self.signatures, in_all);
    }

    /// How many messages of back-channel logout came to that end since the start.
    pub fn logout_messages(&self, outcome: LogoutOutcome, in_all: u64) {
        let series = self.logout_messages.get_or_create(&[("outcome", outcome.as_str())]);
        bring_up_to(&series, in_all);
    }

    /// WeChat, or somebody who claimed to be it, pushed something.
    pub fn push(&self, event: PushEvent, outcome: PushOutcome) {
        let labels = [("event", event.as_str()), ("outcome", outcome.as_str())];
        self.pushes.get_or_create(&labels).inc();
    }

    /// How many pushes the operator's other system has taken, and how many not, since the start.
    pub fn pushes_forwarded(&self, taken: u64, lost: u64) {
        for (outcome, in_all) in [("taken", taken), ("lost", lost)] {
            let series = self.pushes_forwarded.get_or_create(&[("outcome", outcome)]);
            bring_up_to(&series, in_all);
        }
    }

    /// How many desktops wait for a phone at this process, and how many connections they hold open.
    pub fn relay_waiting(&self, desktops: usize, windows: usize) {
        for (gauge, number) in [(&self.relay_desktops, desktops), (&self.relay_windows, windows)] {
            gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        }
    }

    /// Whether an upstream has not answered for a while and is left alone.
    pub fn upstream_resting(&self, upstream: Upstream, resting: bool) {
        let series = self.upstream_resting.get_or_create(&[("upstream", upstream.as_str())]);
        series.set(i64::from(resting));
    }

    /// When the process started, in seconds since 1970.
    pub fn started_at(&self, now: magpie_domain::Timestamp) {
        self.up_since.set(now.as_seconds());
    }

    pub(crate) fn connection_opened(&self) {
        self.connections.inc();
    }

    pub(crate) fn connection_closed(&self) {
        self.connections.dec();
    }

    pub(crate) fn connection_turned(&self, turned: Turned) {
        let reason = match turned {
            Turned::Full => "full",
            Turned::TooManyOfOne => "too_many_of_one_address",
        };
        self.connections_turned.get_or_create(&[("reason", reason)]).inc();
    }
}

/// Counters only rise, whoever reports first.
fn bring_up_to(counter: &Counter<u64, AtomicU64>, in_all: u64) {
    counter.inner().fetch_max(in_all, std::sync::atomic::Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PR-05.
    #[test]
    fn a_path_that_nobody_serves_makes_no_series_of_its_own() {
        let metrics = Metrics::default();
        for path in ["/a", "/b?code=S3CR3T", "/callback/S3CR3T", "/oauth2/resume/S3CR3T"] {
            let route = RouteClass::of(path, "");
            metrics.http_answer(route, StatusCode::NOT_FOUND, Duration::from_millis(3));
        }
        let text = metrics.write().unwrap();
        assert!(!text.contains("S3CR3T"), "{text}");
        let other = "magpie_http_requests_total{route=\"other\",status=\"4xx\"} 2";
        assert!(text.contains(other), "{text}");
        assert!(text.contains("magpie_http_requests_total{route=\"callback\",status=\"4xx\"} 1"));
    }

    #[test]
    fn every_number_has_its_name() {
        let metrics = Metrics::default();
        metrics.login(LoginOutcome::Enrolled);
        let channel = ChannelId::parse("desktop").unwrap();
        metrics.departed(&channel);
        metrics.departed(&channel);
        metrics.returned(&channel);
        let took = Duration::from_millis(120);
        metrics.upstream_call(UpstreamEndpoint::AccessToken, UpstreamResult::Unreachable, took);
        metrics.token_answer(TokenAnswer::InvalidGrant);
        metrics.commits(7);
        metrics.commits(5);
        metrics.signatures(3);
        metrics.connection_opened();
        metrics.connection_turned(Turned::Full);
        metrics.logout_messages(LogoutOutcome::GivenUp, 2);
        metrics.push(PushEvent::of("account_cancelled"), PushOutcome::of("done"));
        metrics.pushes_forwarded(4, 1);
        metrics.relay_waiting(5, 7);
        metrics.upstream_resting(Upstream::Wecom, true);
        metrics.upstream_resting(Upstream::Wechat, false);
        let text = metrics.write().unwrap();
        for line in [
            "magpie_departures_total{channel=\"desktop\"} 2",
            "magpie_returns_total{channel=\"desktop\"} 1",
            "magpie_logins_total{outcome=\"enrolled\"} 1",
            "magpie_wechat_calls_total{endpoint=\"access_token\",result=\"unreachable\"} 1",
            "magpie_wechat_call_seconds_count{endpoint=\"access_token\"} 1",
            "magpie_token_answers_total{error=\"invalid_grant\"} 1",
            "magpie_commits_total 7",
            "magpie_signatures_total 3",
            "magpie_logout_messages_total{outcome=\"given_up\"} 2",
            "magpie_pushes_total{event=\"account_cancelled\",outcome=\"done\"} 1",
            "magpie_pushes_forwarded_total{outcome=\"lost\"} 1",
            "magpie_relay_desktops 5",
            "magpie_relay_windows 7",
            "magpie_upstream_resting{upstream=\"wecom\"} 1",
            "magpie_upstream_resting{upstream=\"wechat\"} 0",
            "magpie_connections 1",
            "magpie_connections_turned_away_total{reason=\"full\"} 1",
            "# EOF",
        ] {
            assert!(text.contains(line), "missing {line} in:\n{text}");
        }
    }
}
