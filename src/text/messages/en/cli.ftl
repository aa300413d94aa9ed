# How the program speaks.
cli-error = error
cli-warning = warning
cli-hint = hint
cli-stopping = Stopping at the next safe place; press Ctrl-C again to end at once.

# Parts of a help page.
page-heading-usage = Usage
page-heading-commands = Commands
page-heading-arguments = Arguments
page-heading-options = Options
page-heading-common = Common options
page-heading-exit-codes = Exit codes
page-possible-values = one of
page-default-value = default
page-usage-options = OPTIONS
page-usage-command = COMMAND

# Exit codes, in few words.
exit-done = done
exit-failed = failed
exit-usage = wrong usage
exit-warnings = done with warnings, or not proven
exit-repository-missing = repository missing
exit-locked = locked by another process
exit-wrong-key = wrong password or key
exit-integrity = data does not match its digest
exit-human-needed = a person must decide
exit-bug = a defect of duphong
exit-configuration = configuration wrong
exit-interrupted = interrupted
exit-halt = a recovery must not go on (wal fetch)

# A command line that cannot be understood.
fault-usage-unknown-verb = unknown command “{ $verb }”
    .hint =
        { $similar ->
            [none] See “{ $command } --help”.
           *[other] Did you mean “{ $similar }”? See “{ $command } --help”.
        }
fault-usage-missing-verb =
    { $known ->
        [none] a command is missing
       *[other] a command is missing; known are: { $known }
    }
    .hint = See “{ $command } --help”.
fault-usage-unknown-argument = unknown argument “{ $argument }”
    .hint =
        { $similar ->
            [none] See “{ $command } --help”.
           *[other] Did you mean “{ $similar }”? See “{ $command } --help”.
        }
fault-usage-missing-arguments = required but missing: { $arguments }
    .hint = See “{ $command } --help”.
fault-usage-missing-value = “{ $argument }” needs a value
    .hint = See “{ $command } --help”.
fault-usage-invalid-value = “{ $value }” is no value for “{ $argument }”
    .hint = See “{ $command } --help”.
fault-usage-not-one-of = “{ $value }” is no value for “{ $argument }”; it takes one of: { $known }
    .hint = See “{ $command } --help”.
fault-usage-unwanted-value = “{ $argument }” takes no value, but “{ $value }” was given
    .hint = See “{ $command } --help”.
fault-usage-conflict = “{ $argument }” and “{ $other }” cannot stand together
    .hint = See “{ $command } --help”.
fault-usage-repeated = “{ $argument }” stands more than once
    .hint = See “{ $command } --help”.
fault-usage-in-the-clear = “{ $place }” would be asked without TLS, over a network that may not be ours
    .hint = Use https://. Where the server has no TLS and the way to it is yours alone, add “{ $argument }”.
fault-usage-not-utf8 = an argument is not UTF-8
    .hint = See “{ $command } --help”.
fault-usage-other = the command line cannot be understood: { $detail }
    .hint = See “{ $command } --help”.

# Faults at the edge.
fault-cli-output = failed to write to standard output
    .hint = What was to be done is done, only the answer was lost. Free some space behind standard output, then ask again.
fault-cli-no-runtime = failed to start the program's runtime
    .hint = The system refuses threads or files: check its limits (ulimit -a) and its free memory.
fault-cli-no-configuration = there is no configuration (looked for { $places })
    .hint = Name the file with --config, or make a first one with “duphong quickstart”.
fault-cli-bug = a defect of duphong { $version } ended the command, at { $place }: { $words }
    .hint = Nothing that was reported done is lost. Run it again with -vv, and send that output to whoever maintains duphong for you.

# Progress.
progress-items = { $done } items
progress-rate = { $amount }/s
progress-left = { $time } left

# validate
validate-sealed = sealed: “{ $part }” of { $portal } adds about { $day } a day to each repository: { $bytes } a set ({ $basis ->
    [last-set] as the last set did
   *[other] at most, by the size of the file
}), { $sets } sets a week
validate-sealed-unscheduled = sealed: “{ $part }” of { $portal } adds { $bytes } to each repository with every set ({ $basis ->
    [last-set] as the last set did
   *[other] at most, by the size of the file
}); how many a day, no schedule says
validate-sealed-unknown = sealed: “{ $part }” of { $portal }: how much a day adds is not known before the first set; a database is stored whole each time, of a tree what changed
validate-good = “{ $path }”: no problem found.
validate-warnings =
    { $warnings ->
        [one] “{ $path }”: usable, with one warning.
       *[other] “{ $path }”: usable, with { $warnings } warnings.
    }
validate-errors = “{ $path }”: not usable. Errors: { $errors }; warnings: { $warnings }.
validate-errors-and-more = “{ $path }”: not usable. Errors: { $errors }; warnings: { $warnings }; further problems not listed: { $more }.

# Shared by several verbs.
cli-about = { $subject }: { $words }
cli-more = … and { $count } more (--json has them all)
fault-cli-not-as-json = the content of a file cannot be given as JSON
    .hint = Leave --json out: the file goes to standard output as it is.

# Names of columns and figures.
label-actor = Who
label-address = Address
label-age = Age
label-allowance = Allowance for the decision
label-anchor = Anchor
label-anchors-made = Anchors made
label-article = Article
label-baseline = Baseline
label-began = Began
label-body = Body
label-certificate = Certificate
label-changed = Changed
label-check = Check
label-compared = Compared
label-configuration = Configuration
label-criterion = Criterion
label-database = Database
label-decision = Decision
label-deleted = Deleted
label-document = Document
label-drill = Drill
label-dump = Dump
label-engine = Engine
label-entries = Entries
label-entry = Entry
label-every = Every
label-fetched = Fetched
label-files = Files
label-folder = Folder
label-folders = Folders
label-from = From
label-host = Host
label-naming-rows = Rows naming files
label-without-file = Without a file
label-walked-until = Tree read until
label-instant = As of
label-kept = Already there
label-law = Law
label-left = Left as it is
label-loaded = Databases loaded
label-opened = Sealed files opened
label-erased = Erasures replayed
label-log = Audit log
label-mail-subject = Subject
label-looks = Looks
label-minutes = Minutes of the drill
label-new = New
label-new-log = New audit log
label-newest-drill = Newest drill
label-newest-set = Newest set
label-not-seen = Not seen
label-old-log = Old audit log
label-open = Unfinished
label-outcome = Outcome
label-segments = Log segments
label-packs = Packs
label-parent = Compared with
label-password = Password file
label-credentials = Access key file
label-phase = Phase
label-phases = Phases
label-portal = Portal
label-probe = Probe
label-program = Program
label-protocol = Protocol
label-read = Read
label-reason = Reason
label-repository = Repository
label-chosen = Chosen
label-read-from = Read from
label-request = Request
label-approver-key = Approver's key
label-form = Form 03 (exercise)
label-portal-folder = Portal
label-revocation = Revocation
label-root = Root
label-rows = Rows
label-rpo = Measured RPO
label-rules = Rules
label-rules-of-tag = With tag “{ $tag }”
label-tags = Tags
label-rto = Measured RTO
label-to = To the instant
label-to-gtid = Up to transaction
label-as-of = As of
label-hidden = Hidden
label-later = Written since
label-locks-removed = Locks since
label-object-lock = Object lock
label-overwritten = Overwritten
label-sabotage = Sabotage
label-score = Score
label-set = Set
label-sets = Sets
label-settled = Settled
label-since = Since
label-size = Size
label-source = Source
label-stored = Stored
label-subject = Subject
label-tables = Tables
label-taken = Taken
label-target = Target
label-time = Time
label-to-fetch = To fetch
label-together = Together
label-why = Why
label-took = Took
label-tree = Tree
label-unchanged = Unchanged
label-verb = Verb
label-named-evidence = Evidence
label-withheld = Fields withheld
label-export = Export
label-fingerprint = Fingerprint of the key
label-public-key = Public key
label-uncovered = Not covered
label-uncovered-since = Not covered since
label-verdict = Verdict
label-incident = Incident
label-what = What

# init
init-log = Audit log made in “{ $path }”.
init-password = Password made and written to “{ $path }”.
init-repository = Repository “{ $repository }” made; its id is { $id }.
init-unconditional = The server of repository “{ $repository }” does not promise to keep an object that another writer replaces at the same instant; duphong looks before each write instead. Let nothing else write there.
init-kept = Repository “{ $repository }” was there and stays as it is.
init-copy-the-password = Without its password the repository “{ $repository }” is lost: print a key sheet (“duphong key sheet { $repository } --out FILE”), keep it elsewhere, then run “duphong key confirm { $repository }”.

# key
key-sheet-written = The key sheet of repository “{ $repository }” was written to { $path }. Print it, delete this file, then test the paper by “duphong key sheet { $repository } --test”.
key-sheet-proven = The key sheet is right: the password read from paper opens repository “{ $repository }”.
key-sheet-type = Scan the QR code, or type group by group in capital letters and compare the check words. After a wrong group press Ctrl-C and begin again. A password that a person chose: type it whole on one line. An empty line ends it.
key-confirmed = Recorded: { $by } keeps a copy of the password of “{ $repository }” at: { $place }. Nobody has tried the copy; --copy does.
key-confirmed-and-proven = Recorded: { $by } keeps a copy of the password of “{ $repository }” at: { $place }. The copy opens the repository.

# repository verify
verify-sound = sound: every byte was read and is as it was written
verify-sound-structure = sound in structure; file contents were not read (--read-data does)
verify-sound-part = sound in structure and in the part that was read
verify-part-since = Part { $number } of { $parts } was read. All that was there on { $at } has been read since.
verify-part-unread = Part { $number } of { $parts } was read. { $read } of them have been read so far; the others were never read.
verify-damaged = DAMAGED: { $count ->
    [one] 1 object
   *[other] { $count } objects
}; sets that cannot be restored whole: { $sets }
verify-range = bytes { $from } to { $to }
verify-mend-index = What packs still hold, and the index lacks or tells wrongly, can be listed again; look first with “duphong repository repair { $repository } --index --all-headers --dry-run”.
verify-mend-packs = What is whole in these packs can be saved; look first with “duphong repository repair { $repository } --packs --dry-run”.
verify-foreign = { $count ->
        [one] One object
       *[other] { $count } objects
    } beside the transaction logs { $count ->
        [one] was not written by this program and was
       *[other] were not written by this program and were
    } not read.
verify-unreferenced = { $count ->
    [one] 1 pack belongs to no set yet, left by an interrupted run; the next run takes it over.
   *[other] { $count } packs belong to no set yet, left by an interrupted run; the next run takes them over.
}

# repository forget
forget-stays = stays
forget-goes = goes
forget-no-rule = no rule keeps it
forget-tagged = { $why } [{ $tags }]
forget-without-rules = { $count ->
    [one] Portal “{ $portal }” has no rules and keeps its only set.
   *[other] Portal “{ $portal }” has no rules and keeps all { $count } sets.
}
forget-others = { $count ->
    [one] 1 set belongs to no portal of the configuration and stays.
   *[other] { $count } sets belong to no portal of the configuration and stay.
}
forget-no-sets = There is no such set.
forget-nothing = In “{ $repository }” nothing is to be forgotten.
forget-dry-run = { $count ->
    [one] In “{ $repository }” 1 set would be forgotten. Nothing was changed.
   *[other] In “{ $repository }” { $count } sets would be forgotten. Nothing was changed.
}
forget-done = { $count ->
    [one] In “{ $repository }” 1 set was forgotten. Its data stays until “duphong repository prune” removes what no set needs.
   *[other] In “{ $repository }” { $count } sets were forgotten. Their data stays until “duphong repository prune” removes what no set needs.
}
forget-future = { $count ->
    [one] repository “{ $repository }” holds 1 set of portal “{ $portal }” that is dated in the future: it stays and counts for nothing; check the clock of the host that took it
   *[other] repository “{ $repository }” holds { $count } sets of portal “{ $portal }” that are dated in the future: they stay and count for nothing; check the clocks of the hosts that took them
}
forget-undated = { $count ->
    [one] repository “{ $repository }” holds 1 set of portal “{ $portal }” that is dated before the year 2000: it stays and counts for nothing, since when it was taken is not known
   *[other] repository “{ $repository }” holds { $count } sets of portal “{ $portal }” that are dated before the year 2000: they stay and count for nothing, since when they were taken is not known
}
forget-too-few-verified = of portal “{ $portal }” repository “{ $repository }” holds fewer verified sets ({ $verified }) than must remain ({ $wanted }): nothing is forgotten; run “duphong repository verify { $repository } --read-data”, or a drill
retention-future = dated in the future
retention-undated = date not known
retention-evidence = evidence
retention-held = held
retention-held-by = held by { $by }: { $reason }
retention-newest = newest
retention-last = one of the last
retention-within = young enough
retention-hourly = hourly
retention-daily = daily
retention-weekly = weekly
retention-monthly = monthly
retention-yearly = yearly
retention-verified = verified
retention-too-few-verified = too few are verified

# repository stats
stats-restored = All sets as restored
stats-files = { $count ->
    [one] 1 file, { BYTES($bytes) }
   *[other] { NUMBER($count) } files, { BYTES($bytes) }
}
stats-contents = Different contents
stats-needed = Stored for sets
stats-blobs = { $count ->
    [one] 1 blob, { BYTES($bytes) }
   *[other] { NUMBER($count) } blobs, { BYTES($bytes) }
}
stats-packs = Packs
stats-index = Index files
stats-logs = Transaction logs
stats-objects = { $count ->
    [one] 1 object, { BYTES($bytes) }
   *[other] { NUMBER($count) } objects, { BYTES($bytes) }
}
stats-compression = Compression
stats-deduplication = Deduplication
stats-week = Added in 7 days
stats-month = Added in 30 days
stats-prune = A prune would free
stats-prune-frees = { BYTES($freed) }, and leave { BYTES($unneeded) } that no set needs
stats-prune-unknown = not known: a prune would refuse
stats-no-portal = (no portal)
stats-sets = Sets
stats-oldest = Oldest
stats-newest = Newest
stats-7 = 7 days
stats-30 = 30 days
stats-source = Newest set of
stats-alone = Alone
stats-shared = Shared
stats-ratio = Compr.
stats-of-month = Month
stats-added = Added
stats-uncounted = Not everything could be counted. Damaged or lost: sets { $sets }, index files { $index }, packs { $packs }, folders { $folders }, blobs of files { $blobs }. Numbers with ≥ are the least that they can be. Run “duphong repository verify”.
stats-sources-uncounted = { $count ->
    [one] 1 source was left out: there are more than can be told apart.
   *[other] { $count } sources were left out: there are more than can be told apart.
}

# repository repair
repair-files = Index files
repair-headers = Headers read
repair-listed = Packs listed anew
repair-replaced = Index files replaced
repair-missing = taken out of the index, since it is not there: “{ $object }”
repair-corrected = the index said something else than the header of the pack “{ $object }”
repair-bad = the header of the pack “{ $object }” cannot be read, so it stays as it is: { $reason }
repair-nothing = The index agrees with the packs. Nothing was changed.
repair-dry-run = That is what would be changed, and below is what would be lost for good. Nothing was changed.
repair-done = The index agrees with the packs again.
repair-stopped = Stopped before the end. What was changed is right, and running it again goes on from there.
repair-heals = What is lost is stored again by the next set, as far as the source still has it, and older sets are whole again with it: run “duphong snapshot create”, then “duphong repository verify”.
repair-packs-read = Packs read
repair-packs-damaged = Damaged or lost
repair-packs-good = Blobs that are whole
repair-packs-good-of = { $good } of { $blobs }
repair-packs-written = Packs written
repair-packs-removed = Packs removed
repair-pack-sound = “{ $object }” is whole and stays
repair-pack-misindexed = “{ $object }” is whole and stays, but the index says something else of it: run “duphong repository repair NAME --index --all-headers”
repair-pack-damaged = “{ $object }”: { $good } of { $blobs } blobs are whole; { $reason }
repair-pack-missing = “{ $object }” is not there; the index has { $blobs } blobs in it
repair-pack-opaque = “{ $object }” stays, since nobody can say what is in it: { $reason }
repair-pack-unknown = “{ $object }” is neither in the repository nor in its index
repair-packs-nothing = No pack has to be repaired. Nothing was changed.
repair-packs-dry-run = Damaged packs would be replaced by new ones with what is whole in them; below is what would be lost for good. Nothing was changed.
repair-packs-done = What was whole lies in new packs, and the damaged packs are gone.
repair-packs-stopped = Stopped before the end. Nothing that was whole is lost, and running it again goes on from there.
repair-packs-hides = Objects are locked there: a damaged pack that is removed is only hidden, and stays until its lock ends.
repair-packs-unnamed = { $count ->
    [one] The newest verify found 1 more damage than the log has room to name: run “duphong repository verify NAME --read-data” again after this.
   *[other] The newest verify found { $count } more damages than the log has room to name: run “duphong repository verify NAME --read-data” again after this.
}

# repository copy
label-copy = Copy
copy-there = { $count ->
    [one] 1 set is in “{ $repository }” already.
   *[other] { $count } sets are in “{ $repository }” already.
}
copy-nothing = “{ $repository }” lacks none of the chosen sets that can be copied.
copy-dry-run = { $count ->
    [0] Nothing would be copied.
    [one] 1 set would be copied into “{ $repository }”: { BYTES($bytes) } to send. Nothing was changed.
   *[other] { $count } sets would be copied into “{ $repository }”: { BYTES($bytes) } to send. Nothing was changed.
}
copy-done = { $count ->
    [one] Copied 1 set into “{ $repository }”; { BYTES($bytes) } were stored.
   *[other] Copied { $count } sets into “{ $repository }”; { BYTES($bytes) } were stored.
}
copy-stopped = { $count ->
    [one] Stopped before the end: 1 set was copied into “{ $repository }” and is whole. Running it again sends nothing that is there.
   *[other] Stopped before the end: { $count } sets were copied into “{ $repository }” and are whole. Running it again sends nothing that is there.
}
copy-refused = set { $set } of “{ $repository }” cannot be copied: { $fault }

# repository prune
prune-unneeded = Needed by no set
prune-partly-needed = Partly needed
prune-small = Small
prune-unlisted = Left by broken-off runs
prune-lost = Lost, and needed by no set
prune-kept = Stay
prune-packs = { $count ->
    [one] 1 pack, { BYTES($bytes) }
   *[other] { $count } packs, { BYTES($bytes) }
}
prune-packs-again = { $count ->
    [one] 1 pack, { BYTES($bytes) }; { BYTES($needed) } of it is written again
   *[other] { $count } packs, { BYTES($bytes) }; { BYTES($needed) } of it is written again
}
prune-packs-kept = { $count ->
    [one] 1 pack, { BYTES($bytes) }; { BYTES($unneeded) } of it is needed by no set
   *[other] { $count } packs, { BYTES($bytes) }; { BYTES($unneeded) } of it is needed by no set
}
prune-nothing = There is nothing to remove.
prune-dry-run = { BYTES($bytes) } would become free. Nothing was changed.
prune-done = { $spared ->
    [0] Removed { BYTES($removed) }, wrote { BYTES($written) } again.
    [one] Removed { BYTES($removed) }, wrote { BYTES($written) } again. 1 pack was spared, since a set that came meanwhile needs it.
   *[other] Removed { BYTES($removed) }, wrote { BYTES($written) } again. { $spared } packs were spared, since a set that came meanwhile needs them.
}
prune-hides = The bucket keeps versions under locks: what is removed is only hidden there. It takes space, and can be brought back, until its lock ends; then the rules of the bucket for old versions remove it.
prune-stopped = Stopped before the end: { BYTES($removed) } were removed, { BYTES($written) } written again. Every set still has all it needs. Running it again goes on from there.

# snapshot
snapshot-list-empty = There are no sets.
snapshot-unreadable = set { $set } in repository “{ $repository }” cannot be read: { $fault }; run “duphong repository verify { $repository }”
snapshot-dry-run = Nothing was written: this is what a run would take.
snapshot-skipped = left out: “{ $path }”: { $reason }
snapshot-references-missing = database “{ $database }”: { $count } of { $rows } rows name files of “{ $tree }” that the set does not have: { $examples }
snapshot-references-refused = database “{ $database }”: { $count } of { $rows } rows name nothing below “{ $tree }” (absolute, with “..”, or too long): { $examples }
snapshot-references-unknown = database “{ $database }”: nobody could find out which files of “{ $tree }” it names: { $detail }
snapshot-standby = Database “{ $database }” was read from its standby { $server }, which was { $lag } behind.
snapshot-standby-instead = database “{ $database }” was read from the primary, not from the standby { $server }: { $reason }
snapshot-failed-in = repository “{ $repository }” did not get the set: { $fault }
snapshot-caught-up = { $count ->
    [one] Repository “{ $repository }” had missed 1 set; it was copied from “{ $from }”.
   *[other] Repository “{ $repository }” had missed sets; { $count } were copied from “{ $from }”.
}
snapshot-still-behind = repository “{ $repository }” still lacks sets that it missed before and “{ $from }” has: { $fault }; the next run tries again
snapshot-behind-unknown = whether a repository lacks sets that it missed before is not known: { $fault }
snapshot-packs-missing = { $count ->
    [one] 1 pack that earlier sets need was
   *[other] { $count } packs that earlier sets need were
} not found in repository “{ $repository }”; run “duphong repository verify { $repository }”
snapshot-list-evidence = { $portal } (evidence)
snapshot-list-held = { $portal } (held)
snapshot-list-holds-unknown = which sets are held cannot be said: { $fault }
snapshot-held = Recorded: { $by } holds set { $set } in “{ $repository }”: { $reason }. No rule forgets it until it is released. restic does not know of this.
snapshot-released = Recorded: { $by } releases set { $set } in “{ $repository }”: { $reason }. The rules of its portal apply to it again.
snapshot-portal-held = Recorded: { $by } holds all sets of { $portal }, those to come as well: { $reason }. No rule forgets them until they are released. restic does not know of this.
snapshot-portal-released = Recorded: { $by } releases the sets of { $portal }: { $reason }. Its rules apply again, but for sets that are held one by one.
snapshot-show-evidence = this set was taken as evidence of a portal that may be attacked: “latest” never means it
snapshot-show-foreign = this set has no manifest: another program than duphong took it
snapshot-blind = database “{ $database }”: the inventory could not see everything: { $detail }
snapshot-sealed = sealed: “{ $part }”, { $bytes }, to { $recipients }

# restore
restore-dry-run = Nothing was written: this is what would be.
restore-lost = NOT RESTORED: “{ $path }”: { $fault }
restore-label-log = Transaction log
restore-reached = { $database }: the log lies beside it up to { $last }; the server that is started there stops before the wished instant or does not open, and archives nothing
restore-log-gap = database “{ $database }”: the log that is kept has a gap that begins with { $first }; what came after it cannot be reached
restore-evidence-lacks = the set of evidence lacks “{ $source }”
restore-evidence-failed = the set of evidence is not in repository “{ $repository }”: { $fault }
restore-left-sealed = LEFT SEALED: “{ $part }” lies there as files .zst.age; only an identity of { $recipients } opens it
restore-missing = { $count ->
    [one] missing { $bytes } from byte { $offset }
   *[other] missing { $bytes } in { $count } places, the first from byte { $offset }
}
restore-to-delete = To delete: “{ $path }”
restore-deleted = Deleted: “{ $path }”

# probe
probe-list-empty = No probe is configured.
probe-never = not settled yet
probe-unreadable = cannot be read
probe-flapping = { $state }, flapping
probe-history-formula = From { $from } to { $to } ({ $days ->
    [one] 1 day
   *[other] { $days } days
}). Each look holds until the next one, at most for twice the time between looks; time that no look covers is unknown. Share = time held / all the time; the shares add up to 100.000 %.
probe-bytes = { BYTES($bytes) }
probe-phases = name { $resolved }, certificate after { $secured }, answer after { $answered }
probe-answer-empty = no address
probe-answer-silent = no answer
probe-answer-invalid = not a name
probe-certificate-unreadable = cannot be read
probe-certificate = { $subject }, issued by { $issuer }; for { $names }; until { $until } (days left: { $days })
probe-revocation = not checked

# scan
scan-counts = { $passed } pass, { $failed } fail, { $unknown } unknown, { $unbound } not bound
scan-since = since { $at }
scan-written = The table is in { $path }.

# drill
drill-set = { $set }, taken { $taken }: { $files ->
    [one] 1 file
   *[other] { $files } files
}, { BYTES($bytes) }
drill-measured = { $measured }; the objective is { $objective }
drill-not-measured = not measured; the objective is { $objective }
drill-next = Minutes as PDF: duphong drill report { NUMBER($number, useGrouping: "false") } --out minutes.pdf
drill-list-empty = No drill has been run.
drill-work-open = Work after drill { $number }: { $owner }, deadline { INSTANT($due) }.
drill-work-late = Work after drill { $number }: { $owner }, LATE since { INSTANT($due) }.
drill-work-passed = Work after drill { $number } ({ $owner }, deadline { INSTANT($due) }) ended at { INSTANT($at) }: drill { $by } passed.
drill-work-closed = Work after drill { $number } ({ $owner }, deadline { INSTANT($due) }) was closed by { $by } at { INSTANT($at) }: { $reason }
drill-work-again = Failed again in: { $numbers }.
drill-closed = Recorded: { $by } closed the work after drill { NUMBER($number, useGrouping: "false") }: { $reason }
drill-sabotage-caught = The damage was done on purpose and named by the check “{ $check }” ({ $code }). This drill proves the drill, not the set.
drill-sabotage-void = Nothing was damaged: the set has nothing for this sabotage. This drill proves nothing.
drill-sabotage-missed = THE DAMAGE WAS NOT NAMED by the check that should: do not trust drills of this portal before you know why.
drill-chosen-verdict = { $verdict } ({ $wish })
drill-sabotaged = { $verdict } (sabotaged: { $sabotage })
drill-report-written = The minutes of drill { NUMBER($number, useGrouping: "false") } are in “{ $path }”.

# audit
audit-kind-opened = opened
audit-kind-intent = intent
audit-kind-outcome = outcome
audit-kind-record = record
audit-kind-gap = gap
audit-ending-done = done
audit-ending-warnings = warnings
audit-ending-not-proven = not proven
audit-ending-failed = failed
audit-ending-abandoned = abandoned
audit-verify-entries = { $count } (from { NUMBER($from, useGrouping: "false") } on)
audit-verify-anchor = { $path }: { $size ->
    [one] 1 entry
   *[other] { $size } entries
} proven unchanged since
audit-verify-anchor-until = { $path }: { $size ->
    [one] 1 entry
   *[other] { $size } entries
} proven unchanged since; the last was written at { INSTANT($at) }
audit-verify-anchors-more = and { $count } smaller
audit-verify-covered = nothing: an anchor covers every entry
audit-verify-uncovered = { $count ->
    [one] 1 entry
   *[other] { $count } entries
}, from entry { NUMBER($from, useGrouping: "false") } ({ $since }) on: whether they were rewritten, or others after them cut off, no anchor tells
audit-verify-uncovered-all = all { $count } entries, since { $since }: without an anchor nobody sees that the log was cut at its end, or rewritten with its own key
audit-verify-made = { $anchor }: { $made } made by the log’s word, the newest of { $size } entries ({ INSTANT($at) }); { $given } of them { $given ->
    [one] was
   *[other] were
} given here
audit-verify-asked = { $anchor }: { $made } made by the log’s word, the newest of { $size } entries ({ INSTANT($at) }); { $given } found, { $missing } missing
audit-exported = { $count } entries and their proofs are in “{ $path }”. Whoever gets it checks it with the verify.html inside, without a network, or with “duphong audit verify”; hand over the public key by another way.
audit-exported-altered = evidence { $digest } is not what was sealed any more, so it is not in the export
audit-anchored = The signed head is in “{ $path }”: keep it where the writer of the log cannot reach it.

# status
status-all-well = everything is as it should be
status-label-tree = Watched tree
status-label-changes = Paths changed
status-label-full-walk = Full walk needed
status-why =
    { $why ->
        [started] watching began then
        [overflow] too much changed at once
        [too-many] too many paths changed
        [root-replaced] another folder stands there
        [unmounted] a file system was mounted or taken away
        [limit] no watches left
        [instances] no queues left
        [root-gone] the folder is not there
        [unreadable] a folder cannot be read
        [no-thread] no thread could be made
        [torn] the journal lost its end
       *[damaged] the journal is damaged
    }
status-remarks =
    { $count ->
        [one] one thing needs attention
       *[other] { $count } things need attention
    }
status-open = Unfinished since { INSTANT($at) }: { $verb } of { $subject } (still running, or cut off)

# recover
recover-old-log = { $path }: { $entries ->
    [one] 1 entry
   *[other] { $entries } entries
}, { $verdict }
recover-next = Next: look through the configuration, then run “duphong --config { $path } status” and, for each portal, “duphong --config { $path } restore latest --portal … --target …”.
recover-repository-elsewhere = no repository of the configuration lies in the place this was recovered from; correct it there, or move the repository
recover-old-log-invalid = the old audit log does not verify; keep its folder as evidence and compare it with an anchor
recover-log-kept = there is an audit log in the configured place already; it was left as it is
recover-password-kept = there is a password file in the configured place already; it was left as it is
recover-credentials-kept = there is an access key in the configured place already; it was left as it is
recover-credential = the configuration wants the credential “{ $name }” from the service: put its secret into a file and name that in the unit (LoadCredential={ $name }:…)

# quickstart
quickstart-title = EXERCISE on a made-up portal (Cổng thông tin điện tử tỉnh Mẫu, cong.example). Everything lies in { $folder }
quickstart-made = Made a portal: { $articles } articles, { $uploads } uploaded files ({ BYTES($bytes) }). The probes see it answer over IPv4: { $v4 }; over IPv6: { $v6 }.
quickstart-taken = Took the set { $set }: { $files } files, { BYTES($bytes) }, stored encrypted in { BYTES($stored) }.
quickstart-lost = Lost database and uploads. The probes see it answer over IPv4: { $v4 }; over IPv6: { $v6 }.
quickstart-drilled = Restore drill { NUMBER($number, useGrouping: "false") }: { $verdict }. Measured RTO { $rto }, objective { $objective }; { $compared } things compared.
quickstart-recovered = Restored in place by playbook, run { NUMBER($run, useGrouping: "false") }: plan { $hash } approved by a second person with an own key, the state kept as evidence, taken out of service and seen to be, restored beside, compared, put in place, reopened: { $steps } steps, { $took }. The portal answers over IPv4: { $v4 }; over IPv6: { $v6 }.
quickstart-altered = The home page was altered, and noticed: { $signs } signs, score { $score }; { $evidence } pieces of evidence sealed. Last set from before it: { $set }.
quickstart-incident = Opened incident { NUMBER($number, useGrouping: "false") }, detected at { $detected }: { $owed } duties are owed, { $first }. Filled in Mẫu số 03 as an EXERCISE; { $blanks ->
    [one] one mandatory field is left for a person
   *[other] { $blanks } mandatory fields are left for a person
}.
quickstart-first-deadline = the next deadline { $due } ({ $rule }, { $article })
quickstart-cleaned = Restored the altered page by the same playbook, run { NUMBER($run, useGrouping: "false") }: { $steps } steps, { $took }. The portal answers over IPv4: { $v4 }; over IPv6: { $v6 }.
quickstart-unfinished = Run { NUMBER($run, useGrouping: "false") } of the playbook did NOT finish: it stopped at step “{ $step }” ({ $code }) after { $steps } steps. The portal answers over IPv4: { $v4 }; over IPv6: { $v6 }.
quickstart-clean = The home page is as its baseline has it.
quickstart-not-clean = The home page is NOT as its baseline has it.
quickstart-verified = Read the whole repository ({ BYTES($bytes) }): { $verdict }.
quickstart-log = Verified the audit log against an anchor: { $verdict }, { $entries } entries.
quickstart-damaged = DAMAGED
quickstart-answer-healthy = rightly
quickstart-answer-down = not at all
quickstart-answer-unknown = cannot be told
quickstart-took = All of it took { $time }.
quickstart-next = Go on with:

# What values are called on help pages: value-<the name in the command tree>.
value-address = ADDRESS:PORT
value-dir = DIR
value-export = EXPORT
value-duration = DURATION
value-field-value = FIELD=VALUE
value-file = FILE
value-kind = KIND
value-language = LANGUAGE
value-name = NAME
value-name-target = NAME=TARGET
value-no = NO
value-number = NUMBER
value-path = PATH
value-place = PLACE
value-pack = PACK
value-parts = PARTS
value-percent = PERCENT
value-portal = PORTAL
value-repository = REPOSITORY
value-rule = RULE
value-seq = NUMBER
value-set = SET
value-tag = TAG
value-target = TARGET
value-text = TEXT
value-verb = VERB
value-vkey = PUBLIC-KEY

# Help: help-<path of the command or argument>; more-<path of the command> for its own page.
help-duphong = Keeps public portals alive and recoverable, and proves it.
more-duphong = Begin with “duphong quickstart”: it needs no configuration, no network and no root, and shows the main job on a made-up portal in under two minutes.
help-config = Configuration file; without it ./duphong.yaml, else /etc/duphong/duphong.yaml
help-json = Answer with one JSON object on standard output
help-lang = Language of words; without it that of the configuration, else of the session
help-verbose = Write diagnostics to standard error; repeat for more (-vv, -vvv)
help-quiet = Show no progress
help-no-color = Use no colors; NO_COLOR in the environment does the same
help-help = Show this page
help-version = Show the version

help-quickstart = Show the main job end to end on a made-up portal
more-quickstart = Makes a small portal of its own, takes an encrypted set, breaks the portal, restores it in a timed drill and verifies the audit log. Every document is marked as an exercise. The folder must be new, empty, or one that an earlier quickstart made.
help-quickstart-dir = Folder for everything it makes

help-init = Make this host ready: folders, repositories, audit log
more-init = Does what is missing and leaves the rest as it is, so it may be run again.

help-recover = Rebuild a lost duphong host from a repository and its password
more-recover = Reads the newest set in the repository and brings back the configuration and the audit log as they were when it was taken. The portal itself comes back with “duphong restore”.
help-recover-repository = Folder of the repository, or its bucket as restic calls it: s3:https://host/bucket/prefix
help-recover-credentials-file = File that holds the access key of the bucket: its id, then its secret, a line each
help-recover-region = Region of the bucket, if not us-east-1
help-recover-authorities = PEM file of authorities to trust for the server of the bucket beside the public ones
help-recover-plain-http = Ask the server of the bucket without TLS though it is not this machine
help-recover-password-file = File that holds the password of the repository
help-recover-dir = New or empty folder for what comes back

help-validate = Check the configuration and show every problem with a hint
more-validate = Changes nothing, and contacts nobody without --live. Ends with 78 when the configuration cannot be used, with 3 when it only has warnings.
help-validate-syntax = Check the file only, not what it names on this machine
help-validate-live = Also ask the database servers what they lack for their logs to be received

help-status = Show how things stand: sets, drills, repositories, audit log
help-status-nagios = Answer as a Nagios plugin: one line, exit codes 0, 1, 2, 3

help-snapshot = Take sets and look into them
help-snapshot-create = Take a set of a portal into its repositories
more-snapshot-create = A set holds the portal's databases and file trees, encrypted. Ends with 3 when something was skipped, and the set then says what.
help-snapshot-create-portal = Portal to take
help-snapshot-create-tag = Tag for the set, beside the portal’s own (may be given again): rules of retention may name it
help-snapshot-create-dry-run = Show what would be taken; write nothing
help-snapshot-list = List the sets
help-snapshot-list-portal = Only sets of this portal
help-snapshot-list-repository = Only sets in this repository
help-snapshot-show = Show what is known about a set
help-snapshot-show-set = Set: the beginning of its id is enough
help-snapshot-show-repository = Repository to read; without it the first one that holds the set
help-snapshot-ls = List the files in a set
help-snapshot-ls-set = Set: the beginning of its id is enough
help-snapshot-ls-path = Folder in the set; without it the top
help-snapshot-ls-recursive = Also list what is in the folders below
help-snapshot-ls-repository = Repository to read; without it the first one that holds the set
help-snapshot-cat = Write a file of a set to standard output
help-snapshot-cat-set = Set: the beginning of its id is enough
help-snapshot-cat-path = File in the set
help-snapshot-cat-repository = Repository to read; without it the first one that holds the set
help-snapshot-cat-identity = File of age identities: opens a sealed file, named with or without its .zst.age
help-snapshot-hold = Hold a set, or all of a portal: no rule forgets it
help-snapshot-hold-set = Set: the beginning of its id is enough
help-snapshot-hold-portal = Hold all sets of this portal, those to come as well
help-snapshot-hold-repository = Repository of the set; without it the first one that holds it
help-snapshot-hold-by = Who says so: name and office
help-snapshot-hold-reason = Why it must stay
help-snapshot-release = Release a held set, or all of a portal
help-snapshot-release-set = Held set: the beginning of its id is enough
help-snapshot-release-portal = Release the sets of this portal, which an alarm or a person holds as a whole
help-snapshot-release-by = Who says so: name and office
help-snapshot-release-reason = Why it need not stay
help-snapshot-spot = Compare a sample of the live files, and the rows of the live databases, with the newest set
more-snapshot-spot = Files whose size and time say that nobody changed them must be equal by content; files that changed, came or went are counted apart. Numbers may differ by the tolerance, or by 100. Ends with 20 when a file is not what the set says, with 3 when a number is outside the tolerance or something could not be looked at. A database is counted whole, as for a set. What the patterns of the configuration exclude is counted and named by pattern, since no set has it.
help-snapshot-spot-portal = Portal to look at
help-snapshot-spot-repository = Repository to read; without it the first one of the portal
help-snapshot-spot-files = Files drawn from each tree
help-snapshot-spot-tolerance = Per cent by which numbers of files, bytes and rows may differ from the set's
help-snapshot-spot-seed = Draw by this number again; without it a new one is drawn and shown

help-restore = Bring a set, or part of it, back
more-restore = Tells its plan first: what is written and written over, room, what the target server lacks, how long it takes; with an obstacle nothing is begun. Refuses a target folder that is not empty, unless --overwrite says what may be replaced or --resume continues a restore that was cut off. What is there and right is neither fetched nor written. Refuses what belongs to production, unless --production names the portal; then a set of it as it stands is taken as evidence first. No link in the target is ever followed.
help-restore-set = Set: the beginning of its id is enough; “latest” is the newest
help-restore-portal = Portal of the set
help-restore-repository = Repository to read; without it the one that the configuration names for drills
help-restore-from = Folder of the set that the target stands for, such as media/files; other paths are then relative to it
help-restore-to-gtid = Bring the MariaDB or MySQL databases of --database to just after this transaction, by its number DOMAIN-SERVER-SEQUENCE, of MySQL UUID:NUMBER or UUID:TAG:NUMBER: it is the last one that is replayed
help-restore-to = Bring PostgreSQL back to this instant, from a base and the log kept since, or with --database those of MariaDB or MySQL, from a dump and the binary log: 2026-11-20 08:15, 20/11/2026 08:15, or 08:15 for today
help-restore-as-of = Read the repository as it was at this time, whatever was hidden or overwritten since
help-restore-only = Only this path in the set; db/NAME is all of that database; may be repeated
help-restore-target = Folder for the files, new or empty unless --overwrite is given
help-restore-overwrite = Restore over what the target holds: always (content is compared), if-changed (length or time differ), if-newer (the set's is newer), never (only what is missing)
help-restore-delete = Delete what the restored folders hold and the set does not; look at --dry-run first. With a set that is not whole nothing is deleted
help-restore-verify = Read every restored file again when all is written
help-restore-database = Also load this database into a target of its own: an SQLite file, or a PostgreSQL or MariaDB connection; may be repeated
help-restore-resume = Continue a restore that was cut off
help-restore-dry-run = Show what would be written; write nothing
help-restore-production = Type the portal's name to allow writing to production
help-restore-identity = File of age identities: opens what is sealed; without it sealed parts stay sealed and are named

help-probe = Watch portals: look now, list, explain, count the past
help-probe-run = Look at portals now, over IPv4 and IPv6
more-probe-run = Ends with 0 when all is healthy, 3 when something is degraded or unknown, 1 when something is down. The look counts like one of the daemon.
help-probe-run-portal = Only probes of this portal
help-probe-run-probe = Only probes of this name
help-probe-list = List configured probes and what is settled
help-probe-list-portal = Only probes of this portal
help-probe-explain = Look once and tell all of it: hops, names, certificates, conditions
more-probe-explain = Keeps nothing and records nothing.
help-probe-explain-portal = Only probes of this portal
help-probe-explain-probe = Only probes of this name
help-probe-history = Show how much of the past was healthy, degraded, down, unknown
help-probe-history-portal = Only probes of this portal
help-probe-history-probe = Only probes of this name
help-probe-history-days = How many days to look back
help-probe-baseline = Take new baselines for the watch against defacement
more-probe-baseline = Run it only after looking at the pages with your own eyes: from then on, what is in them counts as the agency's own. Who took it and why goes into the audit log.
help-probe-baseline-portal = The portal of the pages
help-probe-baseline-by = Full name of the person who looked; the login name if not given
help-probe-baseline-reason = Why a new baseline is taken
help-probe-deface = See now whether the watched pages were altered
more-probe-deface = Asks for each page in four ways: as a browser, as Google's robot, as a visitor from a search, as a telephone. Of an altered page, evidence is sealed and an incident proposed. Exits with 1 when a page is altered, 3 when something could not be looked at. It runs no program of the page and takes no picture of it yet.
help-probe-deface-portal = The portal to look at
help-scan = Hold a home page against the criteria of the law
more-scan = Results of a configured portal go into the audit log, those of another address do not. Exits with 0 when all pass, 3 when some are unknown, 1 when some fail.
help-scan-target = A portal of the configuration, or a web address
help-scan-csv = Also write the table to this CSV file
help-scan-criteria = A file of further criteria; may be repeated
help-scan-ask-issuer = Also ask the issuer of the trust label
help-drill = Prove by a timed restore that a set is good
help-drill-run = Restore a set into a scratch place, check it, measure it
more-drill-run = Ends with 0 for PASS, 3 for NOT PROVEN, 1 for FAIL, 20 when stored data is damaged. The production portal is only read.
help-drill-run-portal = Portal to restore
help-drill-run-set = Set: latest, oldest, random (drawn by the audit log), or the beginning of an id
help-drill-run-to = Bring the databases with a log to this time, from the newest set before it
help-drill-run-within = Of the oldest or random sets only those of this time, such as 90d
help-drill-run-repository = The only repository that is opened; without it the one that the configuration names for drills
help-drill-run-as-of = Read the repository as it was at this time; such a drill does not count for the portal
help-drill-run-sabotage = Do this damage first, to see that the drill finds it
help-drill-run-identity = File of age identities; without it what is sealed is NOT PROVEN
help-drill-list = List past drills and their verdicts
help-drill-list-portal = Only drills of this portal
help-drill-show = Show one drill and the work that it opened
help-drill-show-number = Number of the drill, as “drill list” shows it
help-drill-close = Close the work of a failed drill
more-drill-close = A drill that passes in the same way (portal, repository, scope, set) ends its work by itself; this is for where it cannot be drilled like that again.
help-drill-close-number = Number of the drill that opened the work
help-drill-close-by = Who says so: name and office
help-drill-close-reason = Why it is done with
help-drill-report = Write the minutes of a drill
help-drill-report-number = Number of the drill, as “drill list” shows it
help-drill-report-out = File to write
help-drill-report-format = Kind of file; by its name if not said, .docx or else PDF

help-repository = Create repositories, prove that they are intact, forget sets and free their space
help-repository-init = Create a repository
help-repository-init-name = Repository; without it every one in the configuration
help-repository-verify = Prove that a repository is intact
more-repository-verify = Checks that every set finds all its data. With --read-data, every byte is read, decrypted and compared with its digest as well.
help-repository-verify-name = Repository; without it every one in the configuration
help-repository-verify-read-data = Read all data, not only the structure
help-repository-verify-read-part = Read one of so many parts of the data, the one that was unread for longest by the log
help-repository-copy = Copy sets from one repository into another
more-repository-copy = Copies all sets, or those that are chosen. What the other repository lacks is read, proven against its digest, sealed with the other key and stored; sets that are there already are passed by. Tags and holds go along. The newest set comes first. Killed or stopped, the sets that were copied are whole, and running it again sends nothing that is there. A damaged set is named and passed by.
help-repository-copy-sets = Only sets whose ids begin so
help-repository-copy-from = Repository to copy from
help-repository-copy-to = Repository to copy into
help-repository-copy-portal = Only sets of this portal
help-repository-copy-tag = Only sets with this tag (may be given again: with all of them)
help-repository-copy-latest = Of each portal only so many of the newest
help-repository-copy-dry-run = Show what would be copied; change nothing
help-repository-forget = Forget the sets that no rule keeps
more-repository-forget = The rules are “retention” of each portal; sets with a tag that has rules of its own under “tags” are judged by those, among themselves. Says of every set why it stays or goes. Sets taken as evidence, held sets and sets whose date cannot be true stay; so does everything where too few sets are verified by the log. Only the list of sets becomes shorter; the data stays until prune.
help-repository-forget-repository = Only in this repository
help-repository-forget-portal = Only sets of this portal
help-repository-forget-tag = Only sets with this tag (may be given again: with all of them)
help-repository-forget-dry-run = Show what would be forgotten; change nothing
help-repository-repair = Repair a repository, and name what is lost
more-repository-repair = With --index, the index is built again where it is missing or wrong: packs that no index file lists are listed by their headers, entries of packs that are not there go, and index files that cannot be read are replaced. No pack and no set is removed. Then every set and file that cannot be restored whole is named, with the bytes that are lost. Nobody may work with the repository meanwhile; broken off, it goes on when run again. With --packs, every blob of these packs that is still whole is written into new packs, the index follows, and then the damaged packs are removed; a pack that is found whole stays. Without ID the packs are read that verifies on record found damaged. With --unhide, every object of a bucket that was hidden or overwritten since TIME shows again what it showed then, by a new locked version with the old bytes. Nothing is removed, and what came later stays. Look at --dry-run first, and run “duphong repository verify” after it.
help-repository-repair-name = Repository
help-repository-repair-index = Build the index again from the packs
help-repository-repair-packs = Save what is whole in damaged packs, and remove these; without ID those that verify has found
help-repository-repair-all-headers = Read the header of every pack, not only of doubtful ones: finds an index that lies
help-repository-repair-unhide = Bring back what was hidden or overwritten
help-repository-repair-as-of = Time at which all was well: 2026-11-22 14:05, 22/11/2026 14:05, or 14:05 for today
help-repository-repair-dry-run = Show what would be changed; change nothing
help-repository-stats = Tell what repositories hold, by portal and source, and how they grow
more-repository-stats = Counts every set that is there: as restored, and as stored; what each portal and source needs alone, and what it shares with others; what came in the last days and months, of what is still there; what a prune would free now. Reads every folder once for each source that holds it, and no content of files. Changes nothing and leaves no entry in the log. What cannot be read is told, and numbers that lack it are the least that they can be (exit code 20).
help-repository-stats-name = Repository; without it every one in the configuration
help-repository-prune = Remove data that no set needs
more-repository-prune = Packs that no set needs go; of packs that are partly needed the rest is read, proven and written again first, until no more than --max-unused of what stays is unneeded. Sets may be taken meanwhile; only the last part waits for nobody and refuses (11) while somebody is at work; running it again goes on from there. Damage stops it before anything is removed, and so does a set that the log says is there and is not.
help-repository-prune-name = Repository; without it every one in the configuration
help-repository-prune-max-unused = So many hundredths may stay unneeded; 100 writes nothing again, for a disk that is full
help-repository-prune-gone = This set was removed by somebody else: free what it alone needed (at least 8 digits of its id; may be given again)
help-repository-prune-dry-run = Show what would be removed; change nothing
help-repository-verify-as-of = Read the repository as it was at this time (a bucket that keeps versions)
help-repository-doctor = Try what a bucket honors and what its key may do
more-repository-doctor = Writes, locks and overwrites small objects of its own for the trial. What could not be found out is told as unproven. Ends with 0 when nothing was refuted, 1 when something was, 3 when something is unproven that could be proven or nothing is locked.
help-repository-doctor-name = Repository; without it every one that lies in a bucket

help-key = List, add, remove and replace the passwords of the repositories
help-key-confirm = Record that a copy of a password is kept off this host
more-key-confirm = Without its password a repository is lost. The status stays amber until somebody confirms where a copy is kept. With --copy, the copy itself is tried on the repository; it is not kept.
help-key-confirm-repository = Repository that the password opens
help-key-confirm-by = Who confirms: name and office
help-key-confirm-place = Where the copy is kept
help-key-confirm-copy = File with the copy, to be tried on the repository
help-key-sheet = Print a repository's password on paper, or test that paper
more-key-sheet = The sheet has a QR code, the password in groups with check words, and how to use it without duphong. Whoever has the sheet and a copy of the repository reads all its data: delete the file once it is printed. With --test, scan or type from the paper; the program opens the repository with exactly what was read, and keeps nothing.
help-key-sheet-repository = The repository
help-key-sheet-out = The PDF file to write; only its owner can read it
help-key-sheet-test = Test the sheet: scan or type the password from paper

help-notice = Try the channels for notices, and see who was told what
help-notice-test = Send a test through every channel and tell what became of it at each recipient
more-notice-test = A test carries no alarm; it is recorded in the audit log. If it does not reach a recipient, the exit code is 1.
help-notice-test-channel = Only this channel: mail, or the name of a webhook
help-notice-list = Show what was told, when, to whom, with what result
help-notice-list-last = Only the last so many letters

help-audit = Read, verify and hand over the audit log
help-audit-log = Show entries
help-audit-log-verb = Only entries of this verb, such as snapshot.create
help-audit-log-from = First entry to show, by number
help-audit-log-last = Only the last so many
help-audit-verify = Prove that no entry was changed, dropped or reordered
more-audit-verify = A log that was cut at its end is found by a head kept elsewhere: give it with --anchor, or have it fetched with --anchors-from; nothing is fetched unasked. Versions that somebody hid in a bucket are read too. An export is valid only with a key or an anchor from elsewhere. Two exports or more are also held against each other.
help-audit-verify-exports = Export (a zip, or the folder it was unpacked to)
help-audit-verify-dir = Folder of the log or of an export; without it the log of the configuration
help-audit-verify-anchor = File with a head that was kept elsewhere, or the letter that brought it, saved as a file; may be repeated
help-audit-verify-anchors-from = Place whose anchors are fetched and held against the log: its name in the configuration, or a bucket as restic calls it; may be repeated
help-audit-verify-credentials-file = File that holds an access key for that bucket: its id, then its secret, a line each
help-audit-verify-region = Region of the bucket, if not us-east-1
help-audit-verify-authorities = PEM file of authorities to trust for the server of the bucket beside the public ones
help-audit-verify-plain-http = Ask the server of the bucket without TLS though it is not this machine
help-audit-verify-key = Public key of the log, present or earlier, or its fingerprint; without it the key that lies beside it
help-audit-export = Write a range of the log, with proofs, for somebody else
help-audit-export-out = New zip to write
help-audit-export-from = First entry, by number; without it the first of the log
help-audit-export-to = Last entry, by number; without it the last of the log
help-audit-anchor = Put the signed head of the log outside, where nobody who rules this host can change it
more-audit-anchor = Without names it goes to every place under “audit: anchors:” of the configuration, as the daemon does once a night. Nothing goes out while the log has grown by nothing but anchors. With --out it is written to a file, which you take away yourself.
help-audit-anchor-names = Places of the configuration; without them all
help-audit-anchor-dry-run = Only say what would go where
help-audit-anchor-out = File to write

validate-no-incidents = the configuration has no section “incidents”: in an incident there would be no address to report to
validate-no-incidents-hint = Add it, with its address book, as config/example.yaml shows.
validate-rules = the rules for incidents cannot be read: { $why }
validate-no-contact = the address book lacks “{ $recipient }” ({ $name }), who is told under { $duties } for { $portals }
validate-no-contact-hint = Add “{ $recipient }:” with “name”, “email” or “address”, and “basis”: number and date of the document that gave the address.

# Object locks in a bucket.
unhide-hidden = hidden: { $object }
unhide-overwritten = overwritten: { $object }
unhide-dry-run = Nothing was changed: this is what would be brought back.
unhide-done = { $count ->
    [one] One object was brought back.
   *[other] { NUMBER($count) } objects were brought back.
}
doctor-proven = PROVEN    
doctor-unproven = NOT PROVEN
doctor-refuted = REFUTED   
doctor-no-bucket = No repository of the configuration lies in a bucket.
doctor-not-locked = not configured: whoever has the key can remove everything
doctor-beyond = Beyond any trial: that the storage keeps what it confirmed, that its administrators cannot remove it, and that its clock is not set forward.
doctor-unclear = The server's answer says neither yes nor no: { $detail }
doctor-versions-kept = What is overwritten stays readable.
doctor-versions-none = The bucket keeps no versions: what is overwritten or deleted is lost.
doctor-versions-lost = What was overwritten could not be read any more.
doctor-versions-suspended = The bucket's versioning is not switched on.
doctor-removal-refused = The key may not remove versions (DeleteObjectVersion).
doctor-removal-done = The key may remove versions (DeleteObjectVersion): take this right from it.
doctor-lock-told = An object is locked in the mode and until the time that were asked for.
doctor-lock-none = The bucket locks nothing: it was not made with Object Lock.
doctor-lock-not-told = The server took a lock and does not tell it as it was asked for: it ignores locks, or the key lacks the right GetObjectRetention.
doctor-extended = A lock can be extended.
doctor-not-extended = A lock cannot be extended: give the key the right PutObjectRetention, or no set can be taken.
doctor-shortening-refused = A lock cannot be shortened.
doctor-shortening-done = A lock was shortened: it holds nothing.
doctor-shortening-unclear = Whether a lock can be shortened is not known, since this key may change none.
doctor-deletion-refused = A locked version was not removed, by a key that may remove others.
doctor-deletion-done = A locked version was removed: the lock holds nothing.
doctor-deletion-unclear = That a lock refuses a deletion cannot be seen with a key that may remove no version, as it should be.
doctor-bypass-refused = The key may not lift locks of governance (BypassGovernanceRetention).
doctor-bypass-done = The key may lift locks of governance (BypassGovernanceRetention): take this right from it.
doctor-lifecycle-refused = The key may not set rules for old versions (PutLifecycleConfiguration).
doctor-lifecycle-done = The key may set rules for old versions (PutLifecycleConfiguration): take this right from it.
doctor-lifecycle-rules = Whether the key may set rules for old versions was not tried: there are rules, and trying would replace them.
doctor-lifecycle-unknown = Whether the key may set rules for old versions was not tried: it may not see whether there are any. Let it read them (GetLifecycleConfiguration) to find out.
doctor-clock-near = The server's clock and ours agree within { NUMBER($seconds) } seconds or better.
doctor-clock-far = The server's clock and ours differ by { NUMBER($seconds) } seconds: set this machine's clock by NTP.
doctor-conditions-honored = The server refuses to replace an object where that was asked for.
doctor-conditions-ignored = The server does not honor conditional writes; nothing depends on them, but two writers at the same instant are kept apart only by versions.
