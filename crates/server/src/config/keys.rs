//! `[keys]`: the root key, from which every other key is derived, and the default algorithm.
//! A root key that is absent, cut short or readable by everybody keeps the server from starting (KY-01).

use magpie_domain::Algorithm;
use magpie_vault::RootKey;

use super::secrets::{self, SecretKeys};
use super::section::Section;

/// Key material and its use.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The key that opens the vault.
    pub root: RootKey,
    /// The algorithm of ID tokens, unless a client asks for another.
    pub default_algorithm: Algorithm,
    /// Further algorithms that clients may register; those of declared clients need not be named.
    pub algorithms: Vec<Algorithm>,
}

const ROOT: SecretKeys = SecretKeys {
    inline: "root_key",
    file: "root_key_file",
    where_to_find: "`magpie init` makes one: 32 random bytes in base64url (43 characters), in a file only its owner reads",
    strict: true,
};

pub(super) fn read(mut section: Section<'_>) -> Option<Keys> {
    let choices = Algorithm::ALL.map(|algorithm| (algorithm.as_str(), algorithm));
    let default_algorithm =
        section.one_of("default_algorithm", &choices).unwrap_or(Algorithm::Rs256);
    let names = Algorithm::ALL.map(Algorithm::as_str).join(", ");
    let algorithms = section.parse_each("algorithms", &names, |text| {
        Algorithm::parse(text).ok_or_else(|| format!("there is no algorithm `{text}`"))
    });
    let given = secrets::read(&mut section, ROOT);
    let root = given.secret.as_ref().and_then(|text| {
        let root = RootKey::from_base64url(text.expose()).ok();
        if root.is_none() {
            let problem = "the root key is not 32 bytes in base64url";
            section.refuse_quietly(ROOT.file, problem, ROOT.where_to_find);
        }
        root
    });
    if !given.was_given {
        section.refuse_quietly(ROOT.file, "there is no root key", ROOT.where_to_find);
    }
    section.finish();
    root.map(|root| Keys { root, default_algorithm, algorithms: algorithms.unwrap_or_default() })
}
