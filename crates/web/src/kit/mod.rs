//! What endpoints share: cookies, forms, headers, addresses, limits, and how a breakage is told.

pub(crate) mod answers;
pub(crate) mod client_ip;
pub(crate) mod cookies;
pub(crate) mod cors;
pub(crate) mod cross_site;
pub(crate) mod form;
pub(crate) mod form_action;
pub(crate) mod headers;
pub(crate) mod incident;
pub(crate) mod json;
pub(crate) mod look;
pub(crate) mod quota;
pub(crate) mod throttle;
pub(crate) mod transport;
pub(crate) mod visitor;
