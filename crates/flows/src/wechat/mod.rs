//! The way to WeChat and back: [`depart`] leaves, [`callback`] returns, and one exchange serves every arrival.
//! [`mod@push`] is what WeChat says unasked.

pub mod callback;
pub mod depart;
mod exchange;
mod landing;
pub mod push;
pub(crate) mod single_flight;

pub use callback::{CallbackArrival, CallbackRefused, callback};
pub use depart::Departure;
pub use landing::{Failure, Landing};
