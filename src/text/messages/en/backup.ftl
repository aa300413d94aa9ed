# The backup report of a period.
backup-section-report = Scope of the report
backup-section-runs = Runs
backup-section-actors = Who did what
backup-section-failures = Runs that failed or have no outcome
backup-section-schedules = Schedules
backup-section-missed = Scheduled runs that were missed
backup-section-rpo = Time without a new set (RPO)
backup-section-rto = Measured time to restore (RTO)
backup-section-verify = Verification of repositories
backup-section-drills = Restore drills
backup-section-holdings = Where sets are kept
backup-section-retention = Sets forgotten, and holds
backup-section-unknown = What the log cannot tell

backup-figure-from = From
backup-figure-to = Until before
backup-figure-until = Reckoned at
backup-figure-zone = Time zone
backup-figure-entries = Log entries read
backup-figure-log-since = The log reaches back to
backup-figure-started = Started
backup-figure-done = Done
backup-figure-warnings = Done, with warnings
backup-figure-not-proven = Not proven
backup-figure-failed = Failed
backup-figure-unknown = Outcome unknown
backup-figure-began = Began
backup-figure-actor = Is
backup-figure-schedule = Schedule (cron)
backup-figure-code = Fault code
backup-figure-missed = Runs missed
backup-figure-missed-since = Missed since
backup-figure-skipped = Runs skipped
backup-figure-objective = Objective
backup-figure-sets = Runs that gave a set
backup-figure-incomplete = Of these, incomplete sets
backup-figure-longest = Longest without a new set
backup-figure-longest-complete = Longest without a new complete set
backup-figure-newest = Newest set
backup-figure-drill-rpo = Largest RPO that a drill measured
backup-figure-verdict = Verdict
backup-figure-without = Runs that gave no set here
backup-figure-drills = Drills that count
backup-figure-passed = Passed
backup-figure-not-passed = Failed
backup-figure-slowest = Longest measured RTO
backup-figure-read-all = Readings of all data
backup-figure-read-part = Readings of a part of the data
backup-figure-structure = Verifications of the structure alone
backup-figure-parts = Parts that the data is read in
backup-figure-parts-read = Parts read
backup-figure-share = Share of packs read again
backup-figure-bytes-read = Bytes read again
backup-figure-damages = Damages in the newest readings
backup-figure-read-since = All data from before this was read again
backup-figure-oldest-unread = Longest since data was read
backup-figure-rto = Measured RTO
backup-figure-rpo = Measured RPO
backup-figure-counts = Counts
backup-figure-first = First number
backup-figure-last = Last number
backup-figure-missing = Missing numbers
backup-figure-sets-there = Sets there
backup-figure-copies = Repositories that hold a set
backup-figure-held = All sets are held
backup-figure-forgets = Times that rules were applied
backup-figure-forgotten = Sets forgotten
backup-figure-word = Word
backup-figure-at = At
backup-figure-by = By
backup-figure-reason = Reason
backup-figure-late = Entries written late
backup-figure-dropped = Pieces of work without details
backup-figure-clock-back = Times the clock went back
backup-figure-daemon-down = Without the daemon, at least
backup-figure-daemon-breaks = Ends of the daemon that nobody recorded
backup-figure-gap-from = Log could not be written since
backup-figure-gap-told = Told at

backup-word-pass = PASS
backup-word-fail = FAIL
backup-word-not-proven = NOT PROVEN
backup-word-unknown = unknown
backup-word-no-outcome = outcome unknown
backup-word-none = none
backup-word-never = never
backup-word-yes = yes
backup-word-no = no
backup-word-missing = MISSING
backup-word-person = a person
backup-word-daemon = the daemon
backup-word-schedule = a schedule
backup-word-set-held = one set held
backup-word-set-released = one set released
backup-word-portal-held = all sets held
backup-word-portal-released = all sets released

backup-unit-seconds = seconds
backup-unit-bytes = bytes
backup-unit-percent = %

backup-column-section = Section
backup-column-subject = Subject
backup-column-item = Item
backup-column-figure = Figure
backup-column-value = Value
backup-column-unit = Unit

# The report as a document.
backup-report-kind = REPORT
backup-report-title = Backups and restores of data, period { $period }
backup-report-basis-law = Under the Law on Cybersecurity 116/2025/QH15 (Article 10(2)(đ) and 10(4): storage and backup)
backup-report-basis-decree = Under Decree 331/2026/NĐ-CP (Article 28(1))
backup-report-basis-province = The limit of 24 hours is taken from Article 12(4) of Decision 75/2025/QĐ-UBND of the People's Committee of Hưng Yên province
backup-report-opening = This report was made by duphong { $program } from { $entries ->
    [one] the first entry
   *[other] the first { $entries } entries
} of the audit log “{ $origin }”. Every figure is reckoned from the log, none from the configuration; what has no known outcome is never counted as done.
backup-report-log-verdict = The audit log when this report was made
backup-report-log-caution = The log is not proven to be whole: no figure below counts before “duphong audit verify” was looked into.
backup-report-not-over = The period is not over: the figures are as of { INSTANT($until) }.
backup-report-empty = The log has nothing of this in the period.
backup-report-all = All
backup-report-drills-complete = The numbers of the drills have no gap.
backup-report-drills-gaps = { $count ->
    [one] 1 number
   *[other] { $count } numbers
} of drills missing, named in the table above: this must be explained.
backup-report-drills-none = There was no drill in the period.
backup-report-copies-heading = The 3-2-1 rule
backup-report-copies = “{ $portal }”: the original and { $copies ->
    [one] 1 repository
   *[other] { $copies } repositories
} with a set, on { $kinds ->
    [one] 1 kind
   *[other] { $kinds } kinds
} of store.
backup-report-copies-place = The repository “{ $repository }” lies at “{ $place }” by the present configuration{ $off-site ->
    [yes] , which calls it off-site
   *[other] , which does not call it off-site
}.
backup-report-copies-untold = The log does not tell how far the stores are from production: whoever signs this report confirms which are off the premises.
backup-report-encryption = Every set is encrypted and authenticated in its repository (AES-256-CTR with Poly1305-AES, restic format 2): no repository is without encryption.
backup-report-recompute-heading = Reckon the figures again
backup-report-recompute = Export the log by “duphong audit export”, verify it by verify.html or verify.py, then unpack it and run the command below in that folder. What it prints is the same as the CSV file of this report.
backup-report-log = The figures reach to entry { $last } of the audit log { $origin }; tree root { $root }. The QR code below holds the signed head: whoever keeps this document keeps an anchor.
backup-report-head-described = QR code: the signed head of the audit log, { $size ->
    [one] 1 entry
   *[other] { $size } entries
}, tree root { $root }.
backup-report-signer-operator = PREPARED BY
backup-report-signer-head = FOR THE AGENCY
backup-report-written = The report of { $period } was written to { $path }.
backup-report-unproven = The audit log: { $verdict }. Run “duphong audit verify” before this report is used.

fault-report-period = “{ $words }” is no period
    .hint = Write 2026, 2026-Q4, 2026-10, 2026-10-05, or two of these with “..” between them, such as 2026-10..2026-12.
fault-report-future = the period { $words } has not begun
    .hint = Choose a period that has begun; one that is not over is reckoned up to now.

help-report = Make a report from the audit log
help-report-backup = Report the backups and restores of a period, for auditors
more-report-backup = Without --output it is printed here. The figures come from the audit log alone, and figures.py in an export of the log reckons them again. This command only reads.
help-report-backup-period = The period: 2026-10, 2026-Q4, 2026, or FROM..TO
help-report-backup-format = Kind of file
help-report-backup-output = File to write
value-period = PERIOD
