//! The made-up second person, who approves: an own SSH key, as people have them.

use std::path::Path;

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{LineEnding, PrivateKey};

use crate::world::World;
use crate::world::files::{self, FileError};

/// Makes the approver's key at `path`, readable by its owner alone, and returns the public half.
pub(super) fn approver(path: &Path, world: &World) -> Result<String, FileError> {
    let mut seed = [0; 32];
    world.entropy.fill(&mut seed);
    let pair = KeypairData::from(Ed25519Keypair::from_seed(&seed));
    let key =
        PrivateKey::new(pair, "truong-phong@cong.example").expect("a key that is not encrypted");
    let text = key.to_openssh(LineEnding::LF).expect("an Ed25519 key has an OpenSSH form");
    files::write_new(path, text.as_bytes(), 0o600)?;
    Ok(key.public_key().to_openssh().expect("an Ed25519 key has an OpenSSH form"))
}
