//! The way to WeChat and back: [`depart`] leaves, [`callback`] returns, and one exchange serves every arrival.

pub mod callback;
pub mod depart;
mod exchange;
mod landing;
pub(crate) mod single_flight;

pub(crate) use callback::replay;
pub use callback::{CallbackArrival, CallbackRefused, callback};
pub use depart::Departure;
pub use landing::{Failure, Landing};
