//! Command lines that cannot be understood, and pages that were asked for.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::cli::kit::{Answer, Home};

/// A wrong line, what is said about it, and what is advised, in both languages.
#[track_caller]
fn check(line: &str, code: &str, vi: [&str; 2], en: [&str; 2]) {
    let home = Home::new();
    for (language, words, told) in [("vi", ["lỗi", "gợi ý"], vi), ("en", ["error", "hint"], en)]
    {
        let [message, hint] = told;
        let answer = home.run(&format!("{line} --lang {language}"));
        assert_eq!((answer.code, answer.out.as_str()), (2, ""), "{line}");
        let expected = format!("{}: {message}\n  {}: {hint}\n", words[0], words[1]);
        assert!(answer.err.ends_with(&expected), "{line}: {}", answer.err);
        let error = &home.json(&format!("{line} --lang {language}"))["error"];
        assert_eq!(error["code"], code, "{line}");
        assert_eq!((&error["message"], &error["hint"]), (&message.into(), &hint.into()), "{line}");
    }
}

#[test]
fn a_misspelt_verb_is_answered_with_the_one_that_was_meant() {
    check(
        "snapshoot",
        "usage.unknown-verb",
        ["không có lệnh “snapshoot”", "Có phải ý bạn là “snapshot”? Xem “duphong --help”."],
        ["unknown command “snapshoot”", "Did you mean “snapshot”? See “duphong --help”."],
    );
    check(
        "snapshot xyz",
        "usage.unknown-verb",
        ["không có lệnh “xyz”", "Xem “duphong snapshot --help”."],
        ["unknown command “xyz”", "See “duphong snapshot --help”."],
    );
}

#[test]
fn an_unknown_or_missing_argument_is_named() {
    check(
        "snapshot list --portl mau",
        "usage.unknown-argument",
        [
            "không có đối số “--portl”",
            "Có phải ý bạn là “--portal”? Xem “duphong snapshot list --help”.",
        ],
        [
            "unknown argument “--portl”",
            "Did you mean “--portal”? See “duphong snapshot list --help”.",
        ],
    );
    check(
        "snapshot create",
        "usage.missing-arguments",
        ["còn thiếu phần bắt buộc: --portal <CỔNG>", "Xem “duphong snapshot create --help”."],
        ["required but missing: --portal <PORTAL>", "See “duphong snapshot create --help”."],
    );
    check(
        "audit export --out x --from 3",
        "usage.missing-arguments",
        ["còn thiếu phần bắt buộc: --to <SỐ>", "Xem “duphong audit export --help”."],
        ["required but missing: --to <NUMBER>", "See “duphong audit export --help”."],
    );
    check(
        "status --nagios --nagios",
        "usage.repeated",
        ["“--nagios” xuất hiện nhiều lần", "Xem “duphong status --help”."],
        ["“--nagios” stands more than once", "See “duphong status --help”."],
    );
}

#[test]
fn a_wrong_value_is_named_with_those_that_are_right() {
    check(
        "audit log --last many",
        "usage.invalid-value",
        ["“many” không phải là giá trị của “--last <SỐ>”", "Xem “duphong audit log --help”."],
        ["“many” is no value for “--last <NUMBER>”", "See “duphong audit log --help”."],
    );
    check(
        "drill run --portal mau --sabotage fire",
        "usage.not-one-of",
        [
            "“fire” không phải là giá trị của “--sabotage <LOẠI>”; chỉ nhận một trong: pack-bit, \
             tree-bit, index-bit, missing-pack, wrong-key, network-cut, disk-full, clock-back, \
             truncated-dump, other-database, dropped-table, dropped-trigger, dropped-grant, \
             changed-row, missing-media, other-media, wrong-page",
            "Xem “duphong drill run --help”.",
        ],
        [
            "“fire” is no value for “--sabotage <KIND>”; it takes one of: pack-bit, tree-bit, \
             index-bit, missing-pack, wrong-key, network-cut, disk-full, clock-back, \
             truncated-dump, other-database, dropped-table, dropped-trigger, dropped-grant, \
             changed-row, missing-media, other-media, wrong-page",
            "See “duphong drill run --help”.",
        ],
    );
    check(
        "status --nagios=yes",
        "usage.unwanted-value",
        ["“--nagios” không nhận giá trị, nhưng có “yes”", "Xem “duphong status --help”."],
        ["“--nagios” takes no value, but “yes” was given", "See “duphong status --help”."],
    );
}

#[test]
fn a_bucket_to_recover_from_is_named_as_restic_names_it_and_needs_its_key() {
    let line = |repository: &str, more: &str| {
        format!("recover --repository {repository} --password-file p --dir d {more}")
    };
    let page = |word| format!("{word} “duphong recover --help”.");
    check(
        &line("s3:https://s3.example.vn/kho", ""),
        "usage.missing-arguments",
        ["còn thiếu phần bắt buộc: --credentials-file", &page("Xem")],
        ["required but missing: --credentials-file", &page("See")],
    );
    check(
        &line("s3:s3.example.vn/kho", "--credentials-file k"),
        "usage.invalid-value",
        ["“s3:s3.example.vn/kho” không phải là giá trị của “--repository”", &page("Xem")],
        ["“s3:s3.example.vn/kho” is no value for “--repository”", &page("See")],
    );
    check(
        &line("s3:https://KHOA:bi-mat@s3.example.vn/kho", "--credentials-file k"),
        "usage.invalid-value",
        ["“s3:…” không phải là giá trị của “--repository”", &page("Xem")],
        ["“s3:…” is no value for “--repository”", &page("See")],
    );
    check(
        &line("s3:https://s3.example.vn/kho", "--credentials-file k --region hà-nội"),
        "usage.invalid-value",
        ["“hà-nội” không phải là giá trị của “--region”", &page("Xem")],
        ["“hà-nội” is no value for “--region”", &page("See")],
    );
    check(
        &line("s3:http://10.0.0.5:9000/kho", "--credentials-file k"),
        "usage.in-the-clear",
        [
            "“s3:http://10.0.0.5:9000/kho” sẽ bị gọi không qua TLS, qua mạng có thể không phải của ta",
            "Dùng https://. Nếu máy chủ không có TLS và đường truyền tới đó chỉ do ta dùng, thêm \
             “--plain-http”.",
        ],
        [
            "“s3:http://10.0.0.5:9000/kho” would be asked without TLS, over a network that may not be \
             ours",
            "Use https://. Where the server has no TLS and the way to it is yours alone, add \
             “--plain-http”.",
        ],
    );
    check(
        &line("kho", "--region hn-1"),
        "usage.conflict",
        ["“--region” và “--repository DIR” không dùng cùng nhau được", &page("Xem")],
        ["“--region” and “--repository DIR” cannot stand together", &page("See")],
    );
}

#[test]
fn an_argument_that_is_not_utf8_is_no_crash() {
    let home = Home::new();
    let mut command = home.command(&["snapshot", "list", "--portal"]);
    let answer = Answer::from(command.arg(OsStr::from_bytes(b"m\xe3u")).output().unwrap());
    assert_eq!(answer.code, 2);
    assert!(answer.err.contains("UTF-8"), "{}", answer.err);
}

#[test]
fn without_a_verb_the_page_is_shown_and_it_is_an_error() {
    let answer = Home::new().run("");
    assert_eq!((answer.code, answer.out.as_str()), (2, ""));
    assert!(answer.err.contains("Cách dùng: duphong [TÙY-CHỌN] <LỆNH>"), "{}", answer.err);
    assert!(answer.err.ends_with("lỗi: thiếu lệnh\n  gợi ý: Xem “duphong --help”.\n"));
    let envelope = Home::new().json("snapshot");
    assert_eq!(envelope["error"]["code"], "usage.missing-verb");
    assert_eq!(envelope["verb"], "snapshot");
}

#[test]
fn a_page_that_was_asked_for_goes_to_standard_output() {
    let home = Home::new();
    for (line, begins) in [
        ("--help", "Giữ cho cổng thông tin"),
        ("-h --lang en", "Keeps public portals"),
        ("snapshot create --help", "Tạo bản sao lưu"),
        ("help snapshot create", "Tạo bản sao lưu"),
        ("--version", "duphong "),
    ] {
        let answer = home.run(line);
        assert_eq!((answer.code, answer.err.as_str()), (0, ""), "{line}");
        assert!(answer.out.starts_with(begins), "{line}: {}", answer.out);
        assert!(!answer.out.contains('\u{1b}'), "{line}: colour in a pipe");
    }
    let page = home.json("audit verify --help");
    assert_eq!(page["verb"], "audit.verify");
    assert!(page["result"]["help"].as_str().unwrap().contains("duphong audit verify"));
}

#[test]
fn a_hidden_verb_is_on_no_page() {
    assert!(!Home::new().run("--help").out.contains("portal-sample"));
}
