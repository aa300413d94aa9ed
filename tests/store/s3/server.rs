//! An S3 server of our own, in this process: real signatures and a real wire, objects in memory,
//! and whatever can go wrong on command.
//!
//! The `s3s` crate speaks the protocol and checks every signature and digest. Faults happen where
//! they happen in life: in the answer, in the connection, in the order of a listing. Versions and
//! locks are in `bucket`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use duphong::base::secret::Secret;
use duphong::store::s3::{AccessKey, Limits, Settings};
use duphong::world::World;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use s3s::auth::SimpleAuth;
use s3s::dto;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::store::s3::bucket::{Bucket, Stored, encoded, tag};
use crate::store::s3::options::{Conditional, Locking, Options};

/// The bucket that is there.
pub(crate) const BUCKET: &str = "kho-mau";

/// What opens it.
pub(crate) const KEY: (&str, &str) = ("KHOATHU", "bi-mat-cua-khoa-thu");

/// What goes wrong with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An answer with this status and code; nothing is done.
    Answer(u16, &'static str),
    /// The connection ends before anything is done.
    Cut,
    /// All is done, then the connection ends without an answer.
    CutAfter,
    /// The answer's body ends after so many bytes, and the connection with it.
    Truncate(usize),
    /// No answer ever comes.
    Mute,
    /// The answer's body stops after so many bytes, and the connection stays.
    Stall(usize),
    /// The first bit of the answer's body is flipped.
    Flip,
    /// The first bit of the request's body is flipped before the server sees it.
    FlipSent,
}

/// A request, as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// The path, without a query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(each, _)| each == name).map(|(_, value)| value.as_str())
    }
}

type Plan = Box<dyn FnMut(&Asked) -> Option<Fault> + Send>;

struct Shared {
    bucket: Mutex<Bucket>,
    options: Options,
    plan: Mutex<Plan>,
    asked: Mutex<Vec<Asked>>,
    running: AtomicUsize,
    peak: AtomicUsize,
}

impl Shared {
    fn pretends(&self) -> bool {
        self.options.locking == Locking::Pretends
    }
}

/// The server, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        let runtime = Runtime::new().unwrap();
        let shared = Arc::new(Shared {
            bucket: Mutex::new(Bucket::new(&options)),
            options,
            plan: Mutex::new(Box::new(|_| None)),
            asked: Mutex::default(),
            running: AtomicUsize::new(0),
            peak: AtomicUsize::new(0),
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, runtime: Some(runtime) }
    }

    pub(crate) fn endpoint(&self) -> String {
        let scheme = if self.shared.options.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}", self.address.port())
    }

    /// How restic calls a repository here.
    pub(crate) fn restic_url(&self, prefix: &str) -> String {
        format!("s3:{}/{BUCKET}/{prefix}", self.endpoint())
    }

    pub(crate) fn settings(&self, prefix: &str) -> Settings {
        Settings {
            endpoint: self.endpoint(),
            bucket: BUCKET.to_owned(),
            prefix: prefix.to_owned(),
            region: "us-east-1".to_owned(),
            key: AccessKey { id: KEY.0.to_owned(), secret: Secret::new(KEY.1.into()) },
            path_style: true,
            authorities: None,
            limits: Limits { answer: Duration::from_secs(20), ..Limits::default() },
            locking: None,
        }
    }

    pub(crate) fn world(&self) -> World {
        World::system(self.runtime.as_ref().unwrap().handle().clone())
    }

    /// From now on each request is asked about: what goes wrong with it?
    pub(crate) fn plan(&self, plan: impl FnMut(&Asked) -> Option<Fault> + Send + 'static) {
        *self.shared.plan.lock().unwrap() = Box::new(plan);
    }

    /// From now on nothing goes wrong.
    pub(crate) fn heal(&self) {
        self.plan(|_| None);
    }

    /// Every request since the last call.
    pub(crate) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.shared.asked.lock().unwrap())
    }

    /// The most requests that were in work at once.
    pub(crate) fn peak(&self) -> usize {
        self.shared.peak.load(Ordering::SeqCst)
    }

    /// What is stored and can be seen, by key.
    pub(crate) fn objects(&self) -> BTreeMap<String, Bytes> {
        self.shared.bucket.lock().unwrap().visible()
    }

    /// Empties the bucket, whatever is locked.
    pub(crate) fn empty(&self) {
        self.shared.bucket.lock().unwrap().empty();
    }

    /// Stores behind everyone's back.
    pub(crate) fn place(&self, key: &str, bytes: &'static [u8]) {
        let mut bucket = self.shared.bucket.lock().unwrap();
        bucket.put(key, Bytes::from_static(bytes), None);
    }

    /// Lets time go by at the server: its clock and its locks, not the signatures that it checks.
    pub(crate) fn pass(&self, time: Duration) {
        self.shared.bucket.lock().unwrap().pass(time);
    }

    /// The ids of the rules for what becomes of objects by themselves.
    pub(crate) fn rules(&self) -> Vec<Option<String>> {
        let bucket = self.shared.bucket.lock().unwrap();
        bucket.rules.iter().map(|rule| rule.id.clone()).collect()
    }

    /// The end of the lock of every version, by key, oldest first; nothing where it has none.
    pub(crate) fn locks(&self) -> BTreeMap<String, Vec<Option<SystemTime>>> {
        self.shared.bucket.lock().unwrap().locks()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut builder = S3ServiceBuilder::new(Objects(Arc::clone(&shared)));
    builder.set_auth(SimpleAuth::from_single(KEY.0, KEY.1));
    let service = builder.build();
    let tls = shared.options.tls.clone().map(TlsAcceptor::from);
    while let Ok((stream, _)) = listener.accept().await {
        let (service, shared, tls) = (service.clone(), Arc::clone(&shared), tls.clone());
        tokio::spawn(async move {
            // A client that goes away ends the connection with an error; that is its business.
            let _ended = match tls {
                None => serve(stream, service, shared).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve(stream, service, shared).await,
                    Err(_refused) => Ok(()),
                },
            };
        });
    }
}

async fn serve<S>(stream: S, service: S3Service, shared: Arc<Shared>) -> hyper::Result<()>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let answer = service_fn(move |request| {
        let (service, shared) = (service.clone(), Arc::clone(&shared));
        async move {
            let running = shared.running.fetch_add(1, Ordering::SeqCst) + 1;
            shared.peak.fetch_max(running, Ordering::SeqCst);
            let _left = Leave(Arc::clone(&shared));
            handle(request, &service, &shared).await
        }
    });
    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await
}

/// A request is over, also when its client has gone.
struct Leave(Arc<Shared>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

type Answer = Response<BoxBody<Bytes, std::io::Error>>;

fn broken() -> std::io::Error {
    std::io::Error::other("as ordered")
}

/// An error ends the connection.
async fn handle(
    request: Request<Incoming>,
    service: &S3Service,
    shared: &Shared,
) -> Result<Answer, std::io::Error> {
    let fault = {
        let mut all = shared.asked.lock().unwrap();
        let asked = Asked {
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().unwrap_or_default().to_owned(),
            headers: request
                .headers()
                .iter()
                .map(|(name, value)| {
                    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                })
                .collect(),
        };
        all.push(asked.clone());
        drop(all);
        (shared.plan.lock().unwrap())(&asked)
    };
    match fault {
        Some(Fault::Cut) => return Err(broken()),
        Some(Fault::Mute) => return std::future::pending().await,
        Some(Fault::Answer(status, code)) => return Ok(refusal(status, code)),
        _ => {}
    }
    let (head, body) = request.into_parts();
    let mut sent = body.collect().await.map_err(|_| broken())?.to_bytes().to_vec();
    if fault == Some(Fault::FlipSent)
        && let Some(first) = sent.first_mut()
    {
        *first ^= 1;
    }
    let request = Request::from_parts(head, s3s::Body::from(sent));
    let (mut head, body) = service.call(request).await.map_err(|_| broken())?.into_parts();
    let mut body = body.collect().await.map_err(|_| broken())?.to_bytes().to_vec();
    match fault {
        Some(Fault::CutAfter) => Err(broken()),
        Some(Fault::Truncate(length)) if body.len() > length => {
            head.headers.insert("content-length", body.len().into());
            body.truncate(length);
            let frames = [Ok(Frame::data(Bytes::from(body))), Err(broken())];
            let body = StreamBody::new(futures_util::stream::iter(frames));
            Ok(Response::from_parts(head, BoxBody::new(body)))
        }
        Some(Fault::Stall(length)) if body.len() > length => {
            head.headers.insert("content-length", body.len().into());
            body.truncate(length);
            let begun = futures_util::stream::iter([Ok(Frame::data(Bytes::from(body)))]);
            let silent = futures_util::stream::pending();
            let body = StreamBody::new(futures_util::StreamExt::chain(begun, silent));
            Ok(Response::from_parts(head, BoxBody::new(body)))
        }
        fault => {
            if fault == Some(Fault::Flip)
                && let Some(first) = body.first_mut()
            {
                *first ^= 1;
            }
            Ok(Response::from_parts(head, whole(body.into())))
        }
    }
}

fn refusal(status: u16, code: &str) -> Answer {
    let body = match code {
        "" => String::new(),
        code => format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as ordered</Message></Error>"
        ),
    };
    Response::builder().status(status).body(whole(body.into())).unwrap()
}

fn whole(bytes: Bytes) -> BoxBody<Bytes, std::io::Error> {
    Full::new(bytes).map_err(|never| match never {}).boxed()
}

/// The objects, as the protocol asks for them.
struct Objects(Arc<Shared>);

impl Objects {
    /// Refuses any bucket but the one.
    fn check(bucket: &str) -> S3Result<()> {
        if bucket == BUCKET { Ok(()) } else { Err(s3_error!(NoSuchBucket)) }
    }

    fn bucket(&self, bucket: &str) -> S3Result<MutexGuard<'_, Bucket>> {
        Self::check(bucket)?;
        Ok(self.0.bucket.lock().unwrap())
    }

    fn find(&self, bucket: &str, key: &str, version: Option<&str>) -> S3Result<Stored> {
        self.bucket(bucket)?.get(key, self.version(version))
    }

    /// The version that is meant; nothing where the server passes over versions.
    fn version<'a>(&self, asked: Option<&'a str>) -> Option<&'a str> {
        asked.filter(|_| !self.0.pretends())
    }

    /// The objects of one page, and whether more follow. What lies beyond the delimiter stands as
    /// one folder, without a size.
    fn page(&self, input: &dto::ListObjectsV2Input) -> (Vec<(String, Option<usize>)>, bool) {
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let asked = usize::try_from(input.max_keys.unwrap_or(1000)).unwrap();
        let most = self.0.options.page.map_or(asked, |page| page.min(asked));
        let after = input.continuation_token.as_ref().or(input.start_after.as_ref());
        let folder = |key: &str| {
            let delimiter = input.delimiter.as_deref().filter(|text| !text.is_empty())?;
            let end = key[prefix.len()..].find(delimiter)? + prefix.len() + delimiter.len();
            Some(key[..end].to_owned())
        };
        let objects = self.0.bucket.lock().unwrap().visible();
        let mut found: Vec<_> = objects
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, bytes)| match folder(key) {
                Some(folder) => (folder, None),
                None => (key.clone(), Some(bytes.len())),
            })
            .filter(|(key, _)| after.is_none_or(|after| key > after))
            .collect();
        found.dedup();
        let more = found.len() > most;
        found.truncate(most);
        (found, more)
    }
}

#[async_trait]
impl S3 for Objects {
    async fn put_object(
        &self,
        request: S3Request<dto::PutObjectInput>,
    ) -> S3Result<S3Response<dto::PutObjectOutput>> {
        let announced = request.headers.contains_key("x-amz-sdk-checksum-algorithm");
        let input = request.input;
        Self::check(&input.bucket)?;
        let conditional = input.if_none_match.is_some();
        if conditional && self.0.options.conditional == Conditional::Refuses {
            return Err(s3_error!(NotImplemented));
        }
        let body = s3s::Body::from(input.body.unwrap());
        // Here s3s compares the body with the digest in the signature; the code is AWS's for it.
        let bytes = body.collect().await.map_err(|_| {
            let mut error = S3Error::new(S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into()));
            error.set_status_code(hyper::StatusCode::BAD_REQUEST);
            error
        })?;
        let bytes = bytes.to_bytes();
        let mut bucket = self.0.bucket.lock().unwrap();
        let honored = self.0.options.conditional == Conditional::Honors;
        if conditional && honored && bucket.get(&input.key, None).is_ok() {
            return Err(s3_error!(PreconditionFailed));
        }
        let lock = input.object_lock_mode.zip(input.object_lock_retain_until_date);
        let lock = lock.filter(|_| !self.0.pretends());
        // A digest alone is not enough for every server: it must be announced, or be the old one.
        let summed = input.content_md5.is_some() || announced && input.checksum_sha256.is_some();
        let lock = bucket.check_lock(lock.map(|(mode, at)| (mode.as_str().into(), at)), summed)?;
        let e_tag = Some(tag(&bytes));
        let version_id = bucket.put(&input.key, bytes, lock);
        let version_id = version_id.or(self.0.pretends().then(|| "khong-giu".to_owned()));
        Ok(S3Response::new(dto::PutObjectOutput { e_tag, version_id, ..Default::default() }))
    }

    async fn get_object(
        &self,
        request: S3Request<dto::GetObjectInput>,
    ) -> S3Result<S3Response<dto::GetObjectOutput>> {
        let input = request.input;
        let stored = self.find(&input.bucket, &input.key, input.version_id.as_deref())?;
        let whole = stored.bytes.clone().unwrap();
        let size = whole.len();
        let (bytes, content_range) = match &input.range {
            None => (whole.clone(), None),
            Some(range) => {
                let range = range.check(size as u64)?;
                let said = format!("bytes {}-{}/{size}", range.start, range.end - 1);
                let part =
                    usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                (whole.slice(part), Some(said))
            }
        };
        Ok(S3Response::new(dto::GetObjectOutput {
            content_length: Some(i64::try_from(bytes.len()).unwrap()),
            content_range,
            e_tag: Some(tag(&whole)),
            last_modified: Some(stored.written.into()),
            accept_ranges: Some("bytes".to_owned()),
            body: Some(s3s::Body::from(bytes).into()),
            ..Default::default()
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<dto::HeadObjectInput>,
    ) -> S3Result<S3Response<dto::HeadObjectOutput>> {
        let input = request.input;
        let stored = self.find(&input.bucket, &input.key, input.version_id.as_deref())?;
        let bytes = stored.bytes.unwrap();
        let (mode, until) = stored.lock.unzip();
        Ok(S3Response::new(dto::HeadObjectOutput {
            content_length: Some(i64::try_from(bytes.len()).unwrap()),
            e_tag: Some(tag(&bytes)),
            last_modified: Some(stored.written.into()),
            object_lock_mode: mode.map(dto::ObjectLockMode::from),
            object_lock_retain_until_date: until.map(Into::into),
            version_id: stored.id,
            ..Default::default()
        }))
    }

    async fn head_bucket(
        &self,
        request: S3Request<dto::HeadBucketInput>,
    ) -> S3Result<S3Response<dto::HeadBucketOutput>> {
        Self::check(&request.input.bucket)?;
        Ok(S3Response::new(dto::HeadBucketOutput::default()))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<dto::GetBucketLocationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLocationOutput>> {
        Self::check(&request.input.bucket)?;
        Ok(S3Response::new(dto::GetBucketLocationOutput::default()))
    }

    async fn delete_object(
        &self,
        request: S3Request<dto::DeleteObjectInput>,
    ) -> S3Result<S3Response<dto::DeleteObjectOutput>> {
        let input = request.input;
        let bypass = input.bypass_governance_retention.unwrap_or(false);
        let mut bucket = self.bucket(&input.bucket)?;
        bucket.delete(&input.key, self.version(input.version_id.as_deref()), bypass)?;
        Ok(S3Response::new(dto::DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<dto::ListObjectsV2Input>,
    ) -> S3Result<S3Response<dto::ListObjectsV2Output>> {
        let input = request.input;
        Self::check(&input.bucket)?;
        let (mut page, more) = self.page(&input);
        let next = page.last().filter(|_| more).map(|(key, _)| key.clone());
        if self.0.options.disorder {
            let again = input.continuation_token.clone().and_then(|key| {
                let size = self.0.bucket.lock().unwrap().visible().get(&key)?.len();
                Some((key, Some(size)))
            });
            page.extend(again);
            page.reverse();
        }
        let name = |key: &str| Some(encoded(key, input.encoding_type.as_ref()));
        let object = |(key, size): &(String, Option<usize>)| {
            Some(dto::Object {
                key: name(key),
                size: Some(i64::try_from((*size)?).unwrap()),
                last_modified: Some(SystemTime::now().into()),
                ..Default::default()
            })
        };
        let folder = |(key, size): &(String, Option<usize>)| {
            size.is_none().then(|| dto::CommonPrefix { prefix: name(key) })
        };
        Ok(S3Response::new(dto::ListObjectsV2Output {
            name: Some(input.bucket.clone()),
            key_count: Some(i32::try_from(page.len()).unwrap()),
            max_keys: Some(input.max_keys.unwrap_or(1000)),
            is_truncated: Some(more),
            contents: Some(page.iter().filter_map(object).collect()),
            common_prefixes: Some(page.iter().filter_map(folder).collect()),
            delimiter: input.delimiter.clone(),
            continuation_token: input.continuation_token.clone(),
            next_continuation_token: next,
            encoding_type: input.encoding_type.clone(),
            prefix: input.prefix.clone(),
            ..Default::default()
        }))
    }

    async fn list_object_versions(
        &self,
        request: S3Request<dto::ListObjectVersionsInput>,
    ) -> S3Result<S3Response<dto::ListObjectVersionsOutput>> {
        let input = request.input;
        if self.0.pretends() {
            return Err(s3_error!(NotImplemented));
        }
        let asked = usize::try_from(input.max_keys.unwrap_or(1000)).unwrap();
        let most = self.0.options.page.map_or(asked, |page| page.min(asked));
        let after = input.key_marker.as_deref().zip(input.version_id_marker.as_deref());
        let prefix = input.prefix.as_deref().unwrap_or_default();
        let (page, next) = self.bucket(&input.bucket)?.page(prefix, after, most);
        let (next_key, next_version) = next.unzip();
        let name = |key: &str| Some(encoded(key, input.encoding_type.as_ref()));
        let version = |(key, latest, one): &(String, bool, Stored)| {
            let bytes = one.bytes.as_ref()?;
            Some(dto::ObjectVersion {
                key: name(key),
                version_id: Some(one.id.clone().unwrap_or("null".into())),
                is_latest: Some(*latest),
                last_modified: Some(one.written.into()),
                size: Some(i64::try_from(bytes.len()).unwrap()),
                e_tag: Some(tag(bytes)),
                ..Default::default()
            })
        };
        let mark = |(key, latest, one): &(String, bool, Stored)| {
            one.bytes.is_none().then(|| dto::DeleteMarkerEntry {
                key: name(key),
                version_id: one.id.clone(),
                is_latest: Some(*latest),
                last_modified: Some(one.written.into()),
                ..Default::default()
            })
        };
        Ok(S3Response::new(dto::ListObjectVersionsOutput {
            is_truncated: Some(next_key.is_some()),
            versions: Some(page.iter().filter_map(version).collect()),
            delete_markers: Some(page.iter().filter_map(mark).collect()),
            next_key_marker: next_key.map(|key| encoded(&key, input.encoding_type.as_ref())),
            next_version_id_marker: next_version,
            encoding_type: input.encoding_type.clone(),
            ..Default::default()
        }))
    }

    async fn copy_object(
        &self,
        request: S3Request<dto::CopyObjectInput>,
    ) -> S3Result<S3Response<dto::CopyObjectOutput>> {
        let input = request.input;
        let dto::CopySource::Bucket { bucket: from, key, version_id } = &input.copy_source else {
            return Err(s3_error!(NotImplemented));
        };
        let stored = self.find(from, key, version_id.as_deref())?;
        let bytes = stored.bytes.unwrap();
        let mut bucket = self.bucket(&input.bucket)?;
        let lock = input.object_lock_mode.zip(input.object_lock_retain_until_date);
        let summed = self.0.options.locking != Locking::NotWithCopies;
        let lock = bucket.check_lock(lock.map(|(mode, at)| (mode.as_str().into(), at)), summed)?;
        let made = dto::CopyObjectResult { e_tag: Some(tag(&bytes)), ..Default::default() };
        let version_id = bucket.put(&input.key, bytes, lock);
        Ok(S3Response::new(dto::CopyObjectOutput {
            copy_object_result: Some(made),
            version_id,
            ..Default::default()
        }))
    }

    async fn put_object_retention(
        &self,
        request: S3Request<dto::PutObjectRetentionInput>,
    ) -> S3Result<S3Response<dto::PutObjectRetentionOutput>> {
        let input = request.input;
        let bypass = input.bypass_governance_retention.unwrap_or(false);
        let lock = input.retention.unwrap();
        let lock = (lock.mode.unwrap().as_str().into(), lock.retain_until_date.unwrap());
        let mut bucket = self.bucket(&input.bucket)?;
        let lock = bucket.check_lock(Some(lock), true)?.unwrap();
        bucket.retain(&input.key, input.version_id.as_deref(), lock, bypass)?;
        Ok(S3Response::new(dto::PutObjectRetentionOutput::default()))
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<dto::GetBucketVersioningInput>,
    ) -> S3Result<S3Response<dto::GetBucketVersioningOutput>> {
        Self::check(&request.input.bucket)?;
        let says = if self.0.options.suspended {
            dto::BucketVersioningStatus::SUSPENDED
        } else {
            dto::BucketVersioningStatus::ENABLED
        };
        let status = self.0.options.versions.then(|| says.to_owned().into());
        Ok(S3Response::new(dto::GetBucketVersioningOutput { status, ..Default::default() }))
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        request: S3Request<dto::GetBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<dto::GetBucketLifecycleConfigurationOutput>> {
        let rules = self.bucket(&request.input.bucket)?.rules.clone();
        if rules.is_empty() {
            return Err(s3_error!(NoSuchLifecycleConfiguration));
        }
        let rules = Some(rules);
        Ok(S3Response::new(dto::GetBucketLifecycleConfigurationOutput {
            rules,
            ..Default::default()
        }))
    }

    async fn put_bucket_lifecycle_configuration(
        &self,
        request: S3Request<dto::PutBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<dto::PutBucketLifecycleConfigurationOutput>> {
        let mut bucket = self.bucket(&request.input.bucket)?;
        if !self.0.options.rights.lifecycle {
            return Err(s3_error!(AccessDenied));
        }
        bucket.rules = request.input.lifecycle_configuration.unwrap().rules;
        Ok(S3Response::new(dto::PutBucketLifecycleConfigurationOutput::default()))
    }

    async fn delete_bucket_lifecycle(
        &self,
        request: S3Request<dto::DeleteBucketLifecycleInput>,
    ) -> S3Result<S3Response<dto::DeleteBucketLifecycleOutput>> {
        self.bucket(&request.input.bucket)?.rules.clear();
        Ok(S3Response::new(dto::DeleteBucketLifecycleOutput::default()))
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}
