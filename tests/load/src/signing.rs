//! The yardstick of a login: what one RS256 signature costs on this machine, in this run.
//! A login cannot be cheaper than the signature in its ID token, so its cost is told in signatures, which carries from
//! machine to machine where milliseconds do not. Called by the campaign once per round.

use std::time::Duration;

use anyhow::Context as _;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;

use crate::clock;
use crate::statistics::median;

/// As many bytes as the header and the claims of an ID token come to.
const INPUT: [u8; 410] = [b'a'; 410];
/// Signatures in one batch.
const BATCH: u32 = 40;
/// Batches; the median of them counts.
const BATCHES: u32 = 9;

/// A key that signs nothing but this yardstick.
#[derive(Debug)]
pub(crate) struct Yardstick(PKey<Private>);

impl Yardstick {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let key = Rsa::generate(2048).and_then(PKey::from_rsa).context("cannot make an RSA key")?;
        Ok(Self(key))
    }

    /// Microseconds of one core for one signature: CPU time of this thread, which neighbours cannot stretch.
    pub(crate) fn micros_per_signature(&self) -> anyhow::Result<f64> {
        self.batch(BATCH)?;
        let batches: Result<Vec<f64>, _> = (0..BATCHES)
            .map(|_| self.batch(BATCH).map(|spent| spent.as_secs_f64() * 1e6 / f64::from(BATCH)))
            .collect();
        Ok(median(&batches?))
    }

    fn batch(&self, signatures: u32) -> anyhow::Result<Duration> {
        let begun = clock::thread_cpu();
        for _ in 0..signatures {
            let mut signer = Signer::new(MessageDigest::sha256(), &self.0)?;
            std::hint::black_box(signer.sign_oneshot_to_vec(std::hint::black_box(&INPUT))?);
        }
        Ok(clock::thread_cpu().saturating_sub(begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_times_the_signatures_cost_about_ten_times_as_much() {
        let yardstick = Yardstick::new().unwrap();
        yardstick.batch(5).unwrap();
        let (few, many) = (yardstick.batch(10).unwrap(), yardstick.batch(100).unwrap());
        assert!(many > few * 4 && many < few * 25, "{few:?} {many:?}");
    }
}
