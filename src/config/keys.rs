//! Every key the configuration knows: the decoder reads by these tables, and tests hold the JSON
//! schema to them, so that the three cannot drift apart.

/// A key of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// As it stands in the file.
    pub name: &'static str,
    /// Whether the section is incomplete without it.
    pub required: bool,
}

/// The keys of one section.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Where the section stands: `*` is a chosen name, `[]` an item of a list.
    pub place: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Keys of which exactly one must be there.
    pub one_of: &'static [&'static str],
    /// Keys of later versions: a person who wrote one did not misspell anything.
    pub later: &'static [&'static str],
}

impl Table {
    pub(super) fn knows(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name)
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.keys.iter().any(|key| key.name == name && key.required)
    }
}

pub(super) const fn need(name: &'static str) -> Key {
    Key { name, required: true }
}

pub(super) const fn may(name: &'static str) -> Key {
    Key { name, required: false }
}

pub(super) const fn table(place: &'static str, keys: &'static [Key]) -> Table {
    Table { place, keys, one_of: &[], later: &[] }
}

/// The file.
pub static ROOT: Table = table(
    "",
    &[
        need("site"),
        need("state"),
        need("repositories"),
        need("portals"),
        may("documents"),
        may("network"),
        may("notices"),
        may("incidents"),
        may("playbooks"),
        may("web"),
        may("audit"),
    ],
);

/// What is done about the audit log.
pub static AUDIT: Table = table("audit", &[may("anchors"), may("schedule")]);

/// A place outside that keeps heads of the audit log.
pub static ANCHOR: Table = Table {
    one_of: &["s3", "mail"],
    ..table("audit.anchors.*", &[may("s3"), may("mail"), may("object-lock")])
};

/// Who gets heads of the audit log by mail.
pub static ANCHOR_MAIL: Table = table("audit.anchors.*.mail", &[need("to"), may("language")]);

/// How long no key may remove a head.
pub static ANCHOR_LOCK: Table =
    table("audit.anchors.*.object-lock", &[need("mode"), need("retention")]);

/// How duphong reaches what it looks at.
pub static NETWORK: Table =
    table("network", &[may("resolvers"), may("inside"), may("authorities"), may("uplink")]);

/// How people are told.
pub static NOTICES: Table =
    table("notices", &[may("to"), may("repeat"), may("smtp"), may("webhooks"), may("authorities")]);

/// A mail server.
pub static SMTP: Table = table(
    "notices.smtp",
    &[
        need("host"),
        may("port"),
        need("security"),
        may("user"),
        may("password"),
        need("from"),
        may("timeout"),
    ],
);

/// A program elsewhere that hears everything.
pub static WEBHOOK: Table =
    table("notices.webhooks[]", &[need("name"), need("url"), may("secret")]);

/// How incidents are handled.
pub static INCIDENTS: Table =
    table("incidents", &[may("rules"), may("rule-files"), may("contacts"), may("reporter")]);

/// One recipient, as an official letter gave it.
pub static CONTACT: Table = table(
    "incidents.contacts.*",
    &[need("name"), may("email"), may("address"), may("phone"), need("basis")],
);

/// Who reports.
pub static REPORTER: Table = table(
    "incidents.reporter",
    &[
        may("name"),
        may("address"),
        may("phone"),
        may("email"),
        may("contact-name"),
        may("contact-title"),
        may("contact-phone"),
        may("contact-email"),
    ],
);

/// How playbooks are used.
pub static PLAYBOOKS: Table = table("playbooks", &[may("folder"), may("approvers")]);

/// A person who may approve plans.
pub static APPROVER: Table =
    table("playbooks.approvers.*", &[need("name"), need("logins"), need("key")]);

/// Where duphong tells its health.
pub static WEB: Table = table("web", &[may("listen")]);

/// The installation.
pub static SITE: Table =
    table("site", &[need("id"), need("name"), may("timezone"), may("language")]);

/// How the agency writes its documents.
pub static DOCUMENTS: Table =
    table("documents", &[may("superior"), may("agency"), may("place"), may("signers")]);

/// A repository.
pub static REPOSITORY: Table = Table {
    one_of: &["path", "s3"],
    ..table(
        "repositories.*",
        &[
            may("path"),
            may("s3"),
            need("password"),
            may("verify"),
            may("verify-parts"),
            may("wal-forget"),
            may("off-site"),
            may("object-lock"),
        ],
    )
};

/// How long no key may remove what is written into a bucket.
pub static OBJECT_LOCK: Table =
    table("repositories.*.object-lock", &[need("mode"), need("retention"), may("slack")]);

/// A bucket.
pub static BUCKET: Table = table(
    "repositories.*.s3",
    &[
        need("endpoint"),
        need("bucket"),
        may("prefix"),
        may("region"),
        need("credentials"),
        may("path-style"),
        may("authorities"),
    ],
);

/// Where a secret is kept.
pub static SECRET: Table = Table {
    one_of: &["file", "credential"],
    ..table("repositories.*.password", &[may("file"), may("credential")])
};

/// A portal.
pub static PORTAL: Table = Table {
    later: &["failover"],
    ..table(
        "portals.*",
        &[
            may("name"),
            may("url"),
            need("kind"),
            need("owner"),
            need("operator"),
            need("level"),
            may("databases"),
            may("trees"),
            may("identity"),
            need("snapshot"),
            may("drill"),
            may("spot-check"),
            may("probes"),
            may("criteria"),
            may("defacement"),
            may("hosting"),
            may("network-member"),
            may("component"),
            may("personal-data"),
            may("system"),
            may("playbooks"),
            may("erasure"),
        ],
    )
};

/// A database.
pub static DATABASE: Table = Table {
    one_of: &["sqlite", "postgres", "mariadb", "command"],
    ..table(
        "portals.*.databases[]",
        &[
            need("name"),
            may("sqlite"),
            may("postgres"),
            may("mariadb"),
            may("command"),
            may("media"),
            may("sealed"),
        ],
    )
};

/// How a database is asked which files it names.
pub static MEDIA: Table = table("portals.*.databases[].media[]", &[need("tree"), need("query")]);

/// To whom a source is sealed.
pub static SEALED: Table = table("portals.*.databases[].sealed", &[need("recipients")]);

/// A SQLite database.
pub static SQLITE: Table = table("portals.*.databases[].sqlite", &[need("path")]);

/// A PostgreSQL database.
pub static POSTGRES: Table = table(
    "portals.*.databases[].postgres",
    &[
        need("dsn"),
        may("password"),
        may("bin-dir"),
        may("user"),
        may("physical"),
        may("wal"),
        may("standby"),
    ],
);

/// The standby that is read in a server's place.
pub static STANDBY: Table =
    table("portals.*.databases[].postgres.standby", &[need("dsn"), need("lag"), may("otherwise")]);

/// What is kept of its write-ahead log.
pub static WAL: Table = table(
    "portals.*.databases[].postgres.wal",
    &[may("durable-in"), may("receive"), may("rpo"), may("waiting")],
);

/// How it is received as it is written.
pub static RECEIVE: Table =
    table("portals.*.databases[].postgres.wal.receive", &[may("slot"), may("every")]);

/// A database of another engine.
pub static COMMAND: Table = table(
    "portals.*.databases[].command",
    &[
        need("dump"),
        may("load"),
        may("count"),
        may("paths"),
        may("environment"),
        may("timeout"),
        may("silence"),
        may("extension"),
        may("ends-with"),
        may("files"),
        may("drill"),
    ],
);

/// How such a database is drilled.
pub static COMMAND_DRILL: Table = table(
    "portals.*.databases[].command.drill",
    &[need("clean"), may("prepare"), need("load"), may("count"), may("paths"), may("environment")],
);

/// A MariaDB or MySQL database.
pub static MARIADB: Table = table(
    "portals.*.databases[].mariadb",
    &[
        need("database"),
        need("user"),
        may("password"),
        may("socket"),
        may("host"),
        may("port"),
        may("authorities"),
        may("bin-dir"),
        may("account"),
        may("binlog"),
    ],
);

/// What is kept of its binary log.
pub static BINLOG: Table = table(
    "portals.*.databases[].mariadb.binlog",
    &[may("durable-in"), may("every"), may("rpo"), may("waiting")],
);

/// A file tree.
pub static TREE: Table = table(
    "portals.*.trees[]",
    &[
        need("role"),
        need("path"),
        may("name"),
        may("exclude"),
        may("sealed"),
        may("pull"),
        may("watch"),
        may("alarm"),
    ],
);

/// From where on a change of many files is an alarm.
pub static ALARM: Table = table(
    "portals.*.trees[].alarm",
    &[may("files"), may("scrambled"), may("renamed"), may("rewritten"), may("vanished")],
);

/// How a tree comes from another host.
pub static PULL: Table = table(
    "portals.*.trees[].pull",
    &[need("command"), may("environment"), may("timeout"), may("silence")],
);

/// What is taken and where it goes.
pub static SNAPSHOT: Table = table(
    "portals.*.snapshot",
    &[need("to"), need("rpo"), may("schedule"), may("on-change"), may("retention")],
);

/// When a set follows a change of a watched tree.
pub static ON_CHANGE: Table =
    table("portals.*.snapshot.on-change", &[may("quiet"), may("longest")]);

/// How many of them are kept.
const RULES: [Key; 7] = [
    may("within"),
    may("last"),
    may("hourly"),
    may("daily"),
    may("weekly"),
    may("monthly"),
    may("yearly"),
];

const RETENTION_KEYS: [Key; 9] = {
    let [within, last, hourly, daily, weekly, monthly, yearly] = RULES;
    [within, last, hourly, daily, weekly, monthly, yearly, may("verified"), may("tags")]
};

/// What is kept of them.
pub static RETENTION: Table = table("portals.*.snapshot.retention", &RETENTION_KEYS);

/// The same of sets with a tag.
pub static RETENTION_TAG: Table = table("portals.*.snapshot.retention.tags.*", &RULES);

/// How recovery is proved.
pub static DRILL: Table = Table {
    later: &["checks"],
    ..table(
        "portals.*.drill",
        &[
            may("from"),
            may("turns"),
            may("rto"),
            may("allowance"),
            may("scratch"),
            may("start"),
            may("smoke"),
            may("jobs"),
            may("schedule"),
            may("on-failure"),
            may("scan"),
        ],
    )
};

/// What scans a restored set.
pub static SCAN: Table = table("portals.*.drill.scan", &[need("command"), may("timeout")]);

/// What replays erasures on restored data.
pub static ERASURE: Table = table("portals.*.erasure", &[need("command"), may("timeout")]);

/// What a failed drill asks for.
pub static ON_FAILURE: Table = table("portals.*.drill.on-failure", &[may("owner"), may("within")]);

/// What one drill in turn restores.
pub static TURN: Table =
    table("portals.*.drill.turns[]", &[need("set"), may("within"), may("from")]);

/// When live sources are looked at beside the newest set.
pub static SPOT_CHECK: Table =
    table("portals.*.spot-check", &[need("schedule"), may("files"), may("tolerance")]);

/// A question to the restored portal.
pub static SMOKE: Table =
    table("portals.*.drill.smoke[]", &[need("path"), may("status"), may("contains")]);

/// A recurring look at the portal.
pub static PROBE: Table = Table {
    one_of: &["url", "tls", "dns"],
    ..table(
        "portals.*.probes[]",
        &[
            may("name"),
            may("url"),
            may("tls"),
            may("dns"),
            may("every"),
            may("timeout"),
            may("settle"),
            may("families"),
            may("expect"),
        ],
    )
};

/// When a change counts.
pub static SETTLE: Table = table("portals.*.probes[].settle", &[may("failures"), may("successes")]);

/// The answer that a page must give.
pub static EXPECT: Table = table(
    "portals.*.probes[].expect",
    &[
        may("status"),
        may("within"),
        may("headers"),
        may("contains"),
        may("lacks"),
        may("ends-at"),
        may("certificate-days"),
    ],
);

/// A certificate.
pub static TLS: Table =
    table("portals.*.probes[].tls", &[need("host"), may("port"), may("days"), may("names")]);

/// What the name servers say.
pub static DNS: Table = table("portals.*.probes[].dns", &[need("name"), may("a"), may("aaaa")]);

/// What `scan` holds the portal against.
pub static CRITERIA: Table =
    table("portals.*.criteria", &[may("components"), may("parent"), may("emc-id")]);

/// Watching for changes that nobody of the agency made.
pub static DEFACEMENT: Table =
    table("portals.*.defacement", &[may("every"), may("urls"), may("allow"), may("signatures")]);

/// What is known of the portal's system.
pub static SYSTEM: Table = table(
    "portals.*.system",
    &[
        may("security-provider"),
        may("connectivity"),
        may("os"),
        may("version"),
        may("services"),
        may("measures"),
        may("addresses"),
        may("domains"),
        may("purpose"),
    ],
);

/// Every section.
pub static ALL: &[&Table] = &[
    &ROOT,
    &SITE,
    &DOCUMENTS,
    &REPOSITORY,
    &BUCKET,
    &OBJECT_LOCK,
    &SECRET,
    &PORTAL,
    &DATABASE,
    &MEDIA,
    &SEALED,
    &SQLITE,
    &POSTGRES,
    &WAL,
    &RECEIVE,
    &STANDBY,
    &MARIADB,
    &BINLOG,
    &COMMAND,
    &COMMAND_DRILL,
    &TREE,
    &PULL,
    &ALARM,
    &SNAPSHOT,
    &ON_CHANGE,
    &RETENTION,
    &RETENTION_TAG,
    &DRILL,
    &TURN,
    &SPOT_CHECK,
    &SMOKE,
    &PROBE,
    &SETTLE,
    &EXPECT,
    &TLS,
    &DNS,
    &CRITERIA,
    &DEFACEMENT,
    &SYSTEM,
    &NETWORK,
    &NOTICES,
    &SMTP,
    &WEBHOOK,
    &INCIDENTS,
    &CONTACT,
    &REPORTER,
    &AUDIT,
    &ANCHOR,
    &ANCHOR_MAIL,
    &ANCHOR_LOCK,
    &PLAYBOOKS,
    &APPROVER,
    &WEB,
];
