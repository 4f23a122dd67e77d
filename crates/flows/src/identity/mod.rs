//! Who came back: find or make the person, and do everything that follows in one commit.

mod arrive;
mod resolve;

pub(crate) use arrive::{Arrival, Known, arrive, land};
pub(crate) use resolve::{Resolved, resolve};
