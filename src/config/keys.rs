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

const fn need(name: &'static str) -> Key {
    Key { name, required: true }
}

const fn may(name: &'static str) -> Key {
    Key { name, required: false }
}

const fn table(place: &'static str, keys: &'static [Key]) -> Table {
    Table { place, keys, one_of: &[], later: &[] }
}

/// The file.
pub static ROOT: Table = Table {
    later: &["incidents", "notices", "web"],
    ..table(
        "",
        &[need("site"), need("state"), need("repositories"), need("portals"), may("documents")],
    )
};

/// The installation.
pub static SITE: Table =
    table("site", &[need("id"), need("name"), may("timezone"), may("language")]);

/// How the agency writes its documents.
pub static DOCUMENTS: Table =
    table("documents", &[may("superior"), may("agency"), may("place"), may("signers")]);

/// A repository.
pub static REPOSITORY: Table = Table {
    later: &["s3", "object-lock"],
    ..table("repositories.*", &[need("path"), need("password")])
};

/// Where a secret is kept.
pub static SECRET: Table = Table {
    one_of: &["file", "credential"],
    ..table("repositories.*.password", &[may("file"), may("credential")])
};

/// A portal.
pub static PORTAL: Table = Table {
    later: &["probes", "failover"],
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
            need("snapshot"),
            may("drill"),
        ],
    )
};

/// A database.
pub static DATABASE: Table = Table {
    one_of: &["sqlite", "postgres"],
    later: &["mariadb", "mysql", "command"],
    ..table("portals.*.databases[]", &[need("name"), may("sqlite"), may("postgres")])
};

/// A SQLite database.
pub static SQLITE: Table = table("portals.*.databases[].sqlite", &[need("path")]);

/// A PostgreSQL database.
pub static POSTGRES: Table = table(
    "portals.*.databases[].postgres",
    &[need("dsn"), may("password"), may("bin-dir"), may("user")],
);

/// A file tree.
pub static TREE: Table = Table {
    later: &["watch"],
    ..table("portals.*.trees[]", &[need("role"), need("path"), may("name"), may("exclude")])
};

/// What is taken and where it goes.
pub static SNAPSHOT: Table = Table {
    later: &["schedule", "retention"],
    ..table("portals.*.snapshot", &[need("to"), need("rpo")])
};

/// How recovery is proved.
pub static DRILL: Table = Table {
    later: &["schedule", "checks"],
    ..table(
        "portals.*.drill",
        &[
            may("from"),
            may("rto"),
            may("allowance"),
            may("scratch"),
            may("start"),
            may("smoke"),
            may("jobs"),
        ],
    )
};

/// A question to the restored portal.
pub static SMOKE: Table =
    table("portals.*.drill.smoke[]", &[need("path"), may("status"), may("contains")]);

/// Every section.
pub static ALL: &[&Table] = &[
    &ROOT,
    &SITE,
    &DOCUMENTS,
    &REPOSITORY,
    &SECRET,
    &PORTAL,
    &DATABASE,
    &SQLITE,
    &POSTGRES,
    &TREE,
    &SNAPSHOT,
    &DRILL,
    &SMOKE,
];
