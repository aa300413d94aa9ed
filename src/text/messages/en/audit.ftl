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
fault-audit-opening = what entry { $seq } of the audit log says is missing or was changed
    .hint = Change nothing in the folder. Run `duphong audit verify`, and bring the file in “tail” back from the copy of the log in a set.
fault-audit-tile = the tile “{ $path }” of the audit log is missing or damaged
    .hint = Put the file back from a copy of the log inside a set, then run `duphong audit verify`.
fault-audit-too-large = an audit entry of { $bytes } bytes is too large ({ $verb })
    .hint = This is a defect of duphong; please report it.
fault-audit-handover = “{ $path }” is no handover of this audit log’s signing key, or one is missing
    .hint = Change nothing in the folder. Put the file back from a copy of the log inside a set, then run `duphong audit verify`.
fault-audit-key-retired = the key in “{ $path }” handed the audit log over to another one and may not sign any more
    .hint = Put the new key back from its copy. If that is lost, a new log can take over; the old key is of no use any more.
fault-audit-key-elsewhere = the signing key “{ $path }” is no plain file in that place, so it cannot be rotated
    .hint = If it is a link, the key is kept elsewhere. Put the key file itself at this path (mode 0600), rotate, and only then move the new key to where it is kept.
fault-audit-key-often = the signing key of the audit log was rotated { $count } times, which is as often as it can be
    .hint = Begin a new log that takes over from this one.
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
audit-recovered-handover = The rotation of the signing key at entry { $seq } was broken off and is finished now: the new key signs the log.

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
audit-found-too-many-heads = “{ $path }” holds more heads than are read of one file; the others were not looked at.
audit-found-line = Entry { $seq } is not a valid entry.
audit-found-version = Entry { $seq } has version { $version }, newer than this program.
audit-found-seq = At position { $seq } stands entry { $found }: an entry was dropped, added, repeated or moved.
audit-found-opened = Entry { $seq }: the opening entry stands in the wrong place or is missing.
audit-found-other-key = Entry { $seq }: the log was opened with another key.
audit-found-other-key-given = The fingerprint that was given is of none of the keys that are here.
audit-found-key-handover = “{ $path }” is no handover of the signing key that the old and the new key signed.
audit-found-key-fork = The key { $key } was handed over twice, in “{ $other }” and in “{ $path }”: the log was forked.
audit-found-key-gap = The handover of the key before “{ $path }” is missing.
audit-found-key-retired = “{ $path }” ({ $size } entries) is signed by the key { $key }, which was handed over at { $end } entries: whoever has the old key went on with it.
audit-found-key-early = “{ $path }” ({ $size } entries) is signed by the key { $key }, which took over at { $begin } entries: whoever has it forged a shorter log.
audit-found-key-root = The handover of the key “{ $path }” ({ $size } entries) contradicts the log ({ $found } entries): it was cut or rewritten.
audit-found-key-unproven = The proof that leads from the handover “{ $path }” ({ $size } entries) to the head ({ $found } entries) is missing.
audit-found-key-lost = The handover that leads from the given key to the one that signed is missing.
audit-found-key-unlinked = Entry { $seq }: another key took over here, but its handover is missing.
audit-found-key-ignored = Entry { $seq }: the key { $key } took over here, but the head is still signed by the old one: whoever has that went on with it.
audit-found-key-entry = Entry { $seq } is not the one that announces the handover in “{ $path }”.
audit-found-key-earlier = The head is signed by a key before the given one; nothing shows that it is part of what the given key took over. Give the key of that time (--key), or an anchor (--anchor).
audit-found-clock = Entry { $seq }: the clock went back and the entry does not say so, or says so wrongly.
audit-found-pairing = Entry { $seq } is the outcome of entry { $intent }, which is not an open intent for the same deed.
audit-found-number = Entry { $seq } has number { $n } in the series “{ $series }”: numbers skip or repeat.
audit-found-opening = Entry { $seq }: what is shown as “{ $fields }” is not what was signed for.
audit-found-opening-unread = Entry { $seq }: what it says cannot be read, only the hashes that were signed.
audit-found-opening-line = Line { NUMBER($line, useGrouping: "false") } of openings.jsonl is of no entry of the range, or stands in the wrong place.
audit-found-openings-lost = What the entries from { $seq } on say is lost (“{ $path }”); the hashes that were signed are there.
audit-found-withheld = Entry { $seq }: { $fields } withheld; all else is proven.
audit-found-key-withheld = Entry { $seq }: a key of the log is withheld, so it cannot be compared.
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

# The key that signs the log.
label-signer = Signed by
label-old-key = Old key
label-new-key = New key
label-handover = Handover
audit-key-first = { $id }, the first
audit-key-later = { $id }, after { $number ->
    [one] 1 rotation
   *[other] { $number } rotations
}
audit-key-first-since = { $id }, the first, since { INSTANT($since) } ({ DURATION($age) })
audit-key-later-since = { $id }, rotation { $number }, since { INSTANT($since) } ({ DURATION($age) })
audit-key-rotated = The key { $new } signs the log from entry { NUMBER($size, useGrouping: "false") } on. The key { $old } may not sign any more; its file was replaced.
audit-key-hand-out = Hand the new key and its fingerprint to the auditor by a way of their own, and take an anchor now: duphong audit anchor --out … Whoever holds the old key goes on verifying with it, by the handover.
audit-key-theft = If the old key may have been stolen: the rotation proves nothing about the entries before it. Only an anchor from before the theft does, as far as it reaches.
audit-key-dry-run = The log would be handed over to a new key. Nothing was changed.
status-log-key = Signing key: { $key }
help-audit-key = The key that signs the heads of the audit log
help-audit-key-rotate = Rotate the signing key: a new one takes over inside the log
more-audit-key-rotate = Makes a new key; records it and the reason; the old key signs its last head, in which it hands over to the new one, which signs that too; then the old key's file is replaced. Stopped anywhere, the old or the new key is in force, and the next command finishes or undoes the rest. Whoever holds any key of the log can verify it, since the handover stays in the log and goes along with every export.
help-audit-key-rotate-by = Who decided: name and office
help-audit-key-rotate-reason = Why, for the audit log
help-audit-key-rotate-dry-run = Say which key signs and whether it can be rotated; change nothing
