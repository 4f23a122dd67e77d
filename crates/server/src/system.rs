//! The clock and the chance of this machine: the one place that asks the system for either.
//! Everything else is handed them as arguments, so that tests can repeat what happened.

use std::time::{SystemTime, UNIX_EPOCH};

use magpie_domain::{Clock, Entropy, NoEntropy, Timestamp};

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
        let now = SystemTime::now();
        // A clock before 1970 reads as 1970: everything has expired then, and nothing is issued for long.
        let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

/// The random source of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        #[expect(clippy::disallowed_methods, reason = "the one place that asks for chance")]
        let filled = getrandom::fill(buffer);
        filled.map_err(|_unavailable| NoEntropy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_tells_this_century_and_chance_does_not_repeat() {
        assert!(SystemClock.now() > Timestamp::from_seconds(1_700_000_000));
        let (mut one, mut two) = ([0_u8; 32], [0_u8; 32]);
        SystemEntropy.fill(&mut one).unwrap();
        SystemEntropy.fill(&mut two).unwrap();
        assert_ne!(one, two);
    }
}
