//! The door to the network: what it refuses to open with, and where it does not lead.

use std::net::SocketAddr;

use duphong::base::exit::ExitCode;
use duphong::base::fault::Fault as _;
use duphong::probe;
use duphong::world::net::route::has_route;
use duphong::world::net::{ConnectError, Family};

use crate::probe::certificates::Authority;
use crate::probe::farm::{Ground, NOBODY, PATIENCE, network};

#[test]
fn authorities_that_cannot_be_read_are_a_fault_of_the_configuration() {
    let ground = Ground::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authorities.pem");
    let mut network = network(NOBODY);
    network.authorities = Some(file.clone());
    let code = |content: Option<&str>| {
        if let Some(content) = content {
            std::fs::write(&file, content).unwrap();
        }
        probe::door(&ground.world, &network).err().map(|fault| (fault.code(), fault.exit()))
    };
    let refused = Some(("tls.authorities", ExitCode::Configuration));
    assert_eq!(code(None), refused, "a file that is not there");
    assert_eq!(code(Some("")), refused);
    assert_eq!(
        code(Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
        refused
    );
    assert_eq!(code(Some("-----BEGIN CERTIFICATE-----\n!!\n")), refused);
    let one = Authority::root("One").pem;
    assert_eq!(code(Some(&one)), None);
    assert_eq!(code(Some(&format!("{one}{}", Authority::root("Two").pem))), None);
}

#[test]
fn no_connection_leads_where_it_may_not() {
    let ground = Ground::new();
    let door = ground.door(&network(NOBODY));
    let connect = |address: &str| {
        let address: SocketAddr = address.parse().unwrap();
        ground.world.block_on(door.connect(address, PATIENCE)).err()
    };
    for inside in ["127.0.0.2:80", "10.0.0.1:80", "169.254.169.254:80", "[fd00::1]:80"] {
        assert_eq!(connect(inside), Some(ConnectError::Inside), "{inside}");
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(connect(&address.to_string()), None);
    drop(listener);
    assert_eq!(connect(&address.to_string()), Some(ConnectError::Refused));
}

#[test]
fn a_machine_has_a_route_to_itself() {
    for (family, address) in [(Family::Ipv4, "127.0.0.1"), (Family::Ipv6, "::1")] {
        assert!(has_route(family, Some(address.parse().unwrap())), "{address}");
    }
}
