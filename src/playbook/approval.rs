//! What an approver signs, and whether a signature is one.
//!
//! The statement is plain text that a person can read before signing, and has one spelling: it is
//! made again from the run and its gate, and a signature counts only for exactly these bytes. So
//! nothing that arrives with an approval is believed, except the signature.
//!
//! Signatures are SSHSIG (OpenSSH's `PROTOCOL.sshsig`), as `ssh-keygen -Y sign` makes them with a
//! key in a file, in an agent or in a hardware token; `docs/formats/approval.md` has the format.
//!
//! Deliberately not here: whether the run still waits and whether the approver may ([`journal`]
//! and `job` know that), and passphrases: a protected key is used with OpenSSH's own program.
//!
//! [`journal`]: crate::playbook::journal

use std::fmt::Write as _;

use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

use crate::base::fault::{Args, Fault, FaultKind};
use crate::playbook::fact::Asked;
use crate::playbook::journal::Run;
use crate::playbook::settings::Approver;

/// What the signature is for, so that one made for another purpose with the same key is not taken
/// for an approval, nor an approval for anything else.
pub const NAMESPACE: &str = "duphong-approval";

/// A signature is about 300 bytes; a hardware key's is longer by its application. Much more is no
/// signature, and it goes into an entry of the log with what was signed.
pub const SIGNATURE_BYTES_MAX: usize = 4096;

/// The flag of a hardware key that says that a person touched it (FIDO's user presence).
const TOUCHED: u8 = 0x01;

/// Behind the signature proper of a hardware key: one byte of flags, four of a counter.
const HARDWARE_TRAILER: usize = 5;

/// Why a signature is no approval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalFault {
    /// It cannot be read.
    #[error("not an SSH signature: {detail}")]
    Malformed {
        /// The reader's complaint.
        detail: String,
    },
    /// It was made for another purpose.
    #[error("signed for `{namespace}`")]
    Namespace {
        /// What it was made for.
        namespace: String,
    },
    /// Its key is of a kind that is not taken.
    #[error("a key of kind `{kind}`")]
    KeyKind {
        /// The kind.
        kind: String,
    },
    /// It was made with another key.
    #[error("signed with another key than that of `{approver}`")]
    OtherKey {
        /// Whose key it is not.
        approver: String,
    },
    /// It does not belong to this statement.
    #[error("the signature does not belong to this statement")]
    Mismatch,
    /// A hardware key signed without being touched.
    #[error("the hardware key was not touched")]
    NotTouched,
    /// The approver's public key cannot be read.
    #[error("the public key of `{approver}` cannot be read")]
    PublicKey {
        /// The approver.
        approver: String,
    },
    /// The private key cannot be read.
    #[error("not a private key of OpenSSH: {detail}")]
    PrivateKey {
        /// The reader's complaint.
        detail: String,
    },
    /// The private key is protected.
    #[error("the private key has a passphrase")]
    Protected,
    /// The file does not hold the private half: an agent or a hardware token does.
    #[error("the private half of the key lies in an agent or a hardware token")]
    Elsewhere,
}

impl Fault for ApprovalFault {
    fn kind(&self) -> FaultKind {
        match self {
            Self::PublicKey { .. } => FaultKind::Config,
            _ => FaultKind::User,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "approval.malformed",
            Self::Namespace { .. } => "approval.namespace",
            Self::KeyKind { .. } => "approval.key-kind",
            Self::OtherKey { .. } => "approval.other-key",
            Self::Mismatch => "approval.mismatch",
            Self::NotTouched => "approval.not-touched",
            Self::PublicKey { .. } => "approval.public-key",
            Self::PrivateKey { .. } => "approval.private-key",
            Self::Protected => "approval.protected",
            Self::Elsewhere => "approval.elsewhere",
        }
    }

    fn args(&self) -> Args {
        let args = Args::none();
        match self {
            Self::Malformed { detail } | Self::PrivateKey { detail } => args.text("detail", detail),
            Self::Namespace { namespace } => {
                args.text("namespace", namespace).text("wanted", NAMESPACE)
            }
            Self::KeyKind { kind } => args.text("kind", kind),
            Self::OtherKey { approver } | Self::PublicKey { approver } => {
                args.text("approver", approver)
            }
            Self::Mismatch | Self::NotTouched | Self::Protected | Self::Elsewhere => args,
        }
    }
}

/// What an approver of this gate signs, to the byte. `log` is the name and public key of the audit
/// log, which keep two installations apart that count their runs alike.
pub fn statement(log: &str, run: &Run, asked: &Asked) -> String {
    let (begun, plan) = (&run.begun, &run.plan);
    let mut text = String::from(
        "Tôi phê duyệt việc chạy kịch bản dưới đây, đúng như kế hoạch có giá trị băm này.\n\
         I approve the run of the playbook below, exactly as in the plan of this hash.\n\n",
    );
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let value = one_line(&value.to_string());
        writeln!(text, "{name}: {value}").expect("writing to a text cannot fail");
    };
    line("decision", &"approve");
    line("playbook", &begun.playbook);
    line("title-vi", &plan.title.vi);
    line("title-en", &plan.title.en);
    line("portal", &begun.portal);
    line("plan", &format_args!("sha256:{}", begun.hash));
    line("log", &log);
    line("run", &run.number);
    line("gate", &asked.step);
    line("approvals", &asked.approvals);
    line("started-by", &begun.by);
    line("started-at", &format_args!("{:.3}", begun.at));
    line("asked-at", &format_args!("{:.3}", asked.at));
    line("expires-at", &format_args!("{:.3}", asked.expires));
    line("format", &"duphong-approval 1");
    text
}

/// Every value keeps to its line, so that none can pretend to be another.
fn one_line(text: &str) -> String {
    let parts = text.split(|c: char| c.is_control() || c.is_whitespace());
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The approver whose key made this signature; none where it is nobody's. Says nothing about what
/// was signed: [`verify`] does.
pub fn signer<'a>(
    signature: &str,
    approvers: &'a [Approver],
) -> Result<Option<&'a Approver>, ApprovalFault> {
    let signature = read(signature)?;
    for approver in approvers {
        if public(approver)?.key_data() == signature.public_key() {
            return Ok(Some(approver));
        }
    }
    Ok(None)
}

/// Whether `signature` is this approver's for exactly this statement.
pub fn verify(statement: &str, signature: &str, approver: &Approver) -> Result<(), ApprovalFault> {
    let signature = read(signature)?;
    let key = public(approver)?;
    if key.key_data() != signature.public_key() {
        return Err(ApprovalFault::OtherKey { approver: approver.id.clone() });
    }
    // The library looks at namespace and key once more; here each has a code of its own.
    key.verify(NAMESPACE, statement.as_bytes(), &signature).map_err(|_| ApprovalFault::Mismatch)
}

/// Signs with a private key of OpenSSH without a passphrase.
pub fn sign(key: &[u8], statement: &str) -> Result<String, ApprovalFault> {
    let unreadable =
        |error: ssh_key::Error| ApprovalFault::PrivateKey { detail: error.to_string() };
    if PublicKey::from_openssh(&String::from_utf8_lossy(key)).is_ok() {
        return Err(ApprovalFault::Elsewhere);
    }
    let key = PrivateKey::from_openssh(key).map_err(unreadable)?;
    if key.is_encrypted() {
        return Err(ApprovalFault::Protected);
    }
    match key.algorithm() {
        Algorithm::Ed25519 => {}
        Algorithm::SkEd25519 => return Err(ApprovalFault::Elsewhere),
        other => return Err(ApprovalFault::KeyKind { kind: other.to_string() }),
    }
    let signature =
        key.sign(NAMESPACE, HashAlg::Sha512, statement.as_bytes()).map_err(unreadable)?;
    signature.to_pem(LineEnding::LF).map_err(unreadable)
}

/// A public key's fingerprint, as `ssh-keygen -l` shows it; the key itself where it is none.
pub fn fingerprint(key: &str) -> String {
    let key_of = |text: &str| PublicKey::from_openssh(text).ok();
    key_of(key).map_or_else(|| key.to_owned(), |key| key.fingerprint(HashAlg::Sha256).to_string())
}

/// The fingerprint of the key that made a signature.
pub fn fingerprint_of(signature: &str) -> Result<String, ApprovalFault> {
    Ok(read(signature)?.public_key().fingerprint(HashAlg::Sha256).to_string())
}

/// Reads a signature and refuses what could never be an approval, whoever made it.
fn read(text: &str) -> Result<SshSig, ApprovalFault> {
    if text.len() > SIGNATURE_BYTES_MAX {
        let detail = format!("{} bytes, at most {SIGNATURE_BYTES_MAX} are read", text.len());
        return Err(ApprovalFault::Malformed { detail });
    }
    let malformed = |error: ssh_key::Error| ApprovalFault::Malformed { detail: error.to_string() };
    let signature = SshSig::from_pem(text.trim_ascii_end()).map_err(malformed)?;
    // The library reads versions that never were, and lengths that do not fit. Neither is signed:
    // so that one signature has one spelling in the log, it must be the one that we would write.
    let written = signature.to_pem(LineEnding::LF).map_err(malformed)?;
    if signature.version() != SshSig::VERSION
        || !written.split_whitespace().eq(text.split_whitespace())
    {
        return Err(ApprovalFault::Malformed { detail: "not canonical".to_owned() });
    }
    if signature.namespace() != NAMESPACE {
        return Err(ApprovalFault::Namespace { namespace: signature.namespace().to_owned() });
    }
    match (signature.public_key(), signature.algorithm()) {
        (KeyData::Ed25519(_), Algorithm::Ed25519) => Ok(signature),
        (KeyData::SkEd25519(_), Algorithm::SkEd25519) => {
            // Without a touch any program of the machine that holds the token could have asked it.
            let bytes = signature.signature_bytes();
            let flags = bytes.len().checked_sub(HARDWARE_TRAILER).and_then(|at| bytes.get(at));
            match flags {
                Some(flags) if flags & TOUCHED != 0 => Ok(signature),
                _ => Err(ApprovalFault::NotTouched),
            }
        }
        (_, kind) => Err(ApprovalFault::KeyKind { kind: kind.to_string() }),
    }
}

fn public(approver: &Approver) -> Result<PublicKey, ApprovalFault> {
    PublicKey::from_openssh(&approver.key)
        .map_err(|_| ApprovalFault::PublicKey { approver: approver.id.clone() })
}
