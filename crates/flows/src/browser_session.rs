//! The browser's session as a cookie: `<session id>.<secret>`, of which the row keeps a hash.

use magpie_domain::{BrowserSession, Entropy, SessionId, TokenHash, TokenText, User, entropy};
use magpie_store::{StoreError, Tx};
use magpie_vault::{Purpose, Vault};

use crate::context::Flows;
use crate::outcome::Stop;

/// Ends the secret of a session that began in silence. It is part of what is hashed, so nobody can take it away (0048).
const SILENT: &str = ".silent";

/// Somebody who is signed in, in this browser.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    pub(crate) session: BrowserSession,
    pub(crate) user: User,
    /// Whether they were last signed in without doing anything.
    pub(crate) silent: bool,
}

/// The cookie's value, parsed; nothing of it is trusted yet.
#[derive(Debug)]
pub(crate) struct PresentedSession {
    id: SessionId,
    hash: TokenHash,
    silent: bool,
}

impl PresentedSession {
    pub(crate) fn read(vault: &Vault, cookie: Option<&str>) -> Option<Self> {
        let (id, secret) = cookie?.split_once('.')?;
        let (drawn, silent) = secret.strip_suffix(SILENT).map_or((secret, false), |it| (it, true));
        let plausible = drawn.len() == 43;
        plausible.then_some(())?;
        Some(Self { id: SessionId::parse(id)?, hash: hash(vault, secret), silent })
    }
}

/// Draws the secret of a new session and gives the cookie's value and the hash to keep. `silent` when nobody did anything
/// for it.
pub(crate) fn secret(
    vault: &Vault,
    id: &SessionId,
    silent: bool,
    entropy: &dyn Entropy,
) -> Result<(TokenText, TokenHash), magpie_domain::NoEntropy> {
    let drawn = entropy::token(entropy)?;
    let secret = format!("{}{}", drawn.expose(), if silent { SILENT } else { "" });
    let kept = hash(vault, &secret);
    Ok((TokenText::new(format!("{id}.{secret}")), kept))
}

/// The same person signed in again: the session stays, so that its applications stay with it (a `sid` is stable for the
/// session, OpenID Connect Back-Channel Logout §2.1), and its secret changes, so that the former cookie is worth nothing
/// (AD-05). None when somebody was faster: then it is no longer the session of that cookie.
pub(crate) async fn renew(
    flows: &Flows,
    tx: &mut Tx,
    presented: &PresentedSession,
    (session, silent): (&BrowserSession, bool),
) -> Result<Option<TokenText>, Stop<std::convert::Infallible>> {
    let (cookie, hash) = secret(flows.vault(), &session.id, silent, flows.entropy())?;
    let renewed = magpie_store::sessions::renew(tx, session, &presented.hash, &hash).await?;
    Ok(renewed.is_won().then_some(cookie))
}

fn hash(vault: &Vault, secret: &str) -> TokenHash {
    vault.hash_handle(Purpose::SessionCookie, secret)
}

/// Finds the live session of a cookie and whose it is. A blocked person has none.
pub(crate) async fn find(
    flows: &Flows,
    tx: &mut Tx,
    presented: &PresentedSession,
) -> Result<Option<SignedIn>, StoreError> {
    let Some(session) = magpie_store::sessions::find(tx, &presented.id, &presented.hash).await?
    else {
        return Ok(None);
    };
    if !session.is_live(flows.now(), flows.settings().lifetimes.session) {
        return Ok(None);
    }
    let user = magpie_store::users::find(tx, &session.user_id).await?;
    Ok(user.filter(|user| user.state == magpie_domain::AccountState::Active).map(|user| SignedIn {
        session,
        user,
        silent: presented.silent,
    }))
}
