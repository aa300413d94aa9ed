//! Everything that a server lacks before its log can be received: all of it at once, each with a
//! command for whoever administers the server.
//!
//! Asks, and tries one replication connection, which it leaves at once; changes nothing.

use std::time::Duration;

use tokio_postgres::config::Host;

use crate::base::cancel::Cancel;
use crate::base::fault::{Args, Message};
use crate::source::error::SourceError;
use crate::source::postgres::Settings;
use crate::source::postgres::session::Session;
use crate::source::postgres::standby;
use crate::source::postgres::stream::slot;
use crate::source::postgres::wire::Wire;
use crate::source::postgres::wire::fault::WireFault;
use crate::world::World;

/// A server that owes an answer to a login gives it in this time.
const SILENCE: Duration = Duration::from_secs(30);

/// SQLSTATEs of a refused login. The same role has logged in for questions a moment ago.
const REFUSED: &str = "28";

/// One thing that a server lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Its log holds too little (`wal_level`).
    Level {
        /// Host and port or socket.
        server: String,
        /// What it is.
        value: String,
    },
    /// No connection is free to send the log by.
    Senders {
        /// Host and port or socket.
        server: String,
        /// How many it allows.
        most: u64,
        /// How many are in use by others.
        used: u64,
    },
    /// There is no slot, and none is free.
    Slots {
        /// Host and port or socket.
        server: String,
        /// How many it allows.
        most: u64,
        /// How many there are.
        used: u64,
    },
    /// The role may not receive a log.
    Role {
        /// Host and port or socket.
        server: String,
        /// The role.
        role: String,
        /// As it stands in a statement.
        quoted: String,
    },
    /// `pg_hba.conf` lets the role in for questions and not for the log.
    Login {
        /// Host and port or socket.
        server: String,
        /// The role.
        role: String,
        /// The line that it needs.
        line: String,
        /// What the server said.
        said: String,
    },
    /// It has no slot of that name yet.
    Slot {
        /// Host and port or socket.
        server: String,
        /// Its name.
        slot: String,
    },
    /// It has given the slot up.
    SlotLost {
        /// Host and port or socket.
        server: String,
        /// Its name.
        slot: String,
    },
}

impl Lack {
    /// What is lacking.
    pub fn message(&self) -> Message {
        let args = Args::none();
        match self {
            Self::Level { server, value } => {
                Message::with("lack-level", args.text("server", server).text("value", value))
            }
            Self::Senders { server, most, used } => {
                let args = args.text("server", server).number("most", *most);
                Message::with("lack-senders", args.number("used", *used))
            }
            Self::Slots { server, most, used } => {
                let args = args.text("server", server).number("most", *most);
                Message::with("lack-slots", args.number("used", *used))
            }
            Self::Role { server, role, .. } => {
                Message::with("lack-role", args.text("server", server).text("role", role))
            }
            Self::Login { server, role, said, .. } => {
                let args = args.text("server", server).text("role", role);
                Message::with("lack-login", args.text("said", said))
            }
            Self::Slot { server, slot } => {
                Message::with("lack-slot", args.text("server", server).text("slot", slot))
            }
            Self::SlotLost { server, slot } => {
                Message::with("lack-slot-lost", args.text("server", server).text("slot", slot))
            }
        }
    }

    /// What to type, for the database `PORTAL/DATABASE`.
    pub fn hint(&self, named: &str) -> Message {
        let args = Args::none();
        match self {
            Self::Level { .. } => Message::new("lack-level-hint"),
            // As text: nobody types a number with separators.
            Self::Senders { used, .. } => {
                Message::with("lack-senders-hint", args.text("wanted", used.saturating_add(4)))
            }
            Self::Slots { used, .. } => {
                Message::with("lack-slots-hint", args.text("wanted", used.saturating_add(2)))
            }
            Self::Role { quoted, .. } => Message::with("lack-role-hint", args.text("role", quoted)),
            Self::Login { line, .. } => Message::with("lack-login-hint", args.text("line", line)),
            Self::Slot { .. } => Message::with("lack-slot-hint", args.text("database", named)),
            Self::SlotLost { .. } => {
                let portal = named.split('/').next().unwrap_or(named);
                let args = args.text("database", named).text("portal", portal);
                Message::with("lack-slot-lost-hint", args)
            }
        }
    }

    /// Whether a person has only not done yet what is always left to a person.
    pub fn is_step(&self) -> bool {
        matches!(self, Self::Slot { .. })
    }
}

/// What a server lacks for its log to be received by the slot of this name; for a base alone, where
/// there is none. A server that cannot be asked, or is no primary, is a fault.
pub fn lacks(
    settings: &Settings,
    slot: Option<&str>,
    world: &World,
) -> Result<Vec<Lack>, SourceError> {
    let session = Session::open(settings, world)?;
    standby::refuse(&session, settings)?;
    let server = settings.server();
    let said = Said::of(&session)?;
    let found = match slot {
        Some(slot) => slot::find(&session, &server, slot)?,
        None => None,
    };
    let mut lacks = Vec::new();
    if said.level == "minimal" {
        lacks.push(Lack::Level { server: server.clone(), value: said.level.clone() });
    }
    // The one that receives already is ours.
    let ours = u64::from(found.is_some_and(|found| found.is_active));
    let used = said.senders.saturating_sub(ours);
    let is_full = used >= said.senders_most;
    if is_full {
        let (server, most) = (server.clone(), said.senders_most);
        lacks.push(Lack::Senders { server, most, used });
    }
    if !said.may_replicate {
        let (role, quoted) = (said.role.clone(), said.quoted.clone());
        lacks.push(Lack::Role { server: server.clone(), role, quoted });
    } else if !is_full && ours == 0 {
        lacks.extend(login(settings, &server, &said, world)?);
    }
    let Some(slot) = slot.map(str::to_owned) else { return Ok(lacks) };
    match found {
        Some(found) if found.is_lost => lacks.push(Lack::SlotLost { server, slot }),
        Some(_) => {}
        None if said.slots >= said.slots_most => {
            lacks.push(Lack::Slots { server, most: said.slots_most, used: said.slots });
        }
        None => lacks.push(Lack::Slot { server, slot }),
    }
    Ok(lacks)
}

/// Tries to log in as one who receives the log.
fn login(
    settings: &Settings,
    server: &str,
    said: &Said,
    world: &World,
) -> Result<Option<Lack>, SourceError> {
    match Wire::open(settings, world, &Cancel::default(), SILENCE) {
        Ok(_wire) => Ok(None),
        Err(SourceError::Wire(WireFault::LoginRefused { said: refusal, .. }))
            if refusal.code.starts_with(REFUSED) =>
        {
            let (server, role) = (server.to_owned(), said.role.clone());
            let line = said.line(settings)?;
            Ok(Some(Lack::Login { server, role, line, said: refusal.to_string() }))
        }
        Err(other) => Err(other),
    }
}

/// What a server says of itself and the role.
struct Said {
    level: String,
    senders_most: u64,
    senders: u64,
    slots_most: u64,
    slots: u64,
    role: String,
    quoted: String,
    may_replicate: bool,
    /// Where we come from, as the server sees it; empty for a socket.
    from: String,
}

impl Said {
    fn of(session: &Session) -> Result<Self, SourceError> {
        let act = "ask for its settings";
        let sql = "SELECT current_setting('wal_level'), current_setting('max_wal_senders'), \
              (SELECT count(*) FROM pg_stat_replication), \
              current_setting('max_replication_slots'), \
              (SELECT count(*) FROM pg_replication_slots), \
              current_user, quote_ident(current_user), \
              (SELECT (rolreplication OR rolsuper)::int FROM pg_roles \
               WHERE rolname = current_user), host(inet_client_addr())";
        let row = session.rows(act, sql)?.into_iter().next().unwrap_or_default();
        let text = |column: usize| row.get(column).cloned().flatten().unwrap_or_default();
        let number =
            |column: usize| text(column).parse::<u64>().map_err(|_| SourceError::Gone { act });
        Ok(Self {
            level: text(0),
            senders_most: number(1)?,
            senders: number(2)?,
            slots_most: number(3)?,
            slots: number(4)?,
            role: text(5),
            quoted: text(6),
            may_replicate: text(7) == "1",
            from: text(8),
        })
    }

    /// The line of `pg_hba.conf` that lets the role in.
    fn line(&self, settings: &Settings) -> Result<String, SourceError> {
        let is_socket = matches!(settings.config()?.get_hosts().first(), Some(Host::Unix(_)));
        let way = match (&settings.password, is_socket) {
            (None, true) => "peer",
            _ => "scram-sha-256",
        };
        // Names in that file are quoted as identifiers are.
        let role = &self.quoted;
        Ok(match self.from.as_str() {
            "" => format!("local replication {role} {way}"),
            from if from.contains(':') => format!("host replication {role} {from}/128 {way}"),
            from => format!("host replication {role} {from}/32 {way}"),
        })
    }
}
