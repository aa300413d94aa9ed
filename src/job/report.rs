//! Documents made from the log: the minutes of a drill.

use crate::audit::Log;
use crate::base::fault::AnyFault;
use crate::document::Document;
use crate::drill::fact::DrillRecord;
use crate::drill::minutes::{self, Issuer, LogPlace};
use crate::job::site::Site;
use crate::text::Catalog;

/// The minutes of a recorded drill and the language and time zone to write them in.
pub fn minutes(
    site: &Site,
    log: &Log,
    record: &DrillRecord,
    entry: u64,
) -> Result<(Document, Catalog), AnyFault> {
    let portal = site.portal(&record.portal)?;
    let documents = &site.settings.documents;
    let issuer = Issuer {
        superior: documents.superior.clone(),
        agency: documents.agency.clone().unwrap_or_else(|| portal.operator.clone()),
        place: documents.place.clone().unwrap_or_else(|| "………".to_owned()),
        portal_name: portal.name.clone(),
    };
    let head = log.head()?;
    let place = LogPlace { entry, origin: head.origin, root: head.root.to_string() };
    Ok((minutes::minutes(record, &issuer, &place), catalog(site)))
}

/// The words of the site's own documents.
pub fn catalog(site: &Site) -> Catalog {
    let site = &site.settings.site;
    Catalog::in_zone(site.language, site.timezone.clone())
}
