//! What has come of a log and is not handed over yet. Pure but for whoever takes it.

use crate::base::fault::AnyFault;
use crate::source::error::SourceError;
use crate::source::postgres::physical::position::Position;
use crate::source::postgres::stream::{ACT, Begin, Keep, PIECE_BYTES};
use crate::source::postgres::wal::{HEADER_BYTES, Name};
use crate::source::postgres::wire::fault::WireFault;
use crate::world::clock::Monotonic;

/// What has come of one timeline.
pub(super) struct Hands {
    timeline: u32,
    /// Bytes of a segment.
    segment: u64,
    /// The address of the first byte that waits.
    at: u64,
    waiting: Vec<u8>,
    since: Option<Monotonic>,
    /// Whether anything was handed over: before that, nobody knows what is kept.
    is_kept: bool,
}

impl Hands {
    /// Nothing yet, from this start of a segment on.
    pub(super) fn new(begin: Begin, segment: u64) -> Self {
        let Begin { position, timeline } = begin;
        Self { timeline, segment, at: position, waiting: Vec::new(), since: None, is_kept: false }
    }

    /// The address up to which everything has come.
    pub(super) fn received(&self) -> u64 {
        self.at.saturating_add(self.waiting.len() as u64)
    }

    /// The address up to which everything was handed over; zero before anything was.
    pub(super) fn kept(&self) -> u64 {
        if self.is_kept { self.at } else { 0 }
    }

    /// Bytes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Since when the first of them waits.
    pub(super) fn waits_since(&self) -> Option<Monotonic> {
        self.since
    }

    /// Takes in what came; hands over what fills a segment, or is much.
    pub(super) fn take(
        &mut self,
        at: u64,
        bytes: &[u8],
        now: Monotonic,
        keep: &mut dyn Keep,
    ) -> Result<(), AnyFault> {
        if at != self.received() {
            let (came, wanted) = (Position(at), Position(self.received()));
            let detail = format!("the log at {came} instead of {wanted}");
            return Err(SourceError::from(WireFault::protocol(ACT, detail)).into());
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = self.segment - self.received() % self.segment;
            let room = usize::try_from(room).unwrap_or(usize::MAX);
            let (part, behind) = rest.split_at(room.min(rest.len()));
            self.waiting.extend_from_slice(part);
            self.since.get_or_insert(now);
            rest = behind;
            if part.len() == room || self.waiting.len() >= PIECE_BYTES {
                self.over(keep)?;
            }
        }
        Ok(())
    }

    /// Hands over all that waits. Less than the header of a segment waits on.
    pub(super) fn over(&mut self, keep: &mut dyn Keep) -> Result<(), AnyFault> {
        let from = self.at % self.segment;
        if self.waiting.is_empty() || (from == 0 && self.waiting.len() < HEADER_BYTES) {
            // Nothing that is due: it goes with what comes next.
            self.since = None;
            return Ok(());
        }
        let name = Name::segment(self.timeline, self.at / self.segment, self.segment);
        let none = || SourceError::from(WireFault::protocol(ACT, "a log behind the last segment"));
        let name = name.ok_or_else(none)?;
        keep.keep(&name, from, &self.waiting)?;
        self.at = self.received();
        self.waiting.clear();
        (self.since, self.is_kept) = (None, true);
        if self.at.is_multiple_of(self.segment) {
            keep.close(&name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SEGMENT: u64 = 1 << 20;

    /// What was handed over, told as `name from+length`.
    #[derive(Default)]
    struct Told(Vec<String>);

    impl Keep for Told {
        fn begin(&mut self, _: Begin, _: Option<Begin>) -> Result<(), AnyFault> {
            Ok(())
        }

        fn keep(&mut self, name: &Name, from: u64, bytes: &[u8]) -> Result<(), AnyFault> {
            self.0.push(format!("{} {from}+{}", &name.as_str()[21..], bytes.len()));
            Ok(())
        }

        fn close(&mut self, name: &Name) {
            self.0.push(format!("{} whole", &name.as_str()[21..]));
        }

        fn history(&mut self, _: &Name, _: &[u8]) -> Result<(), AnyFault> {
            Ok(())
        }
    }

    #[test]
    fn a_segment_is_handed_over_by_itself_and_a_header_never_in_parts() {
        let (mut told, now) = (Told::default(), Monotonic(Duration::ZERO));
        let begin = Begin { position: 3 * SEGMENT, timeline: 1 };
        let mut hands = Hands::new(begin, SEGMENT);
        hands.take(3 * SEGMENT, &[1; 39], now, &mut told).unwrap();
        hands.over(&mut told).unwrap();
        assert_eq!((hands.kept(), hands.waiting(), told.0.len()), (0, 39, 0));
        assert_eq!(hands.waits_since(), None, "nobody is told the same every moment");
        hands.take(3 * SEGMENT + 39, &[1; 61], now, &mut told).unwrap();
        hands.over(&mut told).unwrap();
        assert_eq!(hands.kept(), 3 * SEGMENT + 100);
        let most = vec![1; (1 << 20) + 500];
        hands.take(3 * SEGMENT + 100, &most, now, &mut told).unwrap();
        assert_eq!((hands.kept(), hands.received()), (4 * SEGMENT, 4 * SEGMENT + 600));
        let handed = ["003 0+100", "003 100+1048476", "003 whole"];
        assert_eq!(told.0, handed);
        let other = hands.take(7 * SEGMENT, b"x", now, &mut told).unwrap_err();
        assert_eq!(other.code(), "source.replication-protocol");
    }
}
