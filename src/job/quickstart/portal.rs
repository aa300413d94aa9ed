//! The made-up portal in service: on one port of both loopback addresses for as long as the story
//! lasts, watched by the portal's own probes, lost and altered as attackers do it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::base::fault::AnyFault;
use crate::config::settings::Portal;
use crate::job::probe::Watch;
use crate::job::sample::{self, Places, SampleError, Serving};
use crate::job::site::Site;
use crate::probe::fact::Verdict;
use crate::world::World;
use crate::world::files::{self, FileError};
use crate::world::net::Family;

use super::PORTAL;

/// A port that is free on one address may be taken on the other: how many are tried.
const PORTS_TRIED: usize = 20;

/// The portal in service, until dropped.
#[derive(Debug)]
pub struct Service {
    /// Of both addresses.
    pub port: u16,
    /// Whether this machine has an IPv6 loopback address.
    pub has_ipv6: bool,
    _serving: Vec<Serving>,
}

impl Service {
    /// Begins it; the portal itself may be made later.
    pub fn begin(places: &Places, world: &World) -> Result<Self, SampleError> {
        let listen = |host: IpAddr, port| {
            let closed = Some(places.closed());
            sample::serve(places.clone(), closed, SocketAddr::new(host, port), world)
        };
        let mut tried = 0;
        loop {
            tried += 1;
            let first = listen(Ipv4Addr::LOCALHOST.into(), 0)?;
            let port = first.address.port();
            match listen(Ipv6Addr::LOCALHOST.into(), port) {
                Ok(second) => {
                    return Ok(Self { port, has_ipv6: true, _serving: vec![first, second] });
                }
                Err(fault) if fault.is_address_taken() && tried < PORTS_TRIED => {}
                Err(fault) if fault.is_address_taken() => return Err(fault),
                // No such address here: then nothing can be said of it, least of all good.
                Err(_) => return Ok(Self { port, has_ipv6: false, _serving: vec![first] }),
            }
        }
    }
}

/// How a portal answered over one address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// As it should.
    Healthy,
    /// Not, or wrongly.
    Down,
    /// Could not be looked at.
    Unknown,
}

/// The portal's answers over both address families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Over IPv4.
    pub v4: Answer,
    /// Over IPv6.
    pub v6: Answer,
}

/// Looks with every probe of the portal, as the daemon does; each settled change goes on record.
pub(super) fn look(site: &Site, watch: &Watch) -> Result<Answers, AnyFault> {
    let portal: &Portal = site.portal(PORTAL)?;
    let mut answers = Answers { v4: Answer::Unknown, v6: Answer::Unknown };
    for probe in &portal.probes {
        let outlook = watch.look(site, PORTAL, &probe.name)?;
        if let Some(fault) = outlook.faults.into_iter().next() {
            return Err(fault);
        }
        for (family, answer) in [(Family::Ipv4, &mut answers.v4), (Family::Ipv6, &mut answers.v6)] {
            if let Some(verdict) = outlook.looked.verdict(family) {
                *answer = match verdict {
                    Verdict::Healthy => Answer::Healthy,
                    Verdict::Degraded | Verdict::Down => Answer::Down,
                    Verdict::Unknown => Answer::Unknown,
                };
            }
        }
    }
    Ok(answers)
}

/// The loss: database and uploads are gone, as after an attack or a dead disk.
pub(super) fn lose(places: &Places) -> Result<(), FileError> {
    let data = places.database.parent().unwrap_or(&places.database);
    for path in [data, &places.media] {
        std::fs::remove_dir_all(path).map_err(FileError::io("remove", path))?;
    }
    Ok(())
}

/// What intruders leave on pages: hidden links to a gambling site, a script of somebody else's, and
/// another title.
const INTRUSION: &str = "<div style=\"position:absolute;left:-9999px\">
<a href=\"https://nha-cai.example/\">nhà cái uy tín, đăng ký nhận thưởng</a>
<a href=\"https://nha-cai.example/tai-xiu\">tài xỉu online, nổ hũ, game bài đổi thưởng</a></div>
<script src=\"https://nha-cai.example/x.js\"></script></body>";

/// The defacement: the template of the page is altered.
pub(super) fn deface(places: &Places) -> Result<(), FileError> {
    let page = places.application.join("trang-chu.html");
    let text = files::read(&page)?;
    let text = String::from_utf8_lossy(&text)
        .replace("<title>{{ten}}</title>", "<title>Cá cược bóng đá - {{ten}}</title>")
        .replace("</body>", INTRUSION);
    files::replace_durably(&page, text.as_bytes())
}
