//! Knocking at a port that a person named: does its host accept, refuse, or say nothing?
//!
//! Unlike what a page or a public name leads to, the host stands in a file of the operator, so that
//! it may lie inside our own network, and its name is looked up as the machine does (`/etc/hosts`
//! included). A refusal is what the peer's kernel answered; a firewall that answers in its place
//! cannot be told from it.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::world::net::ConnectError;

/// Every address of `host`, in the order of preference; never empty.
pub async fn addresses(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, String> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = match tokio::time::timeout(limit, tokio::net::lookup_host((bare, port))).await {
        Err(_elapsed) => return Err(format!("the name `{host}` was not resolved in time")),
        Ok(Err(error)) => return Err(format!("the name `{host}` was not resolved: {error}")),
        Ok(Ok(found)) => found,
    };
    let mut all: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    if all.is_empty() { Err(format!("the name `{host}` has no address")) } else { Ok(all) }
}

/// Connects within `limit`.
pub async fn knock(address: SocketAddr, limit: Duration) -> Result<TcpStream, ConnectError> {
    match tokio::time::timeout(limit, TcpStream::connect(address)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(ConnectError::of(&error)),
        Err(_elapsed) => Err(ConnectError::Silent),
    }
}

/// Why nobody answered, in English diagnostics.
pub fn why(error: &ConnectError) -> String {
    match error {
        ConnectError::Inside => "the address may not be reached".to_owned(),
        ConnectError::NoRoute => "this machine has no route to it".to_owned(),
        ConnectError::Refused => "connection refused".to_owned(),
        ConnectError::Silent => "no answer in time".to_owned(),
        ConnectError::Other(words) => words.clone(),
    }
}
