# Faults of the audit log.
fault-audit-missing = there is no audit log in “{ $dir }”
    .hint = Run `duphong init`, or check the path of the log in the configuration.
fault-audit-exists = there is already an audit log in “{ $dir }”
    .hint = A log is never overwritten. Give another folder, or go on with the one that is there.
fault-audit-origin = “{ $origin }” cannot be the name of an audit log
    .hint = Use a name without spaces and plus signs, at most 200 bytes, such as cong.example/duphong.
fault-audit-locked = the audit log in “{ $dir }” is held by another process
    .hint = Another duphong command or the daemon has held it for ten seconds. See with `fuser` which one, and whether its disk hangs; then run the command again.
fault-audit-unwritable = the audit log cannot be written, so nothing was started
    .hint = Free some space or correct the rights of the log’s folder, then run the command again. If the entry did reach the disk, it will show as abandoned.
fault-audit-unreadable = the audit log cannot be read
    .hint = Run as the user who owns the log, and check its disk.
fault-audit-key = “{ $path }” is not the signing key of this audit log
    .hint = Put the right key back from its copy. Without it the log can still be verified, and a new log can take over from it.
fault-audit-head = the head of the audit log in “{ $dir }” is missing or not signed by its key
    .hint = Change nothing in the folder. Run `duphong audit verify` with an anchor, and keep a copy as evidence.
fault-audit-cut = the audit log was cut off: its signed head covers { $head } entries, only { $found } are there
    .hint = Change nothing in the folder, keep a copy as evidence, and look for the missing entries in the copies inside the sets.
fault-audit-changed = the audit log was changed: its first { $size } entries are not those that were signed
    .hint = Change nothing in the folder, keep a copy as evidence, and run `duphong audit verify`: it names the entry.
fault-audit-damaged = entry { $seq } of the audit log is damaged or missing
    .hint = Change nothing in the folder. Run `duphong audit verify`, then compare with the copies inside the sets.
fault-audit-tile = the tile “{ $path }” of the audit log is missing or damaged
    .hint = Put the file back from a copy of the log inside a set, then run `duphong audit verify`.
fault-audit-too-large = an audit entry of { $bytes } bytes is too large ({ $verb })
    .hint = This is a defect of duphong; please report it.
fault-audit-not-an-anchor = “{ $path }” is not an anchor of this audit log
    .hint = It was left as it is. Give the path of another file, or the anchor that belongs to this log.
fault-audit-anchor-contradicts = the anchor “{ $path }” contradicts the audit log: the log was cut or rewritten
    .hint = The anchor was left as it is: it is the proof. Keep a copy of it and of the log’s folder, and run `duphong audit verify --anchor`.
fault-audit-range = the audit log has no entries { $from } to { $to }: it has { $size }
    .hint = Entries are counted from 0; the end of a range is not part of it.
fault-audit-output-exists = “{ $path }” is there already
    .hint = An export never replaces a file: choose another name.
fault-audit-bundle-too-large = the export “{ $path }” would be larger than 4 GiB, or hold more than 4,000 files
    .hint = Export the range in parts, with --from and --to.
fault-audit-output = a file outside the audit log cannot be written; the log itself is sound

# What opening the log put right.
audit-recovered-torn = The last run ended in the middle of an audit entry: { $bytes } bytes were set aside in the folder “torn”, and an entry says so.
audit-recovered-abandoned = Entry { $seq } ({ $verb }, { $subject }) was announced but never finished; it is now recorded as abandoned.

# Heads.
audit-head = { $origin }: { $size ->
    [one] 1 entry
   *[other] { $size } entries
}, root { $root }

# Verifying.
audit-verdict-valid = VALID
audit-verdict-invalid = INVALID
audit-verdict-inconclusive = INCONCLUSIVE
audit-found-own-key = The key was taken from the log’s own folder: the verdict holds only if that key is genuine.
audit-found-key = The public key cannot be used.
audit-found-unreadable = “{ $path }” cannot be read: { $error }
audit-found-no-head = The signed head cannot be read: { $error }
audit-found-signature = The head is not signed by the key of this log.
audit-found-not-an-anchor = “{ $path }” is not a head of this log signed by this key.
audit-found-line = Entry { $seq } is not a valid entry.
audit-found-version = Entry { $seq } has version { $version }, newer than this program.
audit-found-seq = At position { $seq } stands entry { $found }: an entry was dropped, added, repeated or moved.
audit-found-opened = Entry { $seq }: the opening entry stands in the wrong place or is missing.
audit-found-other-key = Entry { $seq }: the log was opened with another key.
audit-found-clock = Entry { $seq }: the clock went back and the entry does not say so, or says so wrongly.
audit-found-pairing = Entry { $seq } is the outcome of entry { $intent }, which is not an open intent for the same deed.
audit-found-number = Entry { $seq } has number { $n } in the series “{ $series }”: numbers skip or repeat.
audit-found-edited = Entry { $seq } was changed after it was written.
audit-found-leaf-tile = The hash of entry { $seq } was changed in its tile; the entry itself is what was signed.
audit-found-tile = The tile “{ $path }” does not match the entries.
audit-found-file-lost = “{ $path }” is missing.
audit-found-bundle-lost = The entries from { $seq } on are missing: “{ $path }”.
audit-found-bundle-odd = The bundle “{ $path }”, which begins with entry { $seq }, is not whole or differs from its lines.
audit-found-cut = The log was cut off: the signed head covers { $head } entries, { $found } are there.
audit-found-root = The first { $head } entries are not those that were signed.
audit-found-unsigned = The entries from { $head } to the end ({ $found } in all) are under no signed head: a crash, or entries that somebody added.
audit-found-torn = { $bytes } bytes at the end belong to an entry that was never finished.
audit-found-anchor-cut = The anchor “{ $path }” covers { $size } entries, { $found } are there: the log was cut off.
audit-found-anchor-rewritten = The anchor “{ $path }” covers { $size } entries that are not those found: the log was rewritten.
audit-found-anchor-outside = The anchor “{ $path }” ({ $size } entries) lies outside the exported range and proves nothing about it.
audit-found-bundle = “{ $path }” does not describe an export.
audit-found-bundle-version = The export has version { $version }, newer than this program.
audit-found-before = The hashes before the range do not match their root.
audit-found-after = The entries do not match the root at the end of the range: one of them was changed.
audit-found-count = The range should hold { $expected } entries, it holds { $found }.
audit-found-consistency = The range is not part of the log whose head was signed.
audit-found-clock-back = The clock was set back { $count } times, by { DURATION($most) } at most, first in entry { NUMBER($first, useGrouping: "false") }; the entries say so.
audit-found-bundle-key = The key was taken from the export itself, not from elsewhere.
audit-found-untrusted = No key and no anchor came from outside: the export agrees with itself, but so does one that somebody made up as a whole. Compare the key with the one that the agency gave you (--key), or give an anchor (--anchor).
audit-found-list = “{ $path }” is not a list of files signed by this key.
audit-found-file-changed = “{ $path }” is not the file that was signed for.
audit-found-file-added = “{ $path }” is not in the signed list: somebody added it.
audit-found-evidence-swapped = The evidence “{ $path }” was swapped: its content does not match the digest in the log.
audit-found-evidence-unnamed = No entry of the range names the evidence { $digest }.
audit-found-zip = “{ $path }” is not a whole export: it was cut off, damaged, or made by another program.
audit-found-zip-packed = Another program packed “{ $path }” anew (“{ $name }”). Unpack it into a folder and verify that.
audit-found-zip-name = “{ $path }” holds a file name that is doubled or not allowed (“{ $name }”). Do not unpack it.
audit-found-incomparable = Nothing leads from one of the exports to the other.
audit-found-other-log = The exports are of two different logs.
audit-found-fork-entry = At position { $seq } the exports have two different entries: one of them was rewritten.
audit-found-fork = The exports contradict each other about the first { $size } entries, under the same key: the log was rewritten or forked.
audit-found-agree = The exports are of one log; they agree at { $size } entries.
audit-found-agree-part = The exports agree at { $size } entries; nothing shows that they are of one log from there on.
audit-found-not-a-head = “{ $path }” holds something that is no head of this log signed by this key.
audit-found-no-anchors = “{ $path }” holds no head of this log: nothing came from there.
audit-found-anchors-hidden = Somebody hid { $count ->
    [one] one anchor
   *[other] { $count } anchors
} at “{ $path }” (the first: “{ $first }”); the locked versions are still there and were read.
audit-found-anchor-missing = The log says that the anchor of { $size } entries was put at “{ $path }”, and it is not there.
audit-found-anchor-expired = The anchor of { $size } entries at “{ $path }” is not there any more; its lock has ended.
audit-found-rewritten-between = The rewriting begins between entry { NUMBER($from, useGrouping: "false") } and entry { NUMBER($to, useGrouping: "false") }: every anchor before that agrees.
audit-found-head-older = The head of the log covers { $head } entries, and the anchor “{ $path }” { $size }: an old head was put back, or this is a copy that was made while the log was written.
