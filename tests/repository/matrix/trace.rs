//! What a process did to the files below one folder, as the kernel saw it.
//!
//! `strace` records the calls of a child; here they become events. A call below the folder that
//! is not foreseen here is a panic: a write that the model does not know would make it lie.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// Calls that change files or wait for the disk.
pub(crate) const CALLS: &str = "openat,open,creat,mkdir,mkdirat,write,writev,pwrite64,pwritev,\
    truncate,ftruncate,fallocate,copy_file_range,sendfile,fsync,fdatasync,sync,syncfs,rename,\
    renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,rmdir";

/// Something that happened. Paths are relative to the folder that was watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Create(PathBuf),
    Write(PathBuf, Vec<u8>),
    Mkdir(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// What happened before the event of this number, and concerns the path, is on the disk.
    Sync(PathBuf, usize),
    /// A line that the child wrote into its file of marks.
    Mark(String),
}

/// Reads the output of `strace -f -y -xx` about what lies below `root` and in the file `marks`.
pub(crate) fn events(text: &str, root: &Path, marks: &Path) -> Vec<Event> {
    let mut reader = Reader { root, marks, events: Vec::new() };
    let mut unfinished: HashMap<&str, (String, usize)> = HashMap::new();
    for line in text.lines() {
        let Some((process, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix("<unfinished ...>") {
            unfinished.insert(process, (begun.to_owned(), reader.events.len()));
        } else if call.starts_with("<...") {
            let Some((begun, since)) = unfinished.remove(process) else { continue };
            let rest = call.split_once("resumed>").map_or("", |(_, rest)| rest);
            reader.take(&format!("{begun}{rest}"), since);
        } else {
            let since = reader.events.len();
            reader.take(call, since);
        }
    }
    reader.events
}

struct Reader<'a> {
    root: &'a Path,
    marks: &'a Path,
    events: Vec<Event>,
}

impl Reader<'_> {
    fn take(&mut self, call: &str, since: usize) {
        let Some((name, rest)) = call.split_once('(') else { return };
        let Some((arguments, result)) = rest.rsplit_once("= ") else { return };
        // A call that failed did nothing, and one that never returned (`?`) was killed before.
        if result.starts_with(['-', '?']) {
            return;
        }
        let paths = paths(arguments);
        let below = |path: &&PathBuf| path.starts_with(self.root);
        if name == "write" {
            return self.write(&paths, arguments, result);
        }
        if !paths.iter().any(|path| below(&path)) && !matches!(name, "sync") {
            return;
        }
        let Some(path) = paths.iter().find(below) else { panic!("{call}") };
        let path = self.relative(path);
        let event = match name {
            "openat" if !arguments.contains("O_CREAT") => return,
            "openat" => {
                assert!(arguments.contains("O_EXCL"), "a file may be overwritten: {call}");
                Event::Create(path)
            }
            "mkdir" | "mkdirat" => Event::Mkdir(path),
            "fsync" | "fdatasync" => Event::Sync(path, since),
            "rename" | "renameat" | "renameat2" => {
                let ends: Vec<_> =
                    paths.iter().filter(below).map(|path| self.relative(path)).collect();
                let [from, to] = &ends[..] else { panic!("it leaves the folder: {call}") };
                Event::Rename(from.clone(), to.clone())
            }
            "unlink" | "unlinkat" => Event::Remove(path),
            _ => panic!("not foreseen: {call}"),
        };
        self.events.push(event);
    }

    fn write(&mut self, paths: &[PathBuf], arguments: &str, result: &str) {
        let Some(path) = paths.first() else { return };
        let mut bytes = strings(arguments).pop().unwrap_or_default();
        bytes.truncate(result.trim().parse().expect("write returns a length"));
        if path == self.marks {
            let line = String::from_utf8(bytes).expect("marks are text");
            self.events.push(Event::Mark(line.trim_end().to_owned()));
        } else if path.starts_with(self.root) {
            self.events.push(Event::Write(self.relative(path), bytes));
        }
    }

    fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root).expect("it was found below the root").to_owned()
    }
}

/// The absolute paths among the arguments: of open files (`9<…>`), and as texts.
fn paths(arguments: &str) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for (number, part) in arguments.split('"').enumerate() {
        if number % 2 == 1 {
            paths.push(unescape(part));
        } else if let Some((_, open)) = part.split_once('<')
            && let Some((path, _)) = open.split_once('>')
            && !part.contains("AT_FDCWD")
        {
            paths.push(unescape(path));
        }
    }
    let paths = paths.into_iter().map(|bytes| PathBuf::from(OsString::from_vec(bytes)));
    paths.filter(|path| path.is_absolute()).collect()
}

fn strings(arguments: &str) -> Vec<Vec<u8>> {
    arguments.split('"').skip(1).step_by(2).map(unescape).collect()
}

/// With `-xx` every byte of a text is written as `\xNN`.
fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.split("\\x").skip(1);
    bytes.map(|byte| u8::from_str_radix(&byte[..2], 16).expect("two digits")).collect()
}

#[test]
fn calls_of_two_threads_that_overlap_are_told_apart() {
    let hex = |text: &str| {
        let digits = data_encoding::HEXLOWER.encode(text.as_bytes()).into_bytes();
        let pairs = digits.chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned());
        format!("\\x{}", pairs.collect::<Vec<_>>().join("\\x"))
    };
    let (root, file, marks) = (hex("/r"), hex("/r/a"), hex("/marks"));
    let text = format!(
        "7 openat(AT_FDCWD<{cwd}>, \"{file}\", O_WRONLY|O_CREAT|O_EXCL, 0600) = 5<{file}>\n\
         7 write(5<{file}>, \"{two}\", 2) = 2\n\
         7 fsync(5<{file}> <unfinished ...>\n\
         8 mkdir(\"{dir}\", 0700) = 0\n\
         7 <... fsync resumed>)      = 0\n\
         8 mkdir(\"{dir}\", 0700) = -1 EEXIST (File exists)\n\
         8 write(9<{marks}>, \"{mark}\", 5) = 5\n\
         8 fsync(3<{root}>) = ?\n",
        cwd = hex("/somewhere"),
        two = hex("xy"),
        dir = hex("/r/d"),
        mark = hex("done\n"),
    );
    let path = |text: &str| PathBuf::from(text);
    assert_eq!(
        events(&text, Path::new("/r"), Path::new("/marks")),
        [
            Event::Create(path("a")),
            Event::Write(path("a"), b"xy".to_vec()),
            Event::Mkdir(path("d")),
            Event::Sync(path("a"), 2),
            Event::Mark("done".to_owned()),
        ]
    );
}
