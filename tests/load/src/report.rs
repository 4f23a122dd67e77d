//! What a person or a program reads: tables on the output, progress on the error stream, JSON on request.
//! Owns the only prints of the benchmark. Every absolute number stands beside the ratio that carries to other machines.
//! Called by `main` at the end of a run, and by the campaign as it goes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark tells its figures")]

use serde_json::{Value, json};

use crate::campaign::Findings;
use crate::figures::{Comparison, Figures, LoginFigure, RequestFigure};
use crate::goals::{Goal, Wanted, mib};
use crate::metrics::Counters;
use crate::slice::RequestSlice;
use crate::statistics::{Latency, Step, median};

mod scenarios;

/// Says how far the run is.
pub(crate) fn progress(line: &str) {
    eprintln!("load: {line}");
}

/// Prints the tables.
pub(crate) fn print_tables(findings: &Findings, goals: &[Goal]) {
    if let Some(figures) = &findings.rounds {
        print_process(figures);
        print_requests(figures);
        print_counts(&figures.errands);
        print_logins(figures);
        print_steps(figures);
    }
    findings.hang.iter().for_each(scenarios::print_hang);
    findings.desktops.iter().for_each(scenarios::print_desktops);
    println!("\ngoals");
    for goal in goals {
        let mark = if goal.is_met() { "met   " } else { "MISSED" };
        println!(
            "  {mark}  {:<62} {:>9.2}  wanted {}",
            goal.name,
            goal.measured,
            bound(goal.wanted)
        );
    }
}

fn bound(wanted: Wanted) -> String {
    match wanted {
        Wanted::AtLeast(bound) => format!("≥ {bound}"),
        Wanted::AtMost(bound) => format!("≤ {bound}"),
        Wanted::Below(bound) => format!("< {bound}"),
    }
}

fn print_process(figures: &Figures) {
    let about = &figures.about;
    println!(
        "machine    {}; {} rounds, {} began unquiet",
        about.machine, about.rounds, about.unquiet
    );
    println!("server     {}, {}, {} people", about.database, about.algorithm, about.people);
    println!("yardstick  one RS256 signature takes {:.0} µs of one core", figures.signature);
    let start = Latency {
        p50: median(&figures.starts),
        max: figures.starts.iter().copied().fold(0.0, f64::max),
        ..Latency::default()
    };
    println!(
        "start      {:.0} ms median, {:.0} ms at most of {}; {:.0} ms with no database and no key yet",
        start.p50,
        start.max,
        figures.starts.len(),
        figures.first_start
    );
    println!(
        "memory     {:.1} MiB idle, {:.1} MiB after load, {:.1} MiB at most",
        mib(figures.idle.now),
        mib(figures.loaded.now),
        mib(figures.loaded.peak)
    );
    if let Some(peer) = &figures.peer {
        let (versions, start, idle) = (&peer.versions, peer.start, mib(peer.idle));
        println!("peer       {versions}: start {start:.0} ms, {idle:.1} MiB idle");
    }
}

/// One line for the server, and below it one for everybody who answered the same requests.
fn print_requests(figures: &Figures) {
    println!(
        "\n{:<12} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6} {:>8}",
        "requests",
        "",
        "per s",
        "ratio",
        "CPU µs",
        "ratio",
        "p50 ms",
        "p99 ms",
        "done",
        "errors",
        "foreign"
    );
    for figure in figures.documents.iter().chain(&figures.errands) {
        print_request(figure.name, "server", &figure.server, None);
        for (who, comparison) in [("bare route", &figure.bare), ("peer", &figure.peer)] {
            if let Some(comparison) = comparison {
                print_request("", who, &comparison.other, Some(comparison));
            }
        }
    }
}

fn print_request(name: &str, who: &str, slice: &RequestSlice, over: Option<&Comparison>) {
    println!(
        "{name:<12} {who:>9} {:>9.0} {:>8} {:>8.1} {:>8} {:>8.2} {:>8.2} {:>8.0} {:>6} {:>7.0}%",
        slice.per_second,
        over.map_or_else(String::new, |over| format!("{:.2}", over.ratio)),
        slice.cpu,
        over.map_or_else(String::new, |over| format!("{:.2}", over.cpu_ratio)),
        slice.latency.p50 / 1e3,
        slice.latency.p99 / 1e3,
        slice.done,
        slice.errors.values().sum::<u64>(),
        slice.foreign * 100.0
    );
    for (class, count) in &slice.errors {
        println!("        {count} × {class}");
    }
}

fn print_counts(errands: &[RequestFigure]) {
    println!(
        "\n{:<12} {:>8} {:>12} {:>8} {:>8} {:>10}",
        "the server's", "commits", "transactions", "stmts", "calls", "signatures"
    );
    for RequestFigure { name, server, .. } in errands {
        let Counters { commits, transactions, statements, calls, signatures } = server.counted;
        println!(
            "{name:<12} {:>8} {:>12} {:>8} {:>8} {:>10}",
            told(commits),
            told(transactions),
            told(statements),
            told(calls),
            told(signatures)
        );
    }
}

fn print_logins(figures: &Figures) {
    println!(
        "\n{:<7} {:>9} {:>7} {:>6} {:>10} {:>9} {:>8} {:>8} {:>8} {:>6} {:>6} {:>6} {:>7}",
        "logins",
        "per s",
        "CPU µs",
        "in RS",
        "simulator",
        "generator",
        "commits",
        "group",
        "stmts",
        "calls",
        "done",
        "errors",
        "foreign"
    );
    for login in &figures.logins {
        let typical = &login.typical;
        let counted = typical.counted;
        let group = counted
            .transactions
            .zip(counted.commits)
            .map(|(transactions, commits)| transactions / commits);
        println!(
            "{:<7} {:>9.0} {:>7.0} {:>6.2} {:>10.0} {:>9.0} {:>8} {:>8} {:>8} {:>6} {:>6.0} {:>6} {:>6.0}%",
            login.press.name(),
            typical.per_second,
            typical.server_cpu,
            typical.server_cpu / figures.signature,
            typical.simulator_cpu,
            typical.own_cpu,
            told(counted.commits),
            told(group),
            told(counted.statements),
            told(counted.calls),
            typical.done,
            typical.errors.values().sum::<u64>(),
            typical.foreign * 100.0
        );
        for (class, count) in &typical.errors {
            println!("        {count} × {class}");
        }
        if let Some(offered) = login.offered {
            println!(
                "        {offered} offered; the generator began {:.1} ms late at p99",
                typical.lag.p99 / 1e3
            );
        }
    }
}

fn told(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.2}"))
}

fn print_steps(figures: &Figures) {
    println!("\n{:<7} {:<12} {:>8} {:>8} {:>8} {:>8}  ms", "", "step", "p50", "p95", "p99", "max");
    for login in &figures.logins {
        for (name, latency) in named_latencies(login) {
            println!(
                "{:<7} {:<12} {:>8.2} {:>8.2} {:>8.2} {:>8.2}",
                login.press.name(),
                name,
                latency.p50 / 1e3,
                latency.p95 / 1e3,
                latency.p99 / 1e3,
                latency.max / 1e3
            );
        }
    }
}

fn named_latencies(login: &LoginFigure) -> impl Iterator<Item = (&'static str, Latency)> {
    let steps = Step::ALL.into_iter().map(Step::name).zip(login.typical.steps);
    steps.chain([("whole", login.typical.whole)])
}

/// Prints everything as one JSON object.
pub(crate) fn print_json(findings: &Findings, goals: &[Goal]) {
    println!("{:#}", all_to_json(findings, goals));
}

/// What was found in the rounds stands at the top, the scenarios beside it.
fn all_to_json(findings: &Findings, goals: &[Goal]) -> Value {
    let mut json = findings.rounds.as_ref().map_or_else(|| json!({}), to_json);
    let goals = goals.iter().map(|goal| json!({
        "name": goal.name, "measured": goal.measured, "wanted": bound(goal.wanted), "met": goal.is_met(),
    }));
    if let Some(object) = json.as_object_mut() {
        let hang = findings.hang.as_ref().map(scenarios::hang_to_json);
        let desktops = findings.desktops.as_ref().map(scenarios::desktops_to_json);
        object.extend(hang.map(|json| ("hang".to_owned(), json)));
        object.extend(desktops.map(|json| ("desktops".to_owned(), json)));
        object.insert("goals".to_owned(), goals.collect());
    }
    json
}

fn to_json(figures: &Figures) -> Value {
    let about = &figures.about;
    json!({
        "machine": about.machine, "database": about.database, "algorithm": about.algorithm,
        "people": about.people, "rounds": about.rounds, "rounds_begun_unquiet": about.unquiet,
        "rs256_signature_us": figures.signature,
        "first_start_ms": figures.first_start, "starts_ms": figures.starts,
        "rss_idle_bytes": figures.idle.now, "rss_loaded_bytes": figures.loaded.now,
        "rss_peak_bytes": figures.loaded.peak,
        "peer": figures.peer.as_ref().map(|peer| json!({
            "versions": peer.versions, "start_ms": peer.start, "rss_idle_bytes": peer.idle,
        })),
        "documents": figures.documents.iter().map(request).collect::<Vec<_>>(),
        "errands": figures.errands.iter().map(request).collect::<Vec<_>>(),
        "logins": figures.logins.iter().map(|case| login(case, figures.signature)).collect::<Vec<_>>(),
    })
}

fn request(figure: &RequestFigure) -> Value {
    json!({
        "name": figure.name, "server": request_slice(&figure.server), "counts": counts(figure.server.counted),
        "bare": figure.bare.as_ref().map(comparison), "peer": figure.peer.as_ref().map(comparison),
    })
}

fn comparison(comparison: &Comparison) -> Value {
    json!({
        "ratio": comparison.ratio, "cpu_ratio": comparison.cpu_ratio, "other": request_slice(&comparison.other),
    })
}

fn request_slice(slice: &RequestSlice) -> Value {
    json!({
        "per_s": slice.per_second, "cpu_us": slice.cpu, "done": slice.done, "errors": slice.errors,
        "foreign_cpu_share": slice.foreign, "latency_us": latency(slice.latency),
    })
}

/// For one request or login; null is what the server did not tell.
fn counts(counted: Counters) -> Value {
    json!({
        "commits": counted.commits, "transactions": counted.transactions, "statements": counted.statements,
        "wechat_calls": counted.calls, "signatures": counted.signatures,
    })
}

fn login(login: &LoginFigure, signature: f64) -> Value {
    let typical = &login.typical;
    json!({
        "case": login.press.name(), "per_s": typical.per_second, "done": typical.done, "offered": login.offered,
        "server_cpu_us": typical.server_cpu, "server_cpu_in_rs256": typical.server_cpu / signature,
        "simulator_cpu_us": typical.simulator_cpu, "generator_cpu_us": typical.own_cpu,
        "counts": counts(typical.counted), "foreign_cpu_share": typical.foreign,
        "errors": typical.errors, "generator_lag_us": latency(typical.lag),
        "latency_us": named_latencies(login).map(|(name, of)| (name.to_owned(), latency(of))).collect::<serde_json::Map<_, _>>(),
    })
}

fn latency(latency: Latency) -> Value {
    json!({ "p50": latency.p50, "p95": latency.p95, "p99": latency.p99, "max": latency.max })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::tests::good;
    use crate::goals::judge;

    #[test]
    fn the_json_says_which_goals_were_met_and_names_every_step() {
        let mut figures = good();
        figures.idle.now = 99 << 20;
        let goals = judge(&figures);
        let json = all_to_json(&Findings { rounds: Some(figures), ..Findings::default() }, &goals);
        let missed: Vec<&Value> =
            json["goals"].as_array().unwrap().iter().filter(|goal| goal["met"] == false).collect();
        assert_eq!(missed.len(), 1);
        assert_eq!(missed[0]["measured"], 99.0);
        let steps = json["logins"][0]["latency_us"].as_object().unwrap();
        assert!(
            ["authorize", "callback", "token", "userinfo", "whole"]
                .iter()
                .all(|step| steps.contains_key(*step))
        );
    }

    #[test]
    fn the_json_tells_the_peer_and_what_was_counted() {
        let mut figures = good();
        let json = to_json(&figures);
        assert_eq!(json["errands"][0]["name"], "refresh");
        assert_eq!(json["errands"][0]["peer"]["ratio"], 2.5);
        assert_eq!(json["errands"][0]["peer"]["other"]["per_s"], 100.0);
        assert_eq!(json["errands"][1]["counts"]["statements"], 1.0);
        assert_eq!(json["errands"][1]["counts"]["commits"], Value::Null);
        figures.peer = None;
        assert_eq!(to_json(&figures)["peer"], Value::Null);
    }

    #[test]
    fn the_json_of_a_part_alone_has_that_part_and_its_goals() {
        let hang = Some(crate::hang::tests::good());
        let desktops = Some(crate::desktops::tests::good());
        let findings = Findings { hang, desktops, ..Findings::default() };
        let json = all_to_json(&findings, &crate::goals::judge_all(&findings));
        assert_eq!(json["hang"]["requests"][2]["name"], "userinfo");
        assert_eq!(json["desktops"]["bytes_each"], 25_000.0);
        assert!(json.get("logins").is_none());
        assert!(json["goals"].as_array().unwrap().iter().all(|goal| goal["met"] == true), "{json}");
    }
}
