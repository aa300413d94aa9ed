//! For tests: what reads a dump program's script, behind a door for bytes of anybody.

use crate::source::error::SourceError;
use crate::source::mariadb::script::Script;
use crate::source::mariadb::stream::Collector;
use crate::source::rows::RowKey;

/// Reads a script that comes in pieces of so many bytes, one at least, and keeps nothing of it; what
/// was found, as text.
pub fn script(bytes: &[u8], piece: usize, key: &RowKey) -> Result<String, SourceError> {
    let (mut script, mut collector) = (Script::new(key), Collector::new(None));
    for piece in bytes.chunks(piece.max(1)) {
        script.feed(piece, &mut collector)?;
    }
    script.finish(&mut collector)?;
    Ok(format!("{:?}", collector.finish()?))
}
