//! Proofs of possession (RFC 9449): the key that a caller proves, once per proof, and the nonces that date them.
//! A nonce is a keyed hash of the present two minutes, so that every replica knows it and no row is written for one.

use magpie_domain::id::base32;
use magpie_domain::{Client, TokenHash};
use magpie_oidc::dpop::{self as rules, ALGORITHMS, ProofRefusal, ProvedCall, REMEMBERED, TYPE};
use magpie_oidc::error::OAuthError;
use magpie_store::{StoreError, seen_once};
use magpie_vault::{Purpose, proof};

use crate::budget::{Budget, Kept, USED_UP};
use crate::client_call::ClientCall;
use crate::context::Flows;
use crate::outcome::{Outcome, Stop};

/// What the remembered value was for; others that count once have other words.
const PURPOSE: &str = "dpop_proof";

/// A key whose possession was proved for one call.
#[derive(Debug)]
pub(crate) struct ProvedKey {
    /// Its thumbprint, to bind tokens to.
    pub(crate) jkt: String,
    mark: TokenHash,
}

/// The nonce that proofs have to repeat from now on: the value of a `DPoP-Nonce` header (RFC 9449 §8).
#[must_use]
pub fn nonce(flows: &Flows) -> String {
    nonce_of(flows, rules::term(flows.now()))
}

fn nonce_of(flows: &Flows, term: i64) -> String {
    let term = term.to_be_bytes();
    base32(&flows.vault().keyed_hash_128(Purpose::DpopNonce, &term))
}

/// Checks a proof for a call. Nothing is written: [`spend`] it once everything else about the call is known to be good,
/// so that nobody fills the table without holding something of ours (law 1).
///
/// # Errors
/// [`ProofRefusal`].
pub(crate) fn prove(
    flows: &Flows,
    shown: &str,
    call: &ProvedCall<'_>,
) -> Result<ProvedKey, ProofRefusal> {
    let may = |algorithm| ALGORITHMS.contains(&algorithm);
    let proof = proof::verify(shown, TYPE, may).map_err(|_reason| {
        ProofRefusal::Invalid("the proof is malformed or its signature is wrong")
    })?;
    let is_good = |shown: &str| {
        rules::good_terms(flows.now()).iter().any(|one| nonce_of(flows, *one) == shown)
    };
    let jti = rules::check(&proof.claims, call, is_good)?;
    let mark = [PURPOSE, &proof.jkt, jti].join("\0");
    let mark = flows.vault().hash_handle(Purpose::SeenOnce, &mark);
    Ok(ProvedKey { jkt: proof.jkt, mark })
}

/// The key that an application proves at an endpoint it calls itself, if it sends a proof.
///
/// # Errors
/// `invalid_dpop_proof` or `use_dpop_nonce` (RFC 9449 §5, §8).
pub(crate) fn of_call(
    flows: &Flows,
    call: &ClientCall<'_>,
    path: &str,
) -> Result<Option<ProvedKey>, OAuthError> {
    let Some(shown) = rules::single(call.proofs).map_err(ProofRefusal::error)? else {
        return Ok(None);
    };
    let proved = ProvedCall { method: "POST", issuer: flows.issuer(), path, access_token: None };
    prove(flows, shown, &proved).map(Some).map_err(ProofRefusal::error)
}

/// The key to bind tokens to; a client that registered `dpop_bound_access_tokens` has to prove one (RFC 9449 §5.2).
///
/// # Errors
/// As [`of_call`].
pub(crate) fn of_token_request(
    flows: &Flows,
    call: &ClientCall<'_>,
    path: &str,
    client: &Client,
) -> Result<Option<ProvedKey>, OAuthError> {
    let key = of_call(flows, call, path)?;
    if key.is_none() && client.policy().tokens.dpop_bound {
        return Err(OAuthError::invalid_dpop_proof(
            "this client must prove its key by a DPoP header",
        ));
    }
    Ok(key)
}

/// What became of a proof that was to be used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spent {
    /// It counts.
    Now,
    /// It was used before, at whichever replica (X8).
    Before,
    /// The client proved too often.
    TooOften,
}

impl Spent {
    /// Nothing, or what the application hears.
    pub(crate) fn or_error(self) -> Outcome<(), OAuthError> {
        match self {
            Self::Now => Ok(()),
            Self::Before => Err(Stop::Refused(USED.error())),
            Self::TooOften => Err(Stop::Refused(USED_UP)),
        }
    }
}

/// Uses a proof up, which is a row of that client. Hold no transaction.
///
/// # Errors
/// Only breakages.
pub(crate) async fn spend(
    flows: &Flows,
    budget: &dyn Budget,
    client: &Client,
    key: &ProvedKey,
) -> Result<Spent, StoreError> {
    if !budget.allows(client, Kept::Once) {
        return Ok(Spent::TooOften);
    }
    let mut tx = flows.store().write_single().await?;
    let marked = seen_once::mark(&mut tx, &key.mark, flows.now().plus(REMEMBERED)).await?;
    tx.commit().await?;
    Ok(if marked.is_won() { Spent::Now } else { Spent::Before })
}

/// The refusal of a proof that was used before.
pub(crate) const USED: ProofRefusal = ProofRefusal::Invalid("the proof was used before");
