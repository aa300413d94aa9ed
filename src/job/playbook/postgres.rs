//! A pair of PostgreSQL servers: what each is, whether one is closed, and promoting the other.
//!
//! Whether a server is closed is told by every address that its name has. Silence, a name that
//! does not resolve, a refused login are *cannot tell*: no proof of a fence. So is a standby that
//! answers: no fence makes one, and the address may lead to what is to be promoted. A primary that
//! is dead is fine for a standby, and what it had not sent is lost; so everything here says until
//! when the standby had received.

use std::time::Duration;

use crate::base::fault::{AnyFault, chain};
use crate::config::secret::SecretSource;
use crate::job::playbook::action::ActionFault;
use crate::job::playbook::command::notes;
use crate::job::site::Site;
use crate::playbook::action::Action;
use crate::playbook::fact::Output;
use crate::playbook::fault::StepFault;
use crate::playbook::model::Call;
use crate::playbook::port::{FenceProof, Place, Sight};
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::replication::{self, Answer, Node, Promise, Role, Standby};
use crate::world::World;
use crate::world::clock::Monotonic;
use crate::world::files;

/// One look; the engine looks again until the step's time is over.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// Between the two looks that must agree: a receiver that still gets anything gets it within this,
/// since a primary writes at least every 200 ms (`wal_writer_delay`) what it has to write.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// While a promoted server is waited for.
const POLL: Duration = Duration::from_millis(200);

/// Looks once.
pub(super) fn observe(site: &Site, place: &Place, call: &Call) -> Sight {
    let settings = match settings(call) {
        Ok(settings) => settings,
        Err(fault) => return Sight::CannotTell(chain(fault.as_ref())),
    };
    let server = Server { site, settings, limit: place.timeout.min(LOOK_MAX) };
    match call.action {
        Action::PostgresClosed => server.closed(),
        Action::PostgresStandby => server.standby(call.duration("lag-max")),
        Action::PostgresCaughtUp => server.caught_up(),
        Action::PostgresWritable => server.writable(),
        other => Sight::CannotTell(format!("`{}` is no look at PostgreSQL", other.as_str())),
    }
}

/// Which server it is, and what it promises. One that cannot be reached is a value; one that
/// refuses our login, or is to be promoted and cannot be, can never do.
pub(super) fn survey(site: &Site, call: &Call) -> Result<Output, AnyFault> {
    let server = Server { site, settings: settings(call)?, limit: LOOK_MAX };
    let mut output = output([("server", server.name())]);
    match server.node() {
        Ok(node) => {
            if call.action == Action::PostgresPromote {
                promotable(&node, server.name())?;
            }
            output.extend(identity(&node));
        }
        Err(fault) if is_away(&fault) => {
            output.extend(self::output([
                ("role", "unreachable".to_owned()),
                ("replication", Promise::Unknown.as_str().to_owned()),
            ]));
        }
        Err(fault) => return Err(fault.into()),
    }
    Ok(output)
}

/// What no retry can mend is told before anyone approves, not when the primary is fenced already.
fn promotable(node: &Node, server: String) -> Result<(), ActionFault> {
    match node.role {
        Role::Primary(_) => Err(ActionFault::NotAStandby { server }),
        Role::Standby(_) if !node.may_promote => Err(ActionFault::MayNotPromote { server }),
        Role::Standby(_) => Ok(()),
    }
}

/// Refuses a promotion whose proofs (`closed`) look at any address of the server that it promotes:
/// a shared address follows whoever takes it, and says nothing of the old primary.
pub(super) fn apart(world: &World, call: &Call, closed: &[Call]) -> Result<(), AnyFault> {
    let places = |settings: &Settings| replication::addresses(settings, world, LOOK_MAX);
    let promoted = places(&settings(call)?)?;
    for proof in closed {
        let proof = settings(proof)?;
        if let Some(address) = places(&proof)?.into_iter().find(|one| promoted.contains(one)) {
            return Err(ActionFault::SameServer { closed: proof.address(), address }.into());
        }
    }
    Ok(())
}

/// Makes the standby the primary; `proof` is why it may be, `closed` where it was looked at. When
/// these are not apart now, nothing is promoted.
///
/// A server that is primary already is refused, unless this very step has found it as a standby
/// before: that is noted before it is told to change, so that a step whose process was killed in
/// between is done when it is done again.
pub(super) fn promote(
    site: &Site,
    place: &Place,
    call: &Call,
    proof: &FenceProof,
    closed: &[Call],
) -> Result<Output, AnyFault> {
    apart(&site.world, call, closed).map_err(|fault| StepFault::NoProof {
        fence: proof.step().to_owned(),
        why: chain(fault.as_ref()),
    })?;
    let server = Server { site, settings: settings(call)?, limit: LOOK_MAX };
    let until = Until { from: site.world.clock.monotonic(), limit: place.timeout, site };
    let note = notes(site).join(format!("{}-{}.standby", place.run, place.step));
    let mut output = output([("server", server.name()), ("fence", proof.step().to_owned())]);
    let before = server.node()?;
    match &before.role {
        Role::Standby(standby) => {
            files::create_private_dir(&notes(site))?;
            files::replace_durably(&note, noted(&before).as_bytes())?;
            output.extend(progress(standby));
            server.promote(&until)?;
        }
        Role::Primary(_) if was_ours(&note, &before) => {
            output.insert("found".to_owned(), "promoted by this step before".to_owned());
        }
        Role::Primary(_) => {
            return Err(ActionFault::NotAStandby { server: server.name() }.into());
        }
    }
    let after = server.until_primary(&until)?;
    server.until_written(&until, &after)?;
    output.extend(identity(&after));
    Ok(output)
}

/// A server to be asked.
struct Server<'a> {
    site: &'a Site,
    settings: Settings,
    limit: Duration,
}

/// Until when something is waited for.
struct Until<'a> {
    from: Monotonic,
    limit: Duration,
    site: &'a Site,
}

impl Until<'_> {
    fn left(&self) -> Duration {
        self.limit.saturating_sub(self.site.world.clock.monotonic().since(self.from))
    }

    fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}

impl Server<'_> {
    fn name(&self) -> String {
        self.settings.address()
    }

    fn node(&self) -> Result<Node, SourceError> {
        replication::node(&self.settings, &self.site.world, self.limit)
    }

    /// `postgres.closed`.
    fn closed(&self) -> Sight {
        match replication::answers(&self.settings, &self.site.world, self.limit) {
            Ok(answers) => closed(&answers),
            Err(fault) => Sight::CannotTell(chain(&fault)),
        }
    }

    /// `postgres.standby`.
    fn standby(&self, lag_max: Option<Duration>) -> Sight {
        match self.node() {
            Ok(node) => match &node.role {
                Role::Primary(_) => Sight::NotSeen(format!("{} is a primary", self.name())),
                Role::Standby(standby) => keeps_up(&node, standby, lag_max),
            },
            Err(fault) => Sight::CannotTell(chain(&fault)),
        }
    }

    /// `postgres.caught-up`: twice, so that a receiver that still receives is noticed.
    fn caught_up(&self) -> Sight {
        let first = self.node();
        self.site.world.clock.sleep(AGAIN_AFTER);
        match (first, self.node()) {
            (Ok(first), Ok(second)) => match (&first.role, &second.role) {
                (Role::Standby(first), Role::Standby(second)) => caught_up(first, second),
                _ => Sight::NotSeen(format!("{} is a primary", self.name())),
            },
            (Err(fault), _) | (_, Err(fault)) => Sight::CannotTell(chain(&fault)),
        }
    }

    /// `postgres.writable`.
    fn writable(&self) -> Sight {
        let node = match self.node() {
            Ok(node) => node,
            Err(fault) => return Sight::CannotTell(chain(&fault)),
        };
        if let Role::Standby(_) = node.role {
            return Sight::NotSeen(format!("{} is a standby", self.name()));
        }
        match replication::write(&self.settings, &self.site.world, self.limit) {
            Ok(()) => Sight::Seen(identity(&node)),
            Err(fault @ SourceError::Query { .. }) => Sight::NotSeen(chain(&fault)),
            Err(fault) => Sight::CannotTell(why_no_write(&fault, &node)),
        }
    }

    /// Tells the server. An answer that is lost on the way is no failure yet: the server is looked
    /// at afterwards in any case.
    fn promote(&self, until: &Until<'_>) -> Result<(), AnyFault> {
        match replication::promote(&self.settings, &self.site.world, until.left()) {
            Ok(_) => Ok(()),
            Err(fault) if is_away(&fault) => Ok(()),
            Err(fault) => Err(fault.into()),
        }
    }

    fn until_primary(&self, until: &Until<'_>) -> Result<Node, AnyFault> {
        loop {
            let last = match self.node() {
                Ok(node) if matches!(node.role, Role::Primary(_)) => return Ok(node),
                Ok(_) => None,
                Err(fault) if is_away(&fault) => Some(fault),
                Err(fault) => return Err(fault.into()),
            };
            if until.is_over() {
                let (server, seconds) = (self.name(), until.limit.as_secs());
                return Err(match last {
                    Some(fault) => fault.into(),
                    None => ActionFault::NotPromoted { server, seconds }.into(),
                });
            }
            self.site.world.clock.sleep(POLL);
        }
    }

    fn until_written(&self, until: &Until<'_>, node: &Node) -> Result<(), AnyFault> {
        loop {
            let limit = until.left().min(self.limit).max(POLL);
            match replication::write(&self.settings, &self.site.world, limit) {
                Ok(()) => return Ok(()),
                Err(fault) if until.is_over() => {
                    let (server, reason) = (self.name(), why_no_write(&fault, node));
                    return Err(ActionFault::NotWritable { server, reason }.into());
                }
                Err(_) => self.site.world.clock.sleep(POLL),
            }
        }
    }
}

/// What the answers of all addresses amount to.
fn closed(answers: &[(String, Answer)]) -> Sight {
    let mut seen = Vec::new();
    let mut unclear = None;
    for (address, answer) in answers {
        match answer {
            Answer::Refused => seen.push(format!("{address} refuses")),
            Answer::Standby => {
                let why = "answers as a standby, which no fence makes of a primary: does the \
                           address lead to another server?";
                unclear = Some(format!("{address} {why}"));
            }
            Answer::Primary => return Sight::NotSeen(format!("{address} is a primary")),
            Answer::NotNow(words) => return Sight::NotSeen(format!("{address}: {words}")),
            Answer::CannotTell(why) => unclear = Some(format!("{address}: {why}")),
        }
    }
    match unclear {
        Some(why) => Sight::CannotTell(why),
        None if seen.is_empty() => Sight::CannotTell("it has no address".to_owned()),
        None => Sight::Seen(output([("closed", seen.join(", "))])),
    }
}

/// What of a standby changes from one moment to the next: for the people who approve, not for the
/// fingerprint of a plan.
pub(super) fn beside(site: &Site, call: &Call) -> Result<Output, AnyFault> {
    let server = Server { site, settings: settings(call)?, limit: LOOK_MAX };
    let keep = |(name, _): &(String, String)| matches!(name.as_str(), "receiver" | "last-commit");
    Ok(match server.node()?.role {
        Role::Standby(standby) => progress(&standby).into_iter().filter(keep).collect(),
        Role::Primary(_) => Output::new(),
    })
}

/// Whether a standby lags by no more than is allowed. It lags by nothing only while it receives and
/// has replayed all; else by the time since the commit that it replayed last, which is never less
/// than the truth: what the primary wrote since its receiver broke off, nobody here knows.
fn keeps_up(node: &Node, standby: &Standby, lag_max: Option<Duration>) -> Sight {
    if standby.paused {
        return Sight::NotSeen("its replay is paused".to_owned());
    }
    let streams = standby.receiver.as_deref() == Some("streaming");
    let lag = match (standby.has_replayed_all(), standby.last_commit_age_ms) {
        (Some(true), _) if streams => Duration::ZERO,
        (_, Some(age)) => Duration::from_millis(age),
        (_, None) => {
            return Sight::CannotTell("how far it has received is not known".to_owned());
        }
    };
    if let Some(most) = lag_max
        && lag > most
    {
        let seconds = lag.as_secs();
        return Sight::NotSeen(if streams {
            format!("it lags by {seconds} s")
        } else {
            format!(
                "it is not seen to receive (receiver: {}), and its last commit is {seconds} s \
                 old; `lag-max` must be raised knowingly to promote it all the same",
                standby.receiver.as_deref().unwrap_or("none")
            )
        });
    }
    let mut output = identity(node);
    output.extend(progress(standby));
    output.insert("lag-ms".to_owned(), lag.as_millis().to_string());
    Sight::Seen(output)
}

/// Whether two looks saw the same, and nothing left to replay.
fn caught_up(first: &Standby, second: &Standby) -> Sight {
    if second.paused {
        return Sight::NotSeen("its replay is paused".to_owned());
    }
    if (first.received, first.replayed) != (second.received, second.replayed) {
        return Sight::NotSeen("it still receives or replays".to_owned());
    }
    match (first.has_replayed_all(), second.has_replayed_all()) {
        (Some(true), Some(true)) => Sight::Seen(progress(second)),
        (Some(_), Some(_)) => {
            let behind = second.behind().unwrap_or_default();
            Sight::NotSeen(format!("{behind} bytes are received and not replayed"))
        }
        _ => {
            Sight::CannotTell("whether it has replayed all is not for this role to know".to_owned())
        }
    }
}

/// How far a standby has come, for people.
fn progress(standby: &Standby) -> Output {
    let mut output =
        output([("receiver", standby.receiver.clone().unwrap_or_else(|| "none".to_owned()))]);
    let values = [
        ("received", standby.received.map(|position| position.to_string())),
        ("replayed", standby.replayed.map(|position| position.to_string())),
        ("last-commit", standby.last_commit.clone()),
        ("primary-heard", standby.heard.clone()),
    ];
    for (name, value) in values {
        output.extend(value.map(|value| (name.to_owned(), value)));
    }
    // The beginning of a record whose end never came; told, since the numbers differ.
    if standby.behind().is_some_and(|bytes| bytes > 0) {
        let bytes = standby.behind().unwrap_or_default();
        output.insert("received-beyond-replayed".to_owned(), bytes.to_string());
    }
    output
}

/// Which server it is, and what it promises.
fn identity(node: &Node) -> Output {
    let (role, promise) = match node.role {
        Role::Primary(promise) => ("primary", promise),
        // Only the primary knows for whom it waits.
        Role::Standby(_) => ("standby", Promise::Unknown),
    };
    let mut output = output([
        ("role", role.to_owned()),
        ("replication", promise.as_str().to_owned()),
        ("system", node.system.clone().unwrap_or_else(|| "unknown".to_owned())),
        ("timeline", node.timeline.map_or_else(|| "unknown".to_owned(), |one| one.to_string())),
    ]);
    if !node.waits_for.is_empty() {
        output.insert("synchronous-standby-names".to_owned(), node.waits_for.clone());
    }
    output
}

/// A commit that does not return where standbys are waited for has a likely reason.
fn why_no_write(fault: &SourceError, node: &Node) -> String {
    match fault {
        SourceError::Silent { .. } if !node.waits_for.is_empty() => {
            format!("{}; commits wait for standbys: `{}`", chain(fault), node.waits_for)
        }
        _ => chain(fault),
    }
}

/// Whether the server is away rather than unwilling.
fn is_away(fault: &SourceError) -> bool {
    matches!(
        fault,
        SourceError::NoAnswer { .. }
            | SourceError::Silent { .. }
            | SourceError::Unreachable { .. }
            | SourceError::Gone { .. }
    )
}

/// The standby as this step found it: `docs/formats/playbook-notes.md`.
fn noted(node: &Node) -> String {
    let timeline = node.timeline.map(|timeline| timeline.to_string()).unwrap_or_default();
    format!("duphong standby 1\n{}\n{timeline}\n", node.system.as_deref().unwrap_or_default())
}

/// Whether this primary is the standby that was noted, on a later timeline.
fn was_ours(note: &std::path::Path, now: &Node) -> bool {
    let Ok(text) = files::read(note) else { return false };
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines();
    let (magic, system, timeline) = (lines.next(), lines.next(), lines.next());
    let (Some(system), Some(timeline)) = (system, timeline.and_then(|text| text.parse().ok()))
    else {
        return false;
    };
    magic == Some("duphong standby 1")
        && !system.is_empty()
        && now.system.as_deref() == Some(system)
        && now.timeline.is_some_and(|now: u32| now > timeline)
}

fn settings(call: &Call) -> Result<Settings, AnyFault> {
    let action = call.action.as_str();
    let dsn = call.text("dsn").ok_or(ActionFault::Incomplete { action, parameter: "dsn" })?;
    let password = call.text("password-file").map(|path| SecretSource::File(path.into()).read());
    let settings =
        Settings { dsn: dsn.to_owned(), password: password.transpose()?, bin_dir: None, jobs: 1 };
    settings.check()?;
    Ok(settings)
}

fn output<const N: usize>(values: [(&str, String); N]) -> Output {
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fault::Fault as _;
    use crate::playbook::model::Value;
    use crate::source::postgres::replication::Position;

    fn name(sight: &Sight) -> &'static str {
        match sight {
            Sight::Seen(_) => "seen",
            Sight::NotSeen(_) => "not seen",
            Sight::CannotTell(_) => "cannot tell",
        }
    }

    fn standby(received: u64, replayed: u64, idle: Option<bool>) -> Standby {
        Standby {
            received: Some(Position(received)),
            replayed: Some(Position(replayed)),
            last_commit: Some("2026-01-01T00:00:00.000000Z".to_owned()),
            last_commit_age_ms: Some(90_000),
            receiver: Some("streaming".to_owned()),
            heard: None,
            paused: false,
            idle,
        }
    }

    /// The same when nothing comes from its primary any more.
    fn cut_off(standby: Standby) -> Standby {
        Standby { receiver: None, ..standby }
    }

    fn node(role: Role) -> Node {
        Node {
            system: Some("7".to_owned()),
            timeline: Some(1),
            waits_for: String::new(),
            may_promote: true,
            role,
        }
    }

    #[test]
    fn closed_is_what_every_address_says() {
        let not_now = || Answer::NotNow("the database system is shutting down".to_owned());
        let silent = || Answer::CannotTell("no answer in time".to_owned());
        for (answers, expected) in [
            (vec![Answer::Refused], "seen"),
            (vec![Answer::Refused, Answer::Refused], "seen"),
            (vec![Answer::Refused, Answer::Standby], "cannot tell"),
            (vec![Answer::Standby], "cannot tell"),
            (vec![Answer::Standby, Answer::Primary], "not seen"),
            (vec![Answer::Refused, Answer::Primary], "not seen"),
            (vec![silent(), Answer::Primary], "not seen"),
            (vec![not_now()], "not seen"),
            (vec![Answer::Refused, silent()], "cannot tell"),
            (vec![silent()], "cannot tell"),
            (vec![], "cannot tell"),
        ] {
            let answers: Vec<_> =
                answers.into_iter().map(|answer| ("10.0.0.1:5432".to_owned(), answer)).collect();
            assert_eq!(name(&closed(&answers)), expected, "{answers:?}");
        }
    }

    #[test]
    fn a_proof_at_any_address_of_what_is_promoted_is_none() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let world = World::system(runtime.handle().clone());
        let call = |action, dsn: &str| Call {
            action,
            with: [("dsn".to_owned(), Value::Text(format!("{dsn} dbname=a user=a")))].into(),
        };
        let code = |promoted: &str, closed: &str| {
            let promote = call(Action::PostgresPromote, promoted);
            let apart = apart(&world, &promote, &[call(Action::PostgresClosed, closed)]);
            apart.map_err(|fault| fault.code())
        };
        let standby = "host=127.0.0.1 port=5433";
        assert_eq!(code(standby, "host=127.0.0.2 port=5433"), Ok(()));
        assert_eq!(code(standby, "host=127.0.0.1 port=5432"), Ok(()));
        assert_eq!(code(standby, "host=localhost port=5433"), Err("action.same-server"));
        assert_eq!(
            code(standby, "host=vip hostaddr=127.0.0.1 port=5433"),
            Err("action.same-server")
        );
        assert_eq!(code(standby, "host=no.such.name.invalid"), Err("source.no-answer"));
    }

    #[test]
    fn a_standby_lags_by_the_age_of_what_it_replayed_unless_it_receives_and_replayed_all() {
        let minute = Some(Duration::from_mins(1));
        for (one, lag_max, expected) in [
            (standby(9, 9, None), minute, "seen"),
            (standby(9, 5, Some(true)), minute, "seen"),
            (cut_off(standby(9, 9, None)), minute, "not seen"),
            (cut_off(standby(9, 5, Some(true))), minute, "not seen"),
            (cut_off(standby(9, 9, None)), Some(Duration::from_mins(2)), "seen"),
            (
                Standby { last_commit_age_ms: None, ..cut_off(standby(9, 9, None)) },
                minute,
                "cannot tell",
            ),
            (
                Standby { receiver: Some("hidden".to_owned()), ..standby(9, 9, None) },
                minute,
                "not seen",
            ),
            (standby(9, 5, Some(false)), minute, "not seen"),
            (standby(9, 5, None), minute, "not seen"),
            (standby(9, 5, None), Some(Duration::from_mins(2)), "seen"),
            (standby(9, 5, None), None, "seen"),
            (Standby { paused: true, ..standby(9, 9, None) }, minute, "not seen"),
            (Standby { last_commit_age_ms: None, ..standby(9, 5, None) }, minute, "cannot tell"),
            (
                Standby { received: None, last_commit_age_ms: None, ..standby(9, 5, None) },
                None,
                "cannot tell",
            ),
        ] {
            let sight = keeps_up(&node(Role::Standby(one.clone())), &one, lag_max);
            assert_eq!(name(&sight), expected, "{one:?}");
        }
    }

    #[test]
    fn caught_up_is_seen_twice_the_same() {
        for (first, second, expected) in [
            (standby(9, 9, None), standby(9, 9, None), "seen"),
            (standby(9, 9, None), standby(10, 10, None), "not seen"),
            (standby(9, 5, Some(true)), standby(9, 5, Some(true)), "seen"),
            (standby(9, 5, Some(false)), standby(9, 5, Some(true)), "not seen"),
            (standby(9, 5, None), standby(9, 5, None), "cannot tell"),
            (standby(9, 9, None), Standby { paused: true, ..standby(9, 9, None) }, "not seen"),
        ] {
            assert_eq!(name(&caught_up(&first, &second)), expected, "{first:?} {second:?}");
        }
    }

    #[test]
    fn only_a_standby_by_a_role_that_may_is_promoted() {
        let code = |node: &Node| promotable(node, String::new()).map_err(|fault| fault.code());
        let there = node(Role::Standby(standby(9, 9, None)));
        assert_eq!(code(&there), Ok(()));
        let barred = Node { may_promote: false, ..there };
        assert_eq!(code(&barred), Err("action.may-not-promote"));
        let primary = node(Role::Primary(Promise::Synchronous));
        assert_eq!(code(&primary), Err("action.not-a-standby"));
    }

    #[test]
    fn only_the_standby_that_was_noted_counts_as_promoted_by_us() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("1-promote.standby");
        let primary = |system: &str, timeline| Node {
            system: Some(system.to_owned()),
            timeline: Some(timeline),
            ..node(Role::Primary(Promise::Asynchronous))
        };
        assert!(!was_ours(&note, &primary("7", 2)), "nothing was noted");
        let before = node(Role::Standby(standby(9, 9, None)));
        files::replace_durably(&note, noted(&before).as_bytes()).unwrap();
        assert!(was_ours(&note, &primary("7", 2)));
        assert!(!was_ours(&note, &primary("7", 1)), "it was a primary all along");
        assert!(!was_ours(&note, &primary("8", 2)), "another pair");
        let unknown = Node { system: None, timeline: None, ..before };
        files::replace_durably(&note, noted(&unknown).as_bytes()).unwrap();
        assert!(!was_ours(&note, &primary("7", 2)), "what the role may not know is no proof");
    }
}
