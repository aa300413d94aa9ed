//! Opening the repositories that a run writes to, all at once, each by itself.
//!
//! A repository that does not answer keeps the others waiting so long and no longer: it then counts
//! as failed for this run. What a store answers late is dropped, and a lock it still took with it.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use crate::base::fault::AnyFault;
use crate::job::fault::JobFault;
use crate::job::sets;
use crate::job::site::Site;
use crate::repository::{Prepared, RepositoryError};
use crate::store::StoreError;

/// A bucket is asked again for up to five minutes, and a listing of millions of objects on a slow
/// disk takes as long; who is silent for three times that is not going to answer.
const ANSWER_MAX: Duration = Duration::from_mins(15);

/// How often a wish to stop is looked for meanwhile.
const LOOK: Duration = Duration::from_millis(200);

/// A repository that can be written to, or why it cannot.
pub(super) type Ready<'a> = (&'a str, Result<Prepared, AnyFault>);

/// Opens, locks and reads the index of each of these, in their order.
pub(super) fn ready<'a>(
    site: &Site,
    portal: &str,
    names: &'a [String],
) -> Result<Vec<Ready<'a>>, AnyFault> {
    let (tell, told) = channel();
    let mut results: Vec<Option<Result<Prepared, AnyFault>>> = Vec::new();
    for (number, name) in names.iter().enumerate() {
        results.push(None);
        let (site, portal, name, tell) =
            (site.clone(), portal.to_owned(), name.clone(), tell.clone());
        let open = move || {
            // Nobody listens any more when it took too long.
            let _late = tell.send((number, open(&site, &portal, &name)));
        };
        let started = std::thread::Builder::new().name("open".to_owned()).spawn(open);
        started.map_err(RepositoryError::Thread)?;
    }
    drop(tell);
    let mut waited = Duration::ZERO;
    while waited < ANSWER_MAX && results.iter().any(Option::is_none) {
        match told.recv_timeout(LOOK) {
            Ok((number, result)) => results[number] = Some(result),
            Err(RecvTimeoutError::Timeout) => waited += LOOK,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        site.go_on()?;
    }
    let results = names.iter().map(String::as_str).zip(results);
    let all = results.map(|(name, result)| match result {
        Some(result) => (name, result),
        None if waited < ANSWER_MAX => {
            let words = format!("opening `{name}`");
            (name, Err(JobFault::Bug { words }.into()))
        }
        None => {
            let place = name.to_owned();
            (name, Err(RepositoryError::from(StoreError::Unreachable { place }).into()))
        }
    });
    Ok(all.collect())
}

fn open(site: &Site, portal: &str, name: &str) -> Result<Prepared, AnyFault> {
    let repository = site.open(name)?;
    // The portal's newest set: unchanged files are recognized against it.
    let parent = sets::newest(&repository, portal)?.map(|(id, _)| id);
    Ok(Prepared::new(&repository, parent)?)
}
