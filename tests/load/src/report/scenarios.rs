//! What the scenarios have found, in words and as JSON.
#![expect(clippy::print_stdout, reason = "a benchmark tells its figures")]

use serde_json::{Value, json};

use super::latency;
use crate::desktops::DesktopFigure;
use crate::goals::mib;
use crate::hang::HangFigure;

pub(super) fn print_hang(figure: &HangFigure) {
    println!(
        "\nWeChat hangs, {} rounds of {} people; at most {:.0} of them were sent there; foreign {:.0}%",
        figure.rounds,
        figure.people,
        figure.sent,
        figure.foreign * 100.0
    );
    println!("{:<24} {:>9} {:>9} {:>9} {:>9}  ms", "page after", "p50", "p95", "p99", "max");
    for (name, latency) in [("not sent, told at once", figure.told), ("sent", figure.waited)] {
        println!(
            "{name:<24} {:>9.1} {:>9.1} {:>9.1} {:>9.1}",
            latency.p50 / 1e3,
            latency.p95 / 1e3,
            latency.p99 / 1e3,
            latency.max / 1e3
        );
    }
    println!(
        "{:<24} {:>9} {:>9} {:>9} {:>9}",
        "those who go on, p95 ms", "before", "meanwhile", "ratio", "noise"
    );
    for bystander in &figure.bystanders {
        println!(
            "{:<24} {:>9.2} {:>9.2} {:>9.2} {:>9.2}",
            bystander.name,
            bystander.well.p95 / 1e3,
            bystander.hanging.p95 / 1e3,
            bystander.ratio,
            bystander.noise
        );
    }
    for (class, count) in &figure.errors {
        println!("        {count} × {class}");
    }
}

pub(super) fn print_desktops(figure: &DesktopFigure) {
    println!(
        "\ndesktops   {:.0} of {:.0} wait after {:.0} s; {:.1} MiB with the first 100, {:.1} MiB with all: {:.1} kB for each",
        figure.waited,
        figure.wanted,
        figure.took,
        mib(figure.before.now),
        mib(figure.after.now),
        figure.each / 1e3
    );
    if let Some(limit) = figure.limited_by {
        println!(
            "           fewer than wanted, since this program may open {limit} files and no more"
        );
    }
    for (class, count) in &figure.errors {
        println!("        {count} × {class}");
    }
}

pub(super) fn hang_to_json(figure: &HangFigure) -> Value {
    let requests = figure.bystanders.iter().map(|bystander| {
        json!({
            "name": bystander.name, "before_us": latency(bystander.well),
            "meanwhile_us": latency(bystander.hanging),
            "p95_ratio": bystander.ratio, "p95_before_most_over_least": bystander.noise,
        })
    });
    json!({
        "rounds": figure.rounds, "people": figure.people, "sent_at_most": figure.sent,
        "told_us": latency(figure.told), "sent_us": latency(figure.waited),
        "requests": requests.collect::<Vec<_>>(), "foreign_cpu_share": figure.foreign, "errors": figure.errors,
    })
}

pub(super) fn desktops_to_json(figure: &DesktopFigure) -> Value {
    json!({
        "wanted": figure.wanted, "waited": figure.waited, "open_files_limit_that_bound": figure.limited_by,
        "rss_with_100_bytes": figure.before.now, "rss_with_all_bytes": figure.after.now,
        "bytes_each": figure.each, "seconds": figure.took, "errors": figure.errors,
    })
}
