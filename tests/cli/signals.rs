//! Being asked to stop.

use std::net::{TcpListener, TcpStream};
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use crate::cli::kit::{Answer, Home};

/// A long-running verb that listens: once it accepts, its signal handlers stand as well.
fn serving(home: &Home) -> Child {
    // An address that no other test uses: nobody else may answer on the port meanwhile.
    let free = TcpListener::bind("127.0.7.7:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let places = ["database", "media", "application", "configuration"];
    let mut arguments = vec!["portal-sample".to_owned(), format!("--listen={address}")];
    arguments.extend(places.map(|place| format!("--{place}={place}")));
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut child = home.command(&arguments).spawn().unwrap();
    while TcpStream::connect(&address).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it listened");
        std::thread::yield_now();
    }
    child
}

#[test]
fn the_first_signal_stops_the_work_and_says_so() {
    for signal in [Signal::INT, Signal::TERM] {
        let home = Home::new();
        let child = serving(&home);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let answer = Answer::from(child.wait_with_output().unwrap());
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.err.contains("Ctrl-C"), "{}", answer.err);
    }
}
