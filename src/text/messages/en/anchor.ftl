# Anchors: heads of the audit log that are kept outside.
fault-anchor-none = the configuration names no place that keeps anchors
    .hint = Add a section “audit” with “anchors” to the configuration, or write the head to a file with --out and take it away yourself.
fault-anchor-unknown = there is no place “{ $anchor }” for anchors
    .hint = Places in the configuration: { $known }.
fault-anchor-no-bucket = nothing can be fetched from “{ $anchor }”: it is mail, and its recipient keeps it
    .hint = Ask the recipient for the letters, saved as files, and give each with --anchor.

audit-anchor-object = { $anchor }: the head of { $size ->
    [one] 1 entry
   *[other] { $size } entries
} is at “{ $place }”, version { $version }, locked until { INSTANT($until) } ({ $mode })
audit-anchor-letter = { $anchor }: the head of { $size ->
    [one] 1 entry
   *[other] { $size } entries
} went to { $to }; the mail server answered “{ $answer }”
audit-anchor-unmoved = { $anchor }: nothing to do; the head of { $size ->
    [one] 1 entry
   *[other] { $size } entries
} at “{ $to }” covers all but entries about anchors
audit-anchor-planned = { $anchor }: the head of { $size ->
    [one] 1 entry
   *[other] { $size } entries
} would go to “{ $to }”

# The letter.
anchor-mail-subject = Anchor of the audit log of { $site }: { $size ->
    [one] 1 entry
   *[other] { $size } entries
}
anchor-mail-file = anchor
anchor-mail-what = This is an anchor of the audit log of { $site }, taken at { INSTANT($at) }. It is the signed head of the log: whoever holds it can prove later that none of the first { $size ->
        [one] entry
       *[other] { $size } entries
    } was changed, dropped or added, not even by whoever runs duphong and has its signing key. It says nothing about entries after them.
anchor-mail-keep = Please keep this letter as it is, where whoever runs duphong can neither change nor delete it. It needs no answer. If these letters stop coming, ask why.
anchor-mail-verify = To verify, save the letter as a file (.eml, or as text) and run, on a machine of your own:
        duphong audit verify --dir FOLDER-OF-THE-LOG --key PUBLIC-KEY --anchor LETTER.eml
    Instead of --dir, an export of the log (a zip) may be given. --anchor may be repeated. The page verify.html in an export takes the attached file.
    The public key stands below. When the first letter comes, compare its fingerprint with the one that was handed to you by another way.
anchor-mail-head = Log: { $log }
    Entries: { NUMBER($size, useGrouping: "false") }
    Root: { $root }
    Public key: { $key }
    Fingerprint of the key: { $fingerprint }
