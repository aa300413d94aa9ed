//! Looking at portals from outside: HTTP, TLS, DNS, page criteria, defacement.
//!
//! A probe asks and brings back an observation; what it means is judged by pure code, which tests
//! can drive through years of verdicts. Whatever comes from a server is untrusted: bounded in
//! size and time, and never able to lead us into our own network.

pub mod criterion;
pub mod deface;
pub mod dns;
pub mod fact;
pub mod history;
pub mod http;
pub mod judge;
pub mod look;
pub mod page;
pub mod settings;
pub mod settle;
pub mod target;
pub mod tls;
pub mod trouble;
pub mod uptime;

use crate::probe::settings::Network;
use crate::world::World;
use crate::world::net::{Door, NetError, Reach};

/// The door through which everything here asks. Costs a read of the authorities and of the
/// machine's name servers: cheap enough for every look, so that a change of either is seen.
pub fn door(world: &World, network: &Network) -> Result<Door, NetError> {
    let reach = Reach {
        resolvers: network.resolvers.clone(),
        inside: network.inside.clone(),
        authorities: network.authorities.clone(),
    };
    Door::open(world, &reach)
}
