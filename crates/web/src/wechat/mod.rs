//! What WeChat calls: the callback, the address of its pushes, and the files by which it proves a domain.

pub(crate) mod callback;
mod chat;
pub(crate) mod push;
pub(crate) mod verification_file;
