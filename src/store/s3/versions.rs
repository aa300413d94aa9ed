//! The versions of what lies in a bucket: listed, read, locked, brought back.
//!
//! A bucket without versioning has one version of each object, called `null`; then what was
//! overwritten or removed is not among them, and nothing here pretends that it is.

use async_trait::async_trait;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::EncodingType;
use bytes::Bytes;

use crate::store::s3::S3Store;
use crate::store::s3::answer::{Refusal, expired};
use crate::store::s3::listing::{Course, decoded};
use crate::store::s3::locking::{date, instant, mode};
use crate::store::versions::{Content, Lock, Version, VersionId, Versions};
use crate::store::{Act, ObjectName, StoreError};

/// Where a page of a listing begins.
#[derive(Debug)]
struct From {
    key: String,
    version: Option<String>,
}

#[async_trait]
impl Versions for S3Store {
    async fn all(&self, prefix: &str) -> Result<Vec<Version>, StoreError> {
        let _turn = self.turn().await;
        let mut found = Vec::new();
        let mut course = Course::new(self.settings.limits.pages);
        let mut from = None;
        loop {
            let page = self.page_of_versions(prefix, from).await?;
            self.take_versions(prefix, &page, &mut found)?;
            let key = page.next_key_marker.filter(|key| !key.is_empty());
            let version = page.next_version_id_marker;
            let next = key.map(|key| From { key: decoded(&key), version });
            let next = course.after(page.is_truncated, next, found.len());
            from = next.map_err(|wrong| self.nonsense(prefix, wrong))?;
            if from.is_none() {
                break;
            }
        }
        found.sort_by(|a, b| {
            let age = b.written.cmp(&a.written);
            a.name.cmp(&b.name).then(age).then(a.content.is_none().cmp(&b.content.is_none()))
        });
        // A server may name one on two pages.
        found.dedup_by(|a, b| a.name == b.name && a.id == b.id);
        Ok(found)
    }

    async fn get_version(&self, name: &ObjectName, id: &VersionId) -> Result<Bytes, StoreError> {
        let _turn = self.turn().await;
        self.read(name, Some(id)).await
    }

    async fn get_version_range(
        &self,
        name: &ObjectName,
        id: &VersionId,
        offset: u64,
        length: u64,
    ) -> Result<Bytes, StoreError> {
        let _turn = self.turn().await;
        self.range(name, Some(id), offset, length).await
    }

    async fn lock_of(&self, name: &ObjectName, id: &VersionId) -> Result<Option<Lock>, StoreError> {
        let _turn = self.turn().await;
        Ok(self.describe(name, id).await?.lock)
    }

    async fn lock(&self, name: &ObjectName, id: &VersionId, lock: Lock) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        self.retain(name, id, lock, false).await
    }

    async fn bring_back(&self, version: &Version) -> Result<(), StoreError> {
        let _turn = self.turn().await;
        let name = &version.name;
        let lock = self.lock_for(name);
        match (self.copy(version, lock).await?, lock) {
            (Ok(_made), _) => Ok(()),
            // Some take no lock with a copy. What shows again is worth more than the instant until
            // it is locked.
            (Err(refusal), Some(lock)) if refusal.knows_no_lock() => {
                let made = self.copy(version, None).await?;
                let made = made.map_err(|refusal| self.sort(Act::Write, name, refusal))?;
                match made {
                    Some(id) => self.retain(name, &id, lock, false).await,
                    None => Err(self.sort_locked(name, Some(lock), refusal)),
                }
            }
            (Err(refusal), lock) => Err(self.sort_locked(name, lock, refusal)),
        }
    }
}

impl S3Store {
    /// Makes a version the newest by copying it; the version that this made, where one was named.
    async fn copy(
        &self,
        version: &Version,
        lock: Option<Lock>,
    ) -> Result<Result<Option<VersionId>, Refusal>, StoreError> {
        let name = &version.name;
        let id = encoded(&version.id);
        let source = format!("{}/{}?versionId={id}", self.settings.bucket, self.key(name));
        let sent = self
            .client
            .copy_object()
            .bucket(&self.settings.bucket)
            .key(self.key(name))
            .copy_source(source)
            .set_object_lock_mode(lock.map(|lock| mode(lock.mode)))
            .set_object_lock_retain_until_date(lock.map(|lock| date(lock.until)))
            .send();
        // The server moves the bytes, at no less than the pace of a slow line.
        let size = version.content.as_ref().map_or(0, |content| content.size);
        match tokio::time::timeout(self.deadline(size), sent).await {
            Err(_elapsed) => Err(expired(self.place(name))),
            Ok(Err(error)) => Ok(Err(Refusal::of(&error))),
            // The only success that names what it made; a page of a proxy says 200 as well.
            Ok(Ok(made)) if made.copy_object_result().and_then(|made| made.e_tag()).is_none() => {
                Err(self.nonsense_for(name, "success, and no ETag of what was brought back"))
            }
            Ok(Ok(made)) => {
                let id = made.version_id().filter(|id| !id.is_empty() && *id != "null");
                Ok(Ok(id.map(|id| VersionId(id.into()))))
            }
        }
    }

    async fn page_of_versions(
        &self,
        prefix: &str,
        from: Option<From>,
    ) -> Result<ListObjectVersionsOutput, StoreError> {
        let (key, version) = from.map_or((None, None), |from| (Some(from.key), from.version));
        let asked = self
            .client
            .list_object_versions()
            .bucket(&self.settings.bucket)
            .prefix(format!("{}{prefix}", self.root))
            .encoding_type(EncodingType::Url)
            .set_key_marker(key)
            .set_version_id_marker(version)
            .send();
        self.page_of(prefix, asked).await
    }

    /// Adds what is ours on a page.
    fn take_versions(
        &self,
        prefix: &str,
        page: &ListObjectVersionsOutput,
        found: &mut Vec<Version>,
    ) -> Result<(), StoreError> {
        let lacks = |name: &ObjectName, what: &str| {
            self.nonsense(prefix, &format!("a version of `{name}` has no {what}"))
        };
        let version =
            |name: ObjectName, id: Option<&str>, at: Option<&DateTime>, latest, content| {
                let id = id.filter(|id| !id.is_empty()).ok_or_else(|| lacks(&name, "id"))?;
                let written = at.and_then(instant).ok_or_else(|| lacks(&name, "time"))?;
                let is_latest = latest == Some(true);
                Ok(Version { name, id: VersionId(id.into()), written, is_latest, content })
            };
        for one in page.versions() {
            let Some(name) = self.named(prefix, one.key()) else { continue };
            let size = one.size().and_then(|size| u64::try_from(size).ok());
            let size = size.ok_or_else(|| lacks(&name, "length"))?;
            let content = Content { size, tag: one.e_tag().unwrap_or_default().to_owned() };
            let at = one.last_modified();
            found.push(version(name, one.version_id(), at, one.is_latest(), Some(content))?);
        }
        for one in page.delete_markers() {
            let Some(name) = self.named(prefix, one.key()) else { continue };
            let at = one.last_modified();
            found.push(version(name, one.version_id(), at, one.is_latest(), None)?);
        }
        Ok(())
    }
}

/// A version's id within an address: servers choose their own letters.
fn encoded(id: &VersionId) -> String {
    id.0.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(byte.into());
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_version_may_have_any_letters() {
        assert_eq!(encoded(&VersionId("aZ09-_.~".into())), "aZ09-_.~");
        assert_eq!(encoded(&VersionId("a b/c&d=é".into())), "a%20b%2Fc%26d%3D%C3%A9");
    }
}
