//! A way to the socket of a server on which a network can break: it is cut, falls silent, or carries
//! other bytes than the client said.

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

#[derive(Default)]
struct State {
    open: Vec<UnixStream>,
    silent: bool,
    cut: bool,
    /// Said by the client: from there on all is silent.
    silent_at: Option<&'static str>,
    /// Said by the client: from there on all is cut.
    cut_at: Option<&'static str>,
    /// What is said instead; both are as long.
    instead: Option<(&'static str, &'static str)>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn cut(&self) {
        let mut state = self.state();
        state.cut = true;
        for stream in state.open.drain(..) {
            let _gone = stream.shutdown(Shutdown::Both);
        }
        self.ended.notify_all();
    }

    /// Passes on what one side says.
    fn pump(&self, mut from: UnixStream, mut to: UnixStream, is_client: bool) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let said = &mut buffer[..count];
            let mut state = self.state();
            let says = |word: Option<&str>| {
                is_client && word.is_some_and(|word| place(said, word).is_some())
            };
            state.silent |= says(state.silent_at);
            if says(state.cut_at) {
                drop(state);
                return self.cut();
            }
            while state.silent && !state.cut {
                state = self.ended.wait(state).unwrap();
            }
            if let Some((word, other)) = state.instead.filter(|_| is_client)
                && let Some(at) = place(said, word)
            {
                said[at..at + other.len()].copy_from_slice(other.as_bytes());
            }
            let is_cut = state.cut;
            drop(state);
            if is_cut || to.write_all(said).is_err() {
                break;
            }
        }
        let _gone = (to.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
    }
}

fn place(said: &[u8], word: &str) -> Option<usize> {
    said.windows(word.len()).position(|part| part == word.as_bytes())
}

/// Ends with this value, for both sides.
pub(super) struct Relay {
    shared: Arc<Shared>,
    folder: tempfile::TempDir,
    name: String,
}

impl Relay {
    /// To the server that listens at `server`, whose socket has the same name here.
    pub(super) fn to(server: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = server.file_name().unwrap().to_str().unwrap().to_owned();
        let listener = UnixListener::bind(folder.path().join(&name)).unwrap();
        let shared = Arc::new(Shared::default());
        let (server, all) = (server.to_owned(), Arc::clone(&shared));
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = UnixStream::connect(&server) else { continue };
                let pair = || (client.try_clone().unwrap(), server.try_clone().unwrap());
                let mut state = all.state();
                if state.cut {
                    break;
                }
                let (one, other) = pair();
                state.open.extend([one, other]);
                drop(state);
                let ((client, server), (up, down)) = (pair(), (Arc::clone(&all), Arc::clone(&all)));
                let (to_client, to_server) = pair();
                std::thread::spawn(move || up.pump(client, to_server, true));
                std::thread::spawn(move || down.pump(server, to_client, false));
            }
        });
        Self { shared, folder, name }
    }

    /// Where the way begins.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join(&self.name)
    }

    /// Every connection ends, and there is no other.
    pub(super) fn cut(&self) {
        self.shared.cut();
    }

    /// The same as soon as the client says this.
    pub(super) fn cut_at(&self, word: &'static str) {
        self.shared.state().cut_at = Some(word);
    }

    /// Nothing comes through any more, as soon as the client says this, and nobody is told.
    pub(super) fn silent_at(&self, word: &'static str) {
        self.shared.state().silent_at = Some(word);
    }

    pub(super) fn is_silent(&self) -> bool {
        self.shared.state().silent
    }

    /// What the client says reaches the server otherwise.
    pub(super) fn say_instead(&self, word: &'static str, other: &'static str) {
        assert_eq!(word.len(), other.len());
        self.shared.state().instead = Some((word, other));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.cut();
        // Who accepts is woken, and sees it.
        let _woken = UnixStream::connect(self.socket());
    }
}
