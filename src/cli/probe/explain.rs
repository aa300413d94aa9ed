//! `probe explain`: one look, told whole: every hop, what names and certificates said, and each
//! condition with the value seen. Keeps nothing and records nothing.

use serde_json::{Value, json};

use crate::base::fault::{AnyFault, Args as Values};
use crate::cli::frame::Frame;
use crate::cli::probe::{Which, families, took};
use crate::cli::report::Report;
use crate::cli::table::{List, hanging};
use crate::job::probe;
use crate::probe::http::{Fetched, Hop};
use crate::probe::look::{FamilyLook, Looked, Seen};
use crate::probe::tls::Certificates;
use crate::world::net::Family;
use crate::world::net::names::Answer;

/// Looks at each probe and tells all of it.
pub(super) fn explain(which: &Which, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let (mut lines, mut results) = (Vec::new(), Vec::new());
    for (portal, probe) in probe::plan(&site, which.portal.as_deref(), which.probe.as_deref())? {
        let looked = probe::look_only(&site, probe)?;
        let mut list = List::default();
        list.row(frame.word("label-portal"), &portal.id);
        list.row(frame.word("label-probe"), &probe.name);
        list.row(frame.word("label-together"), frame.catalog.say(&looked.state.message()));
        lines.extend(list.lines());
        for family in &looked.families {
            lines.push(String::new());
            lines.extend(told(frame, family));
        }
        lines.push(String::new());
        results.push(as_json(frame, &portal.id, &probe.name, &looked));
    }
    let report = Report::done(json!({ "probes": results }));
    if results.is_empty() {
        return Ok(report.sentence(&frame.word("probe-list-empty")));
    }
    Ok(report.lines(lines))
}

fn told(frame: &Frame, look: &FamilyLook) -> Vec<String> {
    let mut lines = vec![
        frame.about(look.family.name(), &frame.catalog.say(&look.judgement.verdict.message())),
    ];
    let reasons = look.judgement.reasons.iter();
    lines.extend(reasons.flat_map(|one| hanging("  - ", &frame.catalog.say(&one.message()))));
    let mut list = List::default();
    match &look.seen {
        Seen::Http(fetched) => page(frame, fetched, &mut list),
        Seen::Tls(shaken) => {
            names(frame, &shaken.names, &mut list);
            if let Some(address) = shaken.address {
                list.row(frame.word("label-address"), address.to_string());
            }
            if let Some(protocol) = &shaken.protocol {
                list.row(frame.word("label-protocol"), protocol);
            }
            certificates(frame, shaken.certificates.as_ref(), &mut list);
        }
        Seen::Dns(asked) => {
            names(frame, &[(look.family, asked.answer.clone())], &mut list);
        }
    }
    list.row(frame.word("label-took"), took(frame, Some(look.took)));
    lines.extend(list.lines().into_iter().map(|line| format!("  {line}")));
    lines
}

fn page(frame: &Frame, fetched: &Fetched, list: &mut List) {
    for hop in &fetched.hops {
        let status = hop.status.map_or_else(|| "—".to_owned(), |status| status.to_string());
        list.row(frame.word("label-request"), format!("{} → {status}", hop.url));
        names(frame, &hop.names, list);
        if let Some(address) = hop.address {
            list.row(frame.word("label-address"), address.to_string());
        }
        list.row(frame.word("label-phases"), phases(frame, hop));
        certificates(frame, hop.certificates.as_ref(), list);
    }
    if let Ok(answer) = &fetched.end {
        let bytes = Values::none().number("bytes", answer.body.len() as u64);
        list.row(frame.word("label-body"), frame.say("probe-bytes", bytes));
    }
}

fn phases(frame: &Frame, hop: &Hop) -> String {
    let values = Values::none()
        .text("resolved", took(frame, hop.resolved))
        .text("secured", took(frame, hop.secured))
        .text("answered", took(frame, hop.answered));
    frame.say("probe-phases", values)
}

fn names(frame: &Frame, said: &[(Family, Answer)], list: &mut List) {
    for (family, answer) in said {
        let kind = match family {
            Family::Ipv4 => "A",
            Family::Ipv6 => "AAAA",
        };
        list.row(kind, answer_words(frame, answer));
    }
}

fn answer_words(frame: &Frame, answer: &Answer) -> String {
    match answer {
        Answer::Addresses(addresses) => joined(addresses),
        Answer::Empty => frame.word("probe-answer-empty"),
        Answer::NoSuchName => "NXDOMAIN".to_owned(),
        Answer::Failed(code) => code.clone(),
        Answer::Silent => frame.word("probe-answer-silent"),
        Answer::Invalid => frame.word("probe-answer-invalid"),
    }
}

fn certificates(frame: &Frame, shown: Option<&Certificates>, list: &mut List) {
    let Some(shown) = shown else { return };
    let format = frame.catalog.format();
    for certificate in &shown.chain {
        let words = certificate.as_ref().map_or_else(
            || frame.word("probe-certificate-unreadable"),
            |one| {
                let until = one.not_after.map_or_else(|| "—".to_owned(), |at| format.instant(at));
                let values = Values::none()
                    .text("subject", &one.subject)
                    .text("issuer", &one.issuer)
                    .text("names", one.names.join(", "))
                    .text("until", until)
                    .text("days", one.days_left);
                frame.say("probe-certificate", values)
            },
        );
        list.row(frame.word("label-certificate"), words);
    }
    list.row(frame.word("label-revocation"), frame.word("probe-revocation"));
}

fn joined<T: ToString>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn as_json(frame: &Frame, portal: &str, probe: &str, looked: &Looked) -> Value {
    let seen: Vec<_> = looked
        .families
        .iter()
        .map(|one| {
            let mut seen = match &one.seen {
                Seen::Http(fetched) => json!({
                    "hops": fetched.hops.iter().map(hop_json).collect::<Vec<_>>(),
                    "bytes": fetched.end.as_ref().ok().map(|answer| answer.body.len()),
                }),
                Seen::Tls(shaken) => json!({
                    "names": names_json(&shaken.names),
                    "address": shaken.address.map(|address| address.to_string()),
                    "protocol": shaken.protocol,
                    "certificates": shaken.certificates.as_ref().map(chain_json),
                }),
                Seen::Dns(asked) => json!({
                    "names": names_json(&[(one.family, asked.answer.clone())]),
                }),
            };
            seen["family"] = json!(one.family.as_str());
            seen
        })
        .collect();
    json!({
        "portal": portal,
        "probe": probe,
        "at": looked.at.to_string(),
        "state": looked.state.as_str(),
        "families": families(frame, &looked.records()),
        "seen": seen,
        "revocation-checked": false,
    })
}

fn hop_json(hop: &Hop) -> Value {
    let ms = |duration: Option<std::time::Duration>| {
        duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    };
    json!({
        "url": hop.url,
        "names": names_json(&hop.names),
        "address": hop.address.map(|address| address.to_string()),
        "status": hop.status,
        "resolved-ms": ms(hop.resolved),
        "secured-ms": ms(hop.secured),
        "answered-ms": ms(hop.answered),
        "certificates": hop.certificates.as_ref().map(chain_json),
    })
}

fn names_json(said: &[(Family, Answer)]) -> Vec<Value> {
    said.iter()
        .map(|(family, answer)| {
            let word = match answer {
                Answer::Addresses(_) => "addresses",
                Answer::Empty => "empty",
                Answer::NoSuchName => "nxdomain",
                Answer::Failed(code) => code.as_str(),
                Answer::Silent => "silent",
                Answer::Invalid => "invalid",
            };
            let addresses = answer.addresses().iter().map(ToString::to_string);
            json!({
                "family": family.as_str(),
                "answer": word,
                "addresses": addresses.collect::<Vec<_>>(),
            })
        })
        .collect()
}

fn chain_json(shown: &Certificates) -> Value {
    let chain = shown.chain.iter().map(|one| {
        one.as_ref().map(|one| {
            json!({
                "subject": one.subject,
                "issuer": one.issuer,
                "names": one.names,
                "not-before": one.not_before.map(|at| at.to_string()),
                "not-after": one.not_after.map(|at| at.to_string()),
                "days-left": one.days_left,
            })
        })
    });
    json!({
        "chain": chain.collect::<Vec<_>>(),
        "flaw": shown.flaw.as_ref().map(crate::probe::tls::Flaw::as_str),
    })
}
