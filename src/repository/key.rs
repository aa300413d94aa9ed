//! Key files: the repository's own key, sealed with a key derived from a password.
//!
//! A key file is plain JSON: scrypt parameters, a salt, and the sealed master key. Every password
//! has its own file; all of them open to the same master key. Parameters are read within bounds:
//! a hostile file must not make us use all memory or an hour of time.

use data_encoding::BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

use crate::base::secret::Secret;
use crate::repository::crypto::{self, KEY_BYTES, SealingKey};
use crate::repository::malformed::Malformed;
use crate::world::entropy::Entropy;

const WHAT: &str = "key file";

/// The most memory a key file may ask for. restic calibrates itself to at most 60 MiB.
const MEMORY_MAX: u64 = 512 * 1024 * 1024;

/// The most work (N·r·p) a key file may ask for: 256 times the default, about half a minute.
const WORK_MAX: u64 = 1 << 26;

/// The length of salts that restic accepts.
const SALT_BYTES: usize = 64;

/// A key file as stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeyFile {
    created: Timestamp,
    username: String,
    hostname: String,
    kdf: String,
    #[serde(rename = "N")]
    n: u64,
    r: u32,
    p: u32,
    salt: String,
    data: String,
}

/// The master key inside a key file, before it is sealed. Wiped when dropped.
#[derive(Serialize, Deserialize)]
struct MasterJson {
    mac: MacJson,
    encrypt: String,
}

#[derive(Serialize, Deserialize)]
struct MacJson {
    k: String,
    r: String,
}

impl Drop for MasterJson {
    fn drop(&mut self) {
        self.encrypt.zeroize();
        self.mac.k.zeroize();
        self.mac.r.zeroize();
    }
}

/// What deriving a key from a password costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// scrypt's N.
    pub n: u64,
    /// scrypt's r.
    pub r: u32,
    /// scrypt's p.
    pub p: u32,
}

impl Cost {
    /// restic's default: 32 MiB of memory and about a tenth of a second. A password file made by
    /// `init` holds far more entropy than any cost could add.
    pub const OURS: Self = Self { n: 1 << 15, r: 8, p: 1 };

    /// Its work, as N·r·p.
    pub fn work(self) -> u64 {
        self.n.saturating_mul(u64::from(self.r)).saturating_mul(u64::from(self.p))
    }

    /// Whether guessing passwords is cheaper than with the keys that duphong writes.
    pub fn is_weak(self) -> bool {
        self.work() < Self::OURS.work()
    }

    /// Whether it is within what we would spend.
    pub fn is_bounded(self) -> bool {
        params(self.n, self.r, self.p).is_some()
    }
}

/// Who made a key: shown by `restic key list`.
#[derive(Clone, Copy, Debug)]
pub struct Maker<'a> {
    /// The account.
    pub username: &'a str,
    /// The machine.
    pub hostname: &'a str,
}

/// What trying a password on a key file gave.
#[derive(Debug)]
pub enum Opened {
    /// The password fits.
    Master(Box<SealingKey>),
    /// It belongs to another password.
    OtherPassword,
}

impl KeyFile {
    /// Seals `master` with a key derived from `password` at this cost.
    pub fn seal(
        master: &SealingKey,
        password: &Secret,
        cost: Cost,
        maker: Maker<'_>,
        created: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Self, Malformed> {
        let mut salt = [0; SALT_BYTES];
        entropy.fill(&mut salt);
        let Cost { n, r, p } = cost;
        let user = derive(password, &salt, n, r, p)?;
        let json = Zeroizing::new(
            serde_json::to_vec(&MasterJson::of(master)).map_err(Malformed::because(WHAT))?,
        );
        let mut data = Vec::new();
        user.seal(&crypto::nonce(entropy), &json, &mut data);
        Ok(Self {
            created,
            username: maker.username.to_owned(),
            hostname: maker.hostname.to_owned(),
            kdf: "scrypt".to_owned(),
            n,
            r,
            p,
            salt: BASE64.encode(&salt),
            data: BASE64.encode(&data),
        })
    }

    /// When it was made, as its maker says.
    pub fn created(&self) -> Timestamp {
        self.created
    }

    /// Who made it, as its maker says.
    pub fn maker(&self) -> Maker<'_> {
        Maker { username: &self.username, hostname: &self.hostname }
    }

    /// What trying a password costs.
    pub fn cost(&self) -> Cost {
        Cost { n: self.n, r: self.r, p: self.p }
    }

    /// Reads a key file.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        serde_json::from_slice(bytes).map_err(Malformed::because(WHAT))
    }

    /// The stored bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Malformed> {
        serde_json::to_vec(self).map_err(Malformed::because(WHAT))
    }

    /// Tries a password.
    pub fn open(&self, password: &Secret) -> Result<Opened, Malformed> {
        if self.kdf != "scrypt" {
            return Err(Malformed::new(WHAT, format_args!("unknown derivation `{}`", self.kdf)));
        }
        let salt = BASE64.decode(self.salt.as_bytes()).map_err(Malformed::because(WHAT))?;
        let mut data =
            Zeroizing::new(BASE64.decode(self.data.as_bytes()).map_err(Malformed::because(WHAT))?);
        let user = derive(password, &salt, self.n, self.r, self.p)?;
        let Ok(json) = user.open(&mut data) else { return Ok(Opened::OtherPassword) };
        let master: MasterJson = serde_json::from_slice(json).map_err(Malformed::because(WHAT))?;
        Ok(Opened::Master(Box::new(master.key()?)))
    }
}

fn derive(password: &Secret, salt: &[u8], n: u64, r: u32, p: u32) -> Result<SealingKey, Malformed> {
    let params = params(n, r, p).ok_or_else(|| {
        Malformed::new(WHAT, format_args!("scrypt parameters out of bounds: N={n} r={r} p={p}"))
    })?;
    let mut material = Zeroizing::new([0; KEY_BYTES]);
    scrypt::scrypt(password.expose(), salt, &params, material.as_mut())
        .map_err(Malformed::because(WHAT))?;
    Ok(SealingKey::from_material(material))
}

fn params(n: u64, r: u32, p: u32) -> Option<scrypt::Params> {
    let memory = n.checked_mul(u64::from(r))?.checked_mul(128)?;
    let work = n.checked_mul(u64::from(r))?.checked_mul(u64::from(p))?;
    let bounded = n.is_power_of_two() && n > 1 && memory <= MEMORY_MAX && work <= WORK_MAX;
    let log_n = u8::try_from(n.checked_ilog2()?).ok()?;
    bounded.then(|| scrypt::Params::new(log_n, r, p).ok()).flatten()
}

impl MasterJson {
    fn of(key: &SealingKey) -> Self {
        let encode = |part: &[u8]| BASE64.encode(part);
        let material = key.expose();
        Self {
            encrypt: encode(&material[..32]),
            mac: MacJson { k: encode(&material[32..48]), r: encode(&material[48..]) },
        }
    }

    fn key(&self) -> Result<SealingKey, Malformed> {
        let mut material = Zeroizing::new([0; KEY_BYTES]);
        fill(&mut material[..32], &self.encrypt)?;
        fill(&mut material[32..48], &self.mac.k)?;
        fill(&mut material[48..], &self.mac.r)?;
        Ok(SealingKey::from_material(material))
    }
}

fn fill(part: &mut [u8], text: &str) -> Result<(), Malformed> {
    let bytes = Zeroizing::new(BASE64.decode(text.as_bytes()).map_err(Malformed::because(WHAT))?);
    if bytes.len() != part.len() || bytes.iter().all(|byte| *byte == 0) {
        return Err(Malformed::new(WHAT, "the master key inside is not a key"));
    }
    part.copy_from_slice(&bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::entropy::SystemEntropy;

    fn secret(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec())
    }

    #[test]
    fn a_key_file_opens_with_its_password_only() {
        let master = SealingKey::random(&SystemEntropy);
        let maker = Maker { username: "root", hostname: "may-chu" };
        let (password, made) = (secret("đúng"), Timestamp::UNIX_EPOCH);
        let file =
            KeyFile::seal(&master, &password, Cost::OURS, maker, made, &SystemEntropy).unwrap();
        let file = KeyFile::parse(&file.to_bytes().unwrap()).unwrap();
        assert!(matches!(file.open(&secret("sai")).unwrap(), Opened::OtherPassword));
        let Opened::Master(opened) = file.open(&secret("đúng")).unwrap() else { panic!() };
        assert_eq!(opened.expose(), master.expose());
    }

    /// With a salt that many share one guess of a password is tried on all of them at once.
    #[test]
    fn no_two_key_files_have_the_same_salt() {
        let master = SealingKey::random(&SystemEntropy);
        let maker = Maker { username: "", hostname: "" };
        let cost = Cost { n: 2, r: 1, p: 1 };
        let [one, other] = [1, 2].map(|_| {
            let made = Timestamp::UNIX_EPOCH;
            KeyFile::seal(&master, &secret("x"), cost, maker, made, &SystemEntropy).unwrap()
        });
        assert!(one.salt != other.salt && one.data != other.data);
    }

    #[test]
    fn a_master_key_of_zeros_is_no_key() {
        let zeros = SealingKey::from_material(Zeroizing::new([0; KEY_BYTES]));
        let maker = Maker { username: "", hostname: "" };
        let (cost, made) = (Cost { n: 2, r: 1, p: 1 }, Timestamp::UNIX_EPOCH);
        let file = KeyFile::seal(&zeros, &secret("x"), cost, maker, made, &SystemEntropy).unwrap();
        assert!(file.open(&secret("x")).is_err());
    }

    #[test]
    fn a_key_is_weak_where_a_guess_costs_less_than_with_ours() {
        let cost = |n, r, p| Cost { n, r, p }.is_weak();
        assert!(!Cost::OURS.is_weak() && !cost(1 << 16, 8, 1) && !cost(1 << 14, 8, 2));
        assert!(cost(1 << 14, 8, 1) && cost(1 << 15, 7, 1) && cost(0, 8, 1));
    }

    #[test]
    fn absurd_scrypt_parameters_are_refused_before_any_memory_is_taken() {
        for (n, r, p) in [
            (0, 8, 1),
            (1, 8, 1),
            (3, 8, 1),
            (1 << 15, 0, 1),
            (1 << 15, 8, 0),
            (1 << 40, 8, 1),
            (1 << 15, 8, 1 << 20),
            (1 << 15, u32::MAX, 1),
            (2, u32::MAX, u32::MAX),
            (u64::MAX, 8, 1),
        ] {
            assert!(params(n, r, p).is_none(), "N={n} r={r} p={p}");
        }
        for (n, r, p) in [(1 << 15, 8, 1), (1 << 16, 8, 7), (1 << 10, 1, 1)] {
            assert!(params(n, r, p).is_some(), "N={n} r={r} p={p}");
        }
    }
}
