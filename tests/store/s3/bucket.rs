//! What the server of the tests keeps: objects, and where it is told so, versions and locks as
//! Amazon's servers have them.
//!
//! A deletion without a version hides, whatever is locked; one of a version removes it for good,
//! which needs a right of its own and no lock in the way. A lock is made longer by anyone who may
//! lock, shorter by nobody, or in governance by a right of its own.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use s3s::{S3Result, dto, s3_error};

use crate::store::s3::options::{Locking, Options};

/// What a key may beyond reading, writing, hiding and locking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    /// `s3:DeleteObjectVersion`
    pub(crate) delete_version: bool,
    /// `s3:BypassGovernanceRetention`
    pub(crate) bypass: bool,
    /// `s3:PutLifecycleConfiguration`
    pub(crate) lifecycle: bool,
}

/// Mode and end.
pub(super) type Lock = (String, SystemTime);

/// A key, whether this is what it shows, and the version.
pub(super) type Shown = (String, bool, Stored);

/// Where a page ended: a key and a version.
pub(super) type Mark = (String, String);

/// One version, or where it has no bytes the mark of a deletion.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// None where no versions are kept.
    pub(super) id: Option<String>,
    pub(super) bytes: Option<Bytes>,
    pub(super) written: SystemTime,
    pub(super) lock: Option<Lock>,
}

#[derive(Debug)]
pub(super) struct Bucket {
    versioned: bool,
    rights: Rights,
    locking: Locking,
    /// What becomes of objects by themselves.
    pub(super) rules: dto::LifecycleRules,
    /// Oldest first.
    objects: BTreeMap<String, Vec<Stored>>,
    made: u64,
    ahead: Duration,
}

impl Bucket {
    pub(super) fn new(options: &Options) -> Self {
        let Options { versions: versioned, rights, locking, ruled, .. } = *options;
        let rules = if ruled { vec![rule()] } else { Vec::new() };
        let (objects, ahead) = (BTreeMap::new(), Duration::ZERO);
        Self { versioned, rights, locking, rules, objects, made: 0, ahead }
    }

    pub(super) fn empty(&mut self) {
        self.objects.clear();
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.ahead += time;
    }

    /// Counted in whole seconds, as Amazon's servers tell it.
    fn now(&self) -> SystemTime {
        let passed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + self.ahead;
        SystemTime::UNIX_EPOCH + Duration::from_secs(passed.as_secs())
    }

    pub(super) fn visible(&self) -> BTreeMap<String, Bytes> {
        let latest =
            |(key, all): (&String, &Vec<Stored>)| Some((key.clone(), all.last()?.bytes.clone()?));
        self.objects.iter().filter_map(latest).collect()
    }

    pub(super) fn locks(&self) -> BTreeMap<String, Vec<Option<SystemTime>>> {
        let ends = |all: &Vec<Stored>| {
            let real = all.iter().filter(|one| one.bytes.is_some());
            real.map(|one| one.lock.as_ref().map(|(_, until)| *until)).collect()
        };
        self.objects.iter().map(|(key, all)| (key.clone(), ends(all))).collect()
    }

    /// The lock that was asked for, if the bucket takes it.
    pub(super) fn check_lock(
        &self,
        lock: Option<(String, dto::Timestamp)>,
        summed: bool,
    ) -> S3Result<Option<Lock>> {
        let Some((mode, until)) = lock else { return Ok(None) };
        if !self.versioned {
            return Err(s3_error!(InvalidRequest, "Bucket is missing Object Lock Configuration"));
        }
        if !summed {
            return Err(s3_error!(
                InvalidRequest,
                "Content-MD5 or x-amz-sdk-checksum-algorithm is required for a lock"
            ));
        }
        let mut text = Vec::new();
        until.format(dto::TimestampFormat::EpochSeconds, &mut text).unwrap();
        let seconds: f64 = String::from_utf8(text).unwrap().parse().unwrap();
        let until = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds);
        if until <= self.now() {
            return Err(s3_error!(InvalidArgument, "The retain until date must be in the future!"));
        }
        let until = match self.locking {
            Locking::Shortens => self.now() + Duration::from_mins(1),
            _ => until,
        };
        Ok(Some((mode, until)))
    }

    /// The id of the version that was made, where there are any.
    pub(super) fn put(&mut self, key: &str, bytes: Bytes, lock: Option<Lock>) -> Option<String> {
        self.push(key, Some(bytes), lock)
    }

    fn push(&mut self, key: &str, bytes: Option<Bytes>, lock: Option<Lock>) -> Option<String> {
        self.made += 1;
        let id = self.versioned.then(|| format!("v{:06}", self.made));
        let written = self.now();
        let all = self.objects.entry(key.to_owned()).or_default();
        if !self.versioned {
            all.clear();
        }
        all.push(Stored { id: id.clone(), bytes, written, lock });
        id
    }

    fn position(&self, key: &str, version: Option<&str>) -> S3Result<usize> {
        let all = self.objects.get(key).ok_or_else(|| s3_error!(NoSuchKey))?;
        match version {
            None => Ok(all.len() - 1),
            Some(id) => all
                .iter()
                .position(|one| one.id.as_deref().unwrap_or("null") == id)
                .ok_or_else(|| s3_error!(NoSuchVersion)),
        }
    }

    pub(super) fn get(&self, key: &str, version: Option<&str>) -> S3Result<Stored> {
        let found = self.objects[key_of(&self.objects, key)?][self.position(key, version)?].clone();
        if found.bytes.is_none() {
            return Err(s3_error!(NoSuchKey));
        }
        Ok(found)
    }

    pub(super) fn delete(
        &mut self,
        key: &str,
        version: Option<&str>,
        bypass: bool,
    ) -> S3Result<()> {
        let Some(id) = version else {
            if self.versioned {
                self.push(key, None, None);
            } else {
                self.objects.remove(key);
            }
            return Ok(());
        };
        if !self.rights.delete_version || bypass && !self.rights.bypass {
            return Err(s3_error!(AccessDenied));
        }
        let position = self.position(key, Some(id))?;
        let now = self.now();
        let all = self.objects.get_mut(key).unwrap();
        let held = all[position].lock.as_ref().is_some_and(|(mode, until)| {
            *until > now && !(bypass && mode == dto::ObjectLockRetentionMode::GOVERNANCE)
        });
        if held {
            let words = "Access Denied because object protected by object lock.";
            return Err(s3_error!(AccessDenied, "{}", words));
        }
        all.remove(position);
        if all.is_empty() {
            self.objects.remove(key);
        }
        Ok(())
    }

    pub(super) fn retain(
        &mut self,
        key: &str,
        version: Option<&str>,
        lock: Lock,
        bypass: bool,
    ) -> S3Result<()> {
        if bypass && !self.rights.bypass {
            return Err(s3_error!(AccessDenied));
        }
        let position = self.position(key, version)?;
        let now = self.now();
        let one = &mut self.objects.get_mut(key).unwrap()[position];
        let weaker = one.lock.as_ref().is_some_and(|(mode, until)| {
            let lifted = bypass && mode == dto::ObjectLockRetentionMode::GOVERNANCE;
            *until > now && !lifted && (lock.1 < *until || lock.0 != *mode)
        });
        if weaker {
            return Err(s3_error!(AccessDenied));
        }
        one.lock = Some(lock);
        Ok(())
    }

    /// Versions by key, of each the newest first: a page of them, each with whether it is what its
    /// key shows, and where the next page begins.
    pub(super) fn page(
        &self,
        prefix: &str,
        after: Option<(&str, &str)>,
        most: usize,
    ) -> (Vec<Shown>, Option<Mark>) {
        let id = |one: &Stored| one.id.clone().unwrap_or("null".into());
        let all = self.objects.iter().filter(|(key, _)| key.starts_with(prefix));
        let all = all.flat_map(|(key, all)| {
            let newest = all.len() - 1;
            let one = move |(at, one): (usize, &Stored)| (key.clone(), at == newest, one.clone());
            all.iter().enumerate().rev().map(one)
        });
        let begun = |(key, _, one): &Shown| {
            let mark = after.map(|(key, version)| (key.to_owned(), version.to_owned()));
            mark.is_some_and(|mark| mark == (key.clone(), id(one)))
        };
        let mut rest: Vec<_> = all.collect();
        if after.is_some() {
            let position = rest.iter().position(begun).expect("a mark that was given");
            rest.drain(..=position);
        }
        let more = rest.len() > most;
        rest.truncate(most);
        let next = rest.last().filter(|_| more).map(|(key, _, one)| (key.clone(), id(one)));
        (rest, next)
    }
}

/// The only rule of a bucket that has one.
pub(crate) const RULE: &str = "cua nguoi quan tri";

fn rule() -> dto::LifecycleRule {
    dto::LifecycleRule {
        id: Some(RULE.to_owned()),
        status: dto::ExpirationStatus::ENABLED.to_owned().into(),
        abort_incomplete_multipart_upload: None,
        expiration: Some(dto::LifecycleExpiration { days: Some(3650), ..Default::default() }),
        filter: None,
        noncurrent_version_expiration: None,
        noncurrent_version_transitions: None,
        prefix: Some(String::new()),
        transitions: None,
    }
}

pub(super) fn tag(bytes: &Bytes) -> dto::ETag {
    dto::ETag::Strong(duphong::base::digest::Digest::of(bytes).to_string()[..32].to_owned())
}

/// A key as the server writes it on a page.
pub(super) fn encoded(key: &str, encoding: Option<&dto::EncodingType>) -> String {
    if encoding.is_none() {
        return key.to_owned();
    }
    key.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                text.push(byte.into());
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
        text
    })
}

fn key_of<'a>(objects: &BTreeMap<String, Vec<Stored>>, key: &'a str) -> S3Result<&'a str> {
    if objects.contains_key(key) { Ok(key) } else { Err(s3_error!(NoSuchKey)) }
}
