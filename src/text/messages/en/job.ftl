# Faults of use cases, the phases they show, and their remarks.
fault-job-unknown-portal = the configuration has no portal “{ $portal }”
    .hint = It knows: { $known }.
fault-job-unknown-repository = the configuration has no repository “{ $repository }”
    .hint = It knows: { $known }.
fault-job-unknown-probe = the configuration has no probe “{ $probe }”
    .hint = It knows: { $known }.
fault-job-unknown-database = portal “{ $portal }” has no database “{ $database }”
    .hint = Run “duphong snapshot show” to see which databases the set holds.
fault-job-no-set = repository “{ $repository }” holds no set of portal “{ $portal }”
    .hint = Run “duphong snapshot create --portal { $portal }”, or name another repository with --repository.
fault-job-no-retention = no rule says what may be forgotten of: { $portals }
    .hint = Add “retention” to “snapshot” of the portal in the configuration. Until then all sets stay.
fault-job-not-held = not exactly one held set has an id that begins with “{ $set }”
    .hint = “duphong snapshot list” shows which sets are held. Give more digits of the id if several begin so.
fault-job-held-meanwhile = set { $set } is held by { $by } since the plan was made: it and the rest stay
    .hint = “duphong snapshot list” shows who holds what, and why. Whoever may say that the sets need not stay releases them.
fault-job-portal-not-held = the sets of “{ $portal }” are not held as a whole
    .hint = “duphong snapshot list” shows sets that are held one by one; release those by their ids.
fault-job-same-repository = both names lead to the same repository “{ $repository }”
    .hint = Name two different repositories with --from and --to.
fault-job-sets-gone = { $count ->
    [one] a set that was taken and not forgotten is
   *[other] { $count } sets that were taken and not forgotten are
} not in “{ $repository }”: { $sets }; nothing was removed
    .hint = Bring the lost files of “snapshots” back. For each set that somebody removed on purpose, with another program or on another host, add --gone and the id; release it first if it is held.
fault-job-no-lock = not exactly one lock has an id that begins with “{ $lock }”
    .hint = “duphong repository unlock --dry-run” shows the locks there are. It may be gone already.
fault-job-not-confirmed = the removal of lock “{ $lock }” was not confirmed; it stays
    .hint = Type the name of the repository, or add: --confirm { $repository }
fault-job-wordless = a name or a reason is blank
    .hint = The record must say who decided it and why: give both --by and --reason.
fault-job-no-configuration-in-sets = no set in “{ $repository }” carries a configuration of duphong
    .hint = It was not written by duphong: use “restic restore” on it, or name another repository.
fault-job-not-a-set = snapshot “{ $set }” holds no readable manifest: { $detail }
    .hint = It was not written by duphong, or it is damaged: run “duphong repository verify --read-data”.
fault-job-not-initialised = there is no audit log in “{ $state }”
    .hint = Run “duphong init” first; after the loss of a host run “duphong recover”.
fault-job-not-empty = “{ $path }” exists and is not empty
    .hint = Name an empty folder; nothing was changed.
fault-job-production = “{ $target }” belongs to the production portal “{ $portal }”; nothing was changed
    .hint = To restore over production on purpose, add: --production { $portal }
fault-job-wrong-copy = the copy in “{ $copy }” does not open repository “{ $repository }”
    .hint = That copy is not the password of this repository: make a new one from the password file and check it again.
fault-job-no-drill = the audit log has no drill number { $number }
    .hint = Run “duphong drill list” to see the numbers.
fault-job-unreadable-record = entry { $entry } of the audit log cannot be read as “{ $what }”: { $detail }
    .hint = Run “duphong audit verify”; a newer duphong may have written this entry.
fault-job-nothing-to-sabotage = the set holds nothing that this sabotage could damage
    .hint = Choose another kind with --sabotage.
fault-job-interrupted = interrupted; nothing that was reported as done is lost
fault-job-scratch = “{ $path }” cannot hold a scratch restore: { $reason }
    .hint = Set “scratch:” of the portal's drill to a folder on a disk with enough space.
fault-job-no-space = “{ $path }” has { $free } bytes free, but { $needed } are needed
    .hint = Free some space, or configure another folder.
fault-sample-database = the sample portal's database “{ $path }” cannot be used
fault-sample-file = the sample portal cannot be written
fault-sample-listen = cannot listen on “{ $address }”

phase-survey = Surveying the sources
phase-dump = Dumping databases
phase-fetch = Fetching and writing
phase-load = Loading databases
phase-compare = Comparing
fault-job-evidence-altered = evidence “{ $path }” is not what was sealed
    .hint = Keep the file as it is, and look for a copy elsewhere: somebody or a failing disk has changed it.
fault-job-bug = the work ended by a defect of duphong ({ $words })
    .hint = Please report it, with the lines of the diagnostics around it. Other work goes on.
job-unrecorded = This was done, but the audit log cannot be written, so it is not on record. Make room or correct the rights of the log’s folder.
mass-change-scrambled = { $tree }: { $count } of { $written } written files became noise, as encrypted ones are; the set before has { $before } files
mass-change-renamed = { $tree }: { $count } of { $before } files got the ending “{ $ending }”
mass-change-rewritten = { $tree }: { $count } of { $before } files were written anew
mass-change-vanished = { $tree }: { $count } of { $before } files are gone
hold-words-lost = an alarm held the sets when there was no room to write down why; look at the newest sets and at the incidents
mass-change-unjudged = { $tree }: { $count ->
    [one] 1 folder
   *[other] { $count } folders
} of the set before cannot be read: whether many files changed there is not known; run “duphong repository verify”
mass-change-held = all sets of the portal are held: no rule forgets them until a person releases them
phase-spot = Comparing a sample
phase-doctor = Trying the bucket
phase-unhide = Bringing objects back
phase-unhide-plan = Listing every version
fault-job-no-damaged-pack = no verify on record names a damaged pack of “{ $repository }”
    .hint = Run “duphong repository verify { $repository } --read-data”, or name the packs after “--packs”.
fault-job-no-bucket = repository “{ $repository }” lies in no bucket
    .hint = Only a bucket has rights and locks to examine; for a folder run “duphong repository verify”.

# The key sheet.
key-sheet-kind = Key sheet
key-sheet-title = Password of repository “{ $repository }”
key-sheet-warning = Whoever has this sheet and a copy of the repository reads all data in it. With the last copy of the password the repository is lost. Keep the sheet in a sealed envelope, in a safe, away from the server.
key-sheet-heading-repository = Repository
key-sheet-name = Name in the configuration
key-sheet-place = Place
key-sheet-id = Id of the repository
key-sheet-key = Id of the key
key-sheet-printed = Printed
key-sheet-heading-password = Password
key-sheet-code = QR code that holds the password, as in the table below
key-sheet-number = No.
key-sheet-group = Group
key-sheet-word = Check word
key-sheet-alphabet = Type the groups in the order of their numbers, without spaces. There are only capital letters A–Z and digits 2–7: no 0, 1, 8, 9. The check words are not part of the password.
key-sheet-exact = Type the groups in the order of their numbers, every character as it is, capital and small letters; [U+0020] is a space. The check words are not part of the password.
key-sheet-heading-test = Test this sheet
key-sheet-test = Run “duphong key sheet { $repository } --test”, scan the QR code or type group by group. Where the check word on the screen differs from the sheet, that group was typed wrongly or printed badly. Test again every year and whenever the password was replaced.
key-sheet-heading-use = When the server is lost
key-sheet-use-duphong = With duphong: put the password into a file and run “duphong recover”; see “duphong recover --help”.
key-sheet-use-restic = Without duphong: install restic 0.14 or newer and run restic -r "{ $place }" snapshots and restic -r "{ $place }" restore latest --target FOLDER; restic asks for this password.
key-sheet-use-guide = A repository in S3 also needs its access key (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), kept elsewhere.
key-sheet-printed-by = Printed by
key-sheet-kept-by = Received and kept by

fault-key-not-on-paper = what was read from paper does not open repository “{ $repository }”
    .hint = Compare the check words with the sheet: the first that differs marks the wrong group. If all agree and the repository stays shut, this is the sheet of another repository, or the password was replaced since.
fault-key-not-for-paper = the password of repository “{ $repository }” cannot be put on paper: it must be text of at most { $max } characters
    .hint = Replace it by a password that duphong makes: “duphong key rotate { $repository }”.
