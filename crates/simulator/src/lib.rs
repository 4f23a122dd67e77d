//! A fake WeChat with people and faults, for tests, demonstrations and load.
//! It speaks WeChat's wire (consent and QR pages, the sns endpoints, app-level tokens) and WeCom's (sign-in and its app tokens) and is strict where WeChat is strict:
//! order of the link, state, callback domain, kind of account, single use of codes.
//! It is written from the platform's documents and depends on no other crate of ours, so that one misreading cannot hide on both sides.
//! It keeps no secret and belongs on loopback: whoever reaches it can sign in as anybody.

mod api;
mod books;
mod clock;
mod corp;
mod ids;
mod pages;
mod push;
mod query;
mod reply;
mod running;
mod script;
mod seen;
mod simulator;
mod world;

pub use self::{
    books::Scope,
    corp::{Agent, Corp, Member},
    push::{ChatLine, Flaw, PushAnswer, PushConsole, PushFormat, PushMode, PushRequest, Pushed},
    running::RunningSimulator,
    script::{Endpoint, Fault, Faults, Planned, Script, SnapshotMark},
    seen::SeenRequest,
    simulator::{Simulator, router},
    world::{Account, AccountKind, Cancel, Person, World, WorldError},
};
