//! The endpoints of RFC 6749 and OpenID Connect Core, one a file.

pub(crate) mod authorize;
mod client_call;
pub(crate) mod device;
pub(crate) mod introspection;
pub(crate) mod jwks;
pub(crate) mod logout;
pub(crate) mod program_code;
pub(crate) mod pushed;
pub(crate) mod register;
pub(crate) mod relay;
pub(crate) mod resume;
pub(crate) mod revocation;
pub(crate) mod steps;
pub(crate) mod token;
pub(crate) mod userinfo;
