//! What the refusal of a server means: which of them pass by themselves, which never will.
//!
//! Servers agree on few words. The code is asked first, then the status; what neither tells is
//! `Unexpected` and carries the server's own words.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::base::fault::chain;
use crate::store::{Act, StoreError};
use crate::world::tls::TlsError;

/// What is kept of a server's words, in characters.
const WORDS_MAX: usize = 200;

/// How far a clock may be off before the protocol refuses its signatures.
const SKEW_MAX: Duration = Duration::from_mins(15);

/// Why a request was not done.
#[derive(Debug)]
pub(super) struct Refusal {
    /// Whether a request could be made of it at all.
    sent: bool,
    /// The status of the answer, where there was one.
    pub(super) status: Option<u16>,
    /// The server's word for it, such as `NoSuchKey`; empty where it gave none.
    code: String,
    /// The server's words, or what went wrong on the way.
    words: String,
    tls: Option<TlsError>,
}

impl Refusal {
    pub(super) fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let (code, words) = match error {
            SdkError::ServiceError(refused) => {
                let said = refused.err().meta();
                let words = said.message().map(ToOwned::to_owned);
                // A success that cannot be read has no message; what is wrong with it is the cause.
                let success = status.is_some_and(|status| status < 300);
                let words = words.or_else(|| success.then(|| causes(error)));
                (said.code().unwrap_or_default(), words.unwrap_or_default())
            }
            other => ("", causes(other)),
        };
        Self {
            sent: !matches!(error, SdkError::ConstructionFailure(_)),
            status,
            code: harmless(code),
            words: harmless(&words),
            tls: TlsError::in_chain(error),
        }
    }

    /// Whether the server says in words that the bucket has no such object. A bare 404, for which
    /// the client has the word `NotFound`, is what any web server says that knows of no buckets.
    pub(super) fn is_no_object(&self) -> bool {
        self.status == Some(404) && self.code == "NoSuchKey"
    }

    /// Whether this is a refusal for good that does not say why, as any to `HEAD` is.
    pub(super) fn is_wordless(&self) -> bool {
        let for_good = self.status.is_some_and(|status| (300..500).contains(&status));
        for_good && !matches!(self.status, Some(408 | 429)) && self.code.is_empty()
    }

    /// Whether the server does not know what a condition is.
    pub(super) fn knows_no_condition(&self) -> bool {
        self.status == Some(501) || self.code == "NotImplemented"
    }

    /// Whether the server cannot lock: it does not know how, or the bucket was not made for it.
    pub(super) fn knows_no_lock(&self) -> bool {
        let of_lock = self.words.to_ascii_lowercase().contains("lock");
        self.knows_no_condition() || self.status == Some(400) && of_lock
    }

    /// Whether a refusal that has the word for a lacking right says that it does not know the key,
    /// or that its secret is another: Garage has no other word for it.
    fn is_about_the_key(&self) -> bool {
        let words = self.words.to_ascii_lowercase();
        let about_it = words.contains("invalid signature") || words.contains("no such key: ");
        self.status == Some(403) && self.code == "AccessDenied" && about_it
    }

    /// The server's word for it.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// The server's words, for a person.
    pub(super) fn into_words(self) -> String {
        let status = self.status.map(|status| status.to_string()).unwrap_or_default();
        format!("{status} {} {}", self.code, self.words).trim().to_owned()
    }

    /// The error that it is. `place` is what was asked for, `store` the bucket with its prefix.
    pub(super) fn sort(self, act: Act, place: String, store: &str) -> StoreError {
        if let Some(source) = self.tls {
            return StoreError::Tls { place, source };
        }
        let Some(status) = self.status else {
            let detail = self.words;
            return if self.sent {
                StoreError::Connection { place, detail }
            } else {
                StoreError::Unexpected { act, place, detail }
            };
        };
        let detail = format!("{status} {} {}", self.code, self.words).trim_end().to_owned();
        let answer = |kind| io::Error::new(kind, detail.clone());
        if self.is_about_the_key() {
            return StoreError::KeyRefused { place: store.to_owned() };
        }
        match (self.code.as_str(), status) {
            ("NoSuchBucket", _) => StoreError::NoBucket { place: store.to_owned() },
            ("NoSuchKey", 404) if act == Act::Read => StoreError::Missing { place },
            ("RequestTimeTooSkewed", _) => {
                StoreError::Clock { place, minutes: SKEW_MAX.as_secs() / 60 }
            }
            (
                "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "NotSignedUp"
                | "InvalidToken"
                | "ExpiredToken",
                _,
            ) => StoreError::KeyRefused { place: store.to_owned() },
            ("AuthorizationHeaderMalformed" | "PermanentRedirect", _) => {
                StoreError::Region { place: store.to_owned(), detail }
            }
            ("XAmzContentSHA256Mismatch" | "BadDigest", _) => StoreError::Altered { place },
            (
                "QuotaExceeded"
                | "XMinioStorageFull"
                | "XMinioAdminBucketQuotaExceeded"
                | "InsufficientStorage",
                _,
            )
            | (_, 507) => StoreError::Full { place, source: answer(io::ErrorKind::StorageFull) },
            // A conflict of two writes at the same instant settles by itself.
            (
                "SlowDown"
                | "RequestTimeout"
                | "IncompleteBody"
                | "InternalError"
                | "ServiceUnavailable"
                | "Throttling"
                | "ThrottlingException"
                | "RequestThrottled"
                | "RequestLimitExceeded"
                | "BandwidthLimitExceeded"
                | "TooManyRequests"
                | "ConditionalRequestConflict"
                | "OperationAborted",
                _,
            )
            | (_, 408 | 429 | 500 | 502..=599) => StoreError::Busy { place, detail },
            (_, 401 | 403) => {
                StoreError::Denied { act, place, source: answer(io::ErrorKind::PermissionDenied) }
            }
            _ => StoreError::Unexpected { act, place, detail },
        }
    }
}

/// An answer that did not come in time.
pub(super) fn expired(place: String) -> StoreError {
    StoreError::Connection { place, detail: "no answer in time".to_owned() }
}

/// The causes of an error. The library's own words for the outermost one say nothing.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    error.source().map_or_else(|| error.to_string(), |source| chain(&source))
}

/// Words of a stranger, fit for one line of a terminal.
fn harmless(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX).collect()
}
