//! Repositories in buckets: how they are written, what is refused, what opens them.

use std::fs;

use duphong::base::fault::Fault as _;
use duphong::config::bucket::{called, is_open};
use duphong::config::secret::SecretSource;
use duphong::config::settings::{Bucket, Store};

use super::{changed, check, load};

const DISK: &str = "local: { path: /srv/repo, password: { file: /etc/duphong/pass } }";

/// SMALL with its repository in a bucket of these keys.
fn with(keys: &str) -> String {
    let key = "credentials: { file: s3.key }";
    let password = "password: { file: /etc/duphong/pass }";
    changed(DISK, &format!("local: {{ {password}, s3: {{ {key}, {keys} }} }}"))
}

fn read(keys: &str) -> Bucket {
    let settings = load(&with(keys)).unwrap().settings;
    match settings.repositories[0].store.clone() {
        Store::S3(bucket) => bucket,
        Store::Disk(path) => panic!("{}", path.display()),
    }
}

#[test]
fn a_bucket_is_read_with_its_defaults_and_called_as_restic_calls_it() {
    let bucket = read("endpoint: https://S3.example.vn/, bucket: kho-mau");
    assert_eq!(bucket.to_string(), "s3:https://s3.example.vn/kho-mau");
    assert_eq!((bucket.region.as_str(), bucket.path_style), ("us-east-1", true));
    assert_eq!(bucket.authorities, None);
    assert_eq!(bucket.credentials, SecretSource::File("/etc/duphong/s3.key".into()));
    let bucket = read(
        "endpoint: 'https://[2001:db8::1]:9000', bucket: kho-mau, prefix: tinh/mau/, region: hn-1, \
         path-style: false, authorities: ca.pem",
    );
    assert_eq!(bucket.to_string(), "s3:https://[2001:db8::1]:9000/kho-mau/tinh/mau");
    assert_eq!((bucket.region.as_str(), bucket.path_style), ("hn-1", false));
    assert_eq!(bucket.authorities, Some("/etc/duphong/ca.pem".into()));
}

/// The ids of the problems of a bucket with these keys.
#[track_caller]
fn ids(keys: &str) -> Vec<&'static str> {
    match load(&with(keys)) {
        Ok(loaded) => loaded.warnings.iter().map(|problem| problem.message.id).collect(),
        Err(problems) => problems.list.iter().map(|problem| problem.message.id).collect(),
    }
}

#[test]
fn values_that_mean_nothing_are_refused_one_by_one() {
    for (endpoint, expected) in [
        ("https://s3.example.vn", None),
        ("https://s3.example.vn:9000", None),
        ("https://10.0.0.5:9000", None),
        ("s3.example.vn", Some("config-endpoint")),
        ("ftp://s3.example.vn", Some("config-endpoint")),
        ("https://s3.example.vn/kho-mau", Some("config-endpoint")),
        ("https://khoa:bi-mat@s3.example.vn", Some("config-endpoint")),
        ("https://s3.example.vn:0", Some("config-endpoint")),
        ("https://s3.example.vn:99999", Some("config-endpoint")),
        ("https://", Some("config-endpoint")),
    ] {
        let found = ids(&format!("endpoint: '{endpoint}', bucket: kho-mau"));
        assert_eq!(found, Vec::from_iter(expected), "{endpoint}");
    }
    for (rest, expected) in [
        ("bucket: kho.mau-1", None),
        ("bucket: kho", None),
        ("bucket: ko", Some("config-bucket")),
        ("bucket: Kho-mau", Some("config-bucket")),
        ("bucket: kho_mau", Some("config-bucket")),
        ("bucket: -kho", Some("config-bucket")),
        ("bucket: kho..mau", Some("config-bucket")),
        ("bucket: kho-mau, prefix: a/b_c.d", None),
        ("bucket: kho-mau, prefix: /a", Some("config-prefix")),
        ("bucket: kho-mau, prefix: a//b", Some("config-prefix")),
        ("bucket: kho-mau, prefix: ../a", Some("config-prefix")),
        ("bucket: kho-mau, prefix: tỉnh", Some("config-prefix")),
        ("bucket: kho-mau, region: 'hà nội'", Some("config-region")),
        ("bucket: kho-mau, keys: x", Some("config-unknown-key")),
    ] {
        let found = ids(&format!("endpoint: 'https://s3.example.vn', {rest}"));
        assert_eq!(found, Vec::from_iter(expected), "{rest}");
    }
}

#[test]
fn a_key_in_the_address_is_not_repeated() {
    let problems =
        load(&with("endpoint: 'https://KHOA:hunter2@s3.example.vn', bucket: kho-mau")).unwrap_err();
    assert!(!format!("{:?}", problems.list[0].message).contains("hunter2"));
}

#[test]
fn without_tls_only_what_is_near_is_asked() {
    let endpoint = |host: &str| ids(&format!("endpoint: 'http://{host}', bucket: kho-mau"));
    for near in ["localhost", "localhost:9000", "127.0.0.1:9000", "[::1]:9000"] {
        assert_eq!(endpoint(near), ["config-endpoint-clear"], "{near}");
    }
    for far in ["s3.example.vn", "10.10.0.5:9000", "203.0.113.1", "[2001:db8::1]"] {
        assert_eq!(endpoint(far), ["config-endpoint-open"], "{far}");
    }
    let inside = |host: &str| {
        let yaml = with(&format!("endpoint: 'http://{host}', bucket: kho-mau"));
        let yaml = format!("{yaml}network: {{ inside: [10.10.0.0/16] }}\n");
        load(&yaml)
            .map(|loaded| loaded.warnings[0].message.id)
            .map_err(|all| all.list[0].message.id)
    };
    assert_eq!(inside("10.10.0.5:9000"), Ok("config-endpoint-clear"));
    assert_eq!(inside("10.11.0.5:9000"), Err("config-endpoint-open"));
}

#[test]
fn a_repository_is_in_one_place_and_no_two_in_the_same() {
    check(
        &changed("path: /srv/repo,", "path: /srv/repo, s3: {},"),
        &["4:10 repositories.local config-one-of"],
    );
    let two = |first: &str, second: &str| {
        let bucket = |rest: &str| {
            let given = rest.contains("endpoint:");
            let endpoint = if given { "" } else { "endpoint: 'https://s3.example.vn'," };
            format!(
                "{{ password: {{ file: p }}, s3: {{ credentials: {{ file: k }}, {endpoint} {rest} }} }}"
            )
        };
        let yaml = changed(DISK, &format!("local: {}\n  hai: {}", bucket(first), bucket(second)));
        load(&yaml).map(drop).map_err(|all| all.list[0].message.id)
    };
    let same = Err("config-same-bucket");
    for (first, second, expected) in [
        ("bucket: aaa", "bucket: bbb", Ok(())),
        ("bucket: aaa, prefix: x", "bucket: aaa, prefix: y", Ok(())),
        ("bucket: aaa, prefix: x", "bucket: aaa, prefix: xy", Ok(())),
        ("bucket: aaa", "bucket: aaa", same),
        ("bucket: aaa", "bucket: aaa, prefix: x", same),
        ("bucket: aaa, prefix: x/y", "bucket: aaa, prefix: x", same),
        ("bucket: aaa", "bucket: aaa, endpoint: 'https://S3.example.vn:443/'", same),
    ] {
        assert_eq!(two(first, second), expected, "{first} | {second}");
    }
}

#[test]
fn an_access_key_is_two_lines_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s3.key");
    let source = SecretSource::File(path.clone());
    for (content, expected) in [
        ("KHOA\nbi/mat+cua=khoa\n", true),
        ("KHOA\r\nbi-mat\r\n", true),
        ("KHOA\nbi-mat", true),
        ("KHOA\n", false),
        ("KHOA\nbi-mat\nthem\n", false),
        ("KHOA bi-mat\n", false),
        ("KHOA\nbi mat\n", false),
        ("[default]\naws_access_key_id = KHOA\n", false),
    ] {
        fs::write(&path, content).unwrap();
        let read = source.read_key();
        assert_eq!(read.is_ok(), expected, "{content:?}");
        match read {
            Ok((id, secret)) => {
                assert_eq!(id, "KHOA");
                assert!(secret.expose().starts_with(b"bi"));
            }
            Err(fault) => assert_eq!(fault.code(), "secret.not-a-key"),
        }
    }
}

#[test]
fn a_place_can_be_named_as_restic_names_it() {
    let source = || SecretSource::File("/k".into());
    for name in [
        "s3:https://s3.example.vn/kho-mau",
        "s3:http://localhost:9000/kho-mau/tinh/mau",
        "s3:https://[2001:db8::1]:9000/kho-mau/x",
    ] {
        assert_eq!(called(name, source()).unwrap().to_string(), name);
    }
    for nothing in
        ["/srv/repo", "s3:s3.example.vn/kho", "s3:https://s3.example.vn", "s3:https://h/K"]
    {
        assert_eq!(called(nothing, source()), None, "{nothing}");
    }
}

#[test]
fn what_would_be_asked_in_the_clear_beyond_this_machine_is_known() {
    for (name, expected) in [
        ("s3:https://s3.example.vn/kho", false),
        ("s3:http://localhost:9000/kho", false),
        ("s3:http://[::1]:9000/kho", false),
        ("s3:http://10.0.0.5/kho", true),
        ("s3:http://s3.example.vn:80/kho", true),
    ] {
        let bucket = called(name, SecretSource::File("/k".into())).unwrap();
        assert_eq!(is_open(&bucket), expected, "{name}");
    }
}
