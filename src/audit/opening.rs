//! What is proven of an entry, and what is read: commitments and their openings.
//!
//! The tree commits to who did it, on what, and to each fact by a salted hash, never to the words
//! themselves. So a field can be withheld later, from an export or from everybody, and every proof
//! still holds; and who sees the commitment alone cannot try values until one fits, since the salt
//! of each field is as good as random. The line with the words and the seed of its salts is kept in
//! the tail, which is on the disk before the leaf is hashed and stays for good.
//!
//! Guarantees: a line read from a tail yields the leaf that it opens, so whoever holds the leaf
//! compares. Lines of version 1 have no commitments: they are their own leaves.
//! Format: `docs/formats/audit-log.md`.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use crate::audit::entry::{Actor, Entry};

/// Random bytes from which the salts of one entry are derived.
pub(super) type Seed = [u8; 32];

/// The version of entries whose leaf says everything in the clear.
const PLAIN: u32 = 1;

/// What stands before the name of a field where its salt is derived.
const SALT: &[u8] = b"duphong audit salt\n";

/// What stands before everything that is committed to; 0 and 1 are leaves and nodes of RFC 6962.
const COMMITMENT: [u8; 1] = [2];

/// How a line of a tail ends, around its seed in base64.
const SEED_BEGIN: &[u8] = br#","seed":""#;
const SEED_TEXT: usize = 44;
const SEED_END: &[u8] = br#""}"#;

/// One entry as the log keeps it.
pub(super) struct Kept {
    /// What it says.
    pub(super) entry: Entry,
    /// The line that is hashed, and that `tile/entries` holds.
    pub(super) leaf: Vec<u8>,
    /// What opens the leaf; `None` where the leaf says everything itself.
    seed: Option<Seed>,
}

impl Kept {
    /// A new entry.
    pub(super) fn new(entry: Entry, seed: Seed) -> Self {
        let leaf = leaf(&entry, &seed);
        Self { entry, leaf, seed: Some(seed) }
    }

    /// A leaf that says everything itself; `None` for any other.
    pub(super) fn plain(leaf: &[u8]) -> Option<Self> {
        let entry = Entry::from_line(leaf).filter(|entry| entry.v == PLAIN)?;
        Some(Self { entry, leaf: leaf.to_vec(), seed: None })
    }

    /// Reads a line of a tail; `None` if it is none.
    pub(super) fn from_tail(line: &[u8]) -> Option<Self> {
        let Some((text, seed)) = split_seed(line) else { return Self::plain(line) };
        let entry = Entry::from_line(&text).filter(|entry| entry.v != PLAIN)?;
        Some(Self::new(entry, seed))
    }

    /// The line of a tail, without its line feed.
    pub(super) fn tail_line(&self) -> Vec<u8> {
        let mut line = self.entry.to_line();
        if let Some(seed) = &self.seed {
            line.pop_if(|byte| *byte == b'}');
            line.extend_from_slice(SEED_BEGIN);
            line.extend_from_slice(BASE64.encode(seed).as_bytes());
            line.extend_from_slice(SEED_END);
        }
        line
    }

    /// What an export says of this entry beside its leaf: each field with its salt, so that single
    /// ones can be left out. `None` where the leaf says everything itself.
    pub(super) fn opening(&self) -> Option<Vec<u8>> {
        let salts = Salts::of(self.seed.as_ref()?);
        let mut opening = Map::new();
        opening.insert("seq".to_owned(), self.entry.seq.into());
        for (field, value) in fields(&self.entry) {
            let salt = BASE64.encode(&salts.salt(&field));
            opening.insert(field, json!([salt, value]));
        }
        Some(serde_json::to_vec(&opening).expect("an entry is made of texts and whole numbers"))
    }
}

/// Whether the leaf holds commitments, so that somebody must open it.
pub(super) fn is_sealed(leaf: &[u8]) -> bool {
    !leaf.starts_with(br#"{"v":1,"#)
}

/// The fields that the leaf commits to, in the order of the entry.
fn fields(entry: &Entry) -> impl Iterator<Item = (String, Value)> {
    let texts = [("actor.name", &entry.actor.name), ("subject", &entry.subject)];
    let texts = texts.map(|(field, text)| (field.to_owned(), Value::String(text.clone())));
    let facts = entry.facts.iter().map(|(name, value)| (format!("facts.{name}"), value.clone()));
    texts.into_iter().chain(facts)
}

/// The canonical line in which commitments stand for values.
fn leaf(entry: &Entry, seed: &Seed) -> Vec<u8> {
    let salts = Salts::of(seed);
    let sealed = |field: &str, value: &Value| salts.commitment(field, value);
    let facts = entry.facts.iter().map(|(name, value)| {
        (name.clone(), Value::String(sealed(&format!("facts.{name}"), value)))
    });
    let name = sealed("actor.name", &Value::String(entry.actor.name.clone()));
    let leaf = Entry {
        actor: Actor { kind: entry.actor.kind, name },
        subject: sealed("subject", &Value::String(entry.subject.clone())),
        facts: facts.collect(),
        v: entry.v,
        seq: entry.seq,
        at: entry.at,
        clock_back_ms: entry.clock_back_ms,
        kind: entry.kind,
        verb: entry.verb.clone(),
        intent: entry.intent,
        took_ms: entry.took_ms,
        result: entry.result,
        code: entry.code.clone(),
        number: entry.number.clone(),
        session: entry.session.clone(),
    };
    leaf.to_line()
}

/// The salts of one entry.
struct Salts(Hmac<Sha256>);

impl Salts {
    fn of(seed: &Seed) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(seed).expect("HMAC takes keys of every length");
        Self(mac.chain_update(SALT))
    }

    fn salt(&self, field: &str) -> [u8; 32] {
        self.0.clone().chain_update(field).finalize().into_bytes().into()
    }

    /// In base64: the hash of the salt, and of the field with its value as one spelling of JSON.
    fn commitment(&self, field: &str, value: &Value) -> String {
        let said = serde_json::to_vec(&(field, value)).expect("texts and whole numbers");
        let hash = Sha256::new().chain_update(COMMITMENT).chain_update(self.salt(field));
        BASE64.encode(&hash.chain_update(said).finalize())
    }
}

/// Takes the seed out of a line; what is left is the entry.
fn split_seed(line: &[u8]) -> Option<(Vec<u8>, Seed)> {
    let end = SEED_BEGIN.len() + SEED_TEXT + SEED_END.len();
    let (entry, rest) = line.split_at_checked(line.len().checked_sub(end)?)?;
    let text = rest.strip_prefix(SEED_BEGIN)?.strip_suffix(SEED_END)?;
    let seed = BASE64.decode(text).ok()?.try_into().ok()?;
    Some(([entry, b"}"].concat(), seed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::entry::{Deed, Draft, Kind};

    fn kept(seed: u8) -> Kept {
        let deed = Deed::new("key.confirmed", "kho-1").fact("held", true).fact("n", 5);
        let draft = Draft::new(&Actor::person("an"), Kind::Record, deed);
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        Kept::new(draft.place(7, now, None), [seed; 32])
    }

    /// What `printf | openssl dgst` makes of the same bytes.
    #[test]
    fn the_salt_and_the_commitment_are_those_of_the_format() {
        let salts = Salts::of(&[1; 32]);
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        assert_eq!(hex(&salts.salt("facts.held")), SALT_KNOWN);
        assert_eq!(salts.commitment("facts.held", &Value::Bool(true)), COMMITMENT_KNOWN);
    }

    const SALT_KNOWN: &str = "0517d97fd14f5f10e13b93e45b1e121aff7e18273a7e710200034e3ced732a4e";
    const COMMITMENT_KNOWN: &str = "5MttKThzbeq0kS1kfnvKhFaa4VQNAHn4Zvsj0PtEPK8=";

    #[test]
    fn a_line_of_a_tail_yields_its_entry_and_the_leaf_that_it_opens() {
        let kept = kept(1);
        let line = kept.tail_line();
        let again = Kept::from_tail(&line).unwrap();
        assert_eq!((&again.entry, &again.leaf), (&kept.entry, &kept.leaf));
        assert_eq!(again.tail_line(), line);
        let text = String::from_utf8(kept.leaf.clone()).unwrap();
        assert!(is_sealed(&kept.leaf) && !text.contains("kho-1") && !text.contains("\"an\""));
        assert!(Kept::from_tail(&kept.leaf).is_none(), "a leaf opens nothing");
        assert!(Kept::from_tail(&kept.entry.to_line()).is_none(), "nor does one without a seed");
        assert!(Kept::plain(&kept.leaf).is_none());
    }

    #[test]
    fn the_same_words_twice_have_nothing_in_common_without_their_salts() {
        let commitments = |kept: &Kept| {
            let leaf: Value = serde_json::from_slice(&kept.leaf).unwrap();
            [&leaf["subject"], &leaf["facts"]["held"], &leaf["facts"]["n"], &leaf["actor"]["name"]]
                .map(|text| BASE64.decode(text.as_str().unwrap().as_bytes()).unwrap())
        };
        let (one, other) = (commitments(&kept(1)), commitments(&kept(2)));
        for (index, commitment) in one.iter().chain(&other).enumerate() {
            assert_eq!(commitment.len(), 32);
            assert!(!one.iter().chain(&other).skip(index + 1).any(|later| later == commitment));
        }
    }

    #[test]
    fn an_opening_names_each_field_once_and_no_seed() {
        let opening = String::from_utf8(kept(1).opening().unwrap()).unwrap();
        let value: Map<String, Value> = serde_json::from_str(&opening).unwrap();
        let names: Vec<_> = value.keys().map(String::as_str).collect();
        assert_eq!(names, ["seq", "actor.name", "subject", "facts.held", "facts.n"]);
        assert_eq!((&value["facts.n"][1], &value["subject"][1]), (&5.into(), &"kho-1".into()));
        assert!(!opening.contains(&BASE64.encode(&[1; 32])));
    }
}
