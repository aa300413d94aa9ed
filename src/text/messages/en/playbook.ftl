# Values of playbooks and their inputs.
playbook-value-empty = there is no value
playbook-value-empty-hint = Give it a value.
playbook-value-lines = the value contains a line break or another control character
playbook-value-long = the value is { $length } characters long; at most { $most } are allowed
playbook-value-number = “{ $value }” is not a whole number
playbook-value-number-hint = Write digits only.
playbook-value-number-range = { $value } is not between { NUMBER($least, useGrouping: "false") } and { NUMBER($most, useGrouping: "false") }
playbook-value-duration = “{ $value }” is not a duration
playbook-value-duration-unit = the duration “{ $value }” has no unit
playbook-value-duration-hint = Write a whole number and its unit without a space: 90s, 30m, 6h or 14d.
playbook-value-duration-range = { $value } is not between { DURATION($least) } and { DURATION($most) }
playbook-value-path = “{ $value }” is not an absolute path
playbook-value-path-hint = Begin it with “/”, without “..” and without variables.
playbook-value-host = “{ $value }” is no host
playbook-value-host-hint = Write a name like db1.example or an address like 192.0.2.10, without a port.
playbook-value-url = “{ $value }” is not the address of a page
playbook-value-url-hint = Write it in full, such as https://cong.example/.
playbook-value-url-secret = the address contains a user name or password
playbook-value-url-secret-hint = Remove everything up to “@”.
playbook-value-dsn = the connection cannot be understood
playbook-value-dsn-hint = Write it as “host=db1.example dbname=portal user=duphong”, for one server.
playbook-value-dsn-password = the connection contains a password
playbook-value-dsn-password-hint = Remove it and name a file under “password-file”. Change the password if others could read this file.
playbook-value-dsn-database = the connection names no database
playbook-value-dsn-hosts = the connection names several servers
playbook-value-dsn-options = the connection sets “options”, which duphong sets itself
playbook-value-dsn-tls = the connection demands TLS, which this version cannot speak to PostgreSQL
playbook-value-set = “{ $value }” cannot be a set
playbook-value-set-hint = Write “latest”, or an id of a set or its first digits, at least four.
playbook-value-list = one text is expected here, not a list
playbook-value-list-hint = Write it without brackets.
playbook-value-line = “{ $value }” is a line for a shell, and no shell reads it
playbook-value-line-hint = Write a list of the program and its arguments, each by itself: [systemctl, stop, portal].
playbook-value-no-program = the command has no program
playbook-value-program = the program “{ $value }” is given by a relative path
playbook-value-program-hint = Write its full path, or its name alone.
playbook-value-parts = the command has { $count } parts; at most { $most } are allowed

# Inputs of a plan.
fault-playbook-inputs =
    { $count ->
        [one] the inputs of the playbook “{ $playbook }” have one problem
       *[other] the inputs of the playbook “{ $playbook }” have { $count } problems
    }
    .hint = Inputs stand in the configuration under “portals.PORTAL.playbooks.{ $playbook }”, or on the command line; docs/formats/playbook.md lists the kinds.
playbook-input-unknown = the playbook has no input “{ $name }”
playbook-input-unknown-hint = Its inputs: { $known }.
playbook-input-missing = the input “{ $name }” ({ $type }) is missing
playbook-input-missing-hint = Give it in the portal's section of the configuration, or on the command line.
playbook-proof-same-program = the fence of step “{ $step }” would be proven by its own program
playbook-proof-same-program-hint = Give the proof another program: one that says “done” and is then asked whether it is done proves nothing.

# Plans.
fault-playbook-survey = step “{ $step }” cannot be planned
fault-playbook-unknown-set = nobody knows which set “{ $set }” of step “{ $step }” is
    .hint = Name the set by its whole id; “duphong snapshot list” shows them.
fault-playbook-plan-too-large = the plan has { BYTES($size) }; the limit is { BYTES($limit) }
    .hint = Shorten commands and texts, or split the playbook: a plan must fit into one entry of the audit log.
fault-playbook-plan-malformed = what the audit log holds is no plan: { $detail }
    .hint = Do not go on with this run. Run “duphong audit verify”, then make a new plan.
fault-playbook-plan-hash = the plan in the audit log does not have the hash that stands beside it
    .hint = Do not go on with this run. Run “duphong audit verify”, then make a new plan.

# Finding playbooks.
fault-playbook-unknown = there is no playbook “{ $id }”
    .hint = Known: { $known }.
fault-playbook-shadows = “{ $path }” has the name of the shipped playbook “{ $id }”
    .hint = Give the file and its “playbook:” another name: an own playbook cannot take the place of a shipped one.
fault-playbook-unreadable = the playbooks could not be read
fault-playbook-problems =
    { $count ->
        [one] the playbook “{ $path }” has one problem
       *[other] the playbook “{ $path }” has { $count } problems
    }
    .hint = Correct them all, then run “duphong playbook check”.
