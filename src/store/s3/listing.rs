//! Listing a bucket, page by page.
//!
//! A listing that lacks an object is worse than none: it tells who prunes that a set is gone, and
//! who verifies that data is lost. So whatever a server leaves open (whether a page is the last, how
//! long an object is, a page that was asked for before) is an error, and never the end. That a page
//! came whole is proven where it arrives: the client's own reader takes what broke off for the end.

use std::collections::HashSet;
use std::error::Error;
use std::fmt::Debug;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::EncodingType;

use crate::base::digest::Digest;
use crate::store::s3::S3Store;
use crate::store::s3::answer::{Refusal, expired};
use crate::store::{Act, ObjectName, ObjectStore as _, StoreError};

/// Bounds the memory of a listing that names ever more: packs of 16 MiB would be 160 TB.
const OBJECTS_MAX: usize = 10_000_000;

impl S3Store {
    /// All objects whose name begins with `prefix`, by name.
    pub(super) async fn pages(&self, prefix: &str) -> Result<Vec<(ObjectName, u64)>, StoreError> {
        let mut found = Vec::new();
        let mut course = Course::new(self.settings.limits.pages);
        let mut from = None;
        loop {
            let page = self.page(prefix, from).await?;
            self.take(prefix, &page, &mut found)?;
            let next = page.next_continuation_token.filter(|token| !token.is_empty());
            let next = course.after(page.is_truncated, next, found.len());
            from = next.map_err(|wrong| self.nonsense(prefix, wrong))?;
            if from.is_none() {
                break;
            }
        }
        // Servers of several nodes are known to name an object on two pages, or out of order.
        found.sort_unstable();
        found.dedup_by(|a, b| a.0 == b.0);
        Ok(found)
    }

    async fn page(
        &self,
        prefix: &str,
        from: Option<String>,
    ) -> Result<ListObjectsV2Output, StoreError> {
        let asked = self
            .client
            .list_objects_v2()
            .bucket(&self.settings.bucket)
            .prefix(format!("{}{prefix}", self.root))
            // Others may have left names that XML cannot carry.
            .encoding_type(EncodingType::Url)
            .set_continuation_token(from)
            .send();
        self.page_of(prefix, asked).await
    }

    /// A page of a listing of either kind, when it comes in time.
    pub(super) async fn page_of<T, E>(
        &self,
        prefix: &str,
        asked: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, StoreError>
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let place = self.listed(prefix);
        match tokio::time::timeout(self.deadline(0), asked).await {
            Err(_elapsed) => Err(expired(place)),
            Ok(answer) => {
                answer.map_err(|error| Refusal::of(&error).sort(Act::List, place, &self.location()))
            }
        }
    }

    /// The name that a key on a page stands for, where it is one of ours that was asked for.
    pub(super) fn named(&self, prefix: &str, key: Option<&str>) -> Option<ObjectName> {
        let key = decoded(key.unwrap_or_default());
        let name = ObjectName::new(key.strip_prefix(&self.root)?).ok()?;
        name.as_str().starts_with(prefix).then_some(name)
    }

    /// Adds what is ours on a page.
    fn take(
        &self,
        prefix: &str,
        page: &ListObjectsV2Output,
        found: &mut Vec<(ObjectName, u64)>,
    ) -> Result<(), StoreError> {
        for object in page.contents() {
            let Some(name) = self.named(prefix, object.key()) else { continue };
            let size = object.size().and_then(|size| u64::try_from(size).ok());
            let size =
                size.ok_or_else(|| self.nonsense(prefix, &format!("`{name}` has no length")))?;
            found.push((name, size));
        }
        Ok(())
    }

    pub(super) fn listed(&self, prefix: &str) -> String {
        format!("{}/{prefix}", self.location())
    }

    pub(super) fn nonsense(&self, prefix: &str, detail: &str) -> StoreError {
        let (place, detail) = (self.listed(prefix), detail.to_owned());
        StoreError::Unexpected { act: Act::List, place, detail }
    }
}

/// The way through a listing, page by page: it ends, and where it ends was said by the server.
#[derive(Debug)]
pub(super) struct Course {
    /// What pages were asked for by.
    asked: HashSet<Digest>,
    pages: usize,
}

impl Course {
    pub(super) fn new(pages: usize) -> Self {
        Self { asked: HashSet::new(), pages }
    }

    /// What asks for the page after this one, nothing after the last; or what is wrong with a page
    /// that says so of itself when `found` objects are known.
    pub(super) fn after<T: Debug>(
        &mut self,
        truncated: Option<bool>,
        next: Option<T>,
        found: usize,
    ) -> Result<Option<T>, &'static str> {
        let next = match (truncated, next) {
            (Some(false), _) => return Ok(None),
            (Some(true), Some(next)) => next,
            (Some(true), None) => return Err("a listing that does not say how it goes on"),
            (None, _) => return Err("a listing that does not say whether it goes on"),
        };
        // What comes back leads around in a circle.
        let new = self.asked.insert(Digest::of(format!("{next:?}").as_bytes()));
        if !new || self.asked.len() >= self.pages || found > OBJECTS_MAX {
            return Err("a listing that does not end");
        }
        Ok(Some(next))
    }
}

/// A key as it was before the server encoded it like an address. Servers differ in what they encode
/// and whether they say that they did; none of our names holds a `%` or a `+`, so that nothing of
/// ours is lost either way.
pub(super) fn decoded(key: &str) -> String {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                bytes.extend(hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low));
                rest = after;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
    }
    // What is no text is no name of ours, with or without its strange bytes.
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_left_at_the_first_page_that_was_asked_for_before() {
        let mut course = Course::new(10);
        let mut after = |next: &'static str| course.after(Some(true), Some(next), 1);
        assert_eq!((after("a"), after("b")), (Ok(Some("a")), Ok(Some("b"))));
        assert!(after("a").is_err());
    }

    #[test]
    fn keys_are_decoded_whatever_a_server_encodes() {
        for (written, key) in [
            ("mau/data/01", "mau/data/01"),
            ("mau%2Fdata%2f01", "mau/data/01"),
            ("%6D%61u%2dx", "mau-x"),
            ("a+b%20c", "a b c"),
            ("100%", "100%"),
            ("%2", "%2"),
            ("%zz%2F", "%zz/"),
            ("t%C3%AAn", "tên"),
            ("%FF", "\u{fffd}"),
            ("", ""),
        ] {
            assert_eq!(decoded(written), key, "{written}");
        }
    }
}
