//! A connection to PostgreSQL, driven from plain threads, with every setting fixed that changes
//! how a value is written.
//!
//! `pg_dump` fixes some of them itself; the rest come from the database, the role or the server's
//! file and would make equal rows look different on another host. The same list is given to the
//! PostgreSQL programs as `PGOPTIONS`.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

use crate::base::cancel::Cancel;
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::catalog::Table;
use crate::world::World;

/// Settings of every session of ours and of every PostgreSQL program we start. Values that a
/// database or role sets are overridden by these, and by these only. (`jit` changes no value: it
/// compiles the long statements of the inventory for longer than they run.)
pub(super) const OPTIONS: &str = "-c datestyle=ISO -c intervalstyle=postgres \
    -c extra_float_digits=3 -c bytea_output=hex -c timezone=UTC -c lc_monetary=C \
    -c xmlbinary=base64 -c statement_timeout=0 -c lock_timeout=0 \
    -c idle_in_transaction_session_timeout=0 -c row_security=off \
    -c default_transaction_read_only=off -c default_transaction_deferrable=off -c jit=off";

/// A server that has not answered a connection attempt in this time will not: the slowest healthy
/// one we know, out of memory and swapping, took 12 s.
pub(super) const CONNECT_SECONDS: u64 = 30;

/// How often a wish to stop is looked for while the server says nothing.
const LOOK: Duration = Duration::from_millis(100);

/// A server that has said nothing to one statement for so long hangs, or cannot be heard any more.
/// The longest statements of ours wait ten minutes for a lock, or read the catalogs of a hundred
/// thousand tables, which took minutes.
pub(super) const ANSWER_MAX: Duration = Duration::from_mins(30);

/// Asking the server to let a statement be is one connection and one packet.
const LET_BE_MAX: Duration = Duration::from_secs(2);

/// Whether a server is there is asked where something went wrong already.
const ALIVE_MAX: Duration = Duration::from_mins(1);

/// A network that was cut, and nobody told, is asked about for the first time after this; by the
/// kernel's own measure it is after two hours.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// And then so often, as many times.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;

/// What was sent and nobody took in is given up after this.
const UNTAKEN_MAX: Duration = Duration::from_mins(1);

/// The oldest server whose catalogs we read: the oldest that was still maintained in 2025.
const SERVER_MIN: u32 = 130_000;

/// Tables locked by one statement: some tens of kilobytes of names.
const TABLES_PER_LOCK: usize = 500;

/// An open connection.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) world: World,
    /// `server_version_num`.
    pub(super) version: u32,
    /// How long one call may take, where less than [`ANSWER_MAX`].
    limit: Option<Duration>,
    /// Ends a call that is under way.
    cancel: Cancel,
    /// Which server, for messages.
    server: String,
}

impl Session {
    pub(super) fn open(settings: &Settings, world: &World) -> Result<Self, SourceError> {
        Self::with_config(settings.config()?, settings, world, None)
    }

    /// The same, where every call and the connection itself end within `limit`. After a call that
    /// did not, nobody knows what the server still does for this session.
    pub(super) fn open_within(
        settings: &Settings,
        world: &World,
        limit: Duration,
    ) -> Result<Self, SourceError> {
        Self::with_config(settings.config()?, settings, world, Some(limit))
    }

    fn with_config(
        mut config: Config,
        settings: &Settings,
        world: &World,
        limit: Option<Duration>,
    ) -> Result<Self, SourceError> {
        config.options(OPTIONS).application_name("duphong");
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(CONNECT_SECONDS));
        }
        notice_cuts(&mut config);
        let server = settings.server();
        let (client, connection) = waited(world, limit, &server, config.connect(NoTls))?
            .map_err(|source| refused(settings, source))?;
        world.runtime().spawn(async move {
            // Its error reaches us through the next statement, which fails as closed.
            let _closed = connection.await;
        });
        let (world, cancel) = (world.clone(), Cancel::default());
        let mut session = Self { client, world, version: 0, limit, cancel, server };
        // Names in definitions must come out qualified whatever the role's own path says.
        session.run("prepare the session", "SET search_path = pg_catalog")?;
        let version = session.value("ask for the version", "SHOW server_version_num")?;
        session.version = version.parse().unwrap_or_default();
        if session.version < SERVER_MIN {
            return Err(SourceError::Dsn {
                reason: format!("server version {version} is older than {SERVER_MIN}"),
            });
        }
        Ok(session)
    }

    /// The same session, which stops when somebody asks `cancel`: within [`LOOK`], whatever the
    /// server is at.
    pub(super) fn under(self, cancel: &Cancel) -> Self {
        Self { cancel: cancel.clone(), ..self }
    }

    /// From here on a call takes as long as it takes.
    pub(super) fn without_limit(self) -> Self {
        Self { limit: None, ..self }
    }

    pub(super) fn major(&self) -> u32 {
        self.version / 10_000
    }

    /// Runs statements that return nothing of interest.
    pub(super) fn run(&self, act: &'static str, sql: &str) -> Result<(), SourceError> {
        self.ask(self.client.batch_execute(sql))?.map_err(|error| failed(act, error))
    }

    /// The same with a limit of its own.
    pub(super) fn run_within(
        &self,
        limit: Duration,
        act: &'static str,
        sql: &str,
    ) -> Result<(), SourceError> {
        let ran = waited(&self.world, Some(limit), &self.server, self.client.batch_execute(sql))?;
        ran.map_err(|error| failed(act, error))
    }

    fn ask<T>(&self, call: impl Future<Output = T>) -> Result<T, SourceError> {
        match self.limit {
            Some(_) => waited(&self.world, self.limit, &self.server, call),
            None => self.world.block_on(self.heed(ANSWER_MAX, call)),
        }
    }

    /// Fails where somebody asked to stop, or nothing of the time is left.
    pub(super) fn go_on(&self, left: Duration) -> Result<(), SourceError> {
        if self.cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        if left.is_zero() {
            return Err(SourceError::Silent { server: self.server.clone(), seconds: 0 });
        }
        Ok(())
    }

    /// What a call comes to, unless somebody asks to stop, or nothing comes within `limit`. Then the
    /// server is asked to let the statement be, and this session is of no more use.
    pub(super) async fn heed<T>(
        &self,
        limit: Duration,
        call: impl Future<Output = T>,
    ) -> Result<T, SourceError> {
        let mut call = std::pin::pin!(call);
        // What is there already costs no timer: rows come one by one.
        if let Some(done) = call.as_mut().now_or_never() {
            return Ok(done);
        }
        let began = self.world.clock.monotonic();
        loop {
            if let Ok(done) = tokio::time::timeout(LOOK, call.as_mut()).await {
                return Ok(done);
            }
            let fault = if self.cancel.is_cancelled() {
                SourceError::Cancelled
            } else if self.world.clock.monotonic().since(began) >= limit {
                SourceError::Silent { server: self.server.clone(), seconds: limit.as_secs() }
            } else {
                continue;
            };
            let asked = self.client.cancel_token();
            // Whoever cannot be reached for it ends the statement when the connection ends.
            let _let_be = tokio::time::timeout(LET_BE_MAX, asked.cancel_query(NoTls)).await;
            return Err(fault);
        }
    }

    /// Every row of a statement, as text.
    pub(super) fn rows(
        &self,
        act: &'static str,
        sql: &str,
    ) -> Result<Vec<Vec<Option<String>>>, SourceError> {
        let messages = self.ask(self.client.simple_query(sql))?.map_err(|e| failed(act, e))?;
        Ok(texts(messages))
    }

    /// The same with a limit of its own.
    pub(super) fn rows_within(
        &self,
        limit: Duration,
        act: &'static str,
        sql: &str,
    ) -> Result<Vec<Vec<Option<String>>>, SourceError> {
        let asked = self.world.block_on(self.heed(limit, self.client.simple_query(sql)));
        Ok(texts(asked?.map_err(|error| failed(act, error))?))
    }

    /// The first column of the first row; empty when there is none.
    pub(super) fn value(&self, act: &'static str, sql: &str) -> Result<String, SourceError> {
        let first = self.rows(act, sql)?.into_iter().next();
        Ok(first.and_then(|row| row.into_iter().next()).flatten().unwrap_or_default())
    }

    /// Bytes of the database as the server keeps it, indexes included.
    pub(super) fn database_bytes(&self) -> Result<u64, SourceError> {
        let act = "ask for the size";
        let size = self.value(act, "SELECT pg_database_size(current_database())")?;
        // Whatever answers with something else is not the server we connected to.
        size.parse().map_err(|_| SourceError::Gone { act })
    }

    /// Whether the server still answers, whatever somebody wishes.
    pub(super) fn is_alive(&self) -> bool {
        self.run_within(ALIVE_MAX, "ask whether it is there", "SELECT 1").is_ok()
    }
}

fn texts(messages: Vec<SimpleQueryMessage>) -> Vec<Vec<Option<String>>> {
    let row = |message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect())
        }
        _ => None,
    };
    messages.into_iter().filter_map(row).collect()
}

/// Where the DSN says nothing of its own: the kernel would wait for hours.
fn notice_cuts(config: &mut Config) {
    if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNTAKEN_MAX);
    }
}

/// A read-only transaction whose exported snapshot others share while this value lives.
pub(super) struct Snapshot {
    pub(super) session: Session,
    pub(super) id: String,
}

impl Snapshot {
    pub(super) fn open(
        settings: &Settings,
        world: &World,
        cancel: &Cancel,
    ) -> Result<Self, SourceError> {
        Self::of(Session::open(settings, world)?.under(cancel))
    }

    /// The transaction on this session, which has none yet.
    pub(super) fn of(session: Session) -> Result<Self, SourceError> {
        session.run("begin", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let id = session.value("export a snapshot", "SELECT pg_export_snapshot()")?;
        Ok(Self { session, id })
    }

    /// Another connection that sees exactly the same rows.
    pub(super) fn join(&self, settings: &Settings) -> Result<Session, SourceError> {
        let session = Session::open(settings, &self.session.world)?.under(&self.session.cancel);
        session.run("begin", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let literal = self.id.replace('\'', "''");
        session.run("share the snapshot", &format!("SET TRANSACTION SNAPSHOT '{literal}'"))?;
        Ok(session)
    }

    /// Fails when the role would see fewer rows than there are. `pg_dump` would fail too, but
    /// only at the first such table, and in words that do not say what to do.
    pub(super) fn check_readable(&self) -> Result<(), SourceError> {
        let tables = |act, condition: &str| -> Result<String, SourceError> {
            let sql = format!(
                "SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid) FROM pg_class c \
                 JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' \
                 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND {condition}"
            );
            self.session.value(act, &sql)
        };
        let unreadable = tables("ask for rights", "NOT has_table_privilege(c.oid, 'SELECT')")?;
        if !unreadable.is_empty() {
            return Err(SourceError::Unreadable { tables: unreadable });
        }
        let hidden = tables("ask for row security", "row_security_active(c.oid)")?;
        if !hidden.is_empty() {
            return Err(SourceError::RowSecurity { tables: hidden });
        }
        Ok(())
    }
}

impl Snapshot {
    /// Keeps every one of these tables as the snapshot knows it until this value goes. A table that
    /// was rewritten since (`ALTER COLUMN … TYPE`) or truncated is empty to every earlier snapshot,
    /// which PostgreSQL tells nobody: a dump would lack its rows and call itself whole. What
    /// happened before the lock shows in the table's file; after it nothing can happen.
    pub(super) fn hold(&self, tables: &[Table], wait: &str) -> Result<(), SourceError> {
        self.session.run("limit the wait", &format!("SET LOCAL lock_timeout = '{wait}'"))?;
        for some in tables.chunks(TABLES_PER_LOCK) {
            let names: Vec<_> = some.iter().map(|table| format!("ONLY {}", table.name)).collect();
            let lock = format!("LOCK TABLE {} IN ACCESS SHARE MODE", names.join(", "));
            match self.session.run("lock the tables", &lock) {
                // Dropped or renamed meanwhile; which one, only the server's words say.
                Err(SourceError::Query { source, .. })
                    if source.code() == Some(&SqlState::UNDEFINED_TABLE)
                        || source.code() == Some(&SqlState::INVALID_SCHEMA_NAME) =>
                {
                    let told = source.as_db_error().map(|error| error.message().to_owned());
                    return Err(SourceError::Altered { tables: told.unwrap_or_default() });
                }
                Err(SourceError::Query { source, .. })
                    if source.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) =>
                {
                    return Err(SourceError::Held);
                }
                other => other?,
            }
            let numbers: Vec<_> = some.iter().map(|table| table.oid.to_string()).collect();
            // The row of `pg_class` is the snapshot's, what the functions tell is now: another table
            // may have taken the name, and pg_dump reads by name.
            let altered = self.session.value(
                "compare the tables' files",
                &format!(
                    "SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ' ORDER BY c.oid) \
                     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                     WHERE c.oid = ANY ('{{{}}}'::oid[]) \
                     AND (pg_relation_filenode(c.oid) IS DISTINCT FROM c.relfilenode \
                     OR to_regclass(format('%I.%I', n.nspname, c.relname))::oid \
                     IS DISTINCT FROM c.oid)",
                    numbers.join(",")
                ),
            )?;
            if !altered.is_empty() {
                return Err(SourceError::Altered { tables: altered });
            }
        }
        self.session.run("limit no wait", "SET LOCAL lock_timeout = 0")
    }
}

/// What a call comes to, if it does within the limit.
fn waited<T>(
    world: &World,
    limit: Option<Duration>,
    server: &str,
    call: impl Future<Output = T>,
) -> Result<T, SourceError> {
    let Some(limit) = limit else { return Ok(world.block_on(call)) };
    let done = world.block_on(async { tokio::time::timeout(limit, call).await });
    done.map_err(|_| SourceError::Silent { server: server.to_owned(), seconds: limit.as_secs() })
}

/// Gives an error of a statement its meaning: an answer, or a server that is no more.
pub(super) fn failed(act: &'static str, source: tokio_postgres::Error) -> SourceError {
    let ended = source.code().is_some_and(|code| {
        [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW]
            .contains(code)
            || code.code().starts_with("08")
    });
    // Without an answer of the server the connection itself has failed.
    if ended || source.is_closed() || source.as_db_error().is_none() {
        SourceError::Gone { act }
    } else {
        SourceError::Query { act, source }
    }
}

fn refused(settings: &Settings, source: tokio_postgres::Error) -> SourceError {
    let server = settings.server();
    match source.code() {
        Some(code) if code.code().starts_with("28") => SourceError::LoginRefused { server, source },
        _ => SourceError::Unreachable { server, source },
    }
}
