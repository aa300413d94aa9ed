# Faults of the places where objects are kept.
fault-store-name = “{ $name }” cannot name an object
    .hint = This is a defect of duphong; please report it with the log.
fault-store-no-store = there is no folder “{ $place }” to hold a repository
    .hint = Check the path, and whether the disk is mounted. For a new repository run “duphong init”.
fault-store-missing = object “{ $place }” is missing
    .hint = Run “duphong repository verify”: it names every set that needs this object. Restore those sets from another repository.
fault-store-already-exists = object “{ $place }” already exists with other content
    .hint = Two programs write under the same name, or the object is damaged. Write nothing more and run “duphong repository verify”.
fault-store-out-of-range = object “{ $place }” has { $size } bytes, too short for { $length } bytes from { $offset }
    .hint = It was cut short. Run “duphong repository verify”: it names every set that needs this object.
fault-store-too-large = object “{ $place }” has { $size } bytes, more than any object of a repository may have
    .hint = It was not written by duphong or restic. Find out who changed it before going on.
fault-store-full = no space is left to write “{ $place }”
    .hint = Free some space or raise the quota, then run the command again; nothing recorded as done is lost.
fault-store-denied = permission denied to { $act ->
    [create] create
    [read] read
    [write] write
    [list] list
    [delete] delete
   *[other] use
} “{ $place }”
    .hint = Run as the user who owns the repository, or correct its owner and mode; check that the disk is not mounted read-only.
fault-store-unreachable = the store “{ $place }” does not answer
    .hint = Check whether its disk is still mounted or its network still up, then run the command again.
fault-store-io = failed to { $act ->
    [create] create
    [read] read
    [write] write
    [list] list
    [delete] delete
   *[other] use
} “{ $place }”
    .hint = Look in the system log for errors of this disk. If there are any, copy the repository to another disk at once.
