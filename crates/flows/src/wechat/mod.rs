//! The way to WeChat and back: [`depart`] leaves, [`callback`] returns, and one exchange serves every arrival. A `phone`
//! brings a code without leaving. [`mod@push`] is what WeChat says unasked.

pub(crate) mod app_token;
pub mod callback;
pub mod depart;
mod exchange;
pub(crate) mod follower;
mod landing;
mod member;
pub(crate) mod phone;
pub(crate) mod phone_number;
pub(crate) mod program_code;
pub mod push;
pub(crate) mod single_flight;

pub(crate) use callback::replay;
pub use callback::{CallbackArrival, CallbackRefused, callback};
pub use depart::Departure;
pub use landing::{Failure, Landing};
