//! What a server sends of a base, cut into its archives and its manifest.
//!
//! The whole base comes as one stream of data, in which the server announces each part; from servers
//! before version 15 each part is a stream of its own, in the order of the tablespaces, and lacks the
//! end mark of its archive, which is put there. A part is read to its end before the next is asked
//! for. After the data come the position where the base is
//! consistent, and a word on damaged pages; without that position nothing was a base.

use std::collections::VecDeque;
use std::io::{self, Read};

use bytes::{Buf, Bytes};

use crate::source::error::SourceError;
use crate::source::postgres::physical::fault::PhysicalFault;
use crate::source::postgres::wire::fault::{Said, WireFault};
use crate::source::postgres::wire::{Message, Row, Wire, as_text, unexpected};

/// What is under way, for messages.
pub(super) const ACT: &str = "send a base";

/// SQLSTATE of damaged data: what the server ends with when pages did not fit their checksums.
const DATA_CORRUPTED: &str = "XX001";

/// More warnings are counted, not told.
const WARNINGS_MAX: usize = 100;

/// A part of a base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// A tar stream: the number of a tablespace, or nothing for the data folder.
    Archive(Option<String>),
    /// The manifest.
    Manifest,
}

/// The end mark of a tar stream.
static END_MARK: [u8; 1024] = [0; 1024];

/// A base as it comes.
pub(super) struct Feed {
    wire: Wire,
    /// Of a server that does not announce parts: those that are still to come.
    parts: Option<VecDeque<Part>>,
    /// Whether what is read is an archive.
    is_archive: bool,
    /// Of the part that is read.
    data: Bytes,
    announced: Option<Part>,
    ended: bool,
    warnings: Vec<String>,
    more: u64,
    /// Why reading failed: what reads a tar stream keeps no more than words.
    failure: Option<SourceError>,
}

/// What a server says before it sends a base.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) position: String,
    pub(super) timeline: String,
    /// Number and place of each tablespace but the server's own.
    pub(super) tablespaces: Vec<(String, String)>,
}

/// What a server says when it has sent a base.
#[derive(Debug)]
pub(super) struct End {
    pub(super) position: String,
    pub(super) timeline: String,
    /// What it warned of, in its own words.
    pub(super) warnings: Vec<String>,
}

impl Feed {
    /// Asks for a base by `command`; `announces` says whether the server announces its parts.
    pub(super) fn start(
        mut wire: Wire,
        command: &str,
        announces: bool,
    ) -> Result<(Self, Start), SourceError> {
        wire.start(ACT, command)?;
        let mut feed = Self {
            wire,
            parts: None,
            is_archive: false,
            data: Bytes::new(),
            announced: None,
            ended: false,
            warnings: Vec::new(),
            more: 0,
            failure: None,
        };
        let (position, timeline) = feed.position()?;
        let mut tablespaces = Vec::new();
        let mut parts = VecDeque::new();
        for row in feed.rows()? {
            // The server's own tablespace has neither number nor place.
            let number = if let [Some(number), Some(place), ..] = &row[..] {
                tablespaces.push((number.clone(), place.clone()));
                Some(number.clone())
            } else {
                None
            };
            parts.push_back(Part::Archive(number));
        }
        match feed.message()? {
            Message::CopyOut => {}
            other => return Err(unexpected(ACT, &other)),
        }
        if !announces {
            parts.push_back(Part::Manifest);
            feed.parts = Some(parts);
            feed.begin_part()?;
        }
        Ok((feed, Start { position, timeline, tablespaces }))
    }

    /// A stream of its own begins: the next part.
    fn begin_part(&mut self) -> Result<(), SourceError> {
        let next = self.parts.as_mut().and_then(VecDeque::pop_front);
        let next = next.ok_or_else(|| WireFault::protocol(ACT, "a part that nobody announced"))?;
        self.is_archive = matches!(next, Part::Archive(_));
        self.announced = Some(next);
        Ok(())
    }

    /// The next part; nothing at the end of the stream. What was not read of the last one is lost.
    pub(super) fn next_part(&mut self) -> Result<Option<Part>, SourceError> {
        while self.announced.is_none() && !self.ended {
            self.data.clear();
            self.fetch()?;
        }
        Ok(self.announced.take())
    }

    /// What the server says behind the stream.
    pub(super) fn end(&mut self) -> Result<End, SourceError> {
        if !self.ended {
            return Err(PhysicalFault::Torn { detail: "it goes on".to_owned() }.into());
        }
        let (position, timeline) = self.position()?;
        // Whatever else the server fails with, it has not ended well.
        loop {
            match self.message() {
                Ok(Message::Ready) => break,
                Ok(Message::Complete) => {}
                Ok(other) => return Err(unexpected(ACT, &other)),
                Err(SourceError::Wire(WireFault::Said { said, .. }))
                    if said.code == DATA_CORRUPTED =>
                {
                    self.warn(&said);
                    break;
                }
                Err(other) => return Err(other),
            }
        }
        let mut warnings = std::mem::take(&mut self.warnings);
        if self.more > 0 {
            warnings.push(format!("{} more warnings", self.more));
        }
        Ok(End { position, timeline, warnings })
    }

    /// Why reading failed, if it did.
    pub(super) fn take_failure(&mut self) -> Option<SourceError> {
        self.failure.take()
    }

    /// A position and its timeline, alone in an answer.
    fn position(&mut self) -> Result<(String, String), SourceError> {
        let rows = self.rows()?;
        match rows.first().map(|row| &row[..]) {
            Some([Some(position), Some(timeline), ..]) => Ok((position.clone(), timeline.clone())),
            _ => Err(WireFault::protocol(ACT, "no position").into()),
        }
    }

    /// The rows of one answer.
    fn rows(&mut self) -> Result<Vec<Row>, SourceError> {
        let mut rows = Vec::new();
        loop {
            match self.message()? {
                Message::Columns => {}
                Message::Row(row) => rows.push(as_text(row)),
                Message::Complete => return Ok(rows),
                other => return Err(unexpected(ACT, &other)),
            }
        }
    }

    /// The next message that is no notice.
    fn message(&mut self) -> Result<Message, SourceError> {
        loop {
            match self.wire.next(ACT)? {
                Message::Notice(said) if said.severity == "WARNING" => self.warn(&said),
                Message::Notice(_) => {}
                other => return Ok(other),
            }
        }
    }

    fn warn(&mut self, said: &Said) {
        if self.warnings.len() < WARNINGS_MAX {
            self.warnings.push(said.to_string());
        } else {
            self.more += 1;
        }
    }

    /// Takes one message of the stream: data, or what announces a part.
    fn fetch(&mut self) -> Result<(), SourceError> {
        if self.parts.is_some() {
            return self.fetch_of_part();
        }
        let mut data = match self.message()? {
            Message::Data(data) => data,
            Message::CopyDone => {
                self.ended = true;
                return Ok(());
            }
            other => return Err(unexpected(ACT, &other)),
        };
        let kind = data.try_get_u8().unwrap_or_default();
        match kind {
            b'd' => self.data = data,
            b'n' => {
                let name = data.split(|&byte| byte == 0).next().unwrap_or_default();
                self.announced = Some(Part::Archive(archive(name)?));
            }
            b'm' => self.announced = Some(Part::Manifest),
            // How far the server is.
            b'p' => {}
            other => {
                let detail = format!("a piece of the unknown kind `{}`", other.escape_ascii());
                return Err(WireFault::protocol(ACT, detail).into());
            }
        }
        Ok(())
    }
}

impl Feed {
    /// The same of a server that does not announce parts.
    fn fetch_of_part(&mut self) -> Result<(), SourceError> {
        match self.message()? {
            Message::Data(data) => self.data = data,
            Message::CopyDone if self.is_archive => {
                self.is_archive = false;
                self.data = Bytes::from_static(&END_MARK);
            }
            Message::CopyDone => {}
            Message::CopyOut => self.begin_part()?,
            // The position where the base is consistent.
            Message::Columns if self.parts.as_ref().is_some_and(VecDeque::is_empty) => {
                self.ended = true;
            }
            other => return Err(unexpected(ACT, &other)),
        }
        Ok(())
    }
}

/// The tablespace of an archive by the archive's name.
fn archive(name: &[u8]) -> Result<Option<String>, SourceError> {
    let text = std::str::from_utf8(name).unwrap_or_default();
    match text.strip_suffix(".tar") {
        Some("base") => Ok(None),
        Some(number) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(Some(number.to_owned()))
        }
        _ => Err(WireFault::protocol(ACT, format!("an archive named `{text}`")).into()),
    }
}

/// The content of the part that came last.
impl Read for Feed {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        while self.data.is_empty() && self.announced.is_none() && !self.ended {
            if let Err(fault) = self.fetch() {
                let words = fault.to_string();
                self.failure.get_or_insert(fault);
                return Err(io::Error::other(words));
            }
        }
        let count = self.data.len().min(bytes.len());
        self.data.split_to(count).copy_to_slice(&mut bytes[..count]);
        Ok(count)
    }
}
