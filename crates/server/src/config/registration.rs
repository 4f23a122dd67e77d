//! `[registration]`: whether applications may register themselves, and how many.

use magpie_domain::TokenHash;
use magpie_flows::registration::{RegistrationMode, RegistrationSettings};

use super::secrets::{self, SecretKeys};
use super::section::Section;

const TOKEN: SecretKeys = SecretKeys {
    inline: "initial_access_token",
    file: "initial_access_token_file",
    where_to_find: "any long random text, which whoever may register an application is given; `openssl rand -hex 32` makes one",
    strict: false,
};

/// Shorter tokens can be guessed.
const SHORTEST_TOKEN: usize = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Closed,
    Token,
    Open,
}

/// `hash` makes the keyed hash of the token, which is all that leaves this module.
pub(super) fn read(
    mut section: Section<'_>,
    hash: &dyn Fn(&str) -> TokenHash,
) -> RegistrationSettings {
    let modes = [("closed", Mode::Closed), ("token", Mode::Token), ("open", Mode::Open)];
    let mode = section.one_of("mode", &modes).unwrap_or(Mode::Closed);
    let most_clients = section.whole("max_clients", &(1..=100_000)).unwrap_or(1000);
    let most_unused = section.whole("max_unused", &(1..=10_000)).unwrap_or(100);
    let given = secrets::read(&mut section, TOKEN);
    let token = given.secret.map(|secret| {
        if secret.expose().len() < SHORTEST_TOKEN {
            let problem = "the token is shorter than 32 characters";
            section.refuse_quietly(TOKEN.inline, problem, TOKEN.where_to_find);
        }
        hash(secret.expose())
    });
    let mode = match (mode, token) {
        (Mode::Token, Some(token)) => RegistrationMode::Token(token),
        (Mode::Token, None) => {
            if !given.was_given {
                let problem = "mode = \"token\" needs one";
                section.refuse_quietly(TOKEN.inline, problem, TOKEN.where_to_find);
            }
            RegistrationMode::Closed
        }
        (Mode::Open, token) => {
            if token.is_some() {
                let problem = "nobody is asked for it while mode is \"open\"";
                let cure = "set mode = \"token\", or take the token out";
                section.refuse_quietly(TOKEN.inline, problem, cure);
            }
            RegistrationMode::Open { most_unused }
        }
        (Mode::Closed, token) => {
            if token.is_some() {
                let problem = "it opens nothing while mode is \"closed\"";
                section.warn(TOKEN.inline, problem, "set mode = \"token\"");
            }
            RegistrationMode::Closed
        }
    };
    if section.has("max_unused") && !matches!(mode, RegistrationMode::Open { .. }) {
        let cure = "only what registers unasked is counted as unused: take the key out, or set mode = \"open\"";
        section.warn("max_unused", "means nothing unless mode is \"open\"", cure);
    }
    section.finish();
    RegistrationSettings { mode, most_clients }
}
