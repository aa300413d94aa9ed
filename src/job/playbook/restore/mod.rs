//! Restoring a portal in place: a set is brought back beside production, compared, and put in its
//! place by renames that can be taken back.
//!
//! `restore.stage` and `restore.compare` do not touch production. `restore.swap` moves nothing but
//! names, and `restore.swap-back` is its exact reverse from wherever it got to. What production
//! held is never removed: it stays beside as `…-old`, and only a person removes it. Every action
//! can be done again after a kill at any moment.
//!
//! A process of ours that restores, exchanges or removes holds the portal's `in-place` lock; the
//! exchange holds the `snapshot` lock as well, so that no scheduled set is a mixture.

mod compare;
mod exchange;
mod fault;
mod mark;
mod part;
mod set;
mod stage;
mod swap;
mod unstage;

use crate::base::fault::{AnyFault, chain};
use crate::job::fault::JobFault;
use crate::job::playbook::limit::{alone, within};
use crate::job::playbook::restore::part::{Kind, Neighbours};
use crate::job::site::Site;
use crate::playbook::action::Action;
use crate::playbook::fact::Output;
use crate::playbook::model::Call;
use crate::playbook::port::{Place, Sight};

pub use fault::InPlaceFault;

/// What of production the call depends on. Of `restore.stage`: the set by its whole id under
/// `set`, where and from when it is, whether it was taken as evidence, and each source where production expects it. It fails where
/// the call can never work: a set that does not fit, a place that cannot be exchanged by renames.
/// The other actions depend on what was staged, and on nothing else.
pub fn survey(site: &Site, portal: &str, call: &Call) -> Result<Output, AnyFault> {
    let portal = site.portal(portal)?;
    if call.action != Action::RestoreStage {
        return Ok(Output::new());
    }
    // Names of a run do not matter yet: only production's are looked at.
    let parts = part::of(site, portal, 0)?;
    part::check(&parts)?;
    let found = set::find(site, portal, wanted(call)?)?;
    let mut output = Output::from([
        ("set".to_owned(), found.id.to_string()),
        ("repository".to_owned(), found.name.clone()),
        ("taken".to_owned(), found.manifest.started.to_string()),
    ]);
    if found.of_evidence {
        output.insert("evidence".to_owned(), "yes".to_owned());
    }
    let skipped = found.manifest.skipped.len();
    if skipped > 0 {
        output.insert("skipped".to_owned(), skipped.to_string());
    }
    for part in &parts {
        let seen = match &part.kind {
            Kind::Tree(place) | Kind::Sqlite(place) => {
                let there = match place.live.symlink_metadata() {
                    Ok(meta) if meta.is_dir() => "folder",
                    Ok(_) => "file",
                    Err(_) => "absent",
                };
                format!("{there} {}", place.live.display())
            }
            Kind::Postgres(names) => seen_of_server(site, names)?,
        };
        output.insert(part.name.clone(), seen);
    }
    Ok(output)
}

fn seen_of_server(site: &Site, names: &Neighbours) -> Result<String, AnyFault> {
    let where_it_is = format!("{}/{}", names.settings.server(), names.live);
    let server = match names.server(&site.world) {
        Ok(server) => server,
        Err(fault) if ["source.unreachable", "source.gone"].contains(&fault.code()) => {
            return Ok(format!("unreachable {where_it_is}"));
        }
        Err(other) => return Err(other),
    };
    server.check_rights(&names.live)?;
    let there = if server.number(&names.live)?.is_some() { "postgresql" } else { "absent" };
    let identity = server.identity()?.unwrap_or_else(|| "-".to_owned());
    Ok(format!("{there} {where_it_is} {identity}"))
}

/// Does one of `restore.stage`, `restore.swap`, `restore.swap-back`, `restore.unstage`.
pub fn perform(site: &Site, place: &Place, call: &Call) -> Result<Output, AnyFault> {
    within(site, place, |site| {
        let portal = site.portal(&place.portal)?;
        site.initialised()?;
        let _alone = alone(site, place, "in-place")?;
        match call.action {
            Action::RestoreStage => stage::stage(site, portal, place.run, wanted(call)?),
            Action::RestoreSwap => {
                let _no_set_meanwhile = alone(site, place, "snapshot")?;
                swap::swap(site, portal, place.run)
            }
            Action::RestoreSwapBack => {
                let _no_set_meanwhile = alone(site, place, "snapshot")?;
                swap::swap_back(site, portal, place.run)
            }
            Action::RestoreUnstage => unstage::unstage(site, portal, place.run),
            other => Err(not_ours(other).into()),
        }
    })
}

/// Looks once: `restore.compare`.
pub fn observe(site: &Site, place: &Place, call: &Call) -> Sight {
    let looked = within(site, place, |site| {
        let portal = site.portal(&place.portal)?;
        match call.action {
            Action::RestoreCompare => Ok(compare::look(site, portal, place.run)),
            other => Err(not_ours(other).into()),
        }
    });
    looked.unwrap_or_else(|fault| Sight::CannotTell(chain(fault.as_ref())))
}

/// Ends what a killed attempt at staging left running on a database server; harmless at any other
/// step.
pub fn quiet(site: &Site, place: &Place) -> Result<(), AnyFault> {
    unstage::quiet(site, site.portal(&place.portal)?, place.run)
}

fn wanted(call: &Call) -> Result<&str, JobFault> {
    // The action's signature requires it, so a plan without it does not get here.
    let missing = || JobFault::Bug { words: "restore.stage without a set".to_owned() };
    call.text("set").ok_or_else(missing)
}

fn not_ours(action: Action) -> JobFault {
    JobFault::Bug { words: format!("`{}` is not an action of a restore", action.as_str()) }
}
