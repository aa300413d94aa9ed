//! Sealing what a server answered, before anything is done about it (NĐ 333/2026 Điều 9.2).

use jiff::Timestamp;
use serde_json::json;

use crate::base::fault::AnyFault;
use crate::incident::fact::Sealed;
use crate::job::evidence;
use crate::job::site::Site;
use crate::probe::deface::asks;
use crate::probe::deface::fact::{SealedAnswer, Variant};
use crate::probe::http::Fetched;
use crate::probe::page::fold::one_line;

/// The longest media type that is believed.
const MEDIA_MAX: usize = 100;

/// Seals every answer: its head (what was asked, the chain of redirects, status and fields, as
/// JSON) and its body as it was received, decoded from its transfer.
pub(super) fn all(
    site: &Site,
    url: &str,
    at: Timestamp,
    answers: &[(Variant, Fetched)],
) -> Result<Vec<(SealedAnswer, Sealed)>, AnyFault> {
    let mut sealed = Vec::new();
    for (variant, fetched) in answers {
        let head = serde_json::to_vec_pretty(&head(url, at, *variant, fetched))
            .expect("texts and whole numbers");
        sealed.push(one(site, (url, *variant, "head"), &head, "application/json")?);
        if let Ok(answer) = &fetched.end {
            let media = answer.header("content-type").unwrap_or("application/octet-stream");
            let media = one_line(media, MEDIA_MAX);
            sealed.push(one(site, (url, *variant, "body"), &answer.body, &media)?);
        }
    }
    Ok(sealed)
}

fn one(
    site: &Site,
    (url, variant, part): (&str, Variant, &str),
    bytes: &[u8],
    media_type: &str,
) -> Result<(SealedAnswer, Sealed), AnyFault> {
    let what = format!("{url} {} {part}", variant.as_str());
    let digest = evidence::seal(site, bytes, media_type, &what)?;
    let answer =
        SealedAnswer { variant, part: part.to_owned(), digest, media_type: media_type.to_owned() };
    let sealed = Sealed {
        digest,
        bytes: bytes.len() as u64,
        media_type: media_type.to_owned(),
        what,
        by: None,
    };
    Ok((answer, sealed))
}

fn head(url: &str, at: Timestamp, variant: Variant, fetched: &Fetched) -> serde_json::Value {
    let (agent, referrer) = asks(variant);
    let hops = fetched.hops.iter().map(|hop| {
        json!({
            "url": hop.url,
            "address": hop.address.map(|address| address.to_string()),
            "status": hop.status,
        })
    });
    let end = match &fetched.end {
        Ok(answer) => json!({
            "url": answer.url,
            "status": answer.status,
            "fields": answer.headers,
            "body-bytes": answer.body.len(),
            "body-cut": answer.cut,
        }),
        Err(trouble) => json!({ "trouble": format!("{trouble:?}") }),
    };
    json!({
        "version": 1,
        "asked": { "url": url, "at": at.to_string(), "user-agent": agent, "referer": referrer },
        "hops": hops.collect::<Vec<_>>(),
        "end": end,
    })
}
