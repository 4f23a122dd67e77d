//! What WeChat calls: the callback, and the files by which it proves a domain.

pub(crate) mod callback;
pub(crate) mod verification_file;
