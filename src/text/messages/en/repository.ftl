# Phases of taking a set.
phase-set-open = Reading the index
phase-set-read = Reading the sources
phase-object-lock = Extending the object locks
phase-set-finish = Completing the set

# Faults of repositories.
fault-repository-missing = there is no repository at “{ $place }”
    .hint = Check the path in the configuration and whether the disk is mounted. To make a new repository there, run: duphong repository init
fault-repository-exists = there is already a repository at “{ $place }”
    .hint = To use it, configure its password. To start anew, choose another path; nothing is overwritten.
fault-repository-config-lost = the repository at “{ $place }” has lost its “config” object
    .hint = Do not make a new repository here. Copy “config” back from another copy of the repository, then run: duphong repository verify
fault-repository-wrong-key = the password opens none of the { $keys } keys of the repository at “{ $place }”
    .hint = Check the password file. If the password was changed, use the new one; without any valid password nobody can read this repository.
fault-repository-too-many-keys = the password opens none of the { $tried } keys that were tried, of { $keys } of the repository at “{ $place }”; trying all would cost too much
    .hint = Somebody may have put key files there to keep you out. Compare “keys” with another copy of the repository, and take away what does not belong there.
fault-repository-version = the repository has format version { $version }, which this program does not support
    .hint = A repository of version 1 is converted by: restic migrate upgrade_repo_v2
fault-repository-damaged = the object “{ $object }” is damaged: { $reason }
    .hint = Copy the object from another copy of the repository, then run: duphong repository verify
fault-repository-self-check = data that was just prepared does not read back ({ $reason }); nothing of it was stored
    .hint = Most often this is faulty memory. Test this machine's memory before you rely on it again.
fault-repository-locked = the repository is locked since { INSTANT($since) } by process { $pid } of “{ $user }” on “{ $host }”
    .hint = Wait for that process to end. A lock whose process is gone is removed by itself, on the same machine at once, otherwise after 30 minutes.
fault-repository-lock-lost = the lock on the repository was lost; it was last refreshed at { INSTANT($since) }
    .hint = The machine was suspended, its clock was changed, or the repository could not be reached for long. Run the command again; what was stored is used.
fault-repository-overtaken = another program replaced the index file “{ $object }” meanwhile; nothing was removed
    .hint = Run the command again. If it happens often, prune from one place only.
fault-repository-no-sets = the repository “{ $place }” holds data and not a single set: nothing is removed
    .hint = Sets were removed by another program, or their list cannot be seen. Bring “snapshots” back if it was lost; if nothing in the repository is needed any more, remove the repository itself.
fault-repository-no-snapshot = no set has an id that begins with “{ $prefix }”
    .hint = To see all sets, run: duphong snapshot list
fault-repository-ambiguous-snapshot = { $count } sets have an id that begins with “{ $prefix }”
    .hint = Give more digits of the id.
fault-repository-blob-unknown = the index does not know the piece of data “{ $id }”
    .hint = An index file may be lost. Run: duphong repository verify
fault-repository-blob-damaged = the piece of data “{ $id }” in pack “{ $pack }” is damaged: { $reason }
    .hint = Copy the pack from another copy of the repository. To learn what else is affected, run: duphong repository verify
fault-repository-set-path = “{ $path }” cannot be a path of this set: { $reason }
fault-repository-pattern = “{ $pattern }” is not a valid pattern: { $reason }
    .hint = “*” stands for any characters but “/”, “**” for any characters, “?” for one. A name without “/” is left out at every depth.
fault-repository-root = the folder “{ $path }” cannot be read: { $reason }
    .hint = Check the path in the configuration, whether its disk is mounted, and the rights of the user who runs duphong.
fault-repository-stream = reading the data for “{ $path }” broke off: { $reason }
fault-repository-written = what was read could not be written: { $reason }
fault-repository-segment-name = “{ $name }” cannot be the name of a transaction log
    .hint = Names have letters without marks, digits, “-”, “_” and “.”, at most 48 of them.
fault-repository-segment-differs = the log file “{ $file }” is kept with other content, from byte { $at } on: it is not written over
    .hint = Two database servers write into one line of logs, or the file was changed. Find out which server is the primary; if the other was made from a copy, switch archiving off on it.
fault-repository-segment-hole = the log file “{ $file }” is kept up to byte { $reach } only, but what was brought begins at byte { $from }
    .hint = Bring the file again from its start.
fault-repository-segment-too-long = the log file “{ $file }” is too long to be kept
fault-repository-thread = the system refused to start a thread: { $reason }
    .hint = Check the limits of this user (processes, memory) and run the command again.
fault-repository-cancelled = interrupted; nothing that was reported as done is lost
    .hint = Run the command again: what was already stored is not sent again.
fault-repository-given-up = the set was given up after an earlier fault
fault-repository-bug = defect in the snapshot engine: { $what }
    .hint = Please report this with the log. The sets that exist are not affected.

# Phases of restoring, showing and verifying.
phase-restore-plan = Reading what is to be restored
phase-restore-examine = Comparing what is already there
phase-restore-content = Restoring content
phase-restore-verify = Reading again what was restored
phase-restore-metadata = Setting owners, rights and times
phase-cat = Reading the file
phase-verify-structure = Verifying structure
phase-verify-data = Verifying all data
phase-verify-impact = Finding what the damage affects
phase-repair-index = Comparing the index with the packs
phase-repair-headers = Reading headers of packs
phase-repair-packs = Reading the packs
phase-repair-save = Writing again what is whole
phase-stats-find = Reading sets and index
phase-stats-count = Counting folders
phase-copy-find = Finding what the other repository lacks
phase-copy = Copying sets
phase-prune-find = Finding what the sets need
phase-prune-repack = Writing again what is needed
phase-prune-remove = Removing what no set needs
phase-unlock-watch = Watching old locks

# Faults of restoring.
fault-restore-not-empty = the folder “{ $target }” is not empty
    .hint = Restore into a new or empty folder. To restore over what is there, add --overwrite with a rule and look at --dry-run first.
fault-restore-unfinished = the folder “{ $target }” holds an unfinished restore of set “{ $set }”
    .hint = To go on with it, repeat the command with --resume. To start anew, choose another folder or delete this one.
fault-restore-other-set = the folder “{ $target }” holds an unfinished restore of set “{ $found }”, not of “{ $wanted }”
    .hint = Finish that restore with --resume, or choose another folder.
fault-restore-other-options = the unfinished restore in “{ $target }” was begun with other options
    .hint = Go on with what it was begun with: { $begun }
fault-restore-in-the-way = “{ $path }” is in the way: a folder in place of something else, or something else in place of a folder
    .hint = Move it away and restore again, or add --delete: it is then deleted, with all that is in it.
fault-restore-link-in-the-way = “{ $path }” is a symbolic link where the set has a folder; it was not followed
    .hint = Restore into the folder that it leads to, or move the link away. With --delete the link is deleted, not what it leads to.
fault-restore-length = blob “{ $id }” has another length than the index says
    .hint = Run “duphong repository verify --read-data”, and restore the file from another repository.
fault-restore-differs = “{ $path }” reads back with other content than the set has
    .hint = The disk may be failing: look at “dmesg” and SMART. With --overwrite if-changed the file was not read before; restore it with --overwrite always.
fault-restore-no-such-path = the set has nothing at “{ $path }”
    .hint = To see what the set holds, run: duphong snapshot ls
fault-restore-too-many-entries = the set has more than { $most } files and folders
    .hint = Restore it in parts with --only.
fault-restore-incomplete = { $count ->
    [one] 1 path
   *[other] { $count } paths
} of the set could not be restored; everything else was
    .hint = The report names each of them and the reason. Files with part of their content end in “.duphong-incomplete”. Restore the named paths from another set or another copy of the repository.
fault-restore-cancelled = interrupted; what was restored so far stays
    .hint = To go on, repeat the command with --resume.

# What a restore could not bring back besides content.
restore-warning-kind = a device, socket or file of unknown kind is not restored
restore-warning-owners = owners are not restored, since only root may give files away; set-user-id and set-group-id bits are left off
restore-warning-owner = the owner could not be set: { $reason }
restore-warning-attribute = the extended attribute “{ $attribute }” could not be set: { $reason }
restore-warning-mode = the access rights could not be set: { $reason }
restore-warning-time = the time could not be set: { $reason }
restore-warning-undeleted = could not be deleted: { $reason }
restore-warning-spared = { $count ->
    [one] 1 path that the set does not have was not deleted, since part of the set is missing
   *[other] { $count } paths that the set does not have were not deleted, since part of the set is missing
}

# Faults of looking into a set.
fault-browse-no-such-path = the set has nothing at “{ $path }”
    .hint = To see what the set holds, run: duphong snapshot ls
fault-browse-not-a-file = “{ $path }” is not a regular file
    .hint = Only regular files have content. For a folder, run: duphong snapshot ls
fault-browse-output = the content of “{ $path }” could not be written out: { $reason }
fault-browse-cancelled = interrupted

# Damage that verifying found.
verify-damage-key = the key file “{ $object }” cannot be read: { $reason }
verify-damage-snapshot = the set “{ $object }” cannot be read: { $reason }
verify-damage-index = the index file “{ $object }” cannot be read: { $reason }
verify-damage-not-indexed = sets need data that no index file in “{ $object }” lists, first of all blob { $reason }; “duphong repository repair NAME --index” finds what lies in packs
verify-damage-pack-missing = the pack “{ $object }” is missing
verify-damage-pack-length = the pack “{ $object }” has the wrong length: { $reason }
verify-damage-pack-unreadable = the pack “{ $object }” cannot be read: { $reason }
verify-damage-pack-content = the content of the pack “{ $object }” is damaged: { $reason }
verify-damage-index-mismatch = the index says something else of the pack “{ $object }” than the pack itself: { $reason }
verify-damage-tree = a folder in the pack “{ $object }” is not one: { $reason }
verify-damage-segment = the segment “{ $object }” of a transaction log cannot be read whole: { $reason }; recovery cannot go past it

# Why a lock may go or must stay.
lock-process-gone = its process ran on this machine and is gone
lock-unrefreshed = nobody has refreshed it for more than 30 minutes
lock-running = its process runs on this machine
lock-elsewhere = it is of another machine and was refreshed less than 30 minutes ago
lock-misdated = the clock of its holder or of this machine is wrong: correct it, then run this again
