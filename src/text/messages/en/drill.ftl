# Drills: verdicts, phases, checks, findings, reasons and the minutes.
drill-verdict-pass = PASS
drill-verdict-fail = FAIL
drill-verdict-not-proven = NOT PROVEN

drill-phase-find = Open the repository and find the set
drill-phase-fetch = Read, decrypt and write the data
drill-phase-scratch = Make the scratch database server
drill-phase-load = Load the databases
drill-phase-replay = Replay the log to the instant
drill-phase-start = Start the restored portal
drill-phase-smoke = Wait for the portal's answer
drill-phase-erase = Replay the list of erasures (part of the RTO)
drill-phase-compare = Compare the data (not part of the RTO)

drill-check-restore = The set can be read
drill-check-load = The database loads
drill-check-inventory = All objects, with the right definitions
drill-check-row-counts = The number of rows of every table
drill-check-row-digests = The content of every row
drill-check-files = All files, with the right content
drill-check-replay = The log leads to the instant and was replayed
drill-check-pages = Every page fits its checksum, at the instant
drill-check-references = The files that the database names are there
drill-check-smoke = The restored portal answers rightly
drill-check-defacement = The restored portal's pages are not defaced
drill-check-scan = A malware scan finds nothing
drill-check-erasure = Promised erasures are replayed

drill-outcome-passed = passed
drill-outcome-failed = failed
drill-outcome-not-run = not run

drill-finding-missing = { $kind } “{ $name }” is missing
drill-finding-unexpected = { $kind } “{ $name }” is not in the set
drill-finding-different = { $kind } “{ $name }” has another definition
drill-finding-row-count = table “{ $table }” has { $found ->
    [one] 1 row
   *[other] { $found } rows
}, not { $expected }
drill-finding-row-content = table “{ $table }” holds other rows
drill-finding-file = file “{ $path }” is not right ({ $code })
drill-finding-file-count = tree “{ $tree }” has { $found ->
    [one] 1 file
   *[other] { $found } files
}, not { $expected }
drill-finding-references = { $found ->
    [one] 1 row
   *[other] { $found } rows
} without a file in “{ $tree }”, where { $expected } were noted when the set was taken
drill-finding-reference-rows = the question which files of “{ $tree }” are named got { $found ->
    [one] 1 row
   *[other] { $found } rows
}, not { $expected }: nothing can be compared
drill-finding-references-unknown = when the set was taken, nobody could find out which files of “{ $tree }” are named: { $detail }
drill-finding-answer = “{ $path }” answered wrongly: { $detail }
drill-finding-altered = the page “{ $path }” is defaced: { $detail }
drill-finding-scanned = the scan found: { $line }
drill-finding-fault = fault { $code }: { $detail }
drill-finding-past-instant = a transaction of { INSTANT($until) } was replayed, which is later than the instant
drill-finding-blind = not everything could be seen: { $detail }
drill-finding-earlier-step = an earlier step failed, so there was nothing to check
drill-finding-more = and { $count } more

drill-reason-check-failed = A check failed.
drill-reason-later-than-objective = The measured RTO is longer than the objective.
drill-reason-later-than-law = With the time for detection and decision it passes 24 hours.
drill-reason-older-than-rpo = The newest recoverable data is older than the RPO allows.
drill-reason-check-not-run = A check could not be run.
drill-reason-no-data-compared = No check compared the data itself.
drill-reason-not-all-compared = Of a database or a tree less was compared than the set holds: a sample proves nothing about the rest.
drill-reason-no-application = The set has no application tree, so the whole portal cannot come back from it.
drill-reason-no-configuration = The set has no configuration tree, so the whole portal cannot come back from it.
drill-reason-no-answer = The restored portal has not answered.
drill-reason-set-incomplete = The set itself says that something could not be backed up.
drill-reason-set-of-evidence = The set was taken as evidence: it proves nothing about the sets that the portal would be restored from.

drill-wish-latest = the newest
drill-wish-oldest = the oldest
drill-wish-random = drawn by the log
drill-wish-named = named by a person
drill-chosen = { $wish ->
    [latest] the newest of { $among ->
        [one] one set
       *[other] { $among } sets
    }
    [oldest] the oldest of { $among ->
        [one] one set
       *[other] { $among } sets
    }
    [random] drawn by the audit log from { $among ->
        [one] one set
       *[other] { $among } sets
    }
   *[other] named by a person
}{ $within ->
    [0] { "" }
   *[other] { " " }of the last { DURATION($within) }
}{ $turn ->
    [0] { "" }
   *[other] , turn { $turn } of the schedule
}
drill-draw = Drawn by the head of the audit log over { $entries } entries, root { $root }. Of { $among } sets (digest of their ids { $ids }) it is the one whose id gives, behind the root, the least SHA-256.

drill-reached = “{ $database }”: { $files ->
        [one] one log file
       *[other] { $files } log files
    }{ $replayed ->
        [yes] , replayed up to the transaction of { INSTANT($until) }
       *[other] , no transaction to replay
    }{ $kept ->
        [yes] ; the newest one kept is of { INSTANT($newest) }
       *[other] { "" }
    }{ $told ->
        [yes] ; by the server itself, everything committed by { INSTANT($held) } is kept
       *[other] { "" }
    }

drill-scope-data = data (databases and files)
drill-scope-portal = the whole portal, until it answers

drill-untested-data = The data itself was not compared: nothing proves that it came back as it was.
drill-untested-others = One set was restored, from the repository “{ $repository }”: other sets and other repositories were not tried.
drill-untested-restore = The set of “{ $subject }” could not be read, so nothing in it was checked.
drill-untested-loading = The database “{ $subject }” was not loaded.
drill-untested-inventory = The inventory of “{ $subject }” was not compared.
drill-untested-row-counts = The numbers of rows of “{ $subject }” were not compared.
drill-untested-row-digests = The content of the rows of “{ $subject }” was not compared.
drill-untested-files = The files of “{ $subject }” were not compared.
drill-untested-replay = The transaction log of “{ $subject }” was not replayed.
drill-untested-pages = The pages of “{ $subject }” were not checked.
drill-untested-references = The files that “{ $subject }” names were not compared.
drill-untested-smoke = “{ $subject }” gave no answer after the restore.
drill-untested-defacement = Whether the pages of “{ $subject }” are defaced could not be seen.
drill-untested-scan = The restored data of “{ $subject }” was not scanned for malware.
drill-untested-erasure = The list of erasures of “{ $subject }” was not replayed.
drill-untested-portal-start = The restored portal was not started: the time is measured until the data was back.
drill-untested-offsite = No server, network or name was switched: the drill ran on the backup host.
drill-untested-instant = What production held at { INSTANT($to) } is written nowhere, so nothing was compared with it; files are those of the set, which is older.
drill-untested-load = No load of real users was put on the restored portal.
drill-untested-globals = Roles and passwords of the database server were not compared.

# The minutes.
drill-minutes-kind = MINUTES
drill-minutes-title = Restore drill of { $portal }
drill-minutes-mark = DRILL
drill-minutes-sabotage-mark = DRILL - SABOTAGED ON PURPOSE
drill-minutes-basis-law = Under the Law on Cybersecurity 116/2025/QH15 (Article 10(2)(đ) and 10(4): storage and backup)
drill-minutes-basis-decree = Under Decree 331/2026/NĐ-CP (Article 31(3): cybersecurity drills in the agency's own work)
drill-minutes-basis = The limit of 24 hours is taken from Article 12(4) of Decision 75/2025/QĐ-UBND of the People's Committee of Hưng Yên province: “{ $quote }” (ready to restore its data within 24 hours of an incident)
drill-minutes-opening = { $agency } ran a restore drill of { $portal } from the repository “{ $repository }”. These minutes were made by duphong { $program } from the audit log; every figure was measured in this drill.
drill-minutes-heading-verdict = Verdict
drill-minutes-heading-set = The set that was restored
drill-minutes-heading-time = Measured times
drill-minutes-heading-checks = Checks
drill-minutes-heading-findings = What failed or could not be run
drill-minutes-heading-untested = What this drill did not test
drill-minutes-phases-caption = Time since the decision to restore
drill-minutes-choice = Chosen
drill-minutes-from = Read from
drill-from = { $repository } ({ $place }); no other repository was opened
drill-minutes-set-id = Set
drill-minutes-set-taken = Taken
drill-minutes-set-files = Files restored
drill-minutes-set-bytes = Bytes restored
drill-minutes-decided = Decision to restore
drill-minutes-set-none = No set was found.
drill-minutes-scope = Scope
drill-minutes-rto = Measured RTO
drill-minutes-rto-objective = RTO objective
drill-minutes-allowance = Allowance for detection and decision (the operator's figure, not the law's)
drill-minutes-total = Sum compared with 24 hours
drill-minutes-rpo = Measured RPO
drill-minutes-rpo-objective = RPO objective
drill-minutes-unknown = unknown
drill-minutes-column-check = Check
drill-minutes-column-subject = Subject
drill-minutes-column-compared = Compared
drill-minutes-column-result = Result
drill-minutes-as-of = The repository was read as it was at { INSTANT($at) }: this proves nothing about what it shows now.
drill-minutes-sabotage = This drill was damaged on purpose ({ $kind }) to test the drill itself: it is no proof of a restore. FAIL or NOT PROVEN is the expected verdict.
drill-minutes-work = Responsible for putting it right: { $owner }; deadline: { INSTANT($due) }.
drill-minutes-to = The databases with a log were brought to { INSTANT($to) }. Their data was compared as the set has it; then the log that was kept since was replayed.
drill-minutes-references = { $rows ->
    [one] 1 row
   *[other] { $rows } rows
} of the database “{ $database }” { $rows ->
    [one] names a file
   *[other] name files
} of “{ $tree }”; of { $missing } of them the file is not there. When the set was taken, { $noted } were noted.
drill-minutes-log = Recorded as entry { $entry } of the audit log { $origin }; tree root { $root }. The public key of the log: { $key }. The QR code below holds the signed head: whoever keeps these minutes keeps an anchor.
drill-minutes-head = QR code: the signed head of the audit log, { $size ->
    [one] 1 entry
   *[other] { $size } entries
}, tree root { $root }.
drill-minutes-closing = These minutes are an electronic document; the audit log lets anyone check them independently.
drill-minutes-signer-operator = CARRIED OUT BY
drill-minutes-signer-witness = WITNESSED BY
drill-minutes-signer-head = FOR THE AGENCY
