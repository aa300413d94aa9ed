//! A base of a PostgreSQL server on its way into a set: what the server sends is stored as it
//! passes, and nothing of it lies anywhere between.

use std::io::{self, Read};

use crate::base::arrival::Arrival;
use crate::base::fault::AnyFault;
use crate::base::manifest::Skipped;
use crate::config::settings::Postgres;
use crate::job::databases;
use crate::job::site::Site;
use crate::repository::chunk::Chunking;
use crate::repository::{Arrivals, SetWriter};
use crate::source::postgres::physical::{self, Base, Taking};
use crate::source::postgres::standby::Pair;

/// Adds a base of `server` under `name`, or of the standby of `pair`. Returns it, and what the server warned of as what the set
/// lacks: a page that does not fit its checksum is not what was once written.
pub(super) fn add(
    site: &Site,
    writer: &SetWriter,
    name: &str,
    server: &Postgres,
    pair: Option<&Pair>,
) -> Result<(Base, Vec<Skipped>), AnyFault> {
    let settings = databases::server(server)?;
    let place = physical::place(name);
    let taking = match pair {
        Some(pair) => physical::take_from_standby(pair, name, &site.world, &site.cancel)?,
        None => physical::take(&settings, name, &site.world, &site.cancel)?,
    };
    let mut stream = Stream(taking);
    // The configuration refuses to seal a base.
    let (source, cuts) = (settings.server(), Chunking::Pages);
    let added = writer.add_arrivals(&place, &source, &mut stream, cuts, None);
    let summary = match (added, stream.0.take_failure()) {
        (Ok(summary), None) => summary,
        // The writer was told no more than words.
        (_, Some(fault)) => return Err(fault.into()),
        (Err(fault), None) => return Err(fault.into()),
    };
    let base = stream.0.finish()?;
    let warned = base.warnings.iter();
    let warned = warned.map(|reason| Skipped { path: place.clone(), reason: reason.clone() });
    let skipped = summary.skipped.into_iter().chain(warned).collect();
    Ok((base, skipped))
}

struct Stream(Taking);

impl Arrivals for Stream {
    fn next(&mut self) -> io::Result<Option<Arrival>> {
        self.0.next_entry()
    }

    fn content(&mut self) -> &mut dyn Read {
        self.0.content()
    }

    fn comes_back_to(&self, folder: &[u8]) -> bool {
        Taking::comes_back_to(folder)
    }

    fn has_links(&self) -> bool {
        false
    }
}
