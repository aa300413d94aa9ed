# Locks, keys and figures of the repositories at the command line.
label-holder = Holder
label-lock = Lock
label-refreshed = Refreshed
value-lock = LOCK

# repository unlock
lock-exclusive = exclusive
lock-shared = shared
lock-holder = { $user } on { $host }, process { $process }
unlock-none = There is no lock.
unlock-nothing = Nothing was removed.
unlock-removed = removed
unlock-stays = stays
unlock-would-go = would be removed
unlock-would-be-watched = would be watched, and removed unless it is refreshed
unlock-may-watch = Locks of “{ $repository }” that are old are watched for { $time }: a holder that lives refreshes its lock within that time.
unlock-dry-run = { $count ->
    [one] 1 lock of “{ $repository }” may go. Nothing was changed.
   *[other] { $count } locks of “{ $repository }” may go. Nothing was changed.
}
unlock-done = { $removed ->
    [one] 1 lock was removed
   *[other] { $removed } locks were removed
}{ $left ->
    [0] .
    [one] , 1 stays.
   *[other] , { $left } stay.
}
unlock-confirm = To remove this lock, type the name of the repository:

help-repository-unlock = Remove locks that nobody holds any more
more-repository-unlock = A lock goes with proof only: its process on this machine is gone, or it is older than 30 minutes and nobody refreshes it while it is watched for 6 minutes. Of every other lock it says who holds it and why it stays, and ends with 11. Where you know that the holder is gone and nothing proves it, --lock removes that one lock on your word, which goes into the audit log. Removing the lock of somebody who works may cost that work; it never makes a set worse that is done.
help-repository-unlock-name = Repository; without it every one in the configuration
help-repository-unlock-lock = Remove this lock without proof: the beginning of its id is enough
help-repository-unlock-by = Who answers for it: name and office
help-repository-unlock-reason = Why it may go, for the record
help-repository-unlock-confirm = The name of the repository once more; without it you are asked for it
help-repository-unlock-dry-run = Show which locks would be removed; change nothing, watch nothing
