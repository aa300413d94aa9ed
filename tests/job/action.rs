//! The actions of playbooks that touch this machine and its network, each on its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::time::{Duration, Instant};

use duphong::job::playbook::Real;
use duphong::playbook::action::Action;
use duphong::playbook::fact::{Output, Way};
use duphong::playbook::model::{Call, Value};
use duphong::playbook::port::{Actions as _, Place, Sight};

use crate::job::portal::Installation;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

fn installation() -> Installation {
    let mut here = Installation::new();
    here.site.settings.network.inside = vec!["127.0.0.1".parse().unwrap()];
    here.site.settings.network.resolvers = vec!["127.0.0.1:9".parse().unwrap()];
    here
}

fn place(step: &str, timeout: Duration) -> Place {
    Place { run: 7, portal: "mau".to_owned(), step: step.to_owned(), way: Way::Do, timeout }
}

fn call<const N: usize>(action: Action, with: [(&str, Value); N]) -> Call {
    let with = with.into_iter().map(|(name, value)| (name.to_owned(), value));
    Call { action, with: with.collect::<BTreeMap<_, _>>() }
}

fn text(value: impl std::fmt::Display) -> Value {
    Value::Text(value.to_string())
}

fn shell(script: &str) -> Value {
    Value::Command(["/bin/sh", "-c", script].map(str::to_owned).to_vec())
}

fn command(here: &Installation, step: &str, script: &str) -> Result<Output, String> {
    let call = call(Action::Command, [("command", shell(script))]);
    let done = Real::new(&here.site).perform(&place(step, PATIENCE), &call);
    done.map_err(|fault| fault.code().to_owned())
}

fn name(sight: &Sight) -> &'static str {
    match sight {
        Sight::Seen(_) => "seen",
        Sight::NotSeen(_) => "not seen",
        Sight::CannotTell(_) => "cannot tell",
    }
}

#[track_caller]
fn look(here: &Installation, call: &Call, expected: &str) -> Sight {
    let sight = Real::new(&here.site).observe(&place("look", Duration::from_secs(2)), call);
    assert_eq!(name(&sight), expected, "{sight:?}");
    sight
}

#[test]
fn a_command_knows_its_run_and_nothing_else_of_us() {
    let here = installation();
    let output = command(&here, "env", "env | sort | grep -v '^PWD='; pwd; cat").unwrap();
    let lines: Vec<&str> = output["stdout"].lines().collect();
    let names: Vec<&str> = lines.iter().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    let wanted = ["DUPHONG_MARK", "DUPHONG_PORTAL", "DUPHONG_RUN", "DUPHONG_STEP", "DUPHONG_WAY"];
    assert_eq!(names[..5], wanted);
    assert!(lines.contains(&"DUPHONG_RUN=7") && lines.contains(&"DUPHONG_WAY=do"), "{lines:?}");
    assert_eq!(lines.last(), Some(&"/"), "it stands in the root, and nobody speaks to it");
    assert!(!names.contains(&"HOME") && !names.contains(&"CARGO"), "{names:?}");
}

#[test]
fn what_a_command_says_is_told_harmless_and_a_failure_by_its_name() {
    let here = installation();
    let output = command(&here, "says", r"printf 'PGPASSWORD=abc\n\033[2Jxong'").unwrap();
    assert_eq!(output["stdout"], "PGPASSWORD=[…]\n\u{FFFD}[2Jxong");
    assert_eq!(output["stdout-bytes"], "23");
    assert_eq!(command(&here, "exit", "exit 3").unwrap_err(), "action.exited");
    assert_eq!(command(&here, "kill", "kill -9 $$").unwrap_err(), "action.killed");
    let endless = call(Action::Fence, [("command", shell("yes"))]);
    let brief = place("endless", Duration::from_millis(300));
    let fault = Real::new(&here.site).perform(&brief, &endless).unwrap_err();
    assert_eq!(fault.code(), "action.timed-out");
}

#[test]
fn a_program_that_cannot_be_run_is_told_when_the_plan_is_made() {
    let here = installation();
    let survey = |program: &str| {
        let command = Value::Command(vec![program.to_owned()]);
        let call = call(Action::Command, [("command", command)]);
        Real::new(&here.site).survey("mau", &call).map_err(|fault| fault.code().to_owned())
    };
    assert_eq!(survey("/no/such"), Err("action.no-program".to_owned()));
    assert_eq!(survey("no-such-program"), Err("action.no-program".to_owned()));
    assert_eq!(survey("/etc/passwd"), Err("action.unusable-program".to_owned()));
    assert_eq!(survey("./sh"), Err("action.relative-program".to_owned()));
    let script = here.path("chay");
    fs::write(&script, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let before = survey(script.to_str().unwrap()).unwrap();
    fs::write(&script, "#!/bin/sh\n# khác\n").unwrap();
    let after = survey(script.to_str().unwrap()).unwrap();
    assert_eq!(before["program"], after["program"]);
    assert_ne!(before["sha256"], after["sha256"], "another program is another plan");
}

#[test]
fn quiet_ends_what_a_killed_run_left_of_this_step_only() {
    let here = installation();
    // It has left its group when the file is there.
    let leave = |step: &str| {
        let file = here.path(step).display().to_string();
        let script =
            format!("setsid sh -c ': >{file}; exec sleep 1000' & until [ -e {file} ]; do :; done");
        command(&here, step, &script).unwrap()
    };
    let (left, other) = (leave("lost"), leave("other"));
    let real = Real::new(&here.site);
    real.quiet(&place("never-began", PATIENCE)).unwrap();
    real.quiet(&place("lost", Duration::from_millis(200))).unwrap();
    let id = |output: &Output| {
        let text = output["left-running"].clone();
        text.trim_end_matches(')').rsplit('(').next().unwrap().to_owned()
    };
    let runs = |id: &str| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        !stat.is_empty() && !stat.contains(") Z ")
    };
    assert_eq!((runs(&id(&left)), runs(&id(&other))), (false, true));
    real.quiet(&place("other", Duration::ZERO)).unwrap();
    assert!(!runs(&id(&other)));
}

#[test]
fn a_command_that_looks_must_end_well_and_say_the_words() {
    let here = installation();
    let says = |script: &str, wanted: &str| {
        call(Action::CommandSays, [("command", shell(script)), ("contains", text(wanted))])
    };
    look(&here, &says("echo đang chạy", "đang"), "seen");
    look(&here, &says("echo inactive", "running"), "not seen");
    look(&here, &says("echo running; exit 3", "running"), "cannot tell");
    // The words stand before all that is kept: they are neither found nor missing.
    look(&here, &says("echo running; yes | head -c 3000000", "running"), "cannot tell");
    look(&here, &says("yes | head -c 3000000; echo running", "running"), "seen");
}

#[test]
fn refused_is_only_what_the_host_itself_refuses() {
    let here = installation();
    let refused = |host: &str, port: u16| {
        call(Action::TcpRefused, [("host", text(host)), ("port", Value::Number(port.into()))])
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    look(&here, &refused("127.0.0.1", port), "not seen");
    // One of the two addresses of the name accepts.
    look(&here, &refused("localhost", port), "not seen");
    drop(listener);
    look(&here, &refused("127.0.0.1", port), "seen");
    look(&here, &refused("no.such.name.invalid", port), "cannot tell");
}

/// A server that answers one request after another with what it was asked for.
fn echo() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
                head.push(byte[0]);
            }
            let status = if head.starts_with(b"GET /dong") { "503 Closed" } else { "200 OK" };
            let length = head.len();
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n");
            let _gone = stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(&head));
        }
    });
    port
}

#[test]
fn a_page_is_asked_where_it_is_wanted_and_by_its_own_name() {
    let mut here = installation();
    let port = echo();
    let page = |url: &str, contains: &str, at: Option<String>| {
        let mut call =
            call(Action::HttpAnswers, [("url", text(url)), ("contains", text(contains))]);
        if let Some(at) = at {
            call.with.insert("connect-to".to_owned(), text(at));
        }
        call
    };
    let own = format!("http://127.0.0.1:{port}/");
    look(&here, &page(&own, "GET / ", None), "seen");
    look(&here, &page(&own, "không có", None), "not seen");
    look(&here, &page(&format!("{own}dong"), "GET", None), "not seen");
    let closed = call(
        Action::HttpAnswers,
        [("url", text(format!("{own}dong"))), ("status", Value::Number(503))],
    );
    look(&here, &closed, "seen");
    // The name is nowhere to be found; the page is asked for by it all the same.
    let there = Some(format!("127.0.0.1:{port}"));
    look(&here, &page("http://cong.invalid/", "host: cong.invalid\r\n", there.clone()), "seen");
    look(&here, &page("http://cong.invalid:8080/", "host: cong.invalid:8080\r\n", there), "seen");
    look(&here, &page("http://cong.invalid/", "GET", None), "cannot tell");
    // What may not be reached cannot be looked at.
    here.site.settings.network.inside.clear();
    look(&here, &page(&own, "GET / ", None), "cannot tell");
    let survey = |call: &Call| {
        Real::new(&here.site).survey("mau", call).map_err(|fault| fault.code().to_owned())
    };
    assert_eq!(survey(&page("ftp://a/", "", None)), Err("action.not-a-page".to_owned()));
    let tls = |at: &str| survey(&page("https://cong.invalid:8443/", "", Some(at.to_owned())));
    assert_eq!(tls("10.0.0.1:443"), Err("action.not-a-place".to_owned()));
    assert_eq!(tls("10.0.0.1"), Err("action.not-a-place".to_owned()));
    assert_eq!(tls("10.0.0.1:8443"), Ok(Output::new()));
}

#[test]
fn a_portal_without_probes_is_never_seen_healthy() {
    let here = installation();
    let healthy = call(Action::PortalHealthy, []);
    look(&here, &healthy, "cannot tell");
    let fault = Real::new(&here.site).survey("mau", &healthy).unwrap_err();
    assert_eq!(fault.code(), "action.no-probe");
}

#[test]
fn nginx_is_switched_by_a_file_of_one_upstream_or_not_at_all() {
    let here = installation();
    let file = here.path("cong.conf");
    let switch = |to: &str| {
        call(
            Action::NginxSwitch,
            [
                ("file", text(file.display())),
                ("upstream", text("cong")),
                ("to", text(to)),
                ("test", shell("echo 'nginx: [emerg] không hợp lệ' >&2; exit 1")),
                ("reload", shell("true")),
            ],
        )
    };
    let real = Real::new(&here.site);
    let survey = |to: &str| real.survey("mau", &switch(to));
    let code = |to: &str| survey(to).unwrap_err().code();
    assert_eq!(code("10.0.0.2:80"), "file.missing");
    fs::write(&file, "upstream cong { server 10.0.0.1:80; keepalive 8; }").unwrap();
    let fault = survey("10.0.0.2:80").unwrap_err();
    assert_eq!(fault.code(), "action.not-an-upstream");
    assert!(fault.to_string().contains("line 1, column 37: `keepalive` instead"), "{fault}");
    let text = "upstream cong { server 10.0.0.1:80; }";
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(code("10.0.0.2:80; }"), "action.not-an-address");
    assert_eq!(survey("10.0.0.2:80").unwrap()["server"], "10.0.0.1:80");
    // Where no nginx runs nothing is touched; where one does, its test refuses and all is put back.
    let fault = real.perform(&place("switch", PATIENCE), &switch("10.0.0.2:80")).unwrap_err();
    assert!(["action.nginx-refused", "action.nginx-unseen"].contains(&fault.code()), "{fault}");
    let meta = fs::metadata(&file).unwrap();
    assert_eq!((fs::read_to_string(&file).unwrap().as_str(), meta.mode() & 0o777), (text, 0o640));
}

/// nginx as it runs in earnest, with a master and workers; ends with the test.
struct Nginx(std::process::Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers; killed outright it would leave them behind.
        let id = self.0.id().to_string();
        let _asked = std::process::Command::new("/bin/kill").arg(id).status();
        let _ended = self.0.wait();
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return false;
    };
    let mut answer = String::new();
    let asked = stream.write_all(b"GET / HTTP/1.0\r\n\r\n");
    let heard = asked.and_then(|()| stream.read_to_string(&mut answer));
    heard.is_ok() && answer.contains("200 OK")
}

#[test]
fn a_switch_counts_when_new_workers_serve() {
    let here = installation();
    let at = here.folder.path().display().to_string();
    let port = crate::probe::farm::free_port();
    let main = format!(
        "daemon off; pid {at}/pid; error_log {at}/error.log; worker_processes 2;
         events {{ worker_connections 64; }}
         http {{ access_log off; client_body_temp_path {at}/1; proxy_temp_path {at}/2;
           fastcgi_temp_path {at}/3; uwsgi_temp_path {at}/4; scgi_temp_path {at}/5;
           include {at}/d/*;
           server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://cong; }} }} }}"
    );
    fs::create_dir(here.path("d")).unwrap();
    fs::write(here.path("nginx.conf"), main).unwrap();
    let (one, two) = (echo(), echo());
    let file = here.path("d/cong");
    fs::write(&file, format!("upstream cong {{ server 127.0.0.1:{one}; }}")).unwrap();
    let nginx =
        ["/usr/sbin/nginx", "-p", &at, "-c", &format!("{at}/nginx.conf")].map(str::to_owned);
    let child = std::process::Command::new(&nginx[0]).args(&nginx[1..]).spawn().unwrap();
    let _nginx = Nginx(child);
    let began = Instant::now();
    while !answers(port) {
        assert!(began.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
    let with = |more: &[&str]| {
        let more = more.iter().map(|&word| word.to_owned());
        Value::Command(nginx.iter().cloned().chain(more).collect())
    };
    let switch = call(
        Action::NginxSwitch,
        [
            ("file", text(file.display())),
            ("upstream", text("cong")),
            ("to", text(format!("127.0.0.1:{two}"))),
            ("test", with(&["-t"])),
            ("reload", with(&["-s", "reload"])),
        ],
    );
    let real = Real::new(&here.site);
    let done = real.perform(&place("switch", PATIENCE), &switch).unwrap();
    assert_eq!(done["from"], format!("127.0.0.1:{one}"));
    assert!(answers(port));
    // Again, as after a kill: found as it should be, tested and loaded once more.
    let done = real.perform(&place("switch", PATIENCE), &switch).unwrap();
    assert_eq!(done["from"], done["to"]);
    assert!(fs::read_to_string(&done["kept"]).unwrap().contains(&format!(":{one};")));
    let names: Vec<_> = fs::read_dir(here.path("d")).unwrap().flatten().collect();
    assert_eq!(names.len(), 2, "the file and what it held: {names:?}");
}
