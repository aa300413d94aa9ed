//! The stored form of a node: restic's field names, order and conventions.
//!
//! Names are quoted ([`quote`](crate::repository::quote)), bytes are base64, times are RFC 3339
//! with nanoseconds; a link target that is not UTF-8 goes into a field of its own beside a
//! readable approximation. Fields that are zero or empty are left out where restic leaves them out.

use std::borrow::Cow;
use std::io;

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::repository::id::BlobId;
use crate::repository::malformed::Malformed;
use crate::repository::quote::{quote, unquote};
use crate::repository::tree::{Attribute, Node, NodeKind};

const WHAT: &str = "node";

/// Years that Go can write: 0000-01-01T00:00:00Z.
const TIME_MIN: i64 = -62_167_219_200;

/// Years that Go can write: 9999-12-30T22:00:00Z, where every zone still has four digits.
const TIME_MAX: i64 = 253_402_207_200;

/// A node as JSON. Borrows while writing; the strings of a read one may need unescaping and are
/// owned then.
#[derive(Serialize, Deserialize)]
pub(super) struct NodeJson<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: NodeKind,
    #[serde(default, skip_serializing_if = "is_zero")]
    mode: u32,
    #[serde(serialize_with = "write_time")]
    mtime: Timestamp,
    #[serde(serialize_with = "write_time")]
    atime: Timestamp,
    #[serde(serialize_with = "write_time")]
    ctime: Timestamp,
    uid: u32,
    gid: u32,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    user: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    group: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_zero")]
    inode: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    device_id: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    size: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    links: u64,
    #[serde(borrow, default, skip_serializing_if = "str::is_empty")]
    linktarget: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    linktarget_raw: Option<String>,
    #[serde(default, skip_serializing_if = "<[AttributeJson]>::is_empty")]
    extended_attributes: Vec<AttributeJson>,
    #[serde(default, skip_serializing_if = "is_zero")]
    device: u64,
    #[serde(default)]
    content: Option<Cow<'a, [BlobId]>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subtree: Option<BlobId>,
}

#[derive(Clone, Serialize, Deserialize)]
struct AttributeJson {
    name: String,
    /// Base64; Go writes an empty slice as `null` when it never had one.
    #[serde(default)]
    value: Option<String>,
}

impl<'a> NodeJson<'a> {
    pub(super) fn of(node: &'a Node) -> Self {
        let raw = str::from_utf8(&node.link_target).is_err();
        Self {
            name: quote(&node.name).into(),
            kind: node.kind,
            mode: node.mode,
            mtime: node.mtime,
            atime: node.atime,
            ctime: node.ctime,
            uid: node.uid,
            gid: node.gid,
            user: node.user.as_str().into(),
            group: node.group.as_str().into(),
            inode: node.inode,
            device_id: node.device_id,
            size: node.size,
            links: node.links,
            linktarget: String::from_utf8_lossy(&node.link_target),
            linktarget_raw: raw.then(|| BASE64.encode(&node.link_target)),
            extended_attributes: node.attributes.iter().map(AttributeJson::of).collect(),
            device: node.device,
            content: node.content.as_deref().map(Cow::Borrowed),
            subtree: node.subtree,
        }
    }

    pub(super) fn write(&self, json: &mut Vec<u8>) -> Result<(), Malformed> {
        self.serialize(&mut serde_json::Serializer::with_formatter(json, AsGo))
            .map_err(Malformed::because(WHAT))
    }

    pub(super) fn into_node(self) -> Result<Node, Malformed> {
        let link_target = match self.linktarget_raw {
            Some(raw) => decode(&raw)?,
            None => self.linktarget.into_owned().into_bytes(),
        };
        let attributes = self.extended_attributes.into_iter().map(AttributeJson::into_attribute);
        Ok(Node {
            name: unquote(&self.name)?,
            kind: self.kind,
            mode: self.mode,
            mtime: self.mtime,
            atime: self.atime,
            ctime: self.ctime,
            uid: self.uid,
            gid: self.gid,
            user: self.user.into_owned(),
            group: self.group.into_owned(),
            inode: self.inode,
            device_id: self.device_id,
            size: self.size,
            links: self.links,
            link_target,
            attributes: attributes.collect::<Result<_, _>>()?,
            device: self.device,
            content: self.content.map(Cow::into_owned),
            subtree: self.subtree,
        })
    }
}

impl AttributeJson {
    fn of(attribute: &Attribute) -> Self {
        let value = Some(BASE64.encode(&attribute.value));
        Self { name: attribute.name.clone(), value }
    }

    fn into_attribute(self) -> Result<Attribute, Malformed> {
        let value = self.value.as_deref().map(decode).transpose()?.unwrap_or_default();
        Ok(Attribute { name: self.name, value })
    }
}

fn decode(base64: &str) -> Result<Vec<u8>, Malformed> {
    BASE64.decode(base64.as_bytes()).map_err(Malformed::because(WHAT))
}

fn is_zero<N: Default + PartialEq>(number: &N) -> bool {
    *number == N::default()
}

/// Go cannot write years before 0 or after 9999; file systems can hold both.
fn write_time<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    let seconds = time.as_second();
    if (TIME_MIN..TIME_MAX).contains(&seconds) {
        return serializer.collect_str(time);
    }
    let nearest = if seconds < 0 { TIME_MIN } else { TIME_MAX };
    let clamped = Timestamp::from_second(nearest).map_err(serde::ser::Error::custom)?;
    serializer.collect_str(&clamped)
}

/// Escapes in strings what Go's encoder escapes beyond JSON's needs.
struct AsGo;

impl serde_json::ser::Formatter for AsGo {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let special = ['<', '>', '&', '\u{2028}', '\u{2029}'];
        let mut rest = fragment;
        while let Some(at) = rest.find(special) {
            let (plain, from) = rest.split_at(at);
            let character = from.chars().next().unwrap_or_default();
            write!(writer, "{plain}\\u{:04x}", u32::from(character))?;
            rest = &from[character.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}
