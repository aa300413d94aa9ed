//! Reads where a bucket is, and holds buckets against each other.
//!
//! Sets are encrypted before they leave this machine, so that plain HTTP would not show them; but
//! it lets anyone on the way delete and replace them. So it is for this machine and for networks
//! that the file itself names as inside.

use std::net::IpAddr;

use crate::base::address::Block;
use crate::base::written::is_host;
use crate::config::decode::Cursor;
use crate::config::keys;
use crate::config::problem::Complaint;
use crate::config::secret::SecretSource;
use crate::config::settings::Bucket;

/// What servers that know no regions are signed for, restic's default too.
const REGION_DEFAULT: &str = "us-east-1";

/// Leaves room for the longest name of an object in the 1024 bytes that a key may have.
const PREFIX_BYTES_MAX: usize = 200;

/// A bucket and what opens it.
pub(super) fn bucket(value: &Cursor<'_>) -> Option<Bucket> {
    let section = value.section(&keys::BUCKET)?;
    let endpoint = section.need("endpoint", endpoint);
    let name = section.need("bucket", name);
    let prefix = section.get("prefix").map(|value| prefix(&value));
    let region = section.may("region", region);
    let credentials = section.need("credentials", Cursor::secret);
    let path_style = section.may("path-style", Cursor::boolean);
    let authorities = section.may("authorities", Cursor::path);
    Some(Bucket {
        endpoint: endpoint?,
        name: name?,
        prefix: prefix.unwrap_or(Some(String::new()))?,
        region: region.unwrap_or_else(|| REGION_DEFAULT.to_owned()),
        credentials: credentials?,
        path_style: path_style.unwrap_or(true),
        authorities,
        object_lock: None,
    })
}

/// The place that restic would call by this name: `s3:https://host/bucket/prefix`. What opens it,
/// and whatever else a configuration would say, is for the caller to give.
pub fn called(text: &str, credentials: SecretSource) -> Option<Bucket> {
    let (scheme, rest) = text.strip_prefix("s3:")?.split_once("://")?;
    let (authority, path) = rest.split_once('/')?;
    let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
    Some(Bucket {
        endpoint: as_endpoint(&format!("{scheme}://{authority}"))?,
        name: Some(name).filter(|name| is_name(name))?.to_owned(),
        prefix: if prefix.is_empty() { String::new() } else { as_prefix(prefix)? },
        region: REGION_DEFAULT.to_owned(),
        credentials,
        path_style: true,
        authorities: None,
        object_lock: None,
    })
}

/// `https://host` or `https://host:port`, nothing behind it: the bucket has its own key.
fn endpoint(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    // Not repeated: a person may have put a key in front of the host.
    let complaint = || Complaint::error("config-endpoint").hint("config-endpoint-hint");
    as_endpoint(&text).or_else(|| value.refuse(complaint()))
}

fn as_endpoint(text: &str) -> Option<String> {
    let text = text.strip_suffix('/').unwrap_or(text).to_ascii_lowercase();
    let (scheme, authority) = text.split_once("://")?;
    // One server is called by one name, so that two repositories in one place are noticed.
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let short = authority.strip_suffix(usual).unwrap_or(authority);
    is_authority(authority).then(|| format!("{scheme}://{short}"))
}

fn is_authority(text: &str) -> bool {
    let port = |text: &str| text.parse::<u16>().is_ok_and(|port| port != 0);
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let port = rest.is_empty() || rest.strip_prefix(':').is_some_and(port);
        return port && address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    match text.split_once(':') {
        Some((host, digits)) => is_host(host) && port(digits),
        None => is_host(text),
    }
}

fn name(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    if is_name(&text) {
        return Some(text);
    }
    let complaint = Complaint::error("config-bucket").text("value", &text);
    value.refuse(complaint.hint("config-bucket-hint"))
}

/// Whether this names a bucket, by the rules that all servers share.
fn is_name(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    (3..=63).contains(&text.len())
        && text.chars().all(legal)
        && edge(text.chars().next())
        && edge(text.chars().last())
        && !text.contains("..")
}

fn prefix(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    as_prefix(&text).or_else(|| {
        let complaint = Complaint::error("config-prefix").text("value", &text);
        value.refuse(complaint.hint("config-prefix-hint"))
    })
}

fn as_prefix(text: &str) -> Option<String> {
    let bare = text.strip_suffix('/').unwrap_or(text);
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let segment =
        |text: &str| !text.is_empty() && text != "." && text != ".." && text.chars().all(legal);
    let valid = bare.len() <= PREFIX_BYTES_MAX && bare.split('/').all(segment);
    valid.then(|| bare.to_owned())
}

fn region(value: &Cursor<'_>) -> Option<String> {
    let text = value.text()?;
    if is_region(&text) {
        return Some(text);
    }
    let complaint = Complaint::error("config-region").text("value", &text);
    value.refuse(complaint.hint("config-region-hint"))
}

/// Whether requests can be signed for a region of this name.
pub fn is_region(text: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    !text.is_empty() && text.chars().all(legal)
}

/// What no bucket can be judged by alone: whether its server may be asked in the clear, and whether
/// another repository lies in the same place. Each comes with the place it was read from.
pub(super) fn check(buckets: &[(Cursor<'_>, Bucket)], inside: &[Block]) {
    for (position, (place, bucket)) in buckets.iter().enumerate() {
        if let Some(host) = bucket.endpoint.strip_prefix("http://") {
            place.complain(in_the_clear(host, inside).text("endpoint", &bucket.endpoint));
        }
        let other = buckets[..position].iter().find(|(_, other)| overlap(bucket, other));
        if let Some((other, _)) = other {
            let complaint = Complaint::error("config-same-bucket").text("other-key", &other.path);
            place.complain(complaint.text("place", bucket).hint("config-same-bucket-hint"));
        }
    }
}

/// Whether this bucket would be asked without TLS beyond this machine.
pub fn is_open(bucket: &Bucket) -> bool {
    bucket.endpoint.strip_prefix("http://").is_some_and(|authority| !is_near(authority, &[]))
}

fn is_near(authority: &str, inside: &[Block]) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let near =
        |address: IpAddr| address.is_loopback() || inside.iter().any(|block| block.holds(address));
    host == "localhost" || host.parse().is_ok_and(near)
}

fn in_the_clear(authority: &str, inside: &[Block]) -> Complaint {
    if is_near(authority, inside) {
        Complaint::warning("config-endpoint-clear").hint("config-endpoint-clear-hint")
    } else {
        Complaint::error("config-endpoint-open").hint("config-endpoint-open-hint")
    }
}

/// Whether one lies in the other: the objects of the inner one would stand among the other's.
fn overlap(a: &Bucket, b: &Bucket) -> bool {
    let within = |inner: &str, outer: &str| {
        outer.is_empty() || inner == outer || inner.starts_with(&format!("{outer}/"))
    };
    (&a.endpoint, &a.name) == (&b.endpoint, &b.name)
        && (within(&a.prefix, &b.prefix) || within(&b.prefix, &a.prefix))
}
