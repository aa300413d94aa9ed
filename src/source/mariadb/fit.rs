//! Whether a MariaDB or MySQL server has what a dump needs. Changes nothing.

use std::collections::BTreeSet;

use crate::base::manifest::DatabaseFacts;
use crate::source::error::SourceError;
use crate::source::fit::{Fit, Misfit, missing, not_empty, version};
use crate::source::mariadb::Settings;
use crate::source::mariadb::load::check_empty;
use crate::source::mariadb::session::Session;
use crate::source::mariadb::tools::series;
use crate::world::World;

/// Asks the target about a dump with these facts.
pub fn fit(target: &Settings, facts: &DatabaseFacts, world: &World) -> Result<Fit, SourceError> {
    let mut session = Session::open(target, world)?;
    let server = session.value("ask for the version", "SELECT VERSION()")?;
    let mut misfits: Vec<Misfit> =
        not_empty(check_empty(&mut session, target))?.into_iter().collect();
    let dump = &facts.engine_version;
    // It is 0 where nothing can be read.
    let dumped = Some(series(dump)).filter(|series| *series > 0);
    misfits.extend(version((&server, series(&server)), (dump, dumped)));
    let tables = facts.inventory.objects.get("table").into_iter().flatten();
    let wanted: BTreeSet<String> = tables.filter_map(|(_, text)| engine(text)).collect();
    if !wanted.is_empty() {
        let sql = "SELECT LOWER(engine) FROM information_schema.engines \
                   WHERE support IN ('YES', 'DEFAULT')";
        let rows = session.rows("ask for the storage engines", sql)?;
        let there: BTreeSet<String> = rows.into_iter().flatten().collect();
        misfits.extend(missing(&wanted, &there).map(|names| Misfit::Engines { names }));
    }
    Ok(Fit { server, misfits })
}

/// The storage engine of a `CREATE TABLE`, on the line behind its columns: what a comment says does
/// not count, nor what stands behind it.
fn engine(definition: &str) -> Option<String> {
    let (_, rest) = definition.split_once("\n) ENGINE=")?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name: String = rest.chars().take_while(|c| word(*c)).collect();
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_of_a_table_is_read_behind_its_columns() {
        let table =
            "CREATE TABLE `t` (\n `a` int COMMENT 'ENGINE=Falcon'\n) ENGINE=InnoDB COMMENT='x'";
        assert_eq!(engine(table).as_deref(), Some("innodb"));
        let named = "CREATE TABLE `t` (\n `a` int\n) ENGINE=Aria COMMENT='(cũ) ENGINE=Falcon'\n\
            PARTITION BY HASH (`a`)\n(PARTITION p0 ENGINE = Aria)";
        assert_eq!(engine(named).as_deref(), Some("aria"));
        assert_eq!(engine("sha256:00 (2000 bytes)"), None);
        assert_eq!(engine("CREATE TABLE `t` (a int)"), None);
    }
}
