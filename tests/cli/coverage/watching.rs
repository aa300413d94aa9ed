//! Looks at a portal and its pages. A look that changes no verdict is a sample, kept beside the log;
//! the verdict that it settles is a record.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::coverage::Leaves::{Fact, Nothing};
use crate::cli::coverage::{Step, play, step};
use crate::cli::kit::{Home, configuration};
use crate::probe::farm::Server;

/// What the page server shows from now on.
const MARK: &str = "altered";

fn altered(home: &Home) -> String {
    home.write(MARK, "");
    String::new()
}

pub(super) const STEPS: &[Step] = &[
    step("probe run", Nothing),
    step("probe run", Fact("probe.verdict")),
    step("probe run", Nothing),
    step("probe list", Nothing),
    step("probe explain", Nothing),
    step("probe history", Nothing),
    step("probe baseline mau --by An --reason mới", Fact("probe.baseline")),
    step("scan mau", Fact("probe.scan")).ends(&[0, 1, 3]),
    step("probe deface mau", Fact("probe.deface")),
    step("probe deface mau", Nothing),
    step("probe deface mau", Fact("probe.deface")).ends(&[1, 30]).after(altered),
    step("incident list --proposed", Nothing),
    step("incident dismiss 1 --by An --reason thử", Fact("incident.dismiss")),
];

#[test]
fn what_was_seen_of_a_portal_is_on_record_when_it_says_something_new() {
    let home = Home::new();
    let mark = home.path().join(MARK);
    let was = Arc::new(AtomicBool::new(false));
    let server = Server::start(move |stream| {
        was.fetch_or(mark.exists(), Ordering::SeqCst);
        let page = if was.load(Ordering::SeqCst) {
            "<title>Hacked by XYZ</title><h1>HACKED BY XYZ</h1>"
        } else {
            "<title>Cổng</title><h1>Cổng thông tin</h1><p>Tin mới</p>"
        };
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8";
        write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len())
    });
    let url = server.url();
    let more = format!(
        "    url: {url}
    probes:
      - {{ name: trang, url: \"{url}\", families: ipv4 }}
    defacement: {{ urls: [\"{url}\"] }}
network: {{ inside: [127.0.0.1], resolvers: [127.0.0.1] }}
"
    );
    home.write("duphong.yaml", &format!("{}{more}", configuration("en")));
    std::fs::create_dir(home.path().join("media")).unwrap();
    assert_eq!(home.run("init").code, 0, "{}", home.run("init").err);
    play(&home, STEPS);
}
