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
    .hint = In a folder: run as the user who owns the repository, or correct its owner and mode; check that the disk is not mounted read-only. In a bucket: the access key must be allowed to list, read, write and delete there.
fault-store-locked = “{ $place }” is locked until { INSTANT($until) } and cannot be removed before
    .hint = Nothing is wrong: the lock protects it. Run the command again after that time.
fault-store-no-lock = the bucket cannot lock “{ $place }”: { $detail }
    .hint = The configuration wants “object-lock”. Have the storage's administrator make a bucket with Object Lock, then run “duphong repository doctor”.
fault-store-no-versions = “{ $place }” keeps no versions of its objects, so there is no past of it to read
    .hint = Only a repository in a bucket with versioning can be read as it was at a time.
fault-store-unreachable = the store “{ $place }” does not answer
    .hint = Check whether its disk is still mounted or its network still up, then run the command again.
fault-store-no-bucket = the server has no bucket for “{ $place }”
    .hint = Check endpoint and bucket in the configuration. duphong makes no buckets: have the storage's administrator make it.
fault-store-connection = no answer for “{ $place }”: { $detail }
    .hint = It was tried several times. Check the network and the server, then run the command again; nothing recorded as done is lost.
fault-store-busy = the server cannot serve “{ $place }” now: { $detail }
    .hint = It was tried several times. Run the command again later; if it stays so, tell the storage's administrator these words.
fault-store-key-refused = the server does not accept the access key for “{ $place }”
    .hint = Check the file of the credentials: the id on the first line, the secret on the second.
fault-store-region = the bucket “{ $place }” is in another region: { $detail }
    .hint = The server's words name the region that it expects: write it as “region”, and check “endpoint”.
fault-store-clock = the clocks of this machine and of the server differ by more than { $minutes } minutes, so it refuses “{ $place }”
    .hint = Set this machine's clock, best by NTP.
fault-store-altered = “{ $place }” was altered on its way to the server, which refused it
    .hint = Memory, network card or a proxy on the way changes data. Find out which before you trust this path with sets.
fault-store-tls = no trusted connection for “{ $place }”
    .hint = Check the endpoint; if the server has an authority of the agency, name its file under “authorities”.
fault-store-unexpected = the server's answer makes no sense: { $act ->
    [create] creating
    [read] reading
    [write] writing
    [list] listing
    [delete] deleting
   *[other] using
} “{ $place }”: { $detail }
    .hint = Check endpoint, region and path-style in the configuration: is this an S3 server, and this bucket on it?
fault-store-stopped = stopped while the server of “{ $place }” had not answered
    .hint = Run the command again when you want to; nothing recorded as done is lost.
fault-store-io = failed to { $act ->
    [create] create
    [read] read
    [write] write
    [list] list
    [delete] delete
   *[other] use
} “{ $place }”
    .hint = Look in the system log for errors of this disk. If there are any, copy the repository to another disk at once.
