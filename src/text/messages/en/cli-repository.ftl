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

# key list, add, remove, rotate
label-key = Key
value-key = KEY
key-in-use = opened by the configured password
key-made = Made
key-maker = By
key-maker-on = { $user } on { $host }
key-cost = Cost of a guess
key-weak = weak
key-unreadable = Cannot be read
key-is-weak = Key { $key } of “{ $repository }” makes guessing its password cheaper than the keys that duphong writes: add a new one and remove it.
key-costs-too-much = Trying key { $key } of “{ $repository }” would take more memory or time than duphong spends: nobody opens it with duphong. If nobody knows it, remove it.
key-added = The password in “{ $file }” opens “{ $repository }” now, as key { $key }: it was written, read back and tried.
key-add-dry-run = The password in “{ $file }” would be added to “{ $repository }”. Nothing was changed.
key-removed = Key { $key } of “{ $repository }” was removed. Key { $proven } opened the repository just before.
key-remove-dry-run = Key { $key } of “{ $repository }” would be removed; key { $proven } opens the repository. Nothing was changed.
key-configured-gone = The configured password of “{ $repository }” opens nothing any more: put the other password in its place now, or the next set fails.
key-master-stays = The repository's own key stays as it was: whoever knew an old password and has a copy of its key file can still open everything in the repository, later sets too. Against such a person only a new repository helps.
key-rotate-resumed = A change that was broken off was gone on with.
key-rotated = { $count ->
    [0] The password in “{ $file }” is the new one; it opens “{ $repository }” as key { $key }. Of the old one nothing was left to remove.
    [one] The password in “{ $file }” is the new one; it opens “{ $repository }” as key { $key }. The key of the old one was removed.
   *[other] The password in “{ $file }” is the new one; it opens “{ $repository }” as key { $key }. The { $count } keys of the old one were removed.
}
key-rotate-dry-run = The configured password of “{ $repository }” would be replaced and its key removed. Nothing was changed.
key-rotate-dry-run-begun = A change was broken off before the new password was in place: running this finishes it. Nothing was changed.
key-rotate-dry-run-exchanged = A change was broken off after the new password was put in place: running this removes the key of the old one. Nothing was changed.
key-rotate-credential = The new password opens “{ $repository }” as key { $key }; the old one does too. The credential “{ $credential }” can be written by you only:
key-rotate-credential-file = 1. Put the content of “{ $file }” where “LoadCredential={ $credential }:…” of the unit reads it (for LoadCredentialEncrypted, encrypt it with systemd-creds).
key-rotate-credential-restart = 2. systemctl restart duphong, then look at “duphong status”.
key-rotate-credential-remove = 3. With the new credential: duphong key remove { $repository } { $old }
key-confirm-again = Keep a copy of the new password off this host, and record it: duphong key confirm { $repository } --by … --place … --copy …

fault-key-known = the password in “{ $file }” opens key { $key } of “{ $repository }” already
    .hint = Put a new password into the file. “duphong key list” shows the keys.
fault-key-edges = the password in “{ $file }” begins or ends with white space
    .hint = restic would read another password from it. Remove the blanks at its ends; one end of line is no part of the password.
fault-key-no-key = not exactly one key of “{ $repository }” has an id that begins with “{ $key }”
    .hint = “duphong key list” shows the keys there are.
fault-key-last = key { $key } is the only key of “{ $repository }”; without it nobody opens the repository, so it stays
    .hint = Add another first: duphong key add { $repository } --new-password-file FILE
fault-key-not-proven = no password at hand opens another key of “{ $repository }” than { $key }, so it stays
    .hint = Name a file with the password of another key by --other-password-file. To replace the configured password, run: duphong key rotate { $repository }
fault-key-shared = the password file of “{ $repository }” is that of other repositories too: { $others }
    .hint = Give each repository a password file of its own in the configuration (a copy will do), then change them one by one.
fault-key-begun = a change of the password of “{ $repository }” was broken off, with another new password than this
    .hint = Finish it first: duphong key rotate { $repository }
fault-key-needs-file = the password of “{ $repository }” is the credential “{ $credential }”, which only you can write
    .hint = Put a new password into a file that only you can read, and name it by --new-password-file.

help-key-list = Show the keys of the repositories: one a password
more-key-list = Says which key the configured password opens, who made each, when and where, and what a guess costs. A key that is weak or cannot be tried ends it with 3, one that is damaged with 20.
help-key-list-repository = Repository; without it every one in the configuration
help-key-add = Add a password that opens a repository too
more-key-add = The new key is written, read back and opened with the password before this counts as done. Every password opens the same key of the repository.
help-key-add-repository = Repository
help-key-add-new-password-file = File with the new password
help-key-add-dry-run = Look at the password and the repository; change nothing
help-key-remove = Take a password away from a repository
more-key-remove = Another key opens the repository first, with the configured password or the one in --other-password-file; otherwise the key stays. The repository's own key stays as it was: a password that was taken away still opens what somebody has copied. In a bucket that keeps versions the key file stays readable as an old version.
help-key-remove-repository = Repository
help-key-remove-key = Key: the beginning of its id, as “key list” shows it
help-key-remove-other-password-file = File with the password of another key
help-key-remove-dry-run = Try the passwords; change nothing
help-key-rotate = Replace the configured password of a repository
more-key-rotate = Makes a new random password, or takes the one in a file; adds its key and opens the repository with it; exchanges the password file; removes the old key. Killed at any point, there is a password in the file that opens the repository, and running it again finishes it. Where the password is a credential of the service, it says what is left for you to do and ends with 30. The repository's own key stays as it was. A confirmed copy of the password counts no more until it is confirmed again.
help-key-rotate-repository = Repository
help-key-rotate-new-password-file = File with the new password; without it a random one is made
help-key-rotate-dry-run = Say what would be done; change nothing
