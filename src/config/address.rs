//! Single values that name places in a network: addresses, blocks, hosts, mail boxes.

use std::net::{IpAddr, SocketAddr};

use crate::base::address::{Block, BlockError};
use crate::base::written::is_host;
use crate::config::decode::Cursor;
use crate::config::problem::Complaint;

/// The longest address that mail carries (RFC 5321).
const MAILBOX_CHARACTERS_MAX: usize = 254;

impl Cursor<'_> {
    /// An address and a port: `203.0.113.1:443`, `[2001:db8::1]:443`. Without a port the one that
    /// is usual for the key, where there is one.
    pub(super) fn socket(&self, usual: Option<u16>) -> Option<SocketAddr> {
        let text = self.text()?;
        let bare = || Some(SocketAddr::new(text.parse().ok()?, usual?));
        text.parse().ok().or_else(bare).or_else(|| {
            let complaint = Complaint::error("config-socket").text("value", &text);
            self.refuse(complaint.hint("config-socket-hint"))
        })
    }

    /// A bare address of either family.
    pub(super) fn ip<A: std::str::FromStr>(&self) -> Option<A> {
        let text = self.text()?;
        text.parse().ok().or_else(|| {
            let complaint = Complaint::error("config-ip").text("value", &text);
            self.refuse(complaint.hint("config-ip-hint"))
        })
    }

    /// An address that the internet can reach: what *Mẫu số 03* lists, and nothing else.
    pub(super) fn public_ip(&self) -> Option<IpAddr> {
        let address = self.ip()?;
        if crate::base::address::is_public(address) {
            return Some(address);
        }
        let complaint = Complaint::error("config-ip-private").text("value", address);
        self.refuse(complaint.hint("config-ip-private-hint"))
    }

    /// A block of addresses.
    pub(super) fn block(&self) -> Option<Block> {
        let text = self.text()?;
        match text.parse() {
            Ok(block) => Some(block),
            Err(BlockError::HostBits { network, prefix }) => self.refuse(
                Complaint::error("config-block-bits")
                    .text("value", &text)
                    .text("block", format!("{network}/{prefix}"))
                    .hint("config-block-bits-hint"),
            ),
            Err(BlockError::Address | BlockError::Prefix) => {
                let complaint = Complaint::error("config-block").text("value", &text);
                self.refuse(complaint.hint("config-block-hint"))
            }
        }
    }

    /// A host name as DNS has it: ASCII, so a Vietnamese name is written in its `xn--` form.
    pub(super) fn host(&self) -> Option<String> {
        let text = self.text()?;
        if is_host(&text) {
            return Some(text.to_ascii_lowercase());
        }
        let complaint = Complaint::error("config-host").text("value", &text);
        self.refuse(complaint.hint("config-host-hint"))
    }

    /// A mail address without a display name.
    pub(super) fn mailbox(&self) -> Option<String> {
        let text = self.text()?;
        let legal = |c: char| c.is_ascii_graphic() && !"<>()[]\\,;:\"@".contains(c);
        let parts = text.rsplit_once('@');
        let valid = parts.is_some_and(|(local, host)| {
            !local.is_empty() && local.chars().all(legal) && is_host(host)
        });
        if valid && text.len() <= MAILBOX_CHARACTERS_MAX {
            return Some(text);
        }
        let complaint = Complaint::error("config-mailbox").text("value", &text);
        self.refuse(complaint.hint("config-mailbox-hint"))
    }
}
