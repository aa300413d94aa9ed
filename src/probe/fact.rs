//! Verdicts as data, and what of them goes into the audit log: each settled change, with what was
//! seen. Stored: a change of shape raises [`VERSION`], adds a golden file and is told in
//! `docs/formats/probe-verdict.md`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::fault::{Args, Message};

/// The version of [`VerdictRecord`] that this program writes.
pub const VERSION: u32 = 1;

/// What one family's observation amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything as expected.
    Healthy,
    /// It serves, and something is not as expected.
    Degraded,
    /// It does not serve.
    Down,
    /// We could not look: our own uplink or name servers failed.
    Unknown,
}

impl Verdict {
    /// The word in `--json` and in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }

    /// The verdict of this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Healthy, Self::Degraded, Self::Down, Self::Unknown]
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }

    /// Its name for people.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Healthy => "probe-healthy",
            Self::Degraded => "probe-degraded",
            Self::Down => "probe-down",
            Self::Unknown => "probe-unknown",
        })
    }
}

/// What both families together amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Healthy in every family judged.
    Healthy,
    /// It serves in every family judged, and something is not as expected.
    Degraded,
    /// It serves over IPv4 and is dead over IPv6.
    Ipv4Only,
    /// It serves over IPv6 and is dead over IPv4.
    Ipv6Only,
    /// Dead in every family that could be judged.
    Down,
    /// At least one family could not be judged, and nothing wrong was seen in the other.
    Unknown,
}

impl State {
    /// Each with its word in records.
    pub const WORDS: [(&str, Self); 6] = [
        ("healthy", Self::Healthy),
        ("degraded", Self::Degraded),
        ("ipv4-only", Self::Ipv4Only),
        ("ipv6-only", Self::Ipv6Only),
        ("down", Self::Down),
        ("unknown", Self::Unknown),
    ];

    /// The word in `--json` and in records.
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, state)| *state == self).map_or("", |(word, _)| word)
    }

    /// The state of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(each, _)| *each == word).map(|(_, state)| *state)
    }

    /// The verdict that this state is one kind of.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Healthy => Verdict::Healthy,
            Self::Degraded | Self::Ipv4Only | Self::Ipv6Only => Verdict::Degraded,
            Self::Down => Verdict::Down,
            Self::Unknown => Verdict::Unknown,
        }
    }

    /// Its name for people.
    pub fn message(self) -> Message {
        Message::new(match self {
            Self::Healthy => "probe-healthy",
            Self::Degraded => "probe-degraded",
            Self::Ipv4Only => "probe-ipv4-only",
            Self::Ipv6Only => "probe-ipv6-only",
            Self::Down => "probe-down",
            Self::Unknown => "probe-unknown",
        })
    }
}

/// A settled change, as it stands in the log under `probe.verdict`, its subject the portal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VerdictRecord {
    /// Version of this shape.
    pub version: u32,
    /// The probe's name, unique in the portal.
    pub probe: String,
    /// What holds now.
    pub state: State,
    /// What held before; absent the first time.
    pub before: Option<State>,
    /// The first of the looks that settled it.
    pub since: Timestamp,
    /// Whether the verdicts change so often that single changes say little.
    pub flapping: bool,
    /// The last of the looks that settled it, by family.
    pub families: Vec<FamilyRecord>,
    /// Version of the program.
    pub program: String,
}

/// One family of a look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FamilyRecord {
    /// `ipv4` or `ipv6`.
    pub family: String,
    /// What it amounts to.
    pub verdict: Verdict,
    /// Why it is not healthy; empty when it is.
    pub reasons: Vec<Reason>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// One condition that did not hold, with what was seen instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reason {
    /// Which.
    pub cause: Cause,
    /// The value seen; empty where there is none. Untrusted text, cut to a bearable length.
    pub seen: String,
    /// The value expected; empty where the cause says it all.
    pub expected: String,
}

/// The conditions that may fail. Declared once: the word in records, the message for people, and
/// what it makes of the verdict.
macro_rules! causes {
    ($($(#[$doc:meta])+ $name:ident, $word:literal, $message:literal, $verdict:ident;)+) => {
        /// What is wrong, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Cause {
            $($(#[$doc])+ #[serde(rename = $word)] $name,)+
        }

        impl Cause {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The word in `--json` and in records.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// What it makes of the verdict by itself.
            pub fn verdict(self) -> Verdict {
                match self { $(Self::$name => Verdict::$verdict,)+ }
            }

            fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }
        }
    };
}

causes! {
    /// The URL or name in the configuration can be none.
    BadUrl, "bad-url", "probe-cause-bad-url", Down;
    /// NXDOMAIN.
    NameMissing, "name-missing", "probe-cause-name-missing", Down;
    /// The name has no address of this family.
    NameEmpty, "name-empty", "probe-cause-name-empty", Down;
    /// The name servers answer with an error.
    NameFailed, "name-failed", "probe-cause-name-failed", Down;
    /// None of our name servers answers.
    ResolversSilent, "resolvers-silent", "probe-cause-resolvers-silent", Unknown;
    /// Our name servers refuse to answer us: a matter of ours, not of the portal.
    ResolversRefuse, "resolvers-refuse", "probe-cause-resolvers-refuse", Unknown;
    /// Our own uplink is dead in this family.
    UplinkDead, "uplink-dead", "probe-cause-uplink-dead", Unknown;
    /// It leads to an address inside our own network: refused before connecting.
    Inside, "inside", "probe-cause-inside", Down;
    /// An address that is not on the pinned list.
    AddressUnexpected, "address-unexpected", "probe-cause-address-unexpected", Down;
    /// This machine has no route to the address.
    NoRoute, "no-route", "probe-cause-no-route", Unknown;
    /// The connection was refused.
    Refused, "refused", "probe-cause-refused", Down;
    /// No connection for another reason.
    Unreachable, "unreachable", "probe-cause-unreachable", Down;
    /// No answer in time.
    Silent, "silent", "probe-cause-silent", Down;
    /// The answer began and did not end in time.
    SlowBody, "slow-body", "probe-cause-slow-body", Down;
    /// Closed without an answer.
    NoAnswer, "no-answer", "probe-cause-no-answer", Down;
    /// A head larger than any should be.
    HeadTooLarge, "head-too-large", "probe-cause-head-too-large", Down;
    /// The answer is no HTTP.
    NotHttp, "not-http", "probe-cause-not-http", Down;
    /// The body ends before its announced end.
    Truncated, "truncated", "probe-cause-truncated", Down;
    /// The chunks of the body make no sense.
    BrokenChunks, "broken-chunks", "probe-cause-broken-chunks", Down;
    /// The body does not unpack.
    BrokenEncoding, "broken-encoding", "probe-cause-broken-encoding", Down;
    /// Redirects in a circle.
    RedirectLoop, "redirect-loop", "probe-cause-redirect-loop", Down;
    /// More redirects than a browser follows.
    RedirectsTooMany, "redirects-too-many", "probe-cause-redirects-too-many", Down;
    /// A redirect to what is no page.
    RedirectBad, "redirect-bad", "probe-cause-redirect-bad", Down;
    /// Our own client could not be made.
    Client, "client", "probe-cause-client", Unknown;
    /// The certificate has expired.
    TlsExpired, "tls-expired", "probe-cause-tls-expired", Down;
    /// The certificate is not valid yet.
    TlsNotYetValid, "tls-not-yet-valid", "probe-cause-tls-not-yet-valid", Down;
    /// The certificate holds for other names.
    TlsWrongHost, "tls-wrong-host", "probe-cause-tls-wrong-host", Down;
    /// The certificate is signed by itself alone.
    TlsSelfSigned, "tls-self-signed", "probe-cause-tls-self-signed", Down;
    /// The chain ends at an authority nobody knows.
    TlsUnknownIssuer, "tls-unknown-issuer", "probe-cause-tls-unknown-issuer", Down;
    /// An issuer is missing from the chain.
    TlsIncompleteChain, "tls-incomplete-chain", "probe-cause-tls-incomplete-chain", Down;
    /// A signature does not fit.
    TlsBadSignature, "tls-bad-signature", "probe-cause-tls-bad-signature", Down;
    /// A certificate that cannot be read.
    TlsUnreadable, "tls-unreadable", "probe-cause-tls-unreadable", Down;
    /// A certificate that is not made for servers.
    TlsWrongPurpose, "tls-wrong-purpose", "probe-cause-tls-wrong-purpose", Down;
    /// Only versions of TLS that are not safe any more.
    TlsTooOld, "tls-too-old", "probe-cause-tls-too-old", Down;
    /// The port does not speak TLS.
    TlsNotTls, "tls-not-tls", "probe-cause-tls-not-tls", Down;
    /// Closed in the middle of the handshake.
    TlsClosed, "tls-closed", "probe-cause-tls-closed", Down;
    /// The handshake failed for another reason.
    TlsOther, "tls-other", "probe-cause-tls-other", Down;
    /// Another status.
    Status, "status", "probe-cause-status", Down;
    /// Slower than wanted.
    TooSlow, "too-slow", "probe-cause-too-slow", Degraded;
    /// A field is missing, or its value lacks something.
    Header, "header", "probe-cause-header", Down;
    /// The body lacks a text.
    TextMissing, "text-missing", "probe-cause-text-missing", Down;
    /// The body holds a text that it must not.
    TextPresent, "text-present", "probe-cause-text-present", Down;
    /// The redirects end at another host.
    EndsElsewhere, "ends-elsewhere", "probe-cause-ends-elsewhere", Down;
    /// A redirect led from `https` to `http`.
    Downgraded, "downgraded", "probe-cause-downgraded", Degraded;
    /// The body is longer than we read.
    BodyCut, "body-cut", "probe-cause-body-cut", Degraded;
    /// The certificate expires soon.
    ExpiresSoon, "expires-soon", "probe-cause-expires-soon", Degraded;
    /// The certificate lacks a name.
    CertificateLacksName, "certificate-lacks-name", "probe-cause-certificate-lacks-name", Degraded;
}

impl Reason {
    /// A cause with what was seen and what was expected.
    pub fn new(cause: Cause, seen: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { cause, seen: cut(seen.into()), expected: cut(expected.into()) }
    }

    /// For people.
    pub fn message(&self) -> Message {
        let shown = |text: &str| if text.is_empty() { "—".to_owned() } else { text.to_owned() };
        let args =
            Args::none().text("seen", shown(&self.seen)).text("expected", shown(&self.expected));
        Message::with(self.cause.message(), args)
    }
}

/// Long enough for any URL worth reading, short enough that a hostile page cannot fill the log.
const TEXT_MAX: usize = 300;

fn cut(text: String) -> String {
    if text.chars().count() <= TEXT_MAX {
        return text;
    }
    text.chars().take(TEXT_MAX).chain(std::iter::once('…')).collect()
}
