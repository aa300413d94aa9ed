//! Why a look brought no answer: one name for each way.

use std::net::IpAddr;

use crate::probe::tls::Flaw;
use crate::world::net::names::Answer as Names;
use crate::world::net::{ConnectError, Family};

/// Why there is no answer, or no whole one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This can be no URL of a page.
    BadUrl(String),
    /// The name has no address: what the name servers said; empty where the URL holds an address
    /// of the other family.
    NoAddress(Vec<(Family, Names)>),
    /// Refused by us: this address lies inside our own network.
    Inside(IpAddr),
    /// No connection.
    Connect(ConnectError),
    /// No trusted connection.
    Tls(Flaw),
    /// No answer within the budget.
    Silent,
    /// An answer whose body did not end within the budget.
    SlowBody,
    /// Closed without an answer.
    NoAnswer,
    /// The head of the answer is larger than any should be.
    HeadTooLarge,
    /// What came is no HTTP, in the library's words.
    NotHttp(String),
    /// The body ended before its announced end.
    Truncated,
    /// The chunks of the body make no sense.
    BrokenChunks,
    /// The body does not unpack as it says it does.
    BrokenEncoding,
    /// The redirects come back to where they were.
    Loop(String),
    /// More redirects than a browser would follow.
    TooManyRedirects,
    /// A redirect to what is no page.
    BadRedirect(String),
    /// Our own client could not be made.
    Client(String),
}
