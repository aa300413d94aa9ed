//! What is filled in, from where, what is missing, and that the record keeps all of it.

use duphong::base::digest::Digest;
use duphong::base::fault::Fault as _;
use duphong::document::form_pdf;
use duphong::incident::form::fact::{
    Entry, FileFacts, FormRecord, MAU_03, Mark, Origin, VERSION, Value,
};
use duphong::incident::form::{Filled, FormError, printed};
use duphong::incident::settings::{Reporter, System};
use duphong::text::{Catalog, Language};

use crate::incident::form::kit::{
    ANSWERS, bare, draft, files, fill, full, known, reporter, system,
};

fn entry(filled: &Filled, number: usize) -> &Entry {
    &filled.entries()[number - 1]
}

fn configured(key: &str) -> Origin {
    Origin::Configuration(key.to_owned())
}

#[test]
fn every_value_says_where_it_came_from() {
    let filled = full();
    for (number, origin) in [
        (1, configured("incidents.reporter.name")),
        (8, configured("incidents.reporter.contact-email")),
        (9, configured("portals.mau.operator")),
        (12, configured("portals.mau.level")),
        (15, configured("portals.mau.hosting")),
        (16, Origin::Incident),
        (17, Origin::Incident),
        (19, Origin::Incident),
        (20, Origin::Person),
        (21, Origin::Person),
        (24, configured("portals.mau.system.services")),
        (26, configured("portals.mau.system.addresses")),
        (31, Origin::Person),
        (32, Origin::Clock),
        (33, Origin::Person),
    ] {
        assert_eq!(entry(&filled, number).origin, origin, "{number}");
    }
    let nobody_said = fill(&reporter(), &system(), &known(), "").unwrap();
    assert_eq!(entry(&nobody_said, 20).origin, Origin::Observation);
    assert_eq!(entry(&nobody_said, 21).origin, Origin::Observation);
    assert_eq!(entry(&nobody_said, 30).origin, Origin::Blank);
    assert_eq!(entry(&nobody_said, 33).origin, Origin::Hand);
}

#[test]
fn blanks_are_the_mandatory_fields_that_nothing_fills() {
    let numbers = |filled: &Filled| filled.blanks().iter().map(|f| f.number).collect::<Vec<_>>();
    assert_eq!(numbers(&full()), Vec::<u8>::new());
    assert_eq!(numbers(&bare()), [1, 2, 3, 4, 5, 7, 8, 9, 16, 19, 20, 21]);
    let emptied = fill(&reporter(), &system(), &known(), "{contact: '', 16: null}").unwrap();
    assert_eq!(numbers(&emptied), [5, 16]);
    assert_eq!(entry(&emptied, 5).origin, Origin::Person);
}

#[test]
fn an_internal_address_is_refused_wherever_it_comes_from() {
    let refused = |error: FormError, address: &str| {
        assert_eq!(error.code(), "incident.answer-not-public");
        assert!(error.to_string().contains(address), "{error}");
    };
    for address in ["10.0.0.8", "192.168.1.1", "127.0.0.1", "169.254.0.1", "fd00::1", "fe80::1"] {
        let answers = format!("addresses: [203.162.0.181, '{address}']");
        refused(fill(&reporter(), &system(), &known(), &answers).unwrap_err(), address);
        let inside = System { addresses: vec![address.parse().unwrap()], ..system() };
        refused(fill(&reporter(), &inside, &known(), ANSWERS).unwrap_err(), address);
        // An answer that takes it out lets the form be filled in.
        fill(&reporter(), &inside, &known(), "addresses: []").unwrap();
    }
}

#[test]
fn odd_numbers_and_addresses_of_people_are_warnings() {
    assert!(full().warnings().is_empty());
    let some = |text: &str| Some(text.to_owned());
    let odd = Reporter { phone: some("gọi cho An"), contact_email: some("an@"), ..reporter() };
    let warned = fill(&odd, &system(), &known(), ANSWERS).unwrap().warnings();
    let ids: Vec<_> = warned.iter().map(|warning| warning.id).collect();
    assert_eq!(ids, ["incident-form-odd-phone", "incident-form-odd-email"]);
}

fn record(filled: &Filled, pdf: &[u8]) -> FormRecord {
    FormRecord {
        version: VERSION,
        form: MAU_03.to_owned(),
        incident: 7,
        made: known().made,
        mark: Mark::Draft,
        fields: filled.entries().to_vec(),
        blanks: filled.blanks().iter().map(|field| field.number).collect(),
        files: vec![FileFacts {
            format: "pdf".to_owned(),
            digest: Digest::of(pdf),
            bytes: pdf.len() as u64,
        }],
    }
}

#[test]
fn the_same_files_are_made_again_from_the_record_alone() {
    for (filled, pdf) in [(full(), &FULL.0), (bare(), &BARE.0)] {
        let text = serde_json::to_string(&record(&filled, pdf)).unwrap();
        let read: FormRecord = serde_json::from_str(&text).unwrap();
        let again = Filled::recorded(read.fields).unwrap();
        assert_eq!(again, filled);
        let form = printed(&again, read.mark);
        let pdf = form_pdf(&form, &Catalog::new(Language::Vietnamese), read.made).unwrap();
        assert_eq!(Digest::of(&pdf), read.files[0].digest);
    }
    assert_eq!(Filled::recorded(full().entries()[1..].to_vec()), None);
}

#[test]
fn the_golden_record_still_reads() {
    let golden = include_str!("golden/form-record-1.json");
    let read: FormRecord = serde_json::from_str(golden).unwrap();
    assert_eq!(read.version, 1);
    assert_eq!(Filled::recorded(read.fields.clone()), Some(full()));
    assert!(matches!(&read.fields[11].value, Some(Value::Ticked(boxes)) if boxes[0].option == "3"));
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(golden).unwrap());
}

/// Writes the golden record anew: `DUPHONG_TEST_KEEP` names the folder.
#[test]
fn the_record_is_kept_where_someone_asks_for_it() {
    if let Some(folder) = std::env::var_os("DUPHONG_TEST_KEEP") {
        let text = serde_json::to_string_pretty(&record(&full(), &FULL.0)).unwrap();
        std::fs::write(std::path::Path::new(&folder).join("form-record-1.json"), text).unwrap();
    }
}
