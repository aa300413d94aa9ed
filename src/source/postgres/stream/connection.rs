//! The connection over which a log comes: where it begins, through every switch of timelines, to where
//! it is wished to end or the server goes.

use std::time::Duration;

use crate::base::cancel::Cancel;
use crate::base::fault::AnyFault;
use crate::source::error::SourceError;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::stream::fault::StreamFault;
use crate::source::postgres::stream::hands::Hands;
use crate::source::postgres::stream::message::{self, Streamed};
use crate::source::postgres::stream::pulse::{Patient, Pulse};
use crate::source::postgres::stream::way::{self, Begin, Kept, Stretch};
use crate::source::postgres::stream::{ACT, Following, Keep, LOOK, PIECE_BYTES};
use crate::source::postgres::wal::{LABEL_MAX, Name, ancestors};
use crate::source::postgres::wire::fault::WireFault;
use crate::source::postgres::wire::{Message, Wire, as_text, unexpected};
use crate::world::World;

/// A server that owes an answer gives it in this time. While it streams it may be silent as long as
/// nobody writes.
const SILENCE: Duration = Duration::from_mins(1);

/// While a log is streamed a server is told how far it has come, and answers, as often.
const ALIVE_EVERY: Duration = Duration::from_secs(10);

/// One that has said nothing for so long cannot be heard any more.
const DEAD: Duration = Duration::from_mins(6);

/// More timelines than any server that was brought back every week has had.
const LINES_MAX: usize = 1000;

/// SQLSTATE of a segment that is gone.
const UNDEFINED_FILE: &str = "58P01";

/// SQLSTATE of a slot that somebody else has.
const OBJECT_IN_USE: &str = "55006";

/// A connection over which a log comes.
pub(super) struct Stream<'a> {
    following: &'a Following<'a>,
    wire: Wire,
    pulse: Pulse,
    world: &'a World,
    cancel: &'a Cancel,
    /// The timeline that is written.
    timeline: u32,
    /// How far it is durable.
    end: u64,
}

/// Why a stretch ended.
enum Ended {
    /// It was wished.
    Wished,
    /// The timeline was left for another.
    Switched(Begin),
}

impl<'a> Stream<'a> {
    pub(super) fn open(
        following: &'a Following<'a>,
        world: &'a World,
        cancel: &'a Cancel,
    ) -> Result<Self, SourceError> {
        let mut wire = Wire::open(following.settings, world, cancel, SILENCE)?;
        let act = "ask who it is";
        let rows = wire.rows(act, "IDENTIFY_SYSTEM")?;
        let row = rows.into_iter().next().unwrap_or_default();
        let text = |column: usize| row.get(column).cloned().flatten().unwrap_or_default();
        let asked = following.offer.system;
        if text(0) != asked.to_string() {
            let server = following.settings.server();
            return Err(StreamFault::OtherServer { server, found: text(0), asked }.into());
        }
        let none = || WireFault::protocol(act, "no timeline and position");
        let timeline = text(1).parse().ok().filter(|number| *number > 0).ok_or_else(none)?;
        let end = Position::parse(&text(2)).ok_or_else(none)?.0;
        let pulse = Pulse::of(&wire, following.settings, world)?;
        Ok(Self { following, wire, pulse, world, cancel, timeline, end })
    }

    /// The history of the server's timeline, handed over with those of the timelines before it, as
    /// far as the server has them.
    pub(super) fn histories(&mut self, keep: &mut dyn Keep) -> Result<Vec<Stretch>, AnyFault> {
        if self.timeline == 1 {
            return Ok(way::history(&[], 1));
        }
        let newest = self.history(self.timeline, keep)?;
        let left = ancestors(&newest).filter(|left| left.len() <= LINES_MAX);
        let none = || WireFault::protocol(ACT, "a history that is none");
        let left = left.ok_or_else(|| SourceError::from(none()))?;
        for (timeline, _) in left.iter().filter(|(timeline, _)| *timeline > 1) {
            match self.history(*timeline, keep) {
                Err(fault) if fault.code() == "source.replication-said" => {
                    tracing::debug!(timeline, "The server has no history of this timeline.");
                }
                other => drop(other?),
            }
        }
        Ok(way::history(&left, self.timeline))
    }

    /// Hands over the history of a timeline.
    fn history(&mut self, timeline: u32, keep: &mut dyn Keep) -> Result<Vec<u8>, AnyFault> {
        let act = "send the history of a timeline";
        let rows = self.wire.raw_rows(act, &format!("TIMELINE_HISTORY {timeline}"))?;
        let text = rows.into_iter().next().and_then(|row| row.into_iter().nth(1)).flatten();
        let wanted = Name::parse(&format!("{timeline:08X}.history"));
        let is_text = |text: &bytes::Bytes| !text.is_empty() && text.len() as u64 <= LABEL_MAX;
        let Some((name, text)) = wanted.zip(text.filter(is_text)) else {
            return Err(SourceError::from(WireFault::protocol(act, "none")).into());
        };
        keep.history(&name, &text)?;
        Ok(text.to_vec())
    }

    /// The places to begin at, the one that leaves nothing out first.
    pub(super) fn begins(&self, history: &[Stretch]) -> Result<Vec<Begin>, SourceError> {
        let Following { offer, kept, settings, .. } = self.following;
        let reached =
            kept.iter().filter_map(|kept| way::reached(kept, self.timeline, offer.segment));
        if let Some(reached) = reached.max().filter(|reached| *reached > self.end) {
            let (position, kept) = (Position(self.end).to_string(), Position(reached).to_string());
            return Err(StreamFault::SetBack { server: settings.server(), position, kept }.into());
        }
        let reserved = offer.slot.and_then(|slot| slot.reserved).unwrap_or(self.end);
        let reserved = way::at(history, reserved, offer.segment);
        let place = |kept: &Kept| way::behind(history, kept, offer.segment).or(reserved);
        let mut begins: Vec<Begin> = kept.iter().filter_map(place).chain(reserved).collect();
        begins.sort();
        begins.dedup();
        Ok(begins)
    }

    /// Receives from a place on, through every switch of timelines, until it is wished otherwise.
    pub(super) fn run(
        &mut self,
        begin: Begin,
        missing: Option<Begin>,
        keep: &mut dyn Keep,
    ) -> Result<(), AnyFault> {
        // Told with the first message: that the server has the first byte shows by sending it.
        let (mut at, mut news) = (begin, Some((begin, missing)));
        loop {
            let Begin { position, timeline } = at;
            let command = format!(
                "START_REPLICATION SLOT \"{}\" PHYSICAL {} TIMELINE {timeline}",
                self.following.slot,
                Position(position)
            );
            self.wire.start(ACT, &command)?;
            let first = self.answered(at)?;
            let next = match first {
                Message::CopyBoth => {
                    let hands = Hands::new(at, self.following.offer.segment);
                    match self.receive(at, hands, &mut news, keep)? {
                        Ended::Wished => return Ok(()),
                        Ended::Switched(next) => next,
                    }
                }
                // Nothing of this timeline is left to be sent.
                other => self.switched(other)?,
            };
            at = next;
            self.history(at.timeline, keep)?;
            if self.timeline < at.timeline {
                self.timeline = at.timeline;
            }
        }
    }

    /// The next message that is no notice, nor a sign of life that crossed the end of a stream; what the
    /// server says against it has a name.
    fn answered(&mut self, at: Begin) -> Result<Message, SourceError> {
        loop {
            match self.wire.next(ACT).map_err(|fault| self.named(fault, at))? {
                Message::Notice(_) | Message::Data(_) => {}
                other => return Ok(other),
            }
        }
    }

    fn named(&self, fault: SourceError, at: Begin) -> SourceError {
        let SourceError::Wire(WireFault::Said { said, .. }) = &fault else { return fault };
        let server = self.following.settings.server();
        match said.code.as_str() {
            UNDEFINED_FILE => {
                let (position, timeline) = (Position(at.position).to_string(), at.timeline);
                StreamFault::Removed { server, position, timeline }.into()
            }
            OBJECT_IN_USE => {
                StreamFault::SlotInUse { server, slot: self.following.slot.to_owned() }.into()
            }
            _ => fault,
        }
    }

    /// Takes what is streamed of one timeline.
    fn receive(
        &mut self,
        at: Begin,
        mut hands: Hands,
        news: &mut Option<(Begin, Option<Begin>)>,
        keep: &mut dyn Keep,
    ) -> Result<Ended, AnyFault> {
        let mut keep = Patient { keep, pulse: self.pulse.clone() };
        let keep: &mut dyn Keep = &mut keep;
        let clock = self.world.clock.as_ref();
        let mut heard = clock.monotonic();
        let mut answered = heard;
        loop {
            let is_over = self.cancel.is_cancelled()
                || (self.following.to_the_end && hands.received() >= self.end);
            let waited = hands.waits_since().map(|since| clock.monotonic().since(since));
            let is_due = waited.is_some_and(|waited| waited >= self.following.every);
            if is_over || is_due || hands.waiting() >= PIECE_BYTES {
                hands.over(keep)?;
                self.answer(&hands)?;
                // Nobody listened meanwhile.
                answered = clock.monotonic();
                heard = answered;
            }
            if is_over {
                return Ok(Ended::Wished);
            }
            let message = match self.wire.next_within(ACT, LOOK) {
                // Handed over above, and done.
                Err(SourceError::Cancelled) => continue,
                other => other.map_err(|fault| self.named(fault, at))?,
            };
            let now = clock.monotonic();
            let Some(message) = message else {
                if now.since(heard) >= DEAD {
                    let (server, seconds) = (self.following.settings.server(), DEAD.as_secs());
                    return Err(SourceError::Silent { server, seconds }.into());
                }
                if now.since(answered) >= ALIVE_EVERY {
                    self.say(&hands, true)?;
                    answered = now;
                }
                continue;
            };
            if let Some((begin, missing)) = news.take() {
                keep.begin(begin, missing)?;
            }
            if let Some(next) = self.take(message, at, &mut hands, keep)? {
                return Ok(Ended::Switched(next));
            }
            heard = clock.monotonic();
        }
    }

    /// Takes one message of the stream; where to go on if it was the end of the timeline.
    fn take(
        &mut self,
        message: Message,
        at: Begin,
        hands: &mut Hands,
        keep: &mut dyn Keep,
    ) -> Result<Option<Begin>, AnyFault> {
        match message {
            Message::Data(data) => match message::read(data) {
                Some(Streamed::Log { at, bytes }) => {
                    let now = self.world.clock.monotonic();
                    hands.take(at, &bytes, now, keep)?;
                }
                Some(Streamed::Alive { wants_answer: false }) => {}
                Some(Streamed::Alive { wants_answer: true }) => {
                    // Perhaps it shuts down, and waits for us.
                    hands.over(keep)?;
                    self.answer(hands)?;
                }
                None => return Err(SourceError::from(WireFault::protocol(ACT, "no log")).into()),
            },
            Message::CopyDone => {
                hands.over(keep)?;
                self.answer(hands)?;
                self.wire.end_data(ACT)?;
                let first = self.answered(at)?;
                return Ok(Some(self.switched(first)?));
            }
            Message::Notice(_) => {}
            // The last word of a server that shuts down.
            Message::Complete => return Err(SourceError::Gone { act: ACT }.into()),
            other => return Err(unexpected(ACT, &other).into()),
        }
        Ok(None)
    }

    /// Tells the server how far its log has come, and is kept.
    fn answer(&mut self, hands: &Hands) -> Result<(), SourceError> {
        self.say(hands, false)
    }

    /// The same, and perhaps asks for a sign of life.
    fn say(&mut self, hands: &Hands, wants_answer: bool) -> Result<(), SourceError> {
        self.pulse.note(hands.received(), hands.kept())?;
        let now = self.world.clock.now();
        let status = message::status(hands.received(), hands.kept(), now, wants_answer);
        self.wire.send_data(ACT, &status)
    }

    /// Reads to its end which timeline comes next, and from where on.
    fn switched(&mut self, first: Message) -> Result<Begin, SourceError> {
        let (mut message, mut next) = (first, None);
        loop {
            match message {
                Message::Row(row) => next = next.or(Some(as_text(row))),
                Message::Ready => break,
                Message::Columns | Message::Complete | Message::CopyDone | Message::Notice(_) => {}
                other => return Err(unexpected(ACT, &other)),
            }
            message = self.wire.next(ACT)?;
        }
        let row = next.unwrap_or_default();
        let text = |column: usize| row.get(column).cloned().flatten().unwrap_or_default();
        let timeline = text(0).parse().ok().filter(|number| *number > 0);
        let none = || WireFault::protocol(ACT, "no next timeline");
        let (timeline, position) = timeline.zip(Position::parse(&text(1))).ok_or_else(none)?;
        // The beginning of the segment stands in the new timeline too.
        let position = position.0 - position.0 % self.following.offer.segment;
        Ok(Begin { position, timeline })
    }
}
