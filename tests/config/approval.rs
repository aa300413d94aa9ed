//! Who may approve, and what portals give to playbooks.

use duphong::playbook::settings::Given;

use super::{SMALL, check, load, told};

const ANH: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIATRL1znyrVOReyim+JmEeh7OfxZxWUfvJgW4a9tu2eW";
const BINH: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIANYnxtDC0vU86NcGw3SdN5CUMWS+UFKwf5AaY1FzLiZ";

/// [`SMALL`] with these approvers; the first stands on line 19.
fn with(approvers: &str) -> String {
    format!("{SMALL}playbooks:\n  approvers:\n{approvers}")
}

#[test]
fn approvers_are_read_with_their_keys_and_without_comments() {
    let yaml = with(&format!(
        "    anh: {{ name: Trần Anh, logins: [anh, anh.tran, uid 1005], key: '{ANH} anh@máy' }}\n    \
         binh: {{ name: Lê Bình, logins: [], key: '{BINH}' }}\n"
    ));
    let settings = load(&yaml).unwrap_or_else(|problems| panic!("{:#?}", problems.list)).settings;
    let [anh, binh] = &settings.playbooks.approvers[..] else { panic!("two approvers") };
    assert_eq!((anh.id.as_str(), anh.name.as_str(), anh.key.as_str()), ("anh", "Trần Anh", ANH));
    assert_eq!((anh.logins.len(), binh.logins.len(), binh.key.as_str()), (3, 0, BINH));
    assert!(load(SMALL).unwrap().settings.playbooks.approvers.is_empty());
}

/// The log writes the number of an account in one way only: any other would match no starter.
#[test]
fn a_login_by_number_is_written_as_the_log_writes_it() {
    for wrong in ["uid 01005", "uid +5", "uid  5", "uid x", "uid 4294967296"] {
        check(
            &with(&format!("    anh: {{ name: A, logins: ['{wrong}'], key: '{ANH}' }}\n")),
            &["19:30 playbooks.approvers.anh.logins[0] config-account"],
        );
    }
}

#[test]
fn a_security_key_may_approve() {
    // As `ssh-keygen -t ed25519-sk` writes it: the kind, 32 bytes of key, the application.
    let text =
        |bytes: &[u8]| [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    let blob = [text(b"sk-ssh-ed25519@openssh.com"), text(&[7; 32]), text(b"ssh:")].concat();
    let key = format!("sk-ssh-ed25519@openssh.com {}", data_encoding::BASE64.encode(&blob));
    let settings = load(&with(&format!("    a: {{ name: A, logins: [a], key: '{key}' }}\n")))
        .unwrap()
        .settings;
    assert_eq!(settings.playbooks.approvers[0].key, key);
}

#[test]
fn only_public_keys_of_ed25519_may_approve() {
    let rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==";
    let cut = &ANH[..ANH.len() - 8];
    let other = ANH.replace("ssh-ed25519", "sk-ssh-ed25519@openssh.com");
    for (key, id) in [
        (rsa, "config-approver-key-kind"),
        ("ssh-dss AAAA", "config-approver-key-kind"),
        ("ecdsa-sha2-nistp256 AAAA", "config-approver-key-kind"),
        ("sk-ecdsa-sha2-nistp256@openssh.com AAAA", "config-approver-key-kind"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "config-approver-key-kind"),
        ("ssh-ed25519", "config-approver-key"),
        ("ssh-ed25519 khoá", "config-approver-key"),
        ("hunter2", "config-approver-key"),
        (cut, "config-approver-key"),
        (other.as_str(), "config-approver-key"),
        ("-----BEGIN OPENSSH PRIVATE KEY----- b3Bl", "config-approver-private"),
    ] {
        let yaml = with(&format!("    a: {{ name: A, logins: [a], key: '{key}' }}\n"));
        let problems = load(&yaml).unwrap_err().list;
        let at = format!("19:37 playbooks.approvers.a.key {id}");
        assert_eq!(told(&problems), [at], "{key}");
        assert!(problems[0].hint.is_some());
        assert_eq!(problems[0].excerpt.is_none(), id == "config-approver-private");
    }
}

#[test]
fn two_approvers_are_two_people() {
    check(
        &with(&format!(
            "    anh: {{ name: A, logins: [anh], key: '{ANH}' }}\n    \
             binh: {{ name: B, logins: [binh, anh], key: '{ANH} other' }}\n"
        )),
        &[
            "20:37 playbooks.approvers.binh.logins[1] config-approver-login",
            "20:48 playbooks.approvers.binh.key config-approver-key-taken",
        ],
    );
    check(
        &with(&format!("    anh: {{ name: A, logins: [anh, anh], key: '{ANH}' }}\n")),
        &["19:35 playbooks.approvers.anh.logins[1] config-twice"],
    );
    check(
        &with(&format!("    Anh: {{ name: A, logins: [Anh], key: '{ANH}' }}\n")),
        &[
            "19:5 playbooks.approvers.Anh config-id",
            "19:30 playbooks.approvers.Anh.logins[0] config-account",
        ],
    );
    check(
        &with("    anh: { login: anh }\n"),
        &[
            "19:10 playbooks.approvers.anh config-missing-key",
            "19:10 playbooks.approvers.anh config-missing-key",
            "19:10 playbooks.approvers.anh config-missing-key",
            "19:12 playbooks.approvers.anh.login config-unknown-key",
        ],
    );
}

#[test]
fn inputs_are_kept_as_they_were_written() {
    let inputs = "    playbooks:
      restore-in-place:
        closed-status: 503
        text: \" Cổng  \"
        close: [/bin/close, --now, '']
      own: {}
";
    let portal = &load(&format!("{SMALL}{inputs}")).unwrap().settings.portals[0];
    let given = &portal.playbooks["restore-in-place"];
    assert_eq!(given["closed-status"], Given::Text("503".into()));
    assert_eq!(given["text"], Given::Text(" Cổng  ".into()));
    let close = ["/bin/close", "--now", ""].map(str::to_owned).to_vec();
    assert_eq!(given["close"], Given::List(close));
    assert!(portal.playbooks["own"].is_empty());
}

#[test]
fn what_cannot_be_an_input_is_refused() {
    let at = "portals.mau.playbooks.own";
    for (inputs, expected) in [
        ("own: { Text: x }", format!("18:14 {at}.Text config-id")),
        ("Own: { text: x }", "18:7 portals.mau.playbooks.Own config-id".to_owned()),
        ("own: { text: }", format!("18:14 {at}.text config-no-value")),
        ("own: { text: { a: b } }", format!("18:20 {at}.text config-wrong-kind")),
        ("own: { text: ' ' }", format!("18:20 {at}.text playbook-value-empty")),
        ("own: { text: \"a\\nb\" }", format!("18:20 {at}.text playbook-value-lines")),
        ("own: { text: [] }", format!("18:20 {at}.text config-too-few")),
        ("own: { text: [a, [b]] }", format!("18:24 {at}.text[1] config-wrong-kind")),
        ("own: text", format!("18:12 {at} config-wrong-kind")),
    ] {
        let yaml = format!("{SMALL}    playbooks:\n      {inputs}\n");
        assert_eq!(told(&load(&yaml).unwrap_err().list), [expected], "{inputs}");
    }
}
