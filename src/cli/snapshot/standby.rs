//! Which databases were read from a standby, and which were to be and were not.

use std::time::Duration;

use crate::base::fault::Args as Values;
use crate::base::manifest::StandbyFacts;
use crate::cli::frame::Frame;

/// Of each standby that was read, how far behind it was.
pub(super) fn lines(frame: &Frame, standbys: &[(String, StandbyFacts)]) -> Vec<String> {
    let told = standbys.iter().filter_map(|(database, facts)| {
        let lag = frame.catalog.format().duration(Duration::from_millis(facts.lag_ms?));
        let values = Values::none().text("database", database).text("server", &facts.server);
        Some(frame.say("snapshot-standby", values.text("lag", lag)))
    });
    told.collect()
}

/// Why a primary was read instead.
pub(super) fn warnings(frame: &Frame, standbys: &[(String, StandbyFacts)]) -> Vec<String> {
    let told = standbys.iter().filter_map(|(database, facts)| {
        let values = Values::none().text("database", database).text("server", &facts.server);
        Some(frame.say("snapshot-standby-instead", values.text("reason", facts.instead.as_ref()?)))
    });
    told.collect()
}
