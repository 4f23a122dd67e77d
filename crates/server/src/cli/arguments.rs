//! The commands and their arguments, as `--help` tells them.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use magpie_domain::Locale;

/// An OpenID Connect provider whose people sign in with WeChat.
#[derive(Debug, Clone, Parser)]
#[command(name = "magpie", version, about, arg_required_else_help = true)]
pub struct Arguments {
    /// The configuration file [default: magpie.toml, or MAGPIE_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the binary can do.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Try it all on this machine: a fake WeChat, the server and a sample application
    Demo {
        /// Let members of an organisation sign in with WeCom too
        #[arg(long)]
        wecom: bool,
    },
    /// Write a commented magpie.toml and a root key
    Init {
        /// Where to write them
        #[arg(long, default_value = ".", value_name = "DIRECTORY")]
        dir: PathBuf,
    },
    /// Run the server
    Serve {
        /// Do not bring the database up to date; refuse to start when it is behind
        #[arg(long)]
        no_migrate: bool,
    },
    /// Read the configuration and say what is wrong with it, without touching the network
    Check,
    /// Look at the running house and ask WeChat about every channel: what is wrong, whose turn it is, where to mend it
    Doctor {
        /// The language of the answer: zh-CN or en; --json has both
        #[arg(long, default_value = "en", value_name = "LANGUAGE", value_parser = locale)]
        lang: Locale,
        /// Only this channel
        #[arg(long, value_name = "ID")]
        channel: Option<String>,
    },
    /// Bring the database up to date
    Migrate {
        /// Only say whether it is; exit status 1 when it is not
        #[arg(long)]
        status: bool,
    },
    /// Run the fake WeChat alone; whoever reaches it can sign in as anybody, so keep it on loopback
    Simulator {
        /// Where it listens
        #[arg(long, default_value = "127.0.0.1:8099", value_name = "ADDRESS")]
        listen: SocketAddr,
        /// Its accounts and people, as TOML; a small world of its own without one
        #[arg(long, value_name = "FILE")]
        world: Option<PathBuf>,
    },
    /// Sign in as an application would, and print what the application would receive
    TryLogin,
    /// Applications that may ask who somebody is
    Client {
        /// What to do with them.
        #[command(subcommand)]
        command: ClientCommand,
    },
    /// Files by which WeChat sees that the domain is yours, beside those of the configuration
    VerificationFile {
        /// What to do with them.
        #[command(subcommand)]
        command: VerificationFileCommand,
    },
    /// Signing keys
    Key {
        /// What to do with them.
        #[command(subcommand)]
        command: KeyCommand,
    },
}

fn locale(tag: &str) -> Result<Locale, &'static str> {
    Locale::from_tag(tag).ok_or("zh-CN or en")
}

/// `magpie client …`.
#[derive(Debug, Clone, Subcommand)]
pub enum ClientCommand {
    /// Add one; a confidential client gets a new secret, which is printed once
    Add(ClientAddition),
    /// List them all, declared ones included
    List,
    /// Show one
    Show {
        /// Its client_id
        id: String,
    },
    /// Change one; keys and values as in the configuration file
    Update {
        /// Its client_id
        id: String,
        /// What to change, as key=value; may be given several times
        #[arg(long = "set", required = true, value_name = "KEY=VALUE")]
        set: Vec<String>,
    },
    /// Make a new secret, which is printed once
    RotateSecret {
        /// Its client_id
        id: String,
        /// How long the secret before goes on to count, such as 24h; without it, it stops at once
        #[arg(long, value_name = "SPAN")]
        keep_old: Option<String>,
    },
    /// Remove one; what it was granted ends with it
    Remove {
        /// Its client_id
        id: String,
    },
}

/// `magpie client add`.
#[derive(Debug, Clone, Args)]
pub struct ClientAddition {
    /// Its client_id
    pub id: String,
    /// What people see [default: the client_id]
    #[arg(long)]
    pub name: Option<String>,
    /// An application whose needs are known: grafana, gitlab, nextcloud, keycloak, …
    #[arg(long)]
    pub preset: Option<String>,
    /// Where answers go, byte for byte; may be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    pub redirect_uris: Vec<String>,
    /// Where logout may return to; may be given several times
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    pub post_logout_redirect_uris: Vec<String>,
    /// The scopes it may be granted
    #[arg(long, default_value = "openid profile", value_name = "SCOPES")]
    pub scopes: String,
    /// Anything else that [[clients]] knows, as key=value; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// A client without a secret: PKCE instead
    #[arg(long, conflicts_with = "secret_file")]
    pub public: bool,
    /// Take the secret from a file, or from - for standard input, instead of making one
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
}

/// `magpie verification-file …`.
#[derive(Debug, Clone, Subcommand)]
pub enum VerificationFileCommand {
    /// Serve a file as WeChat's console gave it; replicas that run do so at once
    Add {
        /// The downloaded file, under the name that it was given
        file: PathBuf,
    },
    /// List them all, those of the configuration included
    List,
    /// Serve one no longer
    Remove {
        /// Its name, such as MP_verify_AbCdEfGhIjKlMnOp.txt
        name: String,
    },
}

/// `magpie key …`.
#[derive(Debug, Clone, Subcommand)]
pub enum KeyCommand {
    /// List them with their stage
    List,
    /// Make the next key and publish it; it signs once applications have had time to see it
    Rotate {
        /// The algorithm of the key; the default one otherwise
        #[arg(long)]
        algorithm: Option<String>,
        /// Somebody else may know the key: sign with a new one at once and take the old ones away
        #[arg(long)]
        emergency: bool,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_of_the_contract_is_there() {
        for line in [
            "demo",
            "demo --wecom --json",
            "init --dir d",
            "serve --config f",
            "check --config f --json",
            "migrate",
            "simulator --listen 127.0.0.1:1 --world w",
            "doctor --config f --json",
            "doctor --lang zh-CN --channel desktop",
            "try-login --config f --json",
            "client add app --redirect-uri https://a.example/cb",
            "client list --json",
            "client show app",
            "client remove app",
            "client add app --set jwks_uri=https://a.example/jwks --set redirect_uris=[]",
            "client update app --set name=x --set consent=explicit",
            "client rotate-secret app --keep-old 24h --json",
            "verification-file add MP_verify_AbCdEfGhIjKlMnOp.txt --json",
            "verification-file list",
            "verification-file remove MP_verify_AbCdEfGhIjKlMnOp.txt",
            "key list",
            "key rotate",
        ] {
            let words = std::iter::once("magpie").chain(line.split(' '));
            assert!(Arguments::try_parse_from(words).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_secret_cannot_be_an_argument_and_nonsense_is_a_usage_error() {
        let line = ["magpie", "client", "add", "a", "--redirect-uri", "b", "--secret", "S3CR3T"];
        let error = Arguments::try_parse_from(line).unwrap_err();
        assert_eq!((error.kind(), error.exit_code()), (ErrorKind::UnknownArgument, 2));
    }
}
