//! Looking at portals from outside: HTTP, TLS, DNS, page criteria, defacement.
//!
//! A probe asks and brings back an observation; what it means is judged by pure code, which tests
//! can drive through years of verdicts. Whatever comes from a server is untrusted: bounded in
//! size and time, and never able to lead us into our own network.

pub mod deface;
pub mod page;
pub mod settings;
