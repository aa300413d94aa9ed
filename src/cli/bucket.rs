//! A bucket that is named on the command line, where no configuration says what opens it.

use std::path::Path;

use crate::cli::usage::UsageFault;
use crate::config::bucket;
use crate::config::secret::SecretSource;
use crate::config::settings::Bucket;

/// The arguments that say how a bucket is reached.
pub(super) struct Opening<'a> {
    pub(super) credentials_file: Option<&'a Path>,
    pub(super) region: Option<&'a str>,
    pub(super) authorities: Option<&'a Path>,
    pub(super) plain_http: bool,
}

impl Opening<'_> {
    /// The bucket that restic calls by this name, which `verb` was given as `argument`.
    pub(super) fn called(
        &self,
        verb: &str,
        argument: &str,
        name: &str,
    ) -> Result<Bucket, UsageFault> {
        let missing = || UsageFault::missing(verb, "--credentials-file");
        let file = self.credentials_file.ok_or_else(missing)?.to_owned();
        // Not repeated whole: a person may have put a key in front of the host.
        let shown = if name.contains('@') { "s3:…" } else { name };
        let called = bucket::called(name, SecretSource::File(file));
        let mut bucket = called.ok_or_else(|| UsageFault::invalid(verb, argument, shown))?;
        if let Some(region) = self.region {
            if !bucket::is_region(region) {
                return Err(UsageFault::invalid(verb, "--region", region));
            }
            region.clone_into(&mut bucket.region);
        }
        if bucket::is_open(&bucket) && !self.plain_http {
            return Err(UsageFault::in_the_clear(verb, name, "--plain-http"));
        }
        bucket.authorities = self.authorities.map(Path::to_path_buf);
        Ok(bucket)
    }
}
