//! Does WeChat find the files that prove the domain, where it looks for them?

use super::{Check, Finding, Patient, Problem, Severity};

/// Each configured file at the root of the host and, if the issuer has a path, below it.
pub(super) async fn check(patient: &Patient<'_>) -> Vec<Finding> {
    let issuer = &patient.settings.issuer;
    let mut findings = Vec::new();
    for (name, body) in patient.verification_files {
        let mut paths = vec![format!("/{name}")];
        if !issuer.path().is_empty() {
            paths.push(format!("{}/{name}", issuer.path()));
        }
        for path in paths {
            let found = look(patient, &path, body).await;
            findings.extend(found.map(|(severity, problem)| {
                let finding = Finding::act(Check::VerificationFiles, problem).about(name);
                Finding { severity, ..finding }
            }));
        }
    }
    if findings.is_empty() && !patient.verification_files.is_empty() {
        findings.push(Finding::good(Check::VerificationFiles, Problem::FilesGood));
    }
    findings
}

/// What is wrong with one file at one place; nothing when nobody answers, which the issuer's check has said.
async fn look(patient: &Patient<'_>, path: &str, body: &str) -> Option<(Severity, Problem)> {
    let url = format!("{}{path}", patient.settings.issuer.origin());
    let answered = patient.probe.get(&url, None).await.ok()?;
    let path = path.to_owned();
    if answered.status != 200 {
        return Some((Severity::Act, Problem::FileMissing { path, status: answered.status }));
    }
    if answered.body != body.as_bytes() {
        return Some((Severity::Act, Problem::FileDiffers { path }));
    }
    let found = answered.content_type();
    let found: String = found.chars().filter(char::is_ascii_graphic).take(64).collect();
    (found != "text/plain").then_some((Severity::Warning, Problem::FileType { path, found }))
}
