//! A connection of our own to MariaDB or MySQL, for rows alone.
//!
//! The stock client looks at each letter of a script to find where statements end. Here they come
//! cut already, and only travel: one plain command (`COM_QUERY`) at a time, in packets that leave as
//! they fill, so that memory holds one packet whatever the length of a row. While the server works
//! at a statement, the next one may be begun.
//!
//! Who cannot log in here (see [`login`]) gets [`Unable`] before anything was said to the server but
//! who it is, and takes the stock client. Bytes of a server are not trusted: lengths are bounded,
//! and it is never given a file. After a failure the connection is of no more use.

mod login;
mod packet;
mod place;

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::source::mariadb::Settings;
use crate::source::mariadb::wire::packet::{Answer, PACKET_BYTES_MAX, Said};
use crate::source::mariadb::wire::place::Stream;
use crate::world::World;
use crate::world::clock::Monotonic;

/// How often a wish to stop is looked for while a server says nothing.
const LOOK: Duration = Duration::from_millis(100);

/// What stands before the content of each packet: its length and its number.
const HEADER_BYTES: usize = 4;

/// Answers to what we say are some words; the rows of one that has any are passed over.
const ANSWER_BYTES_MAX: usize = 64 << 10;

/// Says that a statement follows.
const QUERY: u8 = 3;

/// Why a connection goes no further.
#[derive(Debug)]
pub(super) enum Failure {
    /// Somebody asked to stop.
    Cancelled,
    /// The server took or said nothing for as long as it may.
    Still,
    /// The connection is lost.
    Lost(io::Error),
    /// The server refused.
    Said(Said),
    /// What came is not what a server says.
    Odd(&'static str),
}

/// Why a login is left to the stock client: a reason for diagnostics. Nothing was changed.
#[derive(Debug)]
pub(super) enum Unable {
    /// Somebody asked to stop, which the stock client is not asked for.
    Cancelled,
    /// Anything else.
    Because(String),
}

impl From<Failure> for Unable {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Cancelled => Self::Cancelled,
            Failure::Still => Self::Because("no answer in time".to_owned()),
            Failure::Lost(error) => Self::Because(error.to_string()),
            Failure::Said(said) => Self::Because(said.to_string()),
            Failure::Odd(what) => Self::Because(what.to_owned()),
        }
    }
}

/// An open connection.
pub(super) struct Wire {
    stream: Stream,
    /// What is being sent: room for a header, then content.
    packet: Vec<u8>,
    /// The number that the next packet bears.
    number: u8,
    /// Whether the server has a statement that it has not answered.
    is_owed: bool,
    cancel: Cancel,
    world: World,
    /// For how long nothing may move.
    still_max: Duration,
    heard_at: Monotonic,
}

impl Wire {
    /// Connects to the database that `settings` name, and logs in. From then on the server may take
    /// `still_max` for what it is asked.
    pub(super) fn open(
        settings: &Settings,
        still_max: Duration,
        world: &World,
        cancel: &Cancel,
    ) -> Result<Self, Unable> {
        let stream = place::connect(settings, world)?;
        let mut wire = Self {
            stream,
            packet: vec![0; HEADER_BYTES],
            number: 0,
            is_owed: false,
            cancel: cancel.clone(),
            world: world.clone(),
            still_max: place::CONNECT_MAX,
            heard_at: world.clock.monotonic(),
        };
        wire.stream.set_timeouts(LOOK).map_err(Failure::Lost)?;
        wire = login::login(wire, settings)?;
        wire.still_max = still_max;
        Ok(wire)
    }

    /// Begins a statement.
    pub(super) fn begin(&mut self) {
        self.packet.truncate(HEADER_BYTES);
        self.packet.push(QUERY);
    }

    /// Adds to the statement.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        loop {
            let room = (HEADER_BYTES + PACKET_BYTES_MAX).saturating_sub(self.packet.len());
            if bytes.len() < room {
                self.packet.extend_from_slice(bytes);
                return Ok(());
            }
            let (fits, rest) = bytes.split_at(room);
            self.packet.extend_from_slice(fits);
            self.leave()?;
            bytes = rest;
        }
    }

    /// Sends what is left of the statement: the server has all of it, and [`settle`](Self::settle)
    /// tells what it says.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        // One that fills its last packet is ended by an empty one.
        self.leave()?;
        self.is_owed = true;
        Ok(())
    }

    /// Waits for the answer to the last statement, if one is owed.
    pub(super) fn settle(&mut self) -> Result<(), Failure> {
        if !self.is_owed {
            return Ok(());
        }
        loop {
            match self.answer()? {
                Answer::Done { has_more: false } => break,
                Answer::Done { has_more: true } => {}
                Answer::Refused(said) => return Err(Failure::Said(said)),
                Answer::File => return Err(Failure::Odd("it wants a file of this machine")),
                Answer::Columns => {
                    if !self.pass_over_rows()? {
                        break;
                    }
                }
            }
        }
        (self.number, self.is_owed) = (0, false);
        Ok(())
    }

    /// Whether a statement is unanswered: a failure was then met waiting for its answer.
    pub(super) fn is_owed(&self) -> bool {
        self.is_owed
    }

    fn answer(&mut self) -> Result<Answer, Failure> {
        let content = self.receive()?;
        Answer::read(&content).ok_or(Failure::Odd("it answers with no answer"))
    }

    /// Reads the descriptions of columns, then rows; whether another answer follows.
    fn pass_over_rows(&mut self) -> Result<bool, Failure> {
        let mut ends = 0;
        loop {
            let content = self.receive()?;
            if content.first() == Some(&packet::REFUSED) {
                let said = Said::read(&content).ok_or(Failure::Odd("it answers with no answer"))?;
                return Err(Failure::Said(said));
            }
            if let Some(has_more) = packet::end_of_rows(&content) {
                ends += 1;
                if ends == 2 {
                    return Ok(has_more);
                }
            }
        }
    }

    /// Sends the packet as it is, once the server has answered for what it had before.
    fn leave(&mut self) -> Result<(), Failure> {
        self.settle()?;
        let sent = self.transmit();
        self.packet.truncate(HEADER_BYTES);
        match sent {
            // It may have said why before it hung up.
            Err(Failure::Lost(error)) => match self.answer() {
                Ok(Answer::Refused(said)) => Err(Failure::Said(said)),
                _ => Err(Failure::Lost(error)),
            },
            other => other,
        }
    }

    fn transmit(&mut self) -> Result<(), Failure> {
        let mut packet = std::mem::take(&mut self.packet);
        let header = packet::header(packet.len().saturating_sub(HEADER_BYTES), self.number);
        packet[..HEADER_BYTES].copy_from_slice(&header);
        self.number = self.number.wrapping_add(1);
        let sent = self.send(&packet);
        self.packet = packet;
        sent
    }

    fn send(&mut self, mut left: &[u8]) -> Result<(), Failure> {
        while !left.is_empty() {
            match self.stream.write(left) {
                Ok(0) => return Err(Failure::Lost(io::ErrorKind::WriteZero.into())),
                Ok(count) => {
                    left = &left[count..];
                    self.heard_at = self.world.clock.monotonic();
                }
                Err(error) => self.wait(error)?,
            }
        }
        while let Err(error) = self.stream.flush() {
            self.wait(error)?;
        }
        Ok(())
    }

    /// The content of the next packet.
    fn receive(&mut self) -> Result<Vec<u8>, Failure> {
        let mut header = [0; HEADER_BYTES];
        self.fill(&mut header)?;
        let (length, number) = packet::length(header);
        if length > ANSWER_BYTES_MAX {
            return Err(Failure::Odd("it says more than an answer holds"));
        }
        self.number = number.wrapping_add(1);
        let mut content = vec![0; length];
        self.fill(&mut content)?;
        self.heard_at = self.world.clock.monotonic();
        Ok(content)
    }

    fn fill(&mut self, mut place: &mut [u8]) -> Result<(), Failure> {
        while !place.is_empty() {
            match self.stream.read(place) {
                Ok(0) => return Err(Failure::Lost(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => place = &mut place[count..],
                Err(error) => self.wait(error)?,
            }
        }
        Ok(())
    }

    /// Goes on after nothing moved for a moment.
    fn wait(&mut self, error: io::Error) -> Result<(), Failure> {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted => {}
            _ => return Err(Failure::Lost(error)),
        }
        if self.cancel.is_cancelled() {
            return Err(Failure::Cancelled);
        }
        if self.world.clock.monotonic().since(self.heard_at) >= self.still_max {
            return Err(Failure::Still);
        }
        Ok(())
    }
}
