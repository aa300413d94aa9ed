# What status says.
view-colour-green = GREEN
view-colour-amber = AMBER
view-colour-red = RED
view-no-set = repository “{ $repository }” holds no set
view-behind = { $count ->
    [one] repository “{ $repository }” missed 1 set that another one has; the next set that reaches it brings it
   *[other] repository “{ $repository }” missed { $count } sets that another one has; the next set that reaches it brings them
}
view-set-too-old = the newest set in “{ $repository }” is { DURATION($age) } old; the RPO is { DURATION($rpo) }
view-set-from-future = the newest set in “{ $repository }” is dated in the future: a clock was wrong
view-snapshot-failed = the last snapshot run failed ({ $code })
view-set-incomplete = the newest set lacks { $count ->
    [one] 1 thing
   *[other] { $count } things
} that could not be read
view-set-without-file = { $count ->
    [one] 1 row of the databases
   *[other] { $count } rows of the databases
} in the newest set { $count ->
    [one] names a file
   *[other] name files
} that the set does not have (look: duphong snapshot show)
view-set-unanswered = nobody could find out which files the databases of the newest set name (look: duphong snapshot show)
view-spot-differs = the spot check of { INSTANT($at) } found { $count ->
    [one] 1 file
   *[other] { $count } files
} that nobody changed and that the newest set holds otherwise or not at all
view-spot-outside = the spot check of { INSTANT($at) } found { $count ->
    [one] 1 number
   *[other] { $count } numbers
} of files or rows far from those of the newest set
view-spot-unread = the spot check of { INSTANT($at) } could not look at { $count ->
    [one] 1 thing
   *[other] { $count } things
}
view-spot-nothing = the spot check of { INSTANT($at) } had nothing that it could look at: every source is sealed, on another host, or a base
view-spot-never = no spot check has come to its end yet, though one has a schedule
view-spot-missed = the spot check is overdue: the newest one ended at { INSTANT($at) }
view-spot-failed = the spot check of { INSTANT($at) } did not come to its end ({ $code })
view-sets-held = { $by } holds all sets since { INSTANT($since) }: { $why } (afterwards: duphong snapshot release --portal { $portal })
view-never-drilled = never drilled: whether it can be restored is not proven
view-drill-not-proven = drill { $number } ended as NOT PROVEN
view-drill-failed = drill { $number } FAILED
view-drill-missed = the drill that was due at { INSTANT($since) } has not taken place
view-drill-off-site = since { INSTANT($since) } no drill has passed that read an off-site copy alone ({ $repositories }); at least one a quarter should
view-drill-work = drill { $number } failed: { $owner } puts it right by { INSTANT($due) }
view-drill-work-late = drill { $number } failed: the work of { $owner } is LATE since { INSTANT($due) }
view-drill-slower = drill { $number } took { DURATION($rto) }: over a quarter more than the median of the { $earlier } before it, { DURATION($median) }
view-drill-half = drill { $number } took { DURATION($rto) }: more than half of the RTO of { DURATION($limit) }
view-no-password-copy = nobody has confirmed a copy of the password off this host; run “duphong key confirm { $repository }”
view-never-verified = never verified with all data read
view-partly-verified = { $read } of { $parts } parts of the data were read and verified so far
view-watch-blind =
    { $why ->
        [limit] changes of the tree “{ $tree }” are not all seen: the kernel gives no more watches (raise fs.inotify.max_user_watches); sets follow the longest wait
        [instances] changes of the tree “{ $tree }” are not seen: the kernel gives no more queues (raise fs.inotify.max_user_instances); sets follow the longest wait
        [root-gone] changes of the tree “{ $tree }” are not seen: its folder is not there
        [unreadable] changes of the tree “{ $tree }” are not all seen: a folder cannot be read; sets follow the longest wait
       *[no-thread] changes of the tree “{ $tree }” are not seen: the machine gives no thread; sets follow the longest wait
    }
view-watch-unreadable = what changed in the tree “{ $tree }” cannot be read from its journal ({ $code })
view-damaged = the last verify found { $count ->
    [one] 1 damage
   *[other] { $count } damages
}

# Write-ahead logs.
view-wal-never = nobody has looked at the transaction log of “{ $database }” yet: whether it is held is not known
view-wal-unreadable = what is known of the transaction log of “{ $database }” cannot be read ({ $code })
view-wal-unlooked = nobody has looked at the transaction log of “{ $database }” since { INSTANT($since) }: whether it is held is not known
view-wal-unasked = the server of “{ $database }” cannot be asked about its transaction log since { INSTANT($since) } ({ $code })
view-wal-unread = what “{ $repository }” holds of the transaction log of “{ $database }” cannot be read since { INSTANT($since) } ({ $code })
view-wal-refused = the daemon has not kept the transaction log of “{ $database }” since { INSTANT($since) } ({ $code })
view-wal-rewound = the server of “{ $database }” stood at { $detail } at { INSTANT($since) }, before what is held of its write-ahead log: it was set back, or two servers write one history; give it a timeline of its own by a recovery, and take a new base
view-wal-off = the server of “{ $database }” hands over no write-ahead log: archive_mode is off
view-wal-no-slot = the server of “{ $database }” has no replication slot “{ $slot }”: it keeps nothing of its write-ahead log for us, and what it removes is missing; make the slot with “duphong wal slot create” and take a new base
view-wal-slot-lost = the server of “{ $database }” has given up the replication slot “{ $slot }” and removed write-ahead log that was not received: make the slot anew with “duphong wal slot drop” and “create”, and take a new base
view-wal-failing = the server of “{ $database }” fails to hand over { $detail } (last at { INSTANT($at) })
view-wal-nothing = “{ $repository }” holds nothing of the transaction log of “{ $database }” that is proven since { INSTANT($since) }
view-wal-behind = “{ $repository }” holds the transaction log of “{ $database }” only until { INSTANT($since) }: { DURATION($age) } would be lost now, { DURATION($limit) } may be
view-wal-gap = “{ $repository }” lacks { $count ->
    [one] the segment { $first }
   *[other] { $count } segments, from { $first } on,
} of the write-ahead log of “{ $database }”: no recovery goes past that
view-wal-waiting = { BYTES($bytes) } of the transaction log of “{ $database }” wait on its server; { BYTES($limit) } may
view-wal-no-base = “{ $repository }” holds no base of the server of “{ $database }”: without one the write-ahead log recovers nothing
view-wal-other-line = the newest base of the server of “{ $database }” in “{ $repository }” belongs to another history of it: take a new one

# Binary logs.
view-binlog-rewound = the server of “{ $database }” stood at { $detail } at { INSTANT($since) }, which contradicts what is held of its binary log: it was set back, its log begins anew, or two servers write one; begin the log anew (RESET MASTER) unless that was done, and take a new set
view-binlog-gap = “{ $repository }” lacks { $count ->
    [one] the file { $first }, wholly or in part,
   *[other] { $count } files, from { $first } to { $last },
} of the binary log of “{ $database }”: no restore goes past that
view-binlog-no-set = “{ $repository }” holds no set of “{ $database }” that notes its place in the binary log: without one the log restores nothing
view-binlog-other-line = the newest set of “{ $database }” in “{ $repository }” is from before the binary log was begun anew: take a new one
view-binlog-unplaced = the place of the newest set of “{ $database }” is not held in the binary log in “{ $repository }” yet

# Incidents.
view-incident-unreadable = entry { $entry } cannot be taken in: { $why }
view-incident-proposed = incident { $incident } is proposed and nobody has judged it; { $percent } % of its strictest clock has run
view-incident-duty-late = incident { $incident }: duty { $duty } is LATE
view-incident-duties-open = incident { $incident }: open duties: { $duties }
view-incident-duties-undetermined = incident { $incident }: to be decided: { $duties }
view-incident-duties-sent = incident { $incident }: sent, waiting for confirmation: { $duties }
view-incident-open = incident { $incident } is open; nothing is owed at the moment
view-notice-nobody = no channel for notices is configured: nobody would hear an alarm
view-notice-failing = notices do not reach { $recipient } ({ $failures ->
    [one] once
   *[other] { $failures } times
}, since { INSTANT($since) }): { $code }
view-anchor-never = no anchor of the audit log was put at “{ $anchor }” yet
view-anchor-failed = the anchor for “{ $anchor }” did not come out at { INSTANT($since) } ({ $code })
view-anchor-late = the newest anchor at “{ $anchor }” is overdue: entries since { INSTANT($since) } are not covered there
view-audit-unusable = the audit log cannot be read or written ({ $code })
view-happened-gap = the audit log has a gap from { INSTANT($from) }: { $reason }
view-happened-reload-refused = the new configuration was refused, the old one stays in force: { $error }
view-happened-paused = { $by } paused the heavy work: { $reason }
view-happened-drill-stopped = a drill stopped half way, without a verdict ({ $code })
view-happened-verify-stopped = a verification stopped half way, without a verdict ({ $code })
view-probe-never = probe “{ $probe }” has never settled: whether the portal serves is not known
view-probe-unreadable = probe “{ $probe }”: its last record cannot be read by this program
view-probe-down = probe “{ $probe }”: DOWN since { INSTANT($since) }
view-probe-ipv4-only = probe “{ $probe }”: serves over IPv4, dead over IPv6 since { INSTANT($since) }
view-probe-ipv6-only = probe “{ $probe }”: serves over IPv6, dead over IPv4 since { INSTANT($since) }
view-probe-degraded = probe “{ $probe }”: degraded since { INSTANT($since) }
view-probe-unknown = probe “{ $probe }”: could not be looked at since { INSTANT($since) }
view-probe-flapping = probe “{ $probe }” flaps: its verdicts change so often that single changes say little

# Runs of playbooks.
view-playbook-waiting = run { $run } ({ $playbook }) waits for approval: { $there } of { $wanted }, until { INSTANT($expires) }; “{ $command }”
view-playbook-going = run { $run } ({ $playbook }) is going on
view-playbook-unwinding = run { $run } ({ $playbook }) is being taken back
view-playbook-halted = run { $run } ({ $playbook }) is not over and nobody brings it on: “{ $command }”
view-playbook-half-undone = run { $run } ({ $playbook }) is taken back in part and nobody brings it on: “{ $command }”
view-playbook-unknown = run { $run } ({ $playbook }) was cut off in step { $step }, and a person must say whether it was done: “{ $command }”
view-playbook-blocked = run { $run } ({ $playbook }) is blocked at step { $step }, behind the point of no return: “{ $command }”
view-playbook-stuck = run { $run } ({ $playbook }) is STUCK: step { $step } could not be taken back: “{ $command }”
view-playbook-closed = run { $run } ({ $playbook }) is over
view-playbook-unreadable = entry { $entry } about a run cannot be taken in: { $why }
view-happened-playbook-finished = run { $run } is finished after { DURATION($took) }
view-happened-playbook-unwound = run { $run } failed or was aborted, and is taken back after { DURATION($took) }
view-happened-playbook-left = run { $run } was left as it stands after { DURATION($took) }
