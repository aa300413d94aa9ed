//! What the name servers say of a name, one family at a time.

use std::time::Duration;

use crate::world::net::names::Answer;
use crate::world::net::{Door, Family};

/// An answer and how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The answer.
    pub answer: Answer,
    /// Addresses of the answer that lie inside our own network and are not allowed there.
    pub inside: Vec<std::net::IpAddr>,
    /// From the question to the answer.
    pub total: Duration,
}

/// Asks for the addresses of `name` within `limit`.
pub async fn ask(door: &Door, name: &str, family: Family, limit: Duration) -> Asked {
    let clock = &door.world().clock;
    let started = clock.monotonic();
    let answer = door.addresses(name, family, limit).await;
    let inside =
        answer.addresses().iter().filter(|address| !door.permits(**address)).copied().collect();
    Asked { answer, inside, total: clock.monotonic().since(started) }
}
