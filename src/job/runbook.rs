//! The restore runbook of a portal: on paper, for a tired person whose screens may be dark.
//!
//! It says who decides, what lies where, where the keys are, and the commands, letter for letter:
//! ours first, then the stock tools' for the day on which duphong is gone. It is made from the
//! configuration and the log alone and holds no secret: passwords are named by their places.
//! A test types the commands off the page and gets the portal back.
//!
//! The configuration's digest stands on every page, by which an outdated one is recognised.

mod commands;
mod engines;
mod stock;
mod times;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::audit::{Deed, Outcome};
use crate::base::digest::Digest;
use crate::base::fault::{AnyFault, Args, Message};
use crate::base::language::Language;
use crate::config::playbook as library;
use crate::config::secret::SecretSource;
use crate::config::settings::{Engine, Portal, Repository, Store};
use crate::document::{self, Column, Document, Letterhead, Signature, Table, Text};
use crate::job::runbook::commands::Commands;
use crate::job::runbook::times::Known;
use crate::job::site::{Layout, Site};
use crate::source::postgres::physical;
use crate::text::Catalog;
use crate::world::files;

/// Digits of the digest on the page: enough that no two configurations of a site share them.
const DIGITS: usize = 12;

/// Room for a pen.
const BLANK: &str = "……………………………";

/// Which runbook, and for whom.
#[derive(Clone, Debug)]
pub struct Request {
    /// The portal.
    pub portal: String,
    /// The configuration file, as commands name it.
    pub configuration: PathBuf,
    /// The language of the page.
    pub language: Language,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The digest that stands on the pages.
    pub digest: String,
    /// Bytes of the file.
    pub bytes: usize,
}

/// The digest of the configuration, as it stands on the pages.
pub fn digest(site: &Site) -> String {
    let digest = Digest::of(&site.configuration).to_string();
    let digits: Vec<char> = digest.chars().take(DIGITS).collect();
    digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// Whether this digest, however it was spaced, is that of the configuration as it is now.
pub fn is_current(site: &Site, typed: &str) -> bool {
    let tight = |text: &str| -> String {
        text.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
    };
    tight(typed) == tight(&digest(site))
}

/// Writes the runbook as PDF, on record: it tells where a province's data lies.
pub fn write(site: &Site, request: &Request, out: &Path) -> Result<Written, AnyFault> {
    let portal = site.portal(&request.portal)?;
    let log = site.log()?;
    let zone = site.settings.site.timezone.clone();
    let catalog = Catalog::in_zone(request.language, zone);
    let now = site.world.clock.now();
    let digest = digest(site);
    let page = Page {
        site,
        portal,
        request,
        known: Known::of(site, &portal.id)?,
        commands: Commands::of(site, portal, request),
        digest: &digest,
        at: now,
    };
    let pdf = document::pdf(&page.document()?, &catalog, now)?;
    let deed = Deed::new("restore.runbook", &portal.id).fact("file", out.display().to_string());
    site.recorded(&log, deed, || {
        files::replace_durably(out, &pdf)?;
        let written = Written { digest: digest.clone(), bytes: pdf.len() };
        Ok((written, Outcome::done().fact("configuration", digest.clone())))
    })
}

struct Page<'a> {
    site: &'a Site,
    portal: &'a Portal,
    request: &'a Request,
    known: Known,
    commands: Commands<'a>,
    digest: &'a str,
    at: Timestamp,
}

impl Page<'_> {
    fn document(&self) -> Result<Document, AnyFault> {
        let documents = &self.site.settings.documents;
        let portal = self.portal;
        let agency = documents.agency.clone().unwrap_or_else(|| portal.operator.clone());
        let place = documents.place.clone().unwrap_or_else(|| "………".to_owned());
        let mut head = Letterhead::new(Text::data(agency), Text::data(place)).date(self.at);
        if let Some(superior) = &documents.superior {
            head = head.superior(Text::data(superior));
        }
        let document = Document::new(head, say("runbook-kind"), self.text("runbook-title"))
            .footer(self.text("runbook-footer"))
            .statement(self.text("runbook-statement"));
        let document = people(document);
        let document = self.places(document);
        let document = self.keys(document);
        let document = self.times(document);
        let document = self.ours(document);
        let document = self.playbooks(document)?;
        let document = self.lost_host(document);
        let document = self.stock(document);
        Ok(document
            .section(say("runbook-heading-current"))
            .paragraph(self.text("runbook-current"))
            .commands(self.commands.test(self.digest))
            .signature(Signature::new(say("runbook-made-by")))
            .signature(Signature::new(say("runbook-approved-by"))))
    }

    /// A message with what every sentence of the page may name.
    fn text(&self, id: &'static str) -> Text {
        Text::Message(Message::with(
            id,
            Args::none()
                .text("portal", &self.portal.id)
                .text("name", &self.portal.name)
                .text("digest", self.digest)
                .text("from", &self.portal.drill.from),
        ))
    }

    fn places(&self, document: Document) -> Document {
        let settings = &self.site.settings;
        let portal = self.portal;
        let column = |id| Column::new(say(id));
        let mut sources = Table::new([
            column("runbook-source").share(2),
            column("runbook-production").share(4),
            column("runbook-in-set").share(3),
        ]);
        for database in &portal.databases {
            let place = engines::production(&database.engine);
            let in_set = match &database.engine {
                Engine::Sqlite(_) => format!("{}/{}.sqlite", Layout::DATABASES, database.name),
                Engine::Postgres(_) | Engine::Mariadb(_) => {
                    format!("{0}/{1}/, {0}/{1}.globals.sql", Layout::DATABASES, database.name)
                }
                Engine::PostgresBase(_) => format!("{}/", physical::place(&database.name)),
                Engine::Command(_) => Layout::database(&database.name),
            };
            sources = sources.row([
                Text::data(format!("{} ({})", database.name, engines::engine(&database.engine))),
                Text::data(place),
                Text::data(in_set),
            ]);
        }
        for tree in &portal.trees {
            let pulled = if tree.pull.is_some() { " (ssh)" } else { "" };
            sources = sources.row([
                Text::data(format!("{} ({})", tree.name, tree.role.as_str())),
                Text::data(format!("{}{pulled}", tree.path.display())),
                Text::data(Layout::tree(tree.role, &tree.name)),
            ]);
        }
        let mut stores = Table::new([
            column("runbook-repository").share(2),
            column("runbook-place").share(5),
            column("runbook-newest").share(3),
        ]);
        for repository in self.repositories() {
            let newest = self.known.now.portals.get(&portal.id);
            let newest = newest.and_then(|now| now.sets.get(&repository.name));
            let newest = newest.map_or(Text::Words("—"), |set| Text::Instant(set.taken));
            let place = Text::data(&repository.store);
            stores = stores.row([Text::data(&repository.name), place, newest]);
        }
        let document = document
            .section(say("runbook-heading-places"))
            .facts([
                (say("runbook-portal"), Text::data(format!("{} ({})", portal.name, portal.id))),
                (say("runbook-url"), Text::data(portal.url.as_deref().unwrap_or(BLANK))),
                (say("runbook-configuration"), Text::data(self.request.configuration.display())),
                (say("runbook-state"), Text::data(settings.state.display())),
                (say("runbook-host"), Text::Words(BLANK)),
            ])
            .table(sources)
            .table(stores)
            .note(self.text("runbook-sets"));
        let databases = portal.databases.iter().filter(|one| one.sealed.is_some());
        let trees = portal.trees.iter().filter(|one| one.sealed.is_some());
        let sealed: Vec<_> =
            databases.map(|one| &*one.name).chain(trees.map(|one| &*one.name)).collect();
        if sealed.is_empty() {
            return document;
        }
        let names = Args::none().text("names", sealed.join(", "));
        document
            .paragraph(Text::Message(Message::with("runbook-sealed", names)))
            .facts([(say("runbook-identity-place"), Text::Words(BLANK))])
    }

    /// The portal's repositories, the one that drills read first.
    fn repositories(&self) -> Vec<&Repository> {
        engines::repositories(self.site, self.portal)
    }

    fn keys(&self, document: Document) -> Document {
        let column = |id| Column::new(say(id));
        let mut table = Table::new([
            column("runbook-repository").share(2),
            column("runbook-password").share(4),
            column("runbook-copy").share(4),
        ]);
        for repository in self.repositories() {
            let copy = self.known.now.repositories.get(&repository.name);
            let copy = copy.and_then(|now| now.password_copy.as_ref());
            let copy = match copy {
                Some((_, by, place)) => Text::data(format!("{place} ({by})")),
                None => say("runbook-no-copy"),
            };
            table = table.row([
                Text::data(&repository.name),
                Text::data(kept(&repository.password)),
                copy,
            ]);
            if let Store::S3(bucket) = &repository.store {
                table = table.row([
                    Text::data(format!("{} (S3)", repository.name)),
                    Text::data(kept(&bucket.credentials)),
                    Text::Words(BLANK),
                ]);
            }
        }
        document.section(say("runbook-heading-keys")).paragraph(say("runbook-keys")).table(table)
    }

    /// The steps with our own commands.
    fn ours(&self, document: Document) -> Document {
        let commands = &self.commands;
        let mut document = document
            .section(say("runbook-heading-ours"))
            .paragraph(say("runbook-ours"))
            .task(say("runbook-room"))
            .commands(commands.room());
        if commands.is_sealed() {
            document = document.task(say("runbook-identity")).commands(Commands::identity());
        }
        document = document
            .task(say("runbook-look"))
            .commands(commands.look())
            .subsection(say("runbook-whole"))
            .task(say("runbook-stop"))
            .commands([BLANK.to_owned()]);
        for (id, lines) in commands.prepare() {
            document = document.task(say(id)).commands(lines);
        }
        document = document
            .task(say("runbook-plan"))
            .commands(commands.whole(true))
            .task(say("runbook-run"))
            .commands(commands.whole(false))
            .note(say("runbook-broken-off"));
        for (id, lines) in commands.put_in_place() {
            document = document.task(say(id)).commands(lines);
        }
        document = document
            .task(say("runbook-start"))
            .commands([BLANK.to_owned()])
            .task(say("runbook-check"))
            .commands(commands.check())
            .subsection(say("runbook-one-file"))
            .task(say("runbook-find"))
            .commands(commands.find())
            .task(say("runbook-fetch"))
            .commands(commands.fetch());
        let steps = commands.one_database();
        if !steps.is_empty() {
            document = document.subsection(say("runbook-databases"));
        }
        for (id, lines) in steps {
            document = document.task(say(id)).commands(lines);
        }
        document
    }

    fn playbooks(&self, document: Document) -> Result<Document, AnyFault> {
        let settings = &self.site.settings.playbooks;
        let mut document = document
            .section(say("runbook-heading-playbooks"))
            .paragraph(self.text("runbook-playbooks"));
        for found in library::all(settings)? {
            let Ok(playbook) = library::find(settings, &found.id) else { continue };
            let given = self.portal.playbooks.contains_key(&found.id);
            let title = match self.request.language {
                Language::Vietnamese => playbook.title.vi,
                Language::English => playbook.title.en,
            };
            let values = Args::none().text("title", title).text("id", &found.id);
            let id = if given { "runbook-playbook-ready" } else { "runbook-playbook-not-ready" };
            document = document.task(Text::Message(Message::with(id, values)));
            if given {
                document = document.commands(self.commands.playbook(&found.id));
            }
        }
        Ok(document)
    }

    fn lost_host(&self, document: Document) -> Document {
        document
            .section(say("runbook-heading-lost-host"))
            .paragraph(say("runbook-lost-host"))
            .commands(self.commands.recover())
    }

    fn stock(&self, document: Document) -> Document {
        let mut document =
            document.section(say("runbook-heading-stock")).paragraph(say("runbook-stock"));
        for (id, lines) in stock::steps(&self.commands) {
            document = document.task(say(id)).commands(lines);
        }
        document.note(say("runbook-stock-never"))
    }
}

/// When it is used, and by whom: the names are written by hand.
fn people(document: Document) -> Document {
    let column = |id| Column::new(say(id));
    let roles = [
        "runbook-role-decides",
        "runbook-role-duty",
        "runbook-role-database",
        "runbook-role-host",
        "runbook-role-key",
        "runbook-role-police",
    ];
    let table = Table::new([
        column("runbook-role").share(3),
        column("runbook-person").share(3),
        column("runbook-phone").share(2),
    ])
    .rows(roles.map(|role| [say(role), Text::Words(""), Text::Words("")]));
    document
        .section(say("runbook-heading-people"))
        .list([say("runbook-when"), say("runbook-first"), say("runbook-never")])
        .table(table)
}

fn say(id: &'static str) -> Text {
    Text::message(id)
}

/// Where a secret is kept; never the secret.
fn kept(source: &SecretSource) -> String {
    match source {
        SecretSource::File(path) => path.display().to_string(),
        SecretSource::Credential { name, .. } => format!("systemd LoadCredential={name}"),
    }
}
