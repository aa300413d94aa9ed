//! A store as it was at a time: what was hidden or overwritten afterwards is seen as it was then.
//!
//! Made once from a listing of all versions, and not changed by what happens later. Nothing can be
//! written or removed there.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::store::versions::{Version, VersionId, Versions};
use crate::store::{Act, ObjectName, ObjectStore, StoreError};

/// A store as it was at a time.
#[derive(Debug)]
pub struct Past {
    inner: Arc<dyn ObjectStore>,
    at: Timestamp,
    objects: BTreeMap<ObjectName, (VersionId, u64)>,
}

/// The versions that names showed at a time: of each name the newest that is not after it, unless
/// that marks a deletion. `versions` are by name, the newest first.
pub fn as_of(versions: &[Version], at: Timestamp) -> impl Iterator<Item = &Version> {
    versions
        .chunk_by(|a, b| a.name == b.name)
        .filter_map(move |of_name| of_name.iter().find(|version| version.written <= at))
        .filter(|version| version.content.is_some())
}

impl Past {
    /// The store as it was at `at`. Objects whose names start with `except` are not seen: locks of
    /// that time say nothing about now. A store that keeps no versions has no past.
    pub async fn of(
        inner: Arc<dyn ObjectStore>,
        at: Timestamp,
        except: &str,
    ) -> Result<Self, StoreError> {
        let versions = kept(&*inner)?.all("").await?;
        let objects = as_of(&versions, at)
            .filter(|version| !version.name.as_str().starts_with(except))
            .filter_map(|version| {
                let size = version.content.as_ref()?.size;
                Some((version.name.clone(), (version.id.clone(), size)))
            })
            .collect();
        Ok(Self { inner, at, objects })
    }

    fn find(&self, name: &ObjectName) -> Result<&(VersionId, u64), StoreError> {
        let place = || StoreError::place(&self.location(), name);
        self.objects.get(name).ok_or_else(|| StoreError::Missing { place: place() })
    }

    fn refuse(&self, act: Act, name: &ObjectName) -> StoreError {
        let source = io::Error::new(io::ErrorKind::PermissionDenied, "the past is only read");
        StoreError::Denied { act, place: StoreError::place(&self.location(), name), source }
    }
}

/// What keeps the versions of a store.
pub fn kept(store: &dyn ObjectStore) -> Result<&dyn Versions, StoreError> {
    store.versions().ok_or_else(|| StoreError::NoVersions { place: store.location() })
}

#[async_trait]
impl ObjectStore for Past {
    fn location(&self) -> String {
        format!("{} ({})", self.inner.location(), self.at)
    }

    async fn put(&self, name: &ObjectName, _: Bytes) -> Result<(), StoreError> {
        Err(self.refuse(Act::Write, name))
    }

    async fn get(&self, name: &ObjectName) -> Result<Bytes, StoreError> {
        let (id, _) = self.find(name)?;
        kept(&*self.inner)?.get_version(name, id).await
    }

    async fn get_range(
        &self,
        name: &ObjectName,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let (id, _) = self.find(name)?;
        kept(&*self.inner)?.get_version_range(name, id, offset, length).await
    }

    async fn size(&self, name: &ObjectName) -> Result<u64, StoreError> {
        self.find(name).map(|(_, size)| *size)
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        let matching = self.objects.iter().filter(|(name, _)| name.as_str().starts_with(prefix));
        Ok(matching.map(|(name, (_, size))| (name.clone(), *size)).collect())
    }

    async fn delete(&self, name: &ObjectName) -> Result<(), StoreError> {
        Err(self.refuse(Act::Delete, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::versions::Content;

    /// Versions of one object: when, and how many bytes, 0 for a mark.
    #[track_caller]
    fn check(versions: &[(&str, u64)], at: &str, seen: Option<u64>) {
        let instant = |text: &str| -> Timestamp {
            format!("2026-11-22T{text}Z").parse().expect("a valid time")
        };
        let version = |(number, (written, size)): (usize, &(&str, u64))| Version {
            name: ObjectName::new("data/a").expect("a valid name"),
            id: VersionId(number.to_string().into()),
            written: instant(written),
            is_latest: number == 0,
            content: (*size > 0).then(|| Content { size: *size, tag: String::new() }),
        };
        let versions: Vec<_> = versions.iter().enumerate().map(version).collect();
        let found = as_of(&versions, instant(at)).next();
        assert_eq!(found.and_then(|version| Some(version.content.as_ref()?.size)), seen, "{at}");
    }

    #[test]
    fn the_past_is_the_newest_version_that_is_not_later() {
        let versions = [("12:00:00", 0), ("11:00:00", 7), ("10:00:00", 5)];
        check(&versions, "13:00:00", None);
        check(&versions, "12:00:00", None);
        check(&versions, "11:59:59", Some(7));
        check(&versions, "10:30:00", Some(5));
        check(&versions, "09:59:59", None);
        check(&[("10:00:00", 5), ("10:00:00", 0)], "10:00:00", Some(5));
        check(&[], "10:00:00", None);
    }
}
