//! Ports that accept, refuse, and say nothing.

use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

use duphong::world::World;
use duphong::world::net::ConnectError;
use duphong::world::net::knock::{addresses, knock};

const LIMIT: Duration = Duration::from_secs(2);

fn with_world<T>(test: impl FnOnce(&World) -> T) -> T {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    test(&World::system(runtime.handle().clone()))
}

#[test]
fn a_port_accepts_or_its_host_refuses() {
    with_world(|world| {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        assert!(world.block_on(knock(address, LIMIT)).is_ok());
        drop(listener);
        let refused = world.block_on(knock(address, LIMIT)).unwrap_err();
        assert_eq!(refused, ConnectError::Refused);
    });
}

#[test]
fn a_full_queue_is_silence_and_no_refusal() {
    with_world(|world| {
        // Nobody accepts; when the queue is full the kernel drops further attempts.
        let socket = world.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
            socket.listen(1).unwrap()
        });
        let address = socket.local_addr().unwrap();
        let mut held = Vec::new();
        let end = loop {
            match world.block_on(knock(address, Duration::from_millis(300))) {
                Ok(stream) => held.push(stream),
                Err(error) => break error,
            }
        };
        assert_eq!(end, ConnectError::Silent, "{} were queued", held.len());
    });
}

#[test]
fn names_and_addresses_become_addresses() {
    with_world(|world| {
        let of = |host: &str| world.block_on(addresses(host, 5432, LIMIT));
        assert_eq!(of("127.0.0.1").unwrap(), ["127.0.0.1:5432".parse().unwrap()]);
        assert_eq!(of("[::1]").unwrap(), ["[::1]:5432".parse().unwrap()]);
        assert!(!of("localhost").unwrap().is_empty());
        assert!(of("no name at all").is_err());
    });
}
