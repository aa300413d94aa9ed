# Faults of the configuration as a whole.
fault-config-missing = there is no configuration at “{ $path }”
    .hint = Name the file with --config, or make a first one with “duphong quickstart”.
fault-config-unreadable = the configuration could not be read
fault-config-problems =
    { $count ->
        [one] the configuration “{ $path }” has one problem
       *[other] the configuration “{ $path }” has { $count } problems
    }
    .hint = Correct them all, then run “duphong validate”.

# Faults of secrets.
fault-secret-unreadable = a secret could not be read
fault-secret-no-credentials = systemd passed no credentials, so “{ $name }” is out of reach
    .hint = Run this as a service with LoadCredential={ $name }:…, or keep the secret in a file and write “file:”.
fault-secret-empty = the secret file “{ $path }” is empty
    .hint = Write the password into it; one line ending after it is not part of it.
fault-secret-too-long = the file “{ $path }” is longer than { BYTES($limit) }: this is no password
    .hint = Check the path: it seems to name another file.
fault-secret-not-a-key = the file “{ $path }” holds no access key
    .hint = Two lines: the id of the key, then its secret; nothing else.

# The file as text.
config-too-large = the file is { BYTES($size) } or more; the limit is { BYTES($limit) }
config-too-large-hint = Check that this is the configuration: a thousand portals need half of that.
config-not-utf8 = the file is not UTF-8 from here on
config-not-utf8-hint = Save it as UTF-8. Older Vietnamese encodings (TCVN3, VNI) cannot be read.
config-byte-order-mark = the file begins with a byte order mark
config-byte-order-mark-hint = Save it as “UTF-8 without BOM”.
config-control-character = control character { $code }
config-control-character-hint = Delete it; it usually comes from copying out of another program.
config-empty = the file has no content
config-empty-hint = Begin with the example: { $example }.

# YAML.
config-tab = a tab is used for indentation
config-tab-hint = YAML indents with spaces only: replace every tab by two spaces.
config-open-quote = a quotation mark is opened here or before and never closed
config-open-quote-hint = Close it, or put the whole value between single quotes: 'like this'.
config-after-quote = something follows the closing quotation mark
config-after-quote-hint = Put the whole value between quotes; between single quotes write an apostrophe twice: 'it''s'.
config-list-here = an item of a list cannot begin here
config-list-here-hint = Begin the list on the next line, or write it between brackets: [a, b].
config-escape = unknown sequence after “\” between double quotes
config-escape-hint = Use single quotes: between them “\” is an ordinary character.
config-open-bracket = a bracket or brace is not closed, or one too many is closed
config-open-bracket-hint = Count the “[ ]” and “{"{"} {"}"}” of this value; items are separated by commas.
config-too-deep = values are nested too deeply; the limit is { $limit }
config-too-deep-hint = Nothing here is nested so deeply: check indentation and brackets.
config-colon = a second “:” on the line, or a value where none can stand
config-colon-hint = Put values that contain “: ” between quotes, and begin every key on a line of its own.
config-no-colon = a key without “:”
config-no-colon-hint = Write “key: value”, with a space after the colon.
config-start-character = a value cannot begin with this character
config-start-character-hint = Put the value between quotes.
config-indentation = the line does not fit the indentation of the lines above
config-indentation-hint = Keys of one section begin in the same column; items of a list begin with “- ” in the same column.
config-syntax = this is not YAML: { $detail }
config-syntax-hint = Look at this line and the one above: colons, quotes, brackets and indentation.
config-several-documents = a second document begins here
config-several-documents-hint = Delete the line “---”: a file is one document.
config-alias = anchors (&) and aliases (*) are not used here
config-alias-hint = Write the value out where it is needed. If the text itself begins with & or *, put it between quotes.
config-merge-key = merge keys (<<) are not used here
config-tag = tags such as “{ $tag }” are not used here
config-tag-hint = Delete the tag. If the text itself begins with !, put it between quotes.
config-complex-key = a key must be a plain word
config-complex-key-hint = Text between double braces or with a leading “?” is taken for a key: put it between quotes.
config-duplicate-key = the key “{ $key }” stands here a second time; first on line { NUMBER($line, useGrouping: "false") }
config-duplicate-key-hint = Keep one of the two.

# Keys.
config-unknown-key = unknown key “{ $key }”
config-later-key = the key “{ $key }” is not known to this version yet
config-did-you-mean-hint = Did you mean “{ $nearest }”?
config-known-keys-hint = Known here: { $known }.
config-missing-key = the key “{ $key }” is missing
config-missing-key-hint = Add “{ $key }:” to this section; { $example } shows one.
config-no-value = the key has no value
config-no-value-hint = Give it a value, or delete the line.
config-one-of =
    { $count ->
        [0] one of these is missing: { $keys }
       *[other] only one of these may be given: { $keys }
    }
config-one-of-hint = Keep exactly one.

# Values.
config-wrong-kind =
    { $expected ->
        [list] a list is expected here
        [mapping] a section with keys is expected here
        [number] a whole number is expected here
        [duration] a duration such as 6h is expected here
       *[text] a text is expected here
    }, not { $found ->
        [list] a list
        [mapping] a section with keys
       *[text] a text
    }
config-glued-colon-hint = A space must follow the colon: “key: value”.
config-too-few =
    { $least ->
        [one] at least one entry is needed
       *[other] at least { $least } entries are needed
    }
config-too-few-hint = Add an entry, or delete the key.
config-too-many = { $count } entries; at most { $most } are allowed
config-text-lines = the text contains a line break or another control character
config-text-length = the text is { $length } characters long; at most { $most } are allowed
config-id = “{ $value }” cannot be a short name
config-id-hint = Use 1 to 32 characters: small letters a–z, digits and hyphens, not beginning with a hyphen.
config-unknown-word = “{ $value }” is not one of: { $known }
config-known-words-hint = Write one of these words.
config-quoted-number = a number between quotes is a text
config-quoted-number-hint = Remove the quotes.
config-number-range = { $value } is not between { NUMBER($least, useGrouping: "false") } and { NUMBER($most, useGrouping: "false") }
config-duration = “{ $value }” is not a duration
config-duration-unit = the duration “{ $value }” has no unit
config-duration-hint = Write a whole number and its unit without a space: 90s, 30m, 6h or 14d.
config-duration-range = { $value } is not between { DURATION($least) } and { DURATION($most) }
config-wal-slot = “{ $value }” is no name of a replication slot
config-wal-slot-hint = Write small letters, digits and “_”, at most 63.
config-wal-waiting = “{ $value }” is no size between 16MiB and 64TiB
config-wal-waiting-hint = Write a whole number and its unit without a space: 512MiB, 2GiB.
config-binlog-every = the binary log may wait as long before it is kept (every) as may be lost at most (rpo)
config-binlog-every-hint = Make “every” shorter than “rpo”, a tenth of it as a rule.
config-path-unexpanded = “{ $value }”: “~” and variables mean nothing here
config-path-unexpanded-hint = Write the full path.
config-path-parent = “{ $value }” contains “..”
config-path-parent-hint = Write the full path: behind a symbolic link “..” leads elsewhere than it seems to.
config-timezone = unknown time zone “{ $value }”
config-timezone-hint = Write a name of the IANA database, such as Asia/Ho_Chi_Minh.
config-url = “{ $value }” is not the address of a portal
config-url-hint = Write it in full, such as https://cong.example.
config-url-secret = the address contains a user name or password
config-url-secret-hint = Remove everything up to “@”.
config-inline-secret = a secret must not stand in the configuration
config-inline-secret-hint = Put it into a file of mode 0600 and write {"{"} file: /etc/duphong/… {"}"}, or let systemd pass it: {"{"} credential: NAME {"}"}. Change the password if others could read this file.
config-credential = “{ $value }” cannot be the name of a credential
config-pattern = “{ $value }” cannot be a pattern of what to leave out
config-pattern-hint = Patterns are relative to the tree's folder: no leading “/”, no empty part, no “.” or “..”.
config-dsn = the connection cannot be understood
config-dsn-hint = Write it as “host=/run/postgresql dbname=portal user=duphong”.
config-dsn-hosts = the connection names several servers
config-dsn-options = the connection sets “options”, which duphong sets itself
config-dsn-options-hint = Remove “options”.
config-dsn-tls = the connection demands TLS, which this version cannot speak to PostgreSQL
config-dsn-tls-hint = Run duphong beside the server and connect by its unix socket, or through a tunnel; then leave “sslmode” out.
config-dsn-password = the connection contains a password
config-dsn-password-hint = Remove it and write “password: {"{"} file: … {"}"}” beside “dsn”. Change the password if others could read this file.
config-dsn-database = the connection names no database
config-mariadb-place = both “socket” and “host” are given
config-mariadb-place-hint = Write either “socket”, or “host” with “port” and “authorities”.
config-mariadb-stray = this belongs to a “host”, which is missing
config-mariadb-tls = the connection to “{ $host }” would not be encrypted
config-mariadb-tls-hint = Name the PEM file of the authority that signed the server's certificate as “authorities”, or connect through a tunnel that begins on this machine.
config-no-socket-hint = Does the server run, and does it listen there (“socket” in its settings)?
config-mariadb-bin-dir-hint = Name the folder that holds mariadb-dump (or mysqldump).
config-account = “{ $value }” cannot be an account of this machine

# Portals.
config-portal-empty = the portal has neither databases nor trees: nothing of it would be saved
config-portal-empty-hint = Add “databases” or “trees”.
config-retention-empty = there is no rule: all sets but the newest would be forgotten
config-retention-empty-hint = Add at least one of “within”, “last”, “hourly”, “daily”, “weekly”, “monthly”, “yearly”, or remove “retention” to keep all sets.
config-set-tag = “{ $value }” cannot be the tag of a set
config-set-tag-hint = Use 1 to 32 characters: small letters a–z, digits and hyphens, not beginning with a hyphen. “evidence” is kept for sets taken as evidence, which no rule forgets.
config-on-change-unwatched = “on-change” is given, but no tree of this portal is watched
config-on-change-unwatched-hint = Add “watch: true” to a tree, or remove “on-change”.
config-tags-unscheduled = “tags” is given, but the daemon takes no set of this portal: it has neither “schedule” nor “on-change”
config-tags-unscheduled-hint = Add one of them, or remove “tags”: a set taken by hand gets its tags by “--tag”.
config-on-change-longest = the longest wait of { DURATION($longest) } is shorter than the quiet period of { DURATION($quiet) }
config-on-change-longest-hint = Raise “longest”, or lower “quiet”.
config-spot-check-beyond = a spot check can never look at: { $sources }
config-spot-check-beyond-hint = Of sealed sources, those of another host, and bases only a drill proves anything.
config-name-taken = another source of this portal is called “{ $name }” already
config-name-taken-hint = Give each its own “name”.
config-tree-name = the folder's name “{ $folder }” cannot be the name of the tree
config-tree-name-hint = Add “name”: small letters a–z, digits and hyphens.
config-twice = “{ $name }” is listed twice
config-no-repository = there is no repository “{ $name }”
config-no-repository-hint = Known: { $known }. Add it under “repositories”, or correct the name.
config-drill-from = no set of this portal goes to “{ $name }”, so no drill can restore from it
config-drill-from-hint = Take one of: { $known }; or add it to “snapshot.to”.
config-turn-within = there is only one newest set: nothing to choose from within a time
config-turn-within-hint = Leave “within” out, or take “random” or “oldest”.
config-rto-law = rto { DURATION($rto) } and allowance { DURATION($allowance) } together exceed the 24 hours in which data must be ready again (QĐ 75/2025/QĐ-UBND, Hưng Yên, Điều 12.4)
config-rto-law-hint = The 24 hours start at the incident, a drill's clock at the decision: set rto to at most { DURATION($left) }, or lower the allowance.
config-brace = single “{"{"}” or “{"}"}” in “{ $value }”
config-brace-hint = For a brace itself write it twice.
config-placeholder = unknown placeholder “{ $value }”
config-placeholder-hint = Known: {"{"}port{"}"}, {"{"}database:NAME{"}"}, {"{"}tree:NAME{"}"}. For a brace itself write it twice.
config-hook-port-hint = This command starts no portal, so there is no port to fill in.
config-placeholder-name = “{ $value }” names no source of this portal
config-placeholder-name-hint = Known: { $known }.
config-no-placeholder-hint = This command has no placeholders. A brace itself is written twice.
config-command-placeholder-hint = This command has: { $known }. A brace itself is written twice.
config-command-program = “{ $value }” cannot be the program
config-command-program-hint = Give its full path, or the name of a program in /usr/bin. Each argument is an item of the list; no shell reads it.
config-command-target = the load command is not told where to load to
config-command-target-hint = Put {"{"}target{"}"} into “load” where the database is named: who restores says “--database NAME=TARGET”.
config-command-folder = the dump and load commands are not of one form
config-command-folder-hint = Where “dump” has {"{"}folder{"}"} (it leaves files), every load needs it too; else none may have it.
config-command-form = “{ $key }” does not go with this dump command
config-command-form-hint = “extension” and “ends-with” are for a command that writes to its standard output, “files” for one that leaves files in {"{"}folder{"}"}.
config-command-extension = “{ $value }” cannot be the ending of a file's name
config-command-extension-hint = Use up to 16 small letters, digits, and dots between them, such as sql.
config-command-pattern = “{ $value }” is no pattern of file names
config-command-pattern-hint = Give a name without folders; “*” stands for any run of characters, as in "*.bak".
config-command-production = the drill has a command of production
config-command-production-hint = A drill's commands lead to a place of its own, such as another database or a file in {"{"}scratch{"}"}; else the drill would write over production, or count production again.
config-command-production-target = the drill loads into “{ $value }”, which production's commands speak of
config-command-drill-secret = “{ $value }”: the drill has a secret of production
config-command-drill-secret-hint = Give the drill an account of its own that has no right over production: whatever its commands do then, they cannot reach it.
config-command-uncounted = there is no count command: no drill can prove the data
config-command-uncounted-hint = Add “count”: a line for each table, its name, a tab, its rows; perhaps a tab and a digest of its content.
config-command-undrilled = this database is not drilled
config-command-undrilled-hint = Add “drill” with “clean”, “load” and “count” of its own, which do not touch production.
config-command-drill-unasked = the drill has no command for paths of “{ $value }”: it cannot prove that the files are there which the database names
config-command-drill-unasked-hint = Add “paths” under “drill”: a command that prints the same of what the drill has loaded.
config-command-drill-uncounted = the drill has no count command: it cannot prove the data
config-variable = “{ $value }” cannot be the name of a variable
config-variable-hint = Use plain letters, digits and underscores, and no digit first.
config-media-command = a database of commands has no queries
config-media-command-hint = Leave “media” out here, and name a command under “command: paths:” that prints the paths.
config-media-beside = “media” or “paths” does not go with a sealed database or tree, nor with a physical base: its answers stand readable in the set
config-media-beside-hint = Leave it out here, or “sealed” and “physical”.
config-media-query = the query begins with “{ $value }”: it must read, and so begin with SELECT or WITH
config-media-query-hint = One column, each row a path below the tree: SELECT path FROM upload
config-media-tree = the portal has no tree “{ $value }”
config-media-tree-hint = Known trees: { $known }
config-pull-watch = a tree that comes from another host is not watched, nor compared for mass changes: leave this key out
config-sealed-recipient = “{ $value }” is no age recipient
config-sealed-recipient-hint = Write the public key that age-keygen printed: it begins with age1. A single wrong letter is noticed.
config-sealed-beside = “{ $other }” stores what the same server holds, and with it every row of this database, under the repository's password alone
config-sealed-beside-hint = Leave out one of the two, or give the sealed database a server of its own.
config-sealed-physical = a physical base and a transaction log cannot be sealed: they are stored under the repository's password alone
config-sealed-physical-hint = Leave out “physical”, “wal” and “binlog” to seal the dumps of this database, or leave out “sealed”.
config-sealed-identity = a secret key stands where a public one belongs
config-sealed-identity-hint = Write the public key, which begins with age1, and remove the secret one from this file. Who could read this file can open what is sealed to it: make a new pair.
config-identity-beside = this host takes sealed sets and can open them: sealing protects nothing here
config-identity-beside-hint = Keep the identity on the host that restores and drills, and remove it from this one.
config-pull-exclude = what is pulled from another host cannot be filtered here
config-pull-exclude-hint = Add “--exclude” to the tar command on the other host.
config-no-program = “{ $program }” cannot be run: { $detail }
config-smoke-path = “{ $value }” is not the path of a request
config-smoke-path-hint = Begin it with “/”; write spaces as %20.
config-smoke-without-start = questions without a portal that could answer
config-smoke-without-start-hint = Add “start”: the command that serves the restored portal.
config-start-without-smoke = the restored portal is started, but nothing asks whether it serves
config-start-without-smoke-hint = Add “smoke”, such as [ {"{"} path: / {"}"} ]: recovery counts until the portal answers.
config-start-without-port = the command is not told on which port to answer
config-start-without-port-hint = Put {"{"}port{"}"} into “start” where the program expects its port.

# What lies inside what.
config-backs-up-itself = “{ $path }” contains “{ $other }” ({ $other-key }): it would back up itself
config-backs-up-itself-hint = Choose a narrower folder, or move duphong's own folder out of it.
config-source-in-own = “{ $path }” lies inside “{ $other }” ({ $other-key }), a folder of duphong's own
config-source-in-own-hint = Keep the portal's data and duphong's own apart.
config-in-scratch = “{ $path }” lies inside the scratch folder “{ $other }” ({ $other-key }), which drills empty
config-in-scratch-hint = Move one of the two.
config-in-repository = “{ $path }” and the repository “{ $other }” ({ $other-key }) lie inside each other
config-in-repository-hint = Give every repository a folder of its own.
config-same-repository = “{ $path }” is also the folder of { $other-key }
config-same-repository-hint = Two repositories need two folders, better on two disks.
config-database-in-tree = the database lies inside the tree “{ $other }” ({ $other-key }): it would be saved twice, once while it changes
config-database-in-tree-hint = Add exclude: ["{ $relative }*"] to the tree. The “*” also covers SQLite's -wal and -shm files.
config-tree-in-tree = the tree lies inside the tree “{ $other }” ({ $other-key }): its files would be saved twice
config-tree-in-tree-hint = Add exclude: ["{ $relative }/**"] to the outer tree.

# This machine.
config-no-file = “{ $path }” does not exist
config-no-file-hint = Correct the path, or create what it names; is the disk mounted?
config-no-parent = “{ $path }”, in which the repository is to stand, does not exist
config-no-parent-hint = Mount the disk, or create the folder; duphong creates only the repository itself.
config-not-folder = “{ $path }” is not a folder
config-not-folder-hint = Correct the path, or move the file away.
config-no-program-hint = Install the program, or correct the path.
config-bin-dir-hint = Name the folder that holds pg_dump, such as /usr/lib/postgresql/17/bin.
config-denied = no permission to read “{ $path }”
config-denied-hint = Run this as the account that runs duphong, or correct owner and mode.
config-unreadable = “{ $path }” cannot be read: { $detail }
config-not-sqlite = “{ $path }” is not a SQLite database
config-not-sqlite-hint = Correct the path.
config-secret-open = everyone on this machine can read the secret “{ $path }” (mode { $mode })
config-secret-group = a group can read the secret “{ $path }” (mode { $mode })
config-secret-open-hint = Run: chmod 600 "{ $path }"
config-secret-content = the secret cannot be used: { $detail }
config-secret-content-hint = The file must hold the password and nothing else.
config-access-key = “{ $path }” holds no access key
config-access-key-hint = Two lines: the id of the key, then its secret; nothing else.
config-endpoint = this is no address of an S3 server
config-endpoint-hint = Write it like https://s3.example.vn or https://10.0.0.5:9000; bucket, prefix and key have places of their own.
config-endpoint-clear = “{ $endpoint }” is asked without TLS
config-endpoint-clear-hint = Sets are encrypted, but whoever listens on the way can delete and replace them. Use https:// where the server has it.
config-endpoint-open = “{ $endpoint }” would be asked without TLS, over a network that is not ours
config-endpoint-open-hint = Use https://; http:// is only for this machine and for addresses under “network: inside:”, written as numbers.
config-bucket = “{ $value }” cannot be the name of a bucket
config-bucket-hint = 3 to 63 of a-z, 0-9, hyphen and dot, beginning and ending with a letter or digit.
config-prefix = “{ $value }” cannot stand before the names of objects
config-prefix-hint = Letters without marks, digits, “-”, “_”, “.”; “/” only in between, such as tinh/mau.
config-region = “{ $value }” is no region
config-region-hint = Write it as the storage's administrator gave it, such as us-east-1; leave it out if there is none.
config-same-bucket = “{ $place }” lies in the place of { $other-key }, or that one in this
config-same-bucket-hint = Two repositories, or a repository and anchors, need two buckets or two prefixes beside each other, better on two servers.
config-lock-disk = a folder has no object lock
config-lock-disk-hint = Only a bucket has one: take this out, or keep the repository in a bucket.
config-lock-short = a lock of { DURATION($retention) } would be over before the next set of “{ $portal }” must be there (rpo { DURATION($rpo) })
config-lock-short-hint = Make “retention” longer than every rpo, best by weeks: an attack is often noticed late.
config-credential-unseen = the credential “{ $name }” can only be checked where systemd passes it
config-credential-unseen-hint = Check that the unit has LoadCredential={ $name }:…

# Network, probes, notices, incidents.
config-socket = “{ $value }” is no address with a port
config-socket-hint = Write it like 203.0.113.1:443 or "[2001:db8::1]:443".
config-ip = “{ $value }” is no IP address of the kind that is needed here
config-ip-hint = Write an IPv4 address like 203.0.113.1 or an IPv6 address like "2001:db8::1".
config-ip-private = “{ $value }” is not used on the internet
config-ip-private-hint = Form 03 lists addresses used on the internet, no internal ones.
config-block = “{ $value }” is no block of addresses
config-block-hint = Write it like 10.0.0.0/8 or "fd00::/8".
config-block-bits = “{ $value }” is a block and a host at once
config-block-bits-hint = Did you mean “{ $block }”?
config-host = “{ $value }” is no host name
config-host-hint = Write it like cong.example, without “https://” and without a path; other letters as xn--.
config-mailbox = “{ $value }” is no mail address
config-mailbox-hint = Write the address alone, like duty@cong.example.
config-schedule = “{ $value }” is no schedule: { $detail }
config-schedule-hint = Write the five fields of cron: minute hour day month weekday. "0 2 * * 0" is Sunday, 2 a.m.
config-expect-without-url = “expect” is for pages (url) only
config-expect-without-url-hint = For tls and dns, write the conditions in that section itself.
config-path-without-url = “{ $value }” is a path, and the portal has no “url”
config-path-without-url-hint = Write the portal's “url”, or an absolute address here.
config-defacement-without-url = it is not known which page to watch
config-timeout-every = one look may take { DURATION($timeout) }, and one starts every { DURATION($every) }
config-timeout-every-hint = Lower “timeout” or raise “every”.
config-listen-open = “{ $value }” is open to the network, not to this machine alone
config-listen-open-hint = Only do this behind a firewall or a proxy.
config-anchor-without-lock = a bucket that keeps anchors needs “object-lock”
config-anchor-without-lock-hint = Without a lock, whoever has the key of this host deletes the anchors with the log. Say object-lock: { "{" } mode: compliance, retention: 730d { "}" }.
config-anchor-lock-mail = a letter has no object lock
config-anchor-lock-mail-hint = Take this out: the recipient keeps the letters.
config-anchor-without-smtp = anchors go out by mail, and there is no mail server
config-anchor-without-smtp-hint = Add “smtp” under “notices”.
config-to-without-smtp = there are recipients and no mail server
config-to-without-smtp-hint = Add “smtp”, or delete “to”.
config-smtp-account = “user” and “password” belong together
config-smtp-account-hint = Write both, or delete both.

# Approvers.
config-approver-login = the account “{ $login }” belongs to the approver “{ $other }” already
config-approver-login-hint = Give every account to one person: whoever starts a run must not approve it under another name.
config-approver-key = this is not a public key as OpenSSH writes it
config-approver-key-hint = Copy the line of the file that ends in .pub: ssh-ed25519 AAAA…
config-approver-key-kind = keys of the kind “{ $kind }” are not used for approvals
config-approver-key-kind-hint = Make one with “ssh-keygen -t ed25519”, or “ssh-keygen -t ed25519-sk” with a security key.
config-approver-key-taken = the approver “{ $other }” has the same key
config-approver-key-taken-hint = Every approver needs an own key: two approvals by one key are one.
config-approver-private = a private key must not stand in the configuration
config-approver-private-hint = Write the public one, from the file that ends in .pub. Make a new pair if others could read this file.

# Playbooks.
config-playbook-too-large = the file is { BYTES($size) } or more; the limit is { BYTES($limit) }
config-playbook-too-large-hint = Split the playbook: the plan made from it must fit into one entry of the audit log.
config-playbook-renamed = the playbook calls itself “{ $id }”, its file “{ $wanted }”
config-playbook-renamed-hint = Give both the same name.
config-playbook-version = version { $version } of the language of playbooks is not known
config-playbook-version-hint = Write “version: { $known }”.
config-playbook-portal-input = no input can be called “portal”
config-playbook-portal-input-hint = {"{{"} portal {"}}"} is the id of the portal already; choose another name.
config-playbook-unused-input = no step uses the input “{ $name }”
config-playbook-unused-input-hint = Use it as {"{{"} { $name } {"}}"}, or delete it.
config-playbook-set-nowhere = no action takes the set “{ $name }”
config-playbook-set-nowhere-hint = Hand it to an action as a whole, such as “set: "{"{{"} { $name } {"}}"}"” of restore.stage: only there it is found out which set is meant.
config-playbook-unknown-action = there is no action “{ $action }”
config-playbook-unknown-action-hint = Known: { $known }.
config-playbook-unknown-parameter = the action “{ $action }” takes no “{ $key }”
config-playbook-no-parameters-hint = It takes nothing: delete “with”.
config-playbook-missing-parameter = the action “{ $action }” needs “{ $key }”
config-playbook-missing-parameter-hint = Add “{ $key }:” under “with”.
config-playbook-unknown-input = there is no input “{ $name }”
config-playbook-unknown-input-hint = Known: { $known }. Add it under “inputs”, or correct the name.
config-playbook-braces = braces in “{ $value }” do not pair, or hold no name of an input
config-playbook-braces-hint = Write {"{{"} name {"}}"}. Two braces always belong to an input; a single one is an ordinary character.
config-playbook-braces-in-default = a default holds no inputs
config-playbook-braces-in-default-hint = Write the value itself, or leave the default out.
config-playbook-whole-input = the parameter “{ $key }” takes an input alone, without text around it
config-playbook-whole-input-hint = Write "{"{{"} name {"}}"}" and nothing else.
config-playbook-input-kind = the input “{ $name }” is of type { $type }, and “{ $key }” wants { $wanted }
config-playbook-input-kind-hint = Declare the input with “type: { $wanted }”, or take another one.
config-playbook-input-in-text = the input “{ $name }” of type { $type } cannot stand within a text
config-playbook-input-in-text-hint = Hand it over alone, or declare it as a text or a number.
config-playbook-no-timeout = nobody says how long the step may take
config-playbook-no-timeout-hint = Add “timeout:”, such as 5m; the longest is 72h.
config-playbook-gate-key = an approval takes no “{ $key }”
config-playbook-gate-key-hint = Delete it: an approval changes nothing and waits as long as “expires” under “with” says.
config-playbook-nothing-to-undo = “{ $action }” only looks, so there is nothing to take back
config-playbook-nothing-to-undo-hint = Delete “{ $key }”.
config-playbook-proof-not-fence = only a fence has a proof
config-playbook-proof-not-fence-hint = Write “done-when” for what must be seen, or make the step a fence.
config-playbook-idempotent-known = whether “{ $action }” may be done again is known
config-playbook-idempotent-known-hint = Delete “idempotent”: doing it again is harmless.
config-playbook-attempts = a step that is not idempotent is not tried again
config-playbook-attempts-hint = Delete “attempts”, or write “idempotent: true” if doing it twice is harmless.
config-playbook-not-observation = “{ $action }” does more than look
config-playbook-not-observation-hint = Take an observation: { $known }.
config-playbook-no-proof = the fence has no proof
config-playbook-no-proof-hint = Add “proof:” with observations that see the fence by another path than its command, such as postgres.closed.
config-playbook-proof-same-program = the proof runs the program of the fence itself
config-playbook-proof-same-program-hint = Look by another path: one that says “done” and is then asked whether it is done proves nothing.
config-playbook-no-compensation = nobody says how “{ $action }” is taken back
config-playbook-no-compensation-hint = Add exactly one of: { $keys }.
config-playbook-must-no-return = “{ $action }” cannot be taken back
config-playbook-must-no-return-hint = Write “no-return” with the reason instead of “{ $key }”.
config-playbook-compensation-action = “{ $action }” cannot take a step back
config-playbook-compensation-action-hint = A compensation is done again after a crash and must do no harm then. Take one of: { $known }.
config-playbook-step-taken = another step is called “{ $step }”; on line { NUMBER($line, useGrouping: "false") }
config-playbook-step-taken-hint = Give each step a name of its own.
config-playbook-unknown-step = there is no step “{ $step }”
config-playbook-unknown-step-hint = Name a step of this playbook, or delete the line.
config-playbook-needs-itself = the step needs itself
config-playbook-needs-itself-hint = Delete the name.
config-playbook-cycle = the steps need each other in a circle: { $cycle }
config-playbook-cycle-hint = Take one of them out of “needs”.
config-playbook-promote-unfenced = no fence comes before the promotion
config-playbook-promote-unfenced-hint = Put a step with the action “fence” and its proof before it: two servers that both take writes lose data.
config-playbook-compensate-too-late = behind the point of no return “{ $step }” nothing is taken back by itself
config-playbook-compensate-too-late-hint = Write “cannot-compensate” with what a person does instead, or move the step before “{ $step }”.
config-playbook-gate-too-late = behind the point of no return “{ $step }” nothing can be refused any more
config-playbook-gate-too-late-hint = Move the approval before “{ $step }”, or make what follows a playbook of its own.
config-playbook-add-no-return-hint = Add “no-return:” with the reason in both languages.
config-no-playbook = there is no playbook “{ $name }”
config-no-playbook-hint = Known: { $known }. Own ones lie in the folder “playbooks.folder”.
config-playbook-wrong = the playbook “{ $name }” has problems: { $path }
config-playbook-wrong-hint = Run “duphong playbook check”, which tells them all.
config-playbook-shadows = “{ $path }” has the name of the shipped playbook “{ $name }”
config-playbook-shadows-hint = Give the file and its “playbook:” another name.
