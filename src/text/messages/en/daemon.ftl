# The daemon.
fault-daemon-running = another daemon already works on “{ $state }” (process { $pid })
    .hint = One daemon is enough for one state folder. Stop the other one first, or reload it with “duphong ctl reload”.
fault-daemon-listen = the address { $listen } cannot be listened on
    .hint = Another program may use the port: see “ss -ltnp”. Give another address as web.listen in the configuration.
fault-daemon-socket = the control socket “{ $socket }” cannot be made
    .hint = Check the rights of the folder. The path of a socket has at most 107 bytes: a deeper state folder cannot have one.
fault-daemon-not-running = no daemon answers at “{ $socket }”
    .hint = Start it with “systemctl start duphong”, or in the foreground with “duphong daemon”.
fault-daemon-no-answer = the daemon at “{ $socket }” gave no usable answer ({ $detail })
    .hint = It may run another version than this command: restart it. If it hangs, its own log says where.
fault-daemon-not-yours = the daemon does not listen to user { $uid }
    .hint = Run the command as root or as the daemon’s own account.
fault-daemon-not-a-request = the daemon was asked something it does not know ({ $detail })
    .hint = Use the command and the daemon of one version.
fault-daemon-unknown-job = there is no job “{ $job }”
    .hint = “duphong ctl status” lists the jobs.
fault-daemon-no-set = job “{ $job }” takes no set that could have tags
    .hint = Leave “--tag” out, or name a job that begins with “snapshot/”.
fault-daemon-busy = job “{ $job }” cannot start now: it runs already, or enough others of its kind do
    .hint = “duphong ctl status” shows what runs. Try again when it has ended.
fault-daemon-needs-restart = “{ $setting }” cannot change while the daemon runs
    .hint = Everything else in the file is waiting as well. Restart the daemon: “systemctl restart duphong”.
fault-daemon-refused = the daemon refused ({ $code }): { $detail }
fault-daemon-late = the daemon’s scheduler gave no answer within a minute; it may still do what it was asked
    .hint = “duphong ctl status” shows whether it hangs. Look there before you ask again; its own log says where it hangs.
fault-daemon-stopping = the daemon is stopping
    .hint = Ask again when it runs.

# ctl and next
ctl-label-process = Process
ctl-label-version = Version
ctl-label-started = Started
ctl-label-reload = Settings as of
ctl-label-paused = Paused
ctl-label-log = Audit log cannot be written
ctl-label-next = Next start
ctl-label-running = Running since
ctl-paused = Paused. No set is taken, no drill and no verify begins until you resume; portals are still watched.
ctl-resumed = Resumed. What was missed is made up for by one run of each job.
ctl-started = { $job } was started.
ctl-reloaded = The new configuration is in force.
ctl-not-reloaded = The new configuration was not taken up ({ $code }). The old one stays in force:
next-label-job = Job
next-label-in = In
next-nothing = Nothing is scheduled: neither snapshots nor drills nor verifies have a schedule in the configuration.
next-after-change = { $job } (after a change)
next-no-daemon = no daemon runs: none of this will start by itself
next-paused = the daemon is paused: none of this will start until it is resumed
status-daemon = The daemon has been running since { INSTANT($at) }.

# What the daemon means for the whole.
view-no-daemon = the configuration schedules { $count ->
    [one] 1 job
   *[other] { $count } jobs
}, but no daemon runs
view-daemon-unclear = whether the daemon is well cannot be told: it gave no usable answer
view-daemon-paused = { $by } has paused snapshots, drills and verifies: { $reason }
view-reload-refused = the newest configuration was refused ({ $code }); an older one is in force
view-log-unwritable = the audit log cannot be written ({ $code })
view-daemon-hangs = the daemon’s scheduler hangs

# Help.
help-daemon = Run scheduled work day and night, in the foreground
more-daemon = Meant for systemd; see docs/OPERATIONS.md. SIGHUP reads the configuration again, SIGTERM stops at the next safe place, a second one ends at once.
help-daemon-log = How to write the log to standard error
help-ctl = Talk to the running daemon
help-socket = The control socket; that of the configuration if not given
help-ctl-socket = The control socket, where the configuration cannot be read
help-ctl-status = Show how the daemon is, what runs and what comes
help-ctl-reload = Have the configuration read again; a wrong one is refused as a whole
help-ctl-pause = Let no snapshot, drill or verify start until resumed
more-ctl-pause = What runs goes on. Portals are still watched, and status stays amber. A restart of the daemon ends the pause.
help-ctl-pause-reason = Why, for the audit log and for whoever looks at the status
help-ctl-resume = End a pause
help-ctl-run = Start a job now, beside its schedule
help-ctl-run-job = The job’s name, as “ctl status” shows it, for example snapshot/mau
help-ctl-run-tag = Tag for the set instead of those of the configuration (may be given again)
help-next = Show what starts by itself, and when
help-next-count = How many starts to show
value-format = FORMAT
value-job = JOB
