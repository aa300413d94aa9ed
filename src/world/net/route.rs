//! Whether our own side of the network works: before others are blamed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::net::TcpStream;

use crate::world::net::Family;

/// Where a route is looked for when there is no target: blocks kept for documentation (RFC 5737,
/// RFC 3849), which lie behind the default route like any other. Nothing is sent there.
const SOMEWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// Whether this machine knows a way to `target`, or to the internet of that family where there is
/// no target. Asks the routing table only: connecting a datagram socket sends nothing.
pub fn has_route(family: Family, target: Option<IpAddr>) -> bool {
    let target = target.unwrap_or(SOMEWHERE[usize::from(family == Family::Ipv6)]);
    let from: IpAddr = match family {
        Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
    };
    UdpSocket::bind((from, 0)).and_then(|socket| socket.connect((target, 9))).is_ok()
}

/// Whether at least one of `witnesses` accepts a connection within `limit`. They are named by the
/// configuration, so that they may also lie inside our own network.
pub async fn any_answers(witnesses: &[SocketAddr], limit: Duration) -> bool {
    let tries = witnesses.iter().map(|witness| Box::pin(accepts(*witness)));
    let first = futures_util::future::select_ok(tries);
    !witnesses.is_empty() && matches!(tokio::time::timeout(limit, first).await, Ok(Ok(_)))
}

async fn accepts(witness: SocketAddr) -> std::io::Result<()> {
    TcpStream::connect(witness).await.map(drop)
}
