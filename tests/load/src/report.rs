//! What a person or a program reads: tables on the output, progress on the error stream, JSON on request.
//! Owns the only prints of the benchmark. Every absolute number stands beside the ratio that carries to other machines.
//! Called by `main` at the end of a run, and by the campaign as it goes.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark tells its figures")]

use serde_json::{Value, json};

use crate::figures::{Figures, LoginFigure};
use crate::goals::{Goal, Wanted, mib};
use crate::statistics::{Latency, Step, median};

/// Says how far the run is.
pub(crate) fn progress(line: &str) {
    eprintln!("load: {line}");
}

/// Prints the tables.
pub(crate) fn print_tables(figures: &Figures, goals: &[Goal]) {
    print_process(figures);
    print_documents(figures);
    print_logins(figures);
    print_steps(figures);
    println!("\ngoals");
    for goal in goals {
        let mark = if goal.is_met() { "met   " } else { "MISSED" };
        println!(
            "  {mark}  {:<62} {:>8.2}  wanted {}",
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
}

fn print_documents(figures: &Figures) {
    println!(
        "\n{:<12} {:>9} {:>7} {:>7} {:>7} {:>10} {:>10} {:>8}",
        "document", "req/s", "ratio", "CPU µs", "ratio", "bare req/s", "bare CPU", "foreign"
    );
    for document in &figures.documents {
        println!(
            "{:<12} {:>9.0} {:>7.2} {:>7.1} {:>7.2} {:>10.0} {:>10.1} {:>7.0}%",
            document.name,
            document.server.per_second,
            document.ratio,
            document.server.cpu,
            document.cpu_ratio,
            document.bare.per_second,
            document.bare.cpu,
            document.server.foreign * 100.0
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
        let group = typical
            .transactions
            .zip(typical.commits)
            .map(|(transactions, commits)| transactions / commits);
        println!(
            "{:<7} {:>9.0} {:>7.0} {:>6.2} {:>10.0} {:>9.0} {:>8} {:>8} {:>8} {:>6} {:>6.0} {:>6} {:>6.0}%",
            login.press.name(),
            typical.per_second,
            typical.server_cpu,
            typical.server_cpu / figures.signature,
            typical.simulator_cpu,
            typical.own_cpu,
            told(typical.commits),
            told(group),
            told(typical.statements),
            told(typical.calls),
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
pub(crate) fn print_json(figures: &Figures, goals: &[Goal]) {
    println!("{:#}", to_json(figures, goals));
}

fn to_json(figures: &Figures, goals: &[Goal]) -> Value {
    let about = &figures.about;
    json!({
        "machine": about.machine, "database": about.database, "algorithm": about.algorithm,
        "people": about.people, "rounds": about.rounds, "rounds_begun_unquiet": about.unquiet,
        "rs256_signature_us": figures.signature,
        "first_start_ms": figures.first_start, "starts_ms": figures.starts,
        "rss_idle_bytes": figures.idle.now, "rss_loaded_bytes": figures.loaded.now,
        "rss_peak_bytes": figures.loaded.peak,
        "documents": figures.documents.iter().map(|document| json!({
            "name": document.name, "requests_per_s": document.server.per_second,
            "bare_requests_per_s": document.bare.per_second, "ratio": document.ratio,
            "cpu_us": document.server.cpu, "bare_cpu_us": document.bare.cpu, "cpu_ratio": document.cpu_ratio,
            "latency_us": latency(document.server.latency), "failed": document.failed(),
        })).collect::<Vec<_>>(),
        "logins": figures.logins.iter().map(|case| login(case, figures.signature)).collect::<Vec<_>>(),
        "goals": goals.iter().map(|goal| json!({
            "name": goal.name, "measured": goal.measured, "wanted": bound(goal.wanted), "met": goal.is_met(),
        })).collect::<Vec<_>>(),
    })
}

fn login(login: &LoginFigure, signature: f64) -> Value {
    let typical = &login.typical;
    json!({
        "case": login.press.name(), "per_s": typical.per_second, "done": typical.done, "offered": login.offered,
        "server_cpu_us": typical.server_cpu, "server_cpu_in_rs256": typical.server_cpu / signature,
        "simulator_cpu_us": typical.simulator_cpu, "generator_cpu_us": typical.own_cpu,
        "commits_per_login": typical.commits, "transactions_per_login": typical.transactions,
        "statements_per_login": typical.statements, "wechat_calls_per_login": typical.calls, "foreign_cpu_share": typical.foreign,
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
        let json = to_json(&figures, &judge(&figures));
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
}
