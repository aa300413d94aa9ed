# The plan of a restore; finding and comparing in sets.
label-space = Space
label-duration = Time
label-evidence = Set as evidence
label-path = Path
label-changed-at = Last changed
restore-plan = What is to be done:
restore-space = { $needed } needed, { $free } free at { $path }
restore-plan-database = { $name } ({ $engine } { $version }, { $bytes }; tables: { $tables }, rows: { $rows }) → { $target }; the server there: { $server }
restore-plan-evidence = This writes over production: a set of it as it stands is taken as evidence before.
restore-plan-no-evidence = This writes over production WITHOUT a set taken as evidence; the reason goes into the audit log.
restore-phase-fetch = fetching and writing files
restore-phase-load = loading databases
restore-phase-open = opening what is sealed
restore-phase-log = proving the base and laying its log beside it
restore-range = { $least } to { $most }
restore-time-measured = { $time } ({ $count ->
    [one] by one measurement, of { $largest }, { $newest }
   *[other] by { $count } measurements, the largest of { $largest }, the newest { $newest }
})
restore-time-together = { $time }; of it { $parts }
restore-time-unknown = not known, since it was never measured here, or on far too little: { $phases }
restore-time-nothing = nothing is to be fetched or loaded
restore-obstacle = CANNOT BE RESTORED: { $fault }
snapshot-find-none = No set has anything of that name.
snapshot-find-count = { $count ->
    [one] Found one version. Its line names the newest set that has it.
   *[other] Found { $count } versions. Each line names the newest set that has that version.
}
snapshot-find-next = To restore the first line into a new folder:
snapshot-find-cut = there is too much to look at all of it; name it more closely
snapshot-diff-count = { $added } added, { $removed } removed, { $changed } changed.
fault-restore-not-one-database = with --table there must be exactly one --database
    .hint = For example: --database NAME=TARGET --table public.articles
fault-restore-unknown-table = database “{ $database }” of the set has no table “{ $table }”
    .hint = Write the name as the manifest does. It may be one of: { $known }. “duphong snapshot show” lists all.
fault-restore-no-tables = no single table can be taken out of a dump of “{ $engine }”
    .hint = Load the whole database into an empty place and take the table from there.
fault-restore-sealed-tables = no single table can be taken out of “{ $part }”, which is sealed
    .hint = Restore the whole database with --identity into an empty place and take the table from there.
fault-restore-own-folder = “{ $target }” is, holds or lies in the state of duphong or a repository; nothing was changed
    .hint = Restore into another folder: no option allows this one.
fault-restore-other-portal = “{ $target }” is, holds or lies in a source of portal “{ $portal }”, of which no set would be taken as evidence; nothing was changed
    .hint = Restore into an empty folder and move what is wanted from there.
fault-restore-no-evidence = no set of “{ $portal }” could be taken as evidence before it is written over; nothing was changed
    .hint = Mend what is named, or, where nothing of production is left to keep, add: --without-evidence "REASON"
fault-fit-not-empty = the target is not empty: “{ $target }”
    .hint = Choose an empty database, or a file that is not there yet.
fault-fit-older = the server there has version { $server }, which is older than the one that was dumped ({ $dump }); loading may fail
    .hint = Better use a server whose version is not older.
fault-fit-version-unread = the server there has version { $server }; which one was dumped cannot be read (“{ $dump }”), so whether the server is older is not known
    .hint = Find out which version was dumped, and use a server that is not older.
fault-fit-encoding = the target keeps text as { $target }, the dump as { $dump }; some of it may not load
    .hint = Make the target database with the encoding { $dump }.
fault-fit-extensions = the server there has no extension: { $names }
    .hint = Install the packages of these extensions on that server, then try again.
fault-fit-collations = the server there has no collation: { $names }
    .hint = Make the locales of its system (locale-gen), or install its ICU library, then run pg_import_system_collations.
fault-fit-roles = the server there lacks the roles { $names }, and “{ $user }” may not create roles
    .hint = Connect as an administrator, or have these roles made first.
fault-fit-engines = the server there has no storage engine: { $names }
    .hint = Install or enable that storage engine there.
value-table = TABLE
help-restore-table = Load only this table (definition and rows) into the target of --database; written as in the manifest, such as public.articles; may be repeated
help-restore-without-evidence = Write over production without a set taken as evidence before; say why
help-restore-despite-space = Begin though there seems to be too little free space
help-snapshot-find = Find files or folders by name in all sets of a portal
more-snapshot-find = Give a part of the name, or its whole shape with * and ?; capitals do not count. With a / it is held against the path. Lists each version and the newest set that has it, then prints the command that restores it. Ends with 1 when nothing is found.
help-snapshot-find-name = Name to look for, such as invitation or "*.pdf"
help-snapshot-find-portal = Portal to look in
help-snapshot-find-set = Look only in this set; “latest” is the newest
help-snapshot-find-repository = Repository to read; without it the one that the configuration names for drills
help-snapshot-diff = Compare two sets: files added, removed, changed
more-snapshot-diff = Each line: + added, - removed, M other content, T another kind, U only mode, owner or time differ; then the sizes before and after.
help-snapshot-diff-first = The first set: the beginning of its id is enough
help-snapshot-diff-second = The second set, of the same repository
help-snapshot-diff-path = Compare only this folder
help-snapshot-diff-metadata = Also tell what differs only in mode, owner or time
help-snapshot-diff-repository = Repository to read; without it the first one that holds the first set
help-progress = Write progress and time left to standard error as lines of JSON: at most one a second, and one when a step ends
