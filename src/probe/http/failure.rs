//! What the client's errors mean.
//!
//! The client hands up chains of errors of several libraries; here they become ours. Where a
//! library has no type that could be asked, its words are read, and `tests/probe` holds each of
//! them against a server that misbehaves in just that way.

use std::error::Error as StdError;

use crate::probe::tls::{Certificates, Flaw};
use crate::probe::trouble::Trouble;
use crate::world::net::ConnectError;

/// What an error of the client means.
pub(super) fn of(error: &reqwest::Error, certificates: Option<&Certificates>) -> Trouble {
    if let Some(flaw) = certificates.and_then(|shown| shown.flaw.clone()) {
        return Trouble::Tls(flaw);
    }
    let links = chain(error);
    if let Some(error) = links.iter().find_map(|link| link.downcast_ref::<rustls::Error>()) {
        return Trouble::Tls(Flaw::of_handshake(error));
    }
    if error.is_decode() && !links.iter().any(|link| link.to_string().contains("chunk")) {
        return if cut_off(&links) { Trouble::Truncated } else { Trouble::BrokenEncoding };
    }
    let words = links.iter().map(ToString::to_string).collect::<Vec<_>>().join(": ");
    let said = |text: &str| words.contains(text);
    if error.is_connect() {
        return match links.iter().rev().find_map(|link| link.downcast_ref::<std::io::Error>()) {
            // Closed in the middle of a handshake.
            Some(io) if is_closed(io) => Trouble::Tls(Flaw::Closed),
            Some(io) => Trouble::Connect(ConnectError::of(io)),
            None if error.is_timeout() => Trouble::Silent,
            None => Trouble::Connect(ConnectError::Other(words)),
        };
    }
    if said("message head is too large") {
        Trouble::HeadTooLarge
    } else if said("chunk") {
        Trouble::BrokenChunks
    } else if said("before message completed") {
        Trouble::NoAnswer
    } else if said("before message length reached") || error.is_body() && cut_off(&links) {
        Trouble::Truncated
    } else if said("invalid HTTP") || said("parse") {
        Trouble::NotHttp(words)
    } else if links.iter().any(|link| link.downcast_ref::<std::io::Error>().is_some_and(is_closed))
    {
        Trouble::NoAnswer
    } else {
        Trouble::NotHttp(words)
    }
}

/// The error and everything beneath it; an I/O error hides what it wraps from `source`.
fn chain<'a>(error: &'a (dyn StdError + 'static)) -> Vec<&'a (dyn StdError + 'static)> {
    let mut links: Vec<&'a (dyn StdError + 'static)> = Vec::new();
    let mut next = Some(error);
    while let Some(link) = next {
        links.push(link);
        let inner = link
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
            .map(|inner| inner as &(dyn StdError + 'static));
        next = inner.or_else(|| link.source());
    }
    links
}

fn cut_off(links: &[&(dyn StdError + 'static)]) -> bool {
    links.iter().any(|link| {
        link.downcast_ref::<std::io::Error>().is_some_and(is_closed)
            || link.to_string().contains("end of file before")
    })
}

fn is_closed(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    )
}
