# The spot check: a sample of the live sources beside the newest set.
spot-label-seed = Seed
spot-label-same = Equal
spot-label-moved = Changed since
spot-label-findings = Wrong
spot-label-newest = Spot check
spot-label-outside = Far off
spot-label-unread = Not looked at
spot-label-beyond = Out of reach
spot-label-apart = Not claimed
spot-database = { $database }: { $tables ->
    [one] 1 table
   *[other] { $tables } tables
} counted, { $outside } outside the tolerance
spot-finding = “{ $path }”: { $kind ->
    [differs] its content differs from the set's, though its size and time do not
    [absent] it was there before the set was taken, and the set does not have it
    [damaged] what the set holds of it cannot be read
   *[other] { $kind }
}
spot-tree-outside = “{ $tree }” has { $files ->
    [one] 1 file
   *[other] { $files } files
}, { $bytes }; the set has { $noted }, { $bytes-noted }
spot-table-outside = database “{ $database }”: table “{ $table }” has { $rows ->
    [one] 1 row
   *[other] { $rows } rows
}; the set has { $noted }
spot-table-gone = database “{ $database }”: table “{ $table }” is gone; the set has { $noted ->
    [one] 1 row
   *[other] { $noted } rows
}
spot-label-left-out = Excluded
spot-left-out = { $tree }: “{ $pattern }” leaves out { $files ->
    [one] 1 file
   *[other] { $files } files
}, { $bytes }{ $closed ->
    [0] {""}
    [one] , and 1 thing that was not entered
   *[other] , and { $closed } things that were not entered
}, such as { $examples }
spot-left-out-more = { $tree }: { $count ->
    [one] 1 more pattern leaves
   *[other] { $count } more patterns leave
} out less than these
spot-more = “{ $place }”: { $count } more { $kind ->
    [findings] { $count ->
        [one] file is not what the set says
       *[other] files are not what the set says
    }
    [outside] { $count ->
        [one] table is outside the tolerance
       *[other] tables are outside the tolerance
    }
    [unread] { $count ->
        [one] thing was not looked at
       *[other] things were not looked at
    }
    [apart] { $count ->
        [one] file is not held against the set
       *[other] files are not held against the set
    }
    [tables-apart] { $count ->
        [one] table is not held against the set
       *[other] tables are not held against the set
    }
    [blind] { $count ->
        [one] thing was not seen
       *[other] things were not seen
    }
   *[other] { $kind }
}, counted and not named
spot-apart = not compared: “{ $path }”: { $why ->
    [unsteady] the set says that it changed while it was read
   *[left-out] the set says that it left this out
}
spot-table-apart = database “{ $database }”: table “{ $table }” is not compared: an inventory claims nothing of it, since it changed meanwhile or could not be seen
spot-blind = database “{ $database }”: { $whose ->
    [set] the set's inventory
   *[live] the live inventory
} could not see everything: { $detail }
spot-unread = not looked at: “{ $path }”: { $reason }
spot-uncounted = database “{ $database }” could not be counted: { $fault }

fault-spot-sealed = it is sealed, and nothing of it can be compared without an age identity
fault-spot-not-in-set = the set does not have it
fault-spot-elsewhere = it is on another host, from where it is only pulled
fault-spot-base = the set holds the files of a whole server, in which no rows are counted
fault-spot-uncounted = the set counts no table of it
fault-spot-no-file = it is a device, pipe or socket
fault-spot-denied = permission denied
fault-spot-unreadable = it cannot be read
