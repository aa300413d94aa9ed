//! What a server of our own is to be like: the kinds of servers that there are.

use std::sync::Arc;

use crate::store::s3::bucket::Rights;

/// What the server does with a write that must not replace anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Conditional {
    #[default]
    Honors,
    Ignores,
    Refuses,
}

/// What the server does with locks, where the bucket has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Locking {
    #[default]
    Honors,
    /// Takes no lock together with a copy, as moto does.
    NotWithCopies,
    /// Names a version for whatever is written and keeps one of each name, takes locks and passes
    /// over them, as Garage does.
    Pretends,
    /// Takes every lock and keeps it for a minute.
    Shortens,
}

#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is of another kind of server")]
pub(crate) struct Options {
    pub(crate) conditional: Conditional,
    /// Objects a page of a listing, where that is less than what is asked for.
    pub(crate) page: Option<usize>,
    /// Names on two pages, and none in order.
    pub(crate) disorder: bool,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    /// Whether the bucket keeps versions and was made with object lock.
    pub(crate) versions: bool,
    /// What the key may beyond the rights that duphong needs.
    pub(crate) rights: Rights,
    pub(crate) locking: Locking,
    /// Whether the bucket says that no versions are kept any more, while those that are there stay.
    pub(crate) suspended: bool,
    /// Whether the bucket has a rule for what becomes of its objects.
    pub(crate) ruled: bool,
}
