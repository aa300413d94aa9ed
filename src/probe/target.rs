//! Where a look goes: a name or an address becomes addresses that may be connected to.

use std::net::IpAddr;
use std::time::Duration;

use crate::probe::trouble::Trouble;
use crate::world::net::names::Answer;
use crate::world::net::{Door, Family};

/// What was found for a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What the name servers said, by family asked; empty where the host was an address.
    pub names: Vec<(Family, Answer)>,
    /// The addresses, at least one, each permitted; or why there is none.
    pub addresses: Result<Vec<IpAddr>, Trouble>,
}

/// Finds the addresses of `host` (a name, or an address as URLs write it) in one family or both.
///
/// One address that may not be reached stops it: a public portal whose name leads into our own
/// network is wrong even if another of its addresses is right.
pub async fn find(door: &Door, host: &str, family: Option<Family>, limit: Duration) -> Found {
    let families: Vec<Family> = family.map_or_else(|| Family::ALL.to_vec(), |one| vec![one]);
    let mut names = Vec::new();
    let addresses: Vec<IpAddr> = if let Some(address) = literal(host) {
        if families.contains(&Family::of(address)) { vec![address] } else { Vec::new() }
    } else {
        let asked = families.iter().map(|family| door.addresses(host, *family, limit));
        let said = futures_util::future::join_all(asked).await;
        names = families.iter().copied().zip(said).collect();
        names.iter().flat_map(|(_, answer)| answer.addresses()).copied().collect()
    };
    let addresses = if let Some(address) = addresses.iter().find(|one| !door.permits(**one)) {
        Err(Trouble::Inside(*address))
    } else if addresses.is_empty() {
        Err(Trouble::NoAddress(names.clone()))
    } else {
        Ok(addresses)
    };
    Found { names, addresses }
}

/// What it is when the time runs out while names are asked.
pub fn silent(family: Option<Family>) -> Trouble {
    let families = family.map_or_else(|| Family::ALL.to_vec(), |one| vec![one]);
    Trouble::NoAddress(families.into_iter().map(|family| (family, Answer::Silent)).collect())
}

fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}
