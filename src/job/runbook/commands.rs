//! The commands of a runbook, made from the configuration: what is printed is what runs.
//!
//! `$NOI` is the folder that a person chose for what comes back, `$BAN` the set.

use crate::config::settings::{Engine, Portal, Store};
use crate::job::runbook::Request;
use crate::job::runbook::engines::{
    ROOM, beside, look_at_base, make_database, remote, rename_postgres, repositories, swap_file,
    swap_tree, target,
};
use crate::job::shell;
use crate::job::site::{Layout, Site};
use crate::source::postgres::physical;

/// The configuration that is found without being named.
const USUAL: &str = "/etc/duphong/duphong.yaml";

/// A task and its commands.
pub(super) type Step = (&'static str, Vec<String>);

/// All that commands are made of.
pub(super) struct Commands<'a> {
    pub(super) site: &'a Site,
    pub(super) portal: &'a Portal,
    program: Vec<String>,
}

impl<'a> Commands<'a> {
    pub(super) fn of(site: &'a Site, portal: &'a Portal, request: &Request) -> Self {
        let mut program = vec!["duphong".to_owned()];
        let file = request.configuration.display().to_string();
        if file != USUAL {
            program.extend(["--config".to_owned(), file]);
        }
        Self { site, portal, program }
    }

    fn ours(&self, words: &[&str]) -> Vec<String> {
        let mut all: Vec<&str> = self.program.iter().map(String::as_str).collect();
        all.extend(words);
        shell::lines(&all, ROOM)
    }

    pub(super) fn portal(&self) -> &'a str {
        &self.portal.id
    }

    /// A folder with room. Made by the restore itself.
    pub(super) fn room(&self) -> Vec<String> {
        vec![
            format!("export NOI=/srv/phuc-hoi-{}", self.portal()),
            "export BAN=latest".to_owned(),
            "mkdir -p \"$NOI\" && df -h \"$NOI\"".to_owned(),
        ]
    }

    /// Whether anything of the portal is sealed.
    pub(super) fn is_sealed(&self) -> bool {
        let databases = self.portal.databases.iter();
        let mut all = databases.map(|one| &one.sealed);
        all.any(Option::is_some) || self.portal.trees.iter().any(|one| one.sealed.is_some())
    }

    /// Where the identity is, on something that a person brings and takes away again.
    pub(super) fn identity() -> Vec<String> {
        vec!["export KHOA=/media/usb/identity.txt".to_owned()]
    }

    /// What opens sealed parts. Where nothing is sealed that is asked for, it is not even read.
    fn opening(&self) -> &'static [&'static str] {
        if self.is_sealed() { &["--identity", "$KHOA"] } else { &[] }
    }

    pub(super) fn look(&self) -> Vec<String> {
        let mut lines = self.ours(&["status"]);
        lines.extend(self.ours(&["snapshot", "list", "--portal", self.portal()]));
        lines
    }

    pub(super) fn test(&self, digest: &str) -> Vec<String> {
        self.ours(&["runbook", "--portal", self.portal(), "--test", digest])
    }

    /// Empty databases beside production.
    pub(super) fn prepare(&self) -> Vec<Step> {
        let steps = self
            .portal
            .databases
            .iter()
            .filter_map(|database| Some(("runbook-prepare", make_database(database)?)));
        steps.collect()
    }

    /// The whole portal, beside production.
    pub(super) fn whole(&self, dry_run: bool) -> Vec<String> {
        let targets: Vec<String> = self.portal.databases.iter().filter_map(target).collect();
        let mut words = vec!["restore", "$BAN", "--portal", self.portal()];
        words.extend(["--target", "$NOI/toan-bo"]);
        words.extend(self.opening());
        words.extend(targets.iter().flat_map(|target| ["--database", target]));
        if !targets.is_empty() {
            // Empty databases on production's own server: nothing there is written over.
            words.extend(["--production", self.portal()]);
        }
        if dry_run {
            words.push("--dry-run");
        }
        self.ours(&words)
    }

    /// Each source from beside production into production.
    pub(super) fn put_in_place(&self) -> Vec<Step> {
        // Trees first: before the first of them production is taken as evidence, as it stands.
        let mut steps = Vec::new();
        let mut taken = false;
        for tree in &self.portal.trees {
            let of = Layout::tree(tree.role, &tree.name);
            steps.push(match tree.folder() {
                // What was opened lies beside production; nothing sealed is restored over it.
                Some(folder) if tree.sealed.is_some() => {
                    let from = format!("$NOI/toan-bo/{of}");
                    ("runbook-swap-tree", swap_tree(&from, &folder.display().to_string()))
                }
                Some(folder) => {
                    let step = self.tree(&of, &folder.display().to_string(), taken);
                    let id = if taken { "runbook-tree-next" } else { "runbook-tree" };
                    taken = true;
                    (id, step)
                }
                None => ("runbook-tree-elsewhere", vec![remote(tree, &of)]),
            });
        }
        for database in &self.portal.databases {
            let name = &database.name;
            match &database.engine {
                Engine::Postgres(settings) => {
                    steps.push(("runbook-swap-database", rename_postgres(settings)));
                }
                Engine::Sqlite(settings) => {
                    let from = format!("$NOI/toan-bo/{}/{name}.sqlite", Layout::DATABASES);
                    let to = settings.path.display().to_string();
                    steps.push(("runbook-swap-file", swap_file(&from, &to)));
                }
                Engine::PostgresBase(_) => {
                    let folder = format!("$NOI/toan-bo/{}", physical::place(name));
                    steps.push(("runbook-base", look_at_base(&folder)));
                }
                Engine::Mariadb(_) | Engine::Command(_) => {
                    steps.push(("runbook-point-portal", vec![beside(name)]));
                }
            }
        }
        steps
    }

    /// Over what stands there, which is taken as evidence before.
    fn tree(&self, of: &str, folder: &str, taken: bool) -> Vec<String> {
        let mut words = vec![
            "restore",
            "$BAN",
            "--portal",
            self.portal(),
            "--from",
            of,
            "--target",
            folder,
            "--overwrite",
            "always",
            "--delete",
            "--production",
            self.portal(),
        ];
        if taken {
            words.extend(["--without-evidence", "da-lay-o-buoc-truoc"]);
        }
        self.ours(&words)
    }

    pub(super) fn check(&self) -> Vec<String> {
        let mut lines = self.ours(&["probe", "run", "--portal", self.portal()]);
        lines.extend(self.ours(&["snapshot", "create", "--portal", self.portal()]));
        lines
    }

    pub(super) fn find(&self) -> Vec<String> {
        self.ours(&["snapshot", "find", "TEN-TEP", "--portal", self.portal()])
    }

    pub(super) fn fetch(&self) -> Vec<String> {
        let mut words = vec!["restore", "MA-BAN", "--portal", self.portal()];
        words.extend(["--only", "DUONG-DAN", "--target", "$NOI/tep"]);
        words.extend(self.opening());
        self.ours(&words)
    }

    /// Each database alone, into a database or file beside production.
    pub(super) fn one_database(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for database in &self.portal.databases {
            let only = Layout::database(&database.name);
            let folder = format!("$NOI/rieng-{}", database.name);
            let mut words = vec!["restore", "$BAN", "--portal", self.portal(), "--only", &only];
            words.extend(["--target", &folder]);
            if database.sealed.is_some() {
                words.extend(self.opening());
            }
            let target = target(database);
            if let Some(target) = &target {
                words.extend(["--database", target, "--production", self.portal()]);
            }
            steps.extend(make_database(database).map(|lines| ("runbook-prepare", lines)));
            steps.push(("runbook-one-database", self.ours(&words)));
        }
        steps
    }

    pub(super) fn playbook(&self, id: &str) -> Vec<String> {
        let mut lines = self.ours(&["playbook", "plan", id, "--portal", self.portal()]);
        lines.extend(self.ours(&["playbook", "run", id, "--portal", self.portal()]));
        lines
    }

    /// The host of duphong itself, out of the first repository that is elsewhere.
    pub(super) fn recover(&self) -> Vec<String> {
        let all = repositories(self.site, self.portal);
        let elsewhere = all.iter().find(|one| matches!(one.store, Store::S3(_)));
        let Some(repository) = elsewhere.or(all.first()) else { return Vec::new() };
        let place = repository.store.to_string();
        let mut words = vec!["duphong", "recover", "--repository", &place];
        words.extend(["--password-file", "/root/mat-khau"]);
        let authorities;
        if let Store::S3(bucket) = &repository.store {
            words.extend(["--credentials-file", "/root/khoa-truy-cap"]);
            words.extend(["--region", &bucket.region]);
            if let Some(file) = &bucket.authorities {
                authorities = file.display().to_string();
                words.extend(["--authorities", &authorities]);
            }
            if bucket.endpoint.starts_with("http://") {
                words.push("--plain-http");
            }
        }
        words.extend(["--dir", "/root/duphong"]);
        shell::lines(&words, ROOM)
    }
}
