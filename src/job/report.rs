//! Documents made from the log: the minutes of a drill, and the report of a period.

pub mod backup;
pub mod fault;

use crate::audit::Log;
use crate::base::fault::AnyFault;
use crate::document::Document;
use crate::drill::fact::DrillRecord;
use crate::drill::minutes::{self, Issuer, LogPlace};
use crate::job::report::backup::LogHead;
use crate::job::site::Site;
use crate::text::Catalog;

/// The minutes of a recorded drill.
pub fn minutes(
    site: &Site,
    log: &Log,
    record: &DrillRecord,
    entry: u64,
) -> Result<Document, AnyFault> {
    let portal = site.portal(&record.portal)?;
    let documents = &site.settings.documents;
    let issuer = Issuer {
        superior: documents.superior.clone(),
        agency: documents.agency.clone().unwrap_or_else(|| portal.operator.clone()),
        place: documents.place.clone().unwrap_or_else(|| "………".to_owned()),
        portal_name: portal.name.clone(),
    };
    let LogHead { origin, size, root, checkpoint } = LogHead::of(log.checkpoint()?);
    let vkey = log.vkey().to_owned();
    let place = LogPlace { entry, origin, size, root, checkpoint, vkey };
    Ok(minutes::minutes(record, &issuer, &place))
}

/// The words of the site's own documents.
pub fn catalog(site: &Site) -> Catalog {
    let site = &site.settings.site;
    Catalog::in_zone(site.language, site.timezone.clone())
}
