# Write-ahead logs: taken from database servers and given back.
fault-wal-not-a-database = “{ $database }” names no database
    .hint = Write it as PORTAL/DATABASE, as both are called in the configuration.
fault-wal-not-kept-here = the log of “{ $database }” is not kept
    .hint = Add “wal: { "{}" }” to its “postgres” in the configuration and reload the daemon.
fault-wal-not-received = the log of “{ $database }” is not received: its server brings it with “duphong wal push”
    .hint = To have it received, write “wal: { "{" } receive: { "{}" } { "}" }” in its “postgres” and reload the daemon.
fault-wal-slot-foreign = nothing in the audit log says that duphong made or used the replication slot “{ $slot }” for “{ $database }” here
    .hint = It may be a standby’s or another installation’s: see “SELECT * FROM pg_replication_slots”. If you know that nobody needs it, remove it in psql with pg_drop_replication_slot.
fault-wal-name = “{ $name }” is no name of a file of a write-ahead log
    .hint = In archive_command write %p for the path, in restore_command %f for the name and %p for the path.
fault-wal-not-a-segment = the file “{ $name }” is not the segment that its name says ({ $reason }); it is not kept
    .hint = The server keeps its file. If a disk is damaged, look at it now; if the file came from another server, find out why it lies here.
fault-wal-length = the file “{ $name }” has { $length } bytes, which no such file has
    .hint = It was cut short or still grows. It is not taken for a whole one.
fault-wal-no-system = “{ $path }” does not say which system the log belongs to
    .hint = Files that carry no identifier are brought from the data folder of their server only.
fault-wal-other-system = the segment “{ $name }” is of system { $found }, not of { $announced }; it is not kept
fault-wal-unopened = the repository “{ $repository }” cannot be opened ({ $code }): { $detail }
fault-wal-refused = the daemon did not keep “{ $name }” ({ $code }): { $detail }
    .hint = The server keeps its file and brings it again. If this stays, its disk fills up: see to it today.
fault-wal-history = “{ $name }” does not say where its timeline began, so nobody can say whether a log ends or has a hole
    .hint = Look at the file with “duphong wal fetch”. Where the server has the right one, ask for help: what is kept is not replaced.
fault-wal-missing = “{ $name }” is not kept in any repository that was asked
fault-wal-systems = logs of several systems are kept in “{ $repository }”: { $systems }
    .hint = Say which one with --system.
fault-wal-held = nothing of logs is removed from “{ $repository }”: { $by } holds portal “{ $portal }”, which stores there
    .hint = When what led to that is seen to: duphong snapshot release --portal { $portal }
fault-wal-halt = “{ $name }” could not be given back; a recovery must not go on without it
    .hint = See to the cause and start the server again: it goes on where it stopped.

fault-binlog-not-a-database = “{ $database }” names no database
    .hint = Write PORTAL/DATABASE, with the names of the configuration.
fault-binlog-not-kept-here = the binary log of “{ $database }” is not kept
    .hint = Add “binlog: { "{}" }” to its “mariadb” in the configuration and reload the daemon.
fault-binlog-unopened = the repository “{ $repository }” cannot be opened ({ $code }): { $detail }
fault-binlog-no-set = no set of “{ $portal }” from before { INSTANT($to) } notes a place in the binary log of { $databases }
    .hint = Choose a later instant or another repository. The account that dumps needs BINLOG MONITOR (of MySQL RELOAD and REPLICATION CLIENT), or a set notes no place.
fault-binlog-no-set-before = no set of “{ $portal }” from before transaction { $gtid } notes a place in the binary log of { $databases }
    .hint = Choose a later transaction or another repository. The account that dumps needs BINLOG MONITOR (of MySQL RELOAD and REPLICATION CLIENT), or a set notes no place.
fault-binlog-other-engine = “{ $database }” is no database of MariaDB or MySQL; no binary log brings it to an instant
    .hint = Leave it out here and restore it without “--to”. A base of PostgreSQL comes to an instant without “--database”.
fault-binlog-other-name = the binary log calls the database “{ $name }”, and the target is called “{ $target }” (“{ $database }” in the configuration)
    .hint = Make the empty target database under its old name, on another server.
fault-binlog-no-line = no kept binary log of { $system } holds the place where the set was taken ({ $at })
    .hint = See “duphong wal list”. Without the log the set comes back as it is: leave out “--to”.

# wal push
wal-push-lacking = “{ $name }” is kept, but { $count ->
    [one] one repository lacks
   *[other] { $count } repositories lack
} it. Bring it there with “duphong wal copy”.

# wal receive
wal-receive-done = The binary log of “{ $database }” is kept up to { $last }; { $bytes } were new.
wal-receive-lacking = Not everywhere: { $count ->
    [one] the repository { $repositories } lacks
   *[other] the repositories { $repositories } lack
} some of it. Bring it there with “duphong wal copy”.
wal-receive-stream-done = The write-ahead log of “{ $database }” is kept up to { $last }; { $bytes } were new.
wal-receive-statement = The server logs statements as they were said (binlog_format=STATEMENT): replayed, some of them come out otherwise. Set it to ROW or MIXED.

# wal slot
wal-slot-created = The server of “{ $database }” keeps its log by the slot “{ $slot }” from now on. See that the daemon receives it, or its disk fills up, and take a base.
wal-slot-dropped = The slot “{ $slot }” of the server of “{ $database }” is gone. What it writes from now on is kept by nobody.

# wal list
wal-list-none = no transaction log is kept.
wal-list-some = what is kept of write-ahead logs
wal-label-system = System
wal-label-timeline = Timeline
wal-label-first = From
wal-label-last = To
wal-label-segments = Segments
wal-list-binary = what is kept of binary logs
wal-label-line = Line
wal-list-files = what is in the files of system { $system }, line { $line }
wal-label-file = File
wal-label-transactions = Transactions
wal-label-first-gtid = First GTID
wal-label-last-gtid = Last GTID
wal-label-first-time = First
wal-label-last-time = Last
wal-label-files = Files
wal-list-gap = MISSING of system { $system }: { $count ->
    [one] the segment { $first }
   *[other] { $count } segments, { $first } to { $last }
}. No recovery goes past that.
wal-list-no-history = MISSING of system { $system }: the history of timeline { $timeline }. No recovery reaches that timeline.

# wal check
wal-label-log = Log of
wal-label-held = Held until
wal-label-rpo = RPO now
wal-label-wanted = Wanted
wal-label-waiting = Waiting
wal-label-fault = Fault
wal-check-gap = MISSING in “{ $repository }” of { $portal }/{ $database }: { $count ->
    [one] the segment { $first }
   *[other] { $count } segments, { $first } to { $last }
}. No recovery goes past that.

# wal copy
wal-copy-dry-run = { $count ->
    [0] “{ $repository }” lacks nothing.
    [one] One file would be brought to “{ $repository }”. Nothing was changed.
   *[other] { $count } files would be brought to “{ $repository }”. Nothing was changed.
}
wal-copy-done = { $count ->
    [0] Nothing was brought to “{ $repository }”.
    [one] One file was brought to “{ $repository }” and read back.
   *[other] { $count } files were brought to “{ $repository }” and read back.
}

wal-copy-damaged = { $count ->
    [one] One of them is there and damaged.
   *[other] { $count } of them are there and damaged.
}
wal-copy-healed = { $count ->
    [one] One file was damaged there
   *[other] { $count } files were damaged there
}; of these { $healed ->
    [one] one is
   *[other] { $healed } are
} whole now.

# wal forget
wal-forget-no-base = System { $system }: no set in this repository holds a base of it, so all { $stay } files stay.
wal-forget-nothing = System { $system }: the oldest base is in set { $set } and needs the log from { $lsn } on; all { $stay } files stay.
wal-forget-some = System { $system }: the oldest base is in set { $set } and needs the log from { $lsn } on; { $count ->
    [one] { $first } goes
   *[other] { $count } files, { $first } to { $last }, go
}, { $stay } stay.
wal-forget-no-set = Server { $system }: no set in this repository says from where on its binary log is needed, so all { $stay } files stay.
wal-forget-binary-nothing = Server { $system }: the oldest set is { $set } and needs the binary log from { $at } on; all { $stay } files stay.
wal-forget-binary-some = Server { $system }: the oldest set is { $set } and needs the binary log from { $at } on; { $count ->
    [one] { $first } goes
   *[other] { $count } files go, from { $first } to { $last }
}, { $stay } stay.
wal-forget-dry-run = Nothing was changed.
wal-forget-done = { $count ->
    [0] Nothing was removed from “{ $repository }”.
    [one] One object was removed from “{ $repository }”.
   *[other] { $count } objects were removed from “{ $repository }”.
}

help-wal = Keep and give back transaction logs of PostgreSQL, MariaDB and MySQL
help-wal-push = Keep a segment; for archive_command
more-wal-push = Hands the file to the daemon and ends with 0 only when it is durable where the configuration wants it. A file that is kept already is compared: the same bytes again are 0, other bytes 20, and nothing is written over. It needs neither the configuration nor a password, only the right to reach the daemon's socket.
help-wal-push-database = Database whose log it is, as PORTAL/DATABASE
help-wal-push-path = The file, %p of archive_command
help-wal-push-socket = The daemon's socket for logs, where the configuration cannot be read
help-wal-receive = Take the log of a server up to where it ends now
more-wal-receive = Takes the binary log of MariaDB or MySQL where “binlog” is in the configuration, and the write-ahead log of PostgreSQL where “wal.receive” is. The daemon does so all the time; this does it once, where no daemon runs, or to see whether the server and the account lack anything.
help-wal-receive-database = Database whose server's log it is, as PORTAL/DATABASE
help-wal-slot = Make or remove the replication slot by which a PostgreSQL server keeps its log
help-wal-slot-create = Make the slot, by which the server keeps its log until it was received
more-wal-slot-create = Before that the server is asked whether it can stream its log, and whether the role may. From then on the daemon must receive it, or the server's disk fills up; max_slot_wal_keep_size is the bound.
help-wal-slot-create-database = Database whose server's log it is, as PORTAL/DATABASE
help-wal-slot-drop = Remove the slot: the server keeps nothing for us any more
more-wal-slot-drop = For a server that is to be received from no longer, and for a slot that the server has given up. Nobody may be receiving by it, so stop the daemon first; and take “receive” out of the configuration before it starts again, unless you make the slot anew.
help-wal-slot-drop-database = Database whose server's log it is, as PORTAL/DATABASE
help-wal-list = Show what is kept, by timeline, and what is missing in between
help-wal-list-files = Read every file of binary logs and show the transactions in it, from when to when; this reads the whole log
help-wal-list-repository = Repository; without it every one in the configuration
help-wal-check = Look how far the logs are held now, and what would be lost
more-wal-check = Asks each server how far it has written, and each repository what it holds of that; the daemon does the same by itself, and “duphong status” shows what it saw. Ends with 0, with 3 where something could not be asked or should be looked at, and with 30 where more would be lost than the configuration accepts.
help-wal-check-database = Database, as PORTAL/DATABASE; without it every one whose log is kept
help-wal-fetch = Give a segment back; for restore_command
more-wal-fetch = Ends with 0 when the file is there; of the last segment, where a beginning alone is kept, with zeros behind that. Ends with 1 when every repository was asked and none has it, which PostgreSQL takes for the end of the log; with 200 in all other cases, at which PostgreSQL ends the recovery instead of going on with a part of the log.
help-wal-fetch-name = Name of the file, %f of restore_command
help-wal-fetch-path = Where it is written, %p of restore_command
help-wal-fetch-repository = Repository to ask; may be repeated; without it all in the configuration
help-wal-fetch-system = Identifier of the system whose log it is, where several have logs in a repository
help-wal-copy = Bring a repository the segments that it lacks
help-wal-copy-from = Repository that has them
help-wal-copy-to = Repository that lacks them
more-wal-copy = Compares by names and lengths. With --read-data all that is there is read as well: what is damaged is brought anew, and goes when the new one was read back; what can be read is never replaced.
help-wal-copy-read-data = Read what is there, and bring anew what is damaged
help-wal-copy-dry-run = Show what would be brought; change nothing
help-wal-forget = Remove segments that no base needs any more
more-wal-forget = Of each system everything since the oldest base in the repository stays, on every timeline; where a set cannot be read, or no base is there, all stays. Timeline histories always stay.
help-wal-forget-repository = Repository to remove them from
help-wal-forget-dry-run = Show what would be removed; change nothing
value-database = DATABASE
value-gtid = GTID

# What a server lacks for its log to be received (validate --live).
validate-unasked = the server cannot be asked: { $why }
validate-unasked-hint = { $hint }
lack-level = PostgreSQL at “{ $server }” writes too little into its log: wal_level is { $value }
lack-level-hint = Its administrator types in psql: ALTER SYSTEM SET wal_level = 'replica'; and restarts the server.
lack-senders = PostgreSQL at “{ $server }” has no connection left to send its log by: max_wal_senders is { $most }, of which others use { $used }
lack-senders-hint = Its administrator types in psql: ALTER SYSTEM SET max_wal_senders = { $wanted }; and restarts the server.
lack-slots = PostgreSQL at “{ $server }” has no room for a replication slot: max_replication_slots is { $most }, and there are { $used }
lack-slots-hint = Its administrator types in psql: ALTER SYSTEM SET max_replication_slots = { $wanted }; and restarts the server.
lack-role = the role “{ $role }” at PostgreSQL “{ $server }” lacks the right to replicate
lack-role-hint = Its administrator types in psql: ALTER ROLE { $role } REPLICATION;
lack-login = PostgreSQL at “{ $server }” refuses the role “{ $role }” a replication connection: { $said }
lack-login-hint = Put the line “{ $line }” into pg_hba.conf, above the general ones, and type in psql: SELECT pg_reload_conf();
lack-slot = PostgreSQL at “{ $server }” has no replication slot “{ $slot }” yet, so it keeps no log for duphong
lack-slot-hint = Type: duphong wal slot create { $database }
lack-slot-lost = PostgreSQL at “{ $server }” has given up the replication slot “{ $slot }”: the log that was not received is gone
lack-slot-lost-hint = Type one after the other: duphong wal slot drop { $database }; duphong wal slot create { $database }; duphong snapshot create --portal { $portal }
lack-maker = the server at “{ $server }” is { $version }, whose binary log duphong cannot follow: of MySQL it follows that of 8.0 and newer
lack-maker-hint = Take “binlog” off this database in the configuration, and take sets more often.
lack-off = the server at “{ $server }” writes no binary log
lack-off-hint = Its administrator types: printf '[mariadb]\nlog-bin\nserver-id=1\nbinlog-format=ROW\n' > /etc/mysql/mariadb.conf.d/90-duphong.cnf && systemctl restart mariadb
lack-off-mysql-hint = Its administrator takes “skip-log-bin” and “disable-log-bin” out of the server's configuration file, puts “log-bin”, “server-id=1”, “gtid-mode=ON” and “enforce-gtid-consistency=ON” there, and restarts the server.
lack-numbers = MySQL at “{ $server }” gives transactions no numbers (gtid_mode is not ON), by which alone a hole in its binary log is found
lack-numbers-hint = Its administrator types one after the other: SET PERSIST enforce_gtid_consistency = ON; SET PERSIST gtid_mode = OFF_PERMISSIVE; SET PERSIST gtid_mode = ON_PERMISSIVE; SET PERSIST gtid_mode = ON; then take a set.
lack-image = MySQL at “{ $server }” logs only a part of each changed row (binlog_row_image is { $image })
lack-image-hint = Its administrator types: SET PERSIST binlog_row_image = 'FULL';
lack-number = the server at “{ $server }” has server_id 0 and refuses whoever would follow its binary log
lack-number-hint = Its administrator types: SET GLOBAL server_id = 1; and puts “server-id=1” into the server's configuration file.
lack-format = the server at “{ $server }” writes its binary log as { $format }: some statements may come out otherwise when they are replayed
lack-format-hint = Its administrator types: SET GLOBAL binlog_format = 'ROW'; and puts “binlog-format=ROW” into the server's configuration file.
lack-filter = the server at “{ $server }” leaves changes out of its binary log ({ $filter })
lack-filter-hint = Take binlog-do-db and binlog-ignore-db out of the server's configuration file, turn on log-replica-updates (MariaDB: log-slave-updates) on a replica, and restart the server.
lack-rights = the account at the server “{ $server }” may not follow the binary log; it lacks: { $rights }
lack-rights-hint = Its administrator types: GRANT { $rights } ON *.* TO { $account };
lack-expire = the server at “{ $server }” removes its binary log after { $hours } hours: where duphong stands still for longer, a part is lost
lack-expire-hint = Its administrator types: SET GLOBAL { $setting } = { $wanted }; and puts “{ $setting }={ $wanted }” into the server's configuration file.
