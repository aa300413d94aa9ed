//! `snapshot ls`: the files in a set, as `ls -l` shows them.
//!
//! A folder that cannot be read is named with the reason, and the listing goes on.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::base::exit::ExitCode;
use crate::base::fault::{AnyFault, Fault as _};
use crate::cli::frame::Frame;
use crate::cli::report::Report;
use crate::cli::snapshot::bytes;
use crate::job::sets::{self, Located};
use crate::repository::browse::{Browser, shown};
use crate::repository::mode::permissions;
use crate::repository::tree::{Node, NodeKind};
use crate::repository::walk::Entry;

/// What `snapshot ls` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[arg(value_name = "SET")]
    pub set: String,
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    #[arg(long)]
    pub recursive: bool,
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Option<String>,
}

/// Lists them.
pub(super) fn run(args: &Args, frame: &Frame) -> Result<Report, AnyFault> {
    let site = frame.site()?;
    let Located { repository, snapshot, .. } =
        sets::locate(&site, args.repository.as_deref(), &args.set)?;
    let browser = Browser::new(&repository)?;
    let path = args.path.as_deref().map(bytes).unwrap_or_default();
    let mut report = Report::done(Value::Null);
    let mut entries = Vec::new();
    for entry in browser.list(&snapshot.tree, path, args.recursive)? {
        site.go_on()?;
        match entry {
            Ok(entry) => {
                report.lines.push(line(frame, &entry));
                entries.push(as_json(&entry));
            }
            Err(unreadable) => {
                let reason = frame.catalog.fault(unreadable.error.as_ref());
                report.warnings.push(frame.about(shown(&unreadable.path), &reason));
                if report.exit == ExitCode::Done {
                    report.exit = unreadable.error.exit();
                }
            }
        }
    }
    report.json = json!({ "entries": entries });
    Ok(report)
}

fn line(frame: &Frame, entry: &Entry) -> String {
    let node = &entry.node;
    let format = frame.catalog.format();
    let link = match node.kind {
        NodeKind::Symlink => format!(" -> {}", shown(&node.link_target)),
        _ => String::new(),
    };
    format!(
        "{}  {:>10}  {}  {}{link}",
        mode(node),
        format.bytes(node.size),
        format.instant(node.mtime),
        visible(&shown(&entry.path)),
    )
}

/// A name with a control character must not move the cursor of a terminal.
pub(super) fn visible(path: &str) -> String {
    path.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// `drwxr-xr-x`.
fn mode(node: &Node) -> String {
    let (letter, _) = kind(node.kind);
    let bits = permissions(node.mode);
    let mut text = String::from(letter);
    for (shift, special, set, unset) in
        [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')]
    {
        let may = bits >> shift;
        text.push(if may & 4 != 0 { 'r' } else { '-' });
        text.push(if may & 2 != 0 { 'w' } else { '-' });
        text.push(match (may & 1 != 0, bits & special != 0) {
            (true, false) => 'x',
            (false, false) => '-',
            (true, true) => set,
            (false, true) => unset,
        });
    }
    text
}

/// Its letter in `ls -l`, and its word in `--json`.
pub(super) fn kind(kind: NodeKind) -> (char, &'static str) {
    match kind {
        NodeKind::File => ('-', "file"),
        NodeKind::Dir => ('d', "folder"),
        NodeKind::Symlink => ('l', "link"),
        NodeKind::Dev => ('b', "block-device"),
        NodeKind::CharDev => ('c', "character-device"),
        NodeKind::Fifo => ('p', "pipe"),
        NodeKind::Socket => ('s', "socket"),
        NodeKind::Irregular => ('?', "irregular"),
    }
}

fn as_json(entry: &Entry) -> Value {
    let node = &entry.node;
    let (_, kind) = kind(node.kind);
    let target = (node.kind == NodeKind::Symlink).then(|| shown(&node.link_target));
    json!({
        "path": shown(&entry.path),
        "kind": kind,
        "mode": format!("{:04o}", permissions(node.mode)),
        "size": node.size,
        "mtime": node.mtime.to_string(),
        "uid": node.uid,
        "gid": node.gid,
        "target": target,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::mode::from_unix;

    #[test]
    fn modes_read_as_ls_shows_them() {
        for (kind, bits, text) in [
            (NodeKind::File, 0o100_644, "-rw-r--r--"),
            (NodeKind::Dir, 0o041_777, "drwxrwxrwt"),
            (NodeKind::File, 0o104_755, "-rwsr-xr-x"),
            (NodeKind::File, 0o102_644, "-rw-r-Sr--"),
            (NodeKind::Symlink, 0o120_777, "lrwxrwxrwx"),
        ] {
            let node = Node { kind, mode: from_unix(bits), ..Node::default() };
            assert_eq!(mode(&node), text, "{bits:o}");
        }
    }
}
