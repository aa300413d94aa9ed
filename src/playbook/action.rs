//! What a step can do: every action with the values it takes and the promises it makes.
//!
//! One table, read by the check of a playbook, by the plan, by the engine, and held against the
//! JSON schema and the implementation by tests, so that none can know an action that another does
//! not. What an action does is told by its implementation in `job/playbook`.

use std::time::Duration;

/// The kind of a value, of an input as of an action's parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// A whole number.
    Number,
    /// A length of time, such as `5m`.
    Duration,
    /// A place in the file system, absolute.
    Path,
    /// A host name or address.
    Host,
    /// A port, 1 to 65535.
    Port,
    /// An address with `http` or `https`.
    Url,
    /// A program and its arguments, never a line for a shell.
    Command,
    /// How to reach a PostgreSQL database, without a password.
    Dsn,
    /// A set: its id, the start of one, or `latest`. The plan holds the whole id.
    Set,
}

impl ValueKind {
    /// Each with its word in the file.
    pub const WORDS: [(&str, Self); 10] = [
        ("text", Self::Text),
        ("number", Self::Number),
        ("duration", Self::Duration),
        ("path", Self::Path),
        ("host", Self::Host),
        ("port", Self::Port),
        ("url", Self::Url),
        ("command", Self::Command),
        ("dsn", Self::Dsn),
        ("set", Self::Set),
    ];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// One value that an action takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its key under `with`.
    pub name: &'static str,
    /// What it must be.
    pub kind: ValueKind,
    /// Whether the action cannot do without.
    pub required: bool,
    /// The least number, or the shortest length of time in milliseconds.
    pub least: u64,
    /// The greatest number, or the longest length of time in milliseconds.
    pub most: u64,
}

/// The greatest whole number that every reader of JSON can hold exactly.
pub const NUMBER_MAX: u64 = (1 << 53) - 1;

/// One approver is enough where the playbook does not ask for more.
pub const APPROVALS_DEFAULT: u64 = 1;

/// A plan that nobody approved in this time was made for another situation.
pub const EXPIRES_DEFAULT: Duration = Duration::from_mins(30);

const MINUTE_MS: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

const fn need(name: &'static str, kind: ValueKind) -> Parameter {
    Parameter { required: true, ..may(name, kind) }
}

const fn may(name: &'static str, kind: ValueKind) -> Parameter {
    Parameter { name, kind, required: false, least: 0, most: NUMBER_MAX }
}

const fn within(least: u64, most: u64, parameter: Parameter) -> Parameter {
    Parameter { least, most, ..parameter }
}

/// What an action is to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// It waits for people: done by the engine itself.
    Gate,
    /// It only looks, so that it may be done any number of times and needs no compensation. It can
    /// stand in a step, in `done-when` and in `proof`.
    Observation,
    /// It changes something, and doing it again when it is done changes nothing more: it can ask
    /// by itself whether it is done.
    Idempotent,
    /// It changes something, and nobody can say what doing it again does.
    Once,
}

/// Every action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Waits for approvals of the plan, each signed by an approver who is not the starter.
    Gate,
    /// Takes a node or a portal out of service by a command; done only when every `proof` of the
    /// step has been seen later, by another path. A lasting refusal, not a stop that a reboot undoes,
    /// is the business of the command.
    Fence,
    /// Runs a program.
    Command,
    /// Runs a program that only looks, and wants its standard output to contain a text.
    CommandSays,
    /// Takes a set of the portal, whatever the schedule says.
    Snapshot,
    /// Brings a set back beside production: trees into folders next to the portal's own, databases
    /// under names of the run. Production is not touched.
    RestoreStage,
    /// Compares what `restore.stage` brought back with the set's inventory, as a drill does.
    RestoreCompare,
    /// Puts what was staged in production's place and keeps what stood there beside it.
    RestoreSwap,
    /// Puts back what `restore.swap` set aside.
    RestoreSwapBack,
    /// Removes what `restore.stage` brought back.
    RestoreUnstage,
    /// The page answers as it should.
    HttpAnswers,
    /// Nobody listens: the host itself refuses the connection. No answer at all is no proof.
    TcpRefused,
    /// A PostgreSQL server takes no writes: it refuses connections, or answers as a standby.
    PostgresClosed,
    /// A PostgreSQL standby replays, and lags behind what it has received by no more than this.
    PostgresStandby,
    /// A PostgreSQL standby has replayed all that it has received.
    PostgresCaughtUp,
    /// Makes a PostgreSQL standby the primary. Only after a fence with proof.
    PostgresPromote,
    /// A PostgreSQL server is primary and takes writes.
    PostgresWritable,
    /// Points an nginx upstream at an address: writes its file, tests the whole configuration,
    /// reloads, and leaves everything as it was if nginx refuses.
    NginxSwitch,
    /// The portal is healthy as its own probes see it.
    PortalHealthy,
}

/// What is fixed about one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The action.
    pub action: Action,
    /// Its name in the file.
    pub name: &'static str,
    /// What it is to the engine.
    pub nature: Nature,
    /// What it takes.
    pub parameters: &'static [Parameter],
    /// Nothing can take it back: a step with it is a point of no return.
    pub no_return: bool,
    /// An observation of what nobody is working at: what it does not see will not come by waiting,
    /// and looking again would only read the same for hours.
    pub still: bool,
}

const fn action(
    action: Action,
    name: &'static str,
    nature: Nature,
    parameters: &'static [Parameter],
) -> Signature {
    Signature { action, name, nature, parameters, no_return: false, still: false }
}

use ValueKind as Kind;

/// The parameters of an nginx upstream.
const NGINX: &[Parameter] = &[
    need("file", Kind::Path),
    need("upstream", Kind::Text),
    need("to", Kind::Text),
    may("test", Kind::Command),
    may("reload", Kind::Command),
];

/// How a PostgreSQL server is asked.
const POSTGRES: &[Parameter] = &[need("dsn", Kind::Dsn), may("password-file", Kind::Path)];

/// Every action, in the order of the documents.
pub const ACTIONS: &[Signature] = &[
    action(
        Action::Gate,
        "gate",
        Nature::Gate,
        &[
            within(1, 10, may("approvals", Kind::Number)),
            within(MINUTE_MS, 7 * DAY_MS, may("expires", Kind::Duration)),
        ],
    ),
    action(Action::Fence, "fence", Nature::Idempotent, &[need("command", Kind::Command)]),
    action(Action::Command, "command", Nature::Once, &[need("command", Kind::Command)]),
    action(
        Action::CommandSays,
        "command.says",
        Nature::Observation,
        &[need("command", Kind::Command), need("contains", Kind::Text)],
    ),
    action(Action::Snapshot, "snapshot", Nature::Once, &[]),
    action(Action::RestoreStage, "restore.stage", Nature::Idempotent, &[need("set", Kind::Set)]),
    Signature {
        still: true,
        ..action(Action::RestoreCompare, "restore.compare", Nature::Observation, &[])
    },
    action(Action::RestoreSwap, "restore.swap", Nature::Idempotent, &[]),
    action(Action::RestoreSwapBack, "restore.swap-back", Nature::Idempotent, &[]),
    action(Action::RestoreUnstage, "restore.unstage", Nature::Idempotent, &[]),
    action(
        Action::HttpAnswers,
        "http.answers",
        Nature::Observation,
        &[
            need("url", Kind::Url),
            within(100, 599, may("status", Kind::Number)),
            may("contains", Kind::Text),
            may("connect-to", Kind::Text),
        ],
    ),
    action(
        Action::TcpRefused,
        "tcp.refused",
        Nature::Observation,
        &[need("host", Kind::Host), need("port", Kind::Port)],
    ),
    action(Action::PostgresClosed, "postgres.closed", Nature::Observation, POSTGRES),
    action(
        Action::PostgresStandby,
        "postgres.standby",
        Nature::Observation,
        &[
            need("dsn", Kind::Dsn),
            may("password-file", Kind::Path),
            within(0, 30 * DAY_MS, may("lag-max", Kind::Duration)),
        ],
    ),
    action(Action::PostgresCaughtUp, "postgres.caught-up", Nature::Observation, POSTGRES),
    Signature {
        no_return: true,
        ..action(Action::PostgresPromote, "postgres.promote", Nature::Idempotent, POSTGRES)
    },
    action(Action::PostgresWritable, "postgres.writable", Nature::Observation, POSTGRES),
    action(Action::NginxSwitch, "nginx.switch", Nature::Idempotent, NGINX),
    action(Action::PortalHealthy, "portal.healthy", Nature::Observation, &[]),
];

impl Action {
    /// What is fixed about it.
    pub fn signature(self) -> &'static Signature {
        ACTIONS
            .iter()
            .find(|signature| signature.action == self)
            .expect("a test holds the table against the enum")
    }

    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        ACTIONS.iter().find(|signature| signature.name == name).map(|found| found.action)
    }

    /// Its name in the file.
    pub fn as_str(self) -> &'static str {
        self.signature().name
    }

    /// Whether it can take a step back: harmless when done again and where the step was done in
    /// part. A command is so by contract; a fence would need a proof, which a compensation has not.
    pub fn compensates(self) -> bool {
        let Signature { nature, no_return, .. } = *self.signature();
        match self {
            Self::Command => true,
            Self::Fence => false,
            _ => nature == Nature::Idempotent && !no_return,
        }
    }

    /// Whether it only looks.
    pub fn is_observation(self) -> bool {
        self.signature().nature == Nature::Observation
    }
}

impl Signature {
    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}
