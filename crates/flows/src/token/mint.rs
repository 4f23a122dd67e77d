//! Making tokens from a plan: sealed or signed access token, signed ID token. No row is written.

use std::future::poll_fn;
use std::task::Poll;

use magpie_domain::{
    AccessToken, AccessTokenFormat, Algorithm, Client, ClientId, Grant, TokenText, User, entropy,
};
use magpie_oidc::claims::access_token::{self, ClientToken, PersonTokenFacts};
use magpie_oidc::claims::{self, IdTokenFacts, PersonFacts};
use magpie_oidc::tokens::{self, TokenResponse, TokenSettings, TokenWish};
use magpie_store::Tx;
use magpie_vault::{Purpose, bound};
use serde_json::{Map, Value};
use tokio::join;

use crate::context::Flows;
use crate::outcome::{Inconsistent, Outcome};
use crate::pairwise::subject_for;

/// For whom tokens are made, and what was wished.
pub(super) struct Minting<'a> {
    pub(super) client: &'a Client,
    pub(super) grant: &'a Grant,
    pub(super) user: &'a User,
    /// For a fat ID token.
    pub(super) profile: Option<&'a PersonFacts<'a>>,
    pub(super) wish: TokenWish,
}

/// Makes the access token and the ID token.
pub(super) fn tokens<R>(flows: &Flows, minting: &Minting<'_>) -> Outcome<TokenResponse, R> {
    let Minting { client, grant, user, profile, wish } = minting;
    let lifetimes = flows.settings().lifetimes;
    let settings =
        TokenSettings { access_token: lifetimes.access_token, id_token: lifetimes.id_token };
    let now = flows.now();
    let plan = tokens::plan(flows.issuer(), (grant, client), wish, &settings, now);
    let access_token =
        access_token(flows, &plan.access, &Bearer { client, grant, user, actor: None })?;
    let id_token = if plan.id_token {
        let algorithm = id_token_algorithm(flows, client);
        let facts = IdTokenFacts {
            issuer: flows.issuer(),
            subject: &subject_for(flows, client, &user.subject),
            client,
            grant,
            algorithm,
            now,
            lifetime: lifetimes.id_token,
            access_token: &access_token,
            profile: *profile,
        };
        Some(TokenText::new(sign(flows, algorithm, "JWT", &claims::id_token(&facts))?))
    } else {
        None
    };
    Ok(TokenResponse::new(&plan, TokenText::new(access_token), id_token))
}

/// Makes what a transaction allows to be given while that transaction becomes durable, and gives it once it is: a signature
/// takes a core about as long as a commit takes the disk. What was made goes nowhere when the commit fails.
pub(super) async fn while_committing<T, R>(
    tx: Tx,
    make: impl Future<Output = Outcome<T, R>>,
) -> Outcome<T, R> {
    let made = async {
        let_others_go_first().await;
        make.await
    };
    let (committed, made) = join!(tx.commit(), made);
    committed?;
    made
}

/// Whatever this thread has ready runs before the caller goes on: the commit, and who has only a statement to send.
/// A signature holds its thread up longer than all of them. The runtime's own way to yield asks the system for news
/// first, which costs more than the turn itself.
async fn let_others_go_first() {
    let mut is_back = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_back, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Who gets an access token, and about whom.
pub(super) struct Bearer<'a> {
    pub(super) client: &'a Client,
    pub(super) grant: &'a Grant,
    pub(super) user: &'a User,
    /// Who acts for the person (RFC 8693 §4.1).
    pub(super) actor: Option<&'a ClientId>,
}

/// The access token in the shape that the client registered.
pub(super) fn access_token<R>(
    flows: &Flows,
    token: &AccessToken,
    bearer: &Bearer<'_>,
) -> Outcome<String, R> {
    match bearer.client.policy().tokens.format {
        AccessTokenFormat::Opaque => {
            let plain = serde_json::to_vec(token)
                .map_err(|_cannot_fail| Inconsistent("an access token has no JSON"))?;
            let context = bound(&["access token"]);
            Ok(flows.vault().seal_text(Purpose::AccessToken, &context, &plain, flows.entropy())?)
        }
        AccessTokenFormat::Jwt => {
            let subject = subject_for(flows, bearer.client, &bearer.user.subject);
            let nonce = entropy::token(flows.entropy())?;
            let claims = access_token::of_person(&PersonTokenFacts {
                issuer: flows.issuer(),
                token,
                client: bearer.client.id(),
                subject: &subject,
                auth_time: bearer.grant.auth_time,
                method: bearer.grant.kind.as_str(),
                nonce: nonce.expose(),
                actor: bearer.actor,
            });
            sign(flows, flows.settings().algorithm, access_token::TYPE, &claims)
        }
    }
}

/// A client's own token: always a JWT, since it is for somebody else to read.
pub(super) fn client_token<R>(flows: &Flows, token: &ClientToken) -> Outcome<String, R> {
    let nonce = entropy::token(flows.entropy())?;
    let claims = access_token::of_client(flows.issuer(), token, nonce.expose());
    sign(flows, flows.settings().algorithm, access_token::TYPE, &claims)
}

/// What the client's ID tokens are signed with.
pub(crate) fn id_token_algorithm(flows: &Flows, client: &Client) -> Algorithm {
    client.policy().algorithms.id_token.unwrap_or(flows.settings().algorithm)
}

/// Signs claims with the present key of an algorithm.
pub(crate) fn sign<R>(
    flows: &Flows,
    algorithm: Algorithm,
    typ: &str,
    claims: &Map<String, Value>,
) -> Outcome<String, R> {
    let signer = flows
        .keyring()
        .signer(algorithm, flows.now())
        .ok_or(Inconsistent("there is no signing key of the algorithm that a client registered"))?;
    Ok(signer.sign(typ, claims)?)
}
