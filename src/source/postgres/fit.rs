//! Whether a PostgreSQL server has what a dump needs. Asks catalogs only and changes nothing.

use std::collections::BTreeSet;

use crate::base::manifest::{DatabaseFacts, Inventory};
use crate::source::error::SourceError;
use crate::source::fit::{Fit, Misfit, missing, not_empty, version};
use crate::source::postgres::load::check_empty;
use crate::source::postgres::session::Session;
use crate::source::postgres::{Settings, globals};
use crate::world::World;

/// Asks the target about a dump with these facts; `script` is the dump's script of roles.
pub fn fit(
    target: &Settings,
    facts: &DatabaseFacts,
    script: Option<&str>,
    world: &World,
) -> Result<Fit, SourceError> {
    let session = Session::open(target, world)?;
    let server = session.value("ask for the version", "SHOW server_version")?;
    let mut misfits: Vec<Misfit> = not_empty(check_empty(&session, target))?.into_iter().collect();
    let dump = &facts.engine_version;
    misfits.extend(version((&server, session.major()), (dump, major(dump))));
    misfits.extend(encoding(&session, &facts.inventory)?);
    misfits.extend(extensions(&session, &facts.inventory)?);
    misfits.extend(collations(&session, &facts.inventory)?);
    if let Some(script) = script {
        misfits.extend(roles(&session, script)?);
    }
    Ok(Fit { server, misfits })
}

fn encoding(session: &Session, dumped: &Inventory) -> Result<Option<Misfit>, SourceError> {
    let Some(dump) = dumped.objects.get("database").and_then(|facts| facts.get("encoding")) else {
        return Ok(None);
    };
    let target = session.value("ask for the encoding", "SHOW server_encoding")?;
    Ok((&target != dump).then(|| Misfit::Encoding { target, dump: dump.clone() }))
}

fn extensions(session: &Session, dumped: &Inventory) -> Result<Option<Misfit>, SourceError> {
    let Some(wanted) = dumped.objects.get("extension") else { return Ok(None) };
    let there = names(session, "SELECT quote_ident(name) FROM pg_available_extensions")?;
    Ok(missing(wanted.keys(), &there).map(|names| Misfit::Extensions { names }))
}

/// Collations of the system that columns use. Those that the database made come with the dump.
fn collations(session: &Session, dumped: &Inventory) -> Result<Option<Misfit>, SourceError> {
    let columns = dumped.objects.get("column").into_iter().flatten();
    let wanted: BTreeSet<String> =
        columns.filter_map(|(_, text)| of_system(text).map(str::to_owned)).collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let there = names(
        session,
        "SELECT format('pg_catalog.%I', collname) FROM pg_collation \
         WHERE collnamespace = 'pg_catalog'::regnamespace \
           AND collencoding IN (-1, (SELECT encoding FROM pg_database WHERE datname = current_database()))",
    )?;
    Ok(missing(&wanted, &there).map(|names| Misfit::Collations { names }))
}

/// The collation of the system that a column's definition names. A quoted name may hold blanks.
fn of_system(column: &str) -> Option<&str> {
    let (_, rest) = column.split_once(" collate pg_catalog.")?;
    let length = match rest.strip_prefix('"') {
        Some(quoted) => quoted.find('"')? + 2,
        None => rest.find(' ').unwrap_or(rest.len()),
    };
    let start = column.len() - rest.len() - "pg_catalog.".len();
    column.get(start..start + "pg_catalog.".len() + length)
}

fn roles(session: &Session, script: &str) -> Result<Option<Misfit>, SourceError> {
    let wanted = globals::roles(script);
    let there = names(session, "SELECT rolname FROM pg_roles")?;
    let Some(names) = missing(&wanted, &there) else { return Ok(None) };
    let act = "ask for the rights of the role";
    let may = session.value(
        act,
        "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user",
    )?;
    let user = session.value(act, "SELECT current_user")?;
    Ok((may != "t").then_some(Misfit::Roles { names, user }))
}

fn names(session: &Session, sql: &str) -> Result<BTreeSet<String>, SourceError> {
    let rows = session.rows("ask what the server has", sql)?;
    Ok(rows.into_iter().flatten().flatten().collect())
}

/// `15.18 (Debian …)` → 15; none where nothing can be read.
fn major(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collation_of_a_column_is_read_whole() {
        for (column, collation) in [
            (
                "text collate pg_catalog.\"vi-VN-x-icu\" not null",
                Some("pg_catalog.\"vi-VN-x-icu\""),
            ),
            ("text collate pg_catalog.ucs_basic", Some("pg_catalog.ucs_basic")),
            ("text collate public.viet", None),
            ("text collate pg_catalog.\"torn", None),
            ("text not null", None),
        ] {
            assert_eq!(of_system(column), collation, "{column}");
        }
    }

    #[test]
    fn a_major_version_is_read_from_what_a_server_says() {
        assert_eq!(major("15.18 (Debian 15.18-0+deb12u1)"), Some(15));
        assert_eq!(major("17beta2"), Some(17));
        assert_eq!(major(""), None);
        assert_eq!(major("devel"), None);
    }
}
