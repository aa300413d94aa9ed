# Playbooks at the command line: plans, runs, approvals, and what is refused.
label-origin = From
label-playbook = Playbook
label-run = Run
label-standing = Standing
label-steps = Steps
label-title = Title
playbook-label-aborted = Aborted
playbook-label-ended = Ended
playbook-label-hash = Plan
playbook-label-input = Input
playbook-label-left = Left by
playbook-label-number = No.
playbook-label-state = State
playbook-label-step = Step
playbook-label-took = Measured time
playbook-label-value = Value
playbook-label-what = What it is

playbook-exact = { $text }
playbook-nothing-changed = NOTHING HAS BEEN CHANGED. This is a plan: production was only looked at.
playbook-origin-own = own
playbook-origin-shipped = shipped
playbook-origin-given = command line
playbook-origin-configuration = configuration
playbook-origin-default = default
playbook-cannot-be-used = cannot be used
playbook-list-wrong = { $id }: { $why }; see “duphong playbook check { $id }”
playbook-check-good = { $id } can be used: { $steps } steps, { $inputs } inputs.
playbook-check-wrong = { $path }: { $count } problems. It cannot be used.

playbook-heading-inputs = INPUTS
playbook-heading-steps = WHAT WOULD BE DONE
playbook-heading-way = THE WAY
playbook-heading-unwinding = THE WAY BACK
playbook-heading-production = WHAT WAS SEEN OF PRODUCTION
playbook-heading-approvals = APPROVALS
playbook-heading-outputs = WHAT IT MADE AND SAW
playbook-heading-next = WHAT TO DO NEXT
playbook-step-limits = within { $timeout }, { $attempts ->
    [one] tried once
   *[other] tried up to { $attempts } times
 }; { $again ->
    [yes] harmless when done again
   *[no] never done twice by itself
 }
playbook-step-gate = Before it passes, production is looked at once more: what is not as it was ends the run.
playbook-done-when = done when
playbook-proof = proof, seen later by another path
playbook-undone-by = taken back by
playbook-undone-when = taken back when
playbook-undo-limit = within { $timeout }
playbook-undo-needless = need not be taken back: { $reason }
playbook-no-return = POINT OF NO RETURN: { $reason }
playbook-unwinding-order = When a step fails, what was done is taken back in this order: { $steps }.
playbook-unwinding-nothing = Nothing is taken back.
playbook-unwinding-until = From step { $number } ({ $step }) on nothing is taken back any more: the run goes forward, or stops for a person.
playbook-unwinding-always = There is no point of no return.
playbook-production-nothing = Nothing that this plan depends on.
playbook-diagram-no-return = NO WAY BACK FROM HERE
playbook-diagram-not-any-more = (◄─ { $action }, not any more)
playbook-diagram-legend = ◆ waits for people   ○ only looks   ● changes   ■ fences   ▲ cannot be undone

playbook-standing-going = GOING ON
playbook-standing-waiting = WAITS FOR APPROVAL
playbook-standing-unknown = A PERSON MUST SAY whether a step was done
playbook-standing-blocked = BLOCKED behind the point of no return
playbook-standing-unwinding = BEING TAKEN BACK
playbook-standing-stuck = STUCK: a step could not be taken back
playbook-standing-finished = FINISHED
playbook-standing-unwound = TAKEN BACK
playbook-standing-left = LEFT to a person as it stands
playbook-state-pending = not begun
playbook-state-waiting = waits
playbook-state-doing = under way
playbook-state-unknown = UNKNOWN
playbook-state-done = done
playbook-state-failed = FAILED
playbook-state-undoing = being taken back
playbook-state-failed-undoing = not yet taken back
playbook-state-stuck-undoing = STUCK
playbook-state-undone = taken back
playbook-state-kept = left as it is

playbook-advice-resume = The run is not over and nothing of it runs here. Resuming goes on where it stopped:
playbook-advice-waiting = { $there } of { $wanted } approvals are there; the gate expires at { INSTANT($expires) }. An approver who did not start the run signs its plan, then it is resumed:
playbook-advice-unknown = The program was ended in the middle of step “{ $step }”, and nothing can show whether it was done. Look at the system itself, then say what you found; “not-done” does the step again:
playbook-advice-blocked = Step “{ $step }” failed behind the point of no return, so nothing is taken back by itself. Repair what keeps it from working and try it again, or leave the run and go on by hand:
playbook-advice-stuck = Step “{ $step }” could not be taken back. Repair what keeps it from that and try again, or leave the run and put things right by hand:

playbook-live-begun = Run { $run } has begun.
playbook-live-doing = [{ $number }/{ $steps }] { $title } ({ $step }){ $attempt ->
    [one] {""}
   *[other] , attempt { $attempt }
 }
playbook-live-done = [{ $number }/{ $steps }] { $step }: done in { $took }
playbook-live-undoing = [{ $number }/{ $steps }] { $title } ({ $step }): taking it back
playbook-live-undone = [{ $number }/{ $steps }] { $step }: taken back in { $took }
playbook-live-failed = [{ $number }/{ $steps }] { $step }: FAILED after { $took }: { $error } ({ $code })
playbook-live-stopped = [{ $number }/{ $steps }] { $step }: stopped; whether it was done is not known
playbook-live-asked = [{ $number }/{ $steps }] { $title }: { $wanted ->
    [one] one approval is
   *[other] { $wanted } approvals are
 } needed until { INSTANT($expires) }
playbook-live-approved = { $step }: approved by { $approver }
playbook-live-rejected = Rejected by { $by }: { $reason }
playbook-live-found-done = { $step }: is done, { $by ->
    [none] as was seen
   *[other] says { $by }
 }
playbook-live-found-not = { $step }: is not done, says { $by }
playbook-live-retry = { $by } wants it tried again: { $reason }
playbook-live-abort = { $by } wants the run taken back: { $reason }
playbook-live-waiting = Waiting for approvals. Ctrl-C ends the waiting and leaves the run; “duphong playbook resume { $run } --wait” takes it up again.
playbook-live-finished = Run { $run } is finished after { $took }.
playbook-live-unwound = Run { $run } is taken back after { $took }.
playbook-live-left = Run { $run } is left as it stands after { $took }.

playbook-approved = { $approver } approves run { $run }: { $there } of { $wanted } approvals.
playbook-approved-enough = These are enough. A process that waits for them goes on by itself; otherwise: { $command }
playbook-statement-written = What is to be signed is in { $path }. Read it, sign it unchanged, and hand the signature in:
    {"  "}ssh-keygen -Y sign -n { $namespace } -f ~/.ssh/id_ed25519 { $path }
    {"  "}duphong playbook approve { NUMBER($run, useGrouping: "false") } --signature { $path }.sig
playbook-show-begun = { INSTANT($at) }, by { $by }
playbook-show-said = { $by }: { $reason }
playbook-show-failed = { $step }: { $error } ({ $code })
playbook-show-approval = { $step }: { $approver }, { INSTANT($at) }, key { $fingerprint }, { $valid ->
    [yes] signature valid
   *[no] SIGNATURE NOT VALID
 }

fault-playbook-no-run = no run { $run } is in the audit log
    .hint = { $known ->
        [none] No playbook has been run yet.
       *[other] There are: { $known }.
     }
fault-playbook-at-work = a process is working at the run of portal { $portal }
    .hint = Wait until it ends, or stop it with Ctrl-C: the run can be resumed.
fault-playbook-open-run = run { $run } of portal { $portal } is not over
    .hint = See “duphong playbook show { NUMBER($run, useGrouping: "false") }”: it is resumed, aborted or left before another begins.
fault-playbook-too-few-approvers = gate { $step } wants { $wanted } approvals, and beside { $starter }, who would start the run, there are { $there } approvers
    .hint = Add approvers to “playbooks.approvers”, or let somebody start the run who need not approve it.
fault-playbook-unknown-approver = the key { $fingerprint } is no approver’s
    .hint = { $known ->
        [none] The configuration names no approvers: add them to “playbooks.approvers”.
       *[other] Approvers are: { $known }.
     }
fault-playbook-starter-approves = { $approver } started run { $run }, as { $login }, and cannot approve it
    .hint = Another approver must read the plan and sign.
fault-playbook-approved-twice = { $approver } has approved run { $run } already
fault-playbook-no-gate-waits = run { $run } does not wait for approval
    .hint = “duphong playbook show { NUMBER($run, useGrouping: "false") }” says how it stands.
fault-playbook-approval-expired = gate { $step } of run { $run } expired at { INSTANT($expires) }
    .hint = Resume the run, which takes back what was done, then start another.
fault-playbook-not-asked = whether step { $step } of run { $run } was done is not in question
    .hint = “duphong playbook show { NUMBER($run, useGrouping: "false") }” says how it stands.
fault-playbook-still-ran = a program of step { $step } of run { $run } was still running when you answered; it has ended only now
    .hint = Look again what it has done, and only then answer.
fault-playbook-run-unreadable = where run { $run } stands cannot be told: entry { $entry } of the log cannot be read ({ $why })
    .hint = Go on with the program that wrote the entry, or look at the portal and end the run as it stands: “duphong playbook abort { NUMBER($run, useGrouping: "false") } --leave --reason …”.
fault-playbook-no-reason = a decision needs a reason
fault-playbook-unwritable = a record cannot be written: { $detail }
fault-playbook-foreign-key = the key { $key } cannot be used here
    .hint = Sign with OpenSSH’s own program: “duphong playbook approve { $run } --statement run-{ $run }.txt”, then “ssh-keygen -Y sign -n { $namespace } -f { $key } run-{ $run }.txt”, then “duphong playbook approve { $run } --signature run-{ $run }.txt.sig”.

value-run = RUN
value-playbook = PLAYBOOK
value-input = NAME=VALUE
value-answer = ANSWER
value-step = STEP
help-playbook = Run procedures that survive a crash, with approvals
more-playbook = A playbook says step by step what is done, how each step is taken back, and what must be seen before the next. A run goes on after a crash where it stopped, or takes everything back.
help-playbook-list = List playbooks, and runs that are not over
help-playbook-list-all = Runs that are over, too
help-playbook-check = Check a playbook and list every problem
help-playbook-check-playbook = A file, or the id of a playbook
help-playbook-plan = Show everything a run would do, and change nothing
more-playbook-plan = Only looks at production. A command as an input is written in brackets: --input 'close=[systemctl, stop, nginx]'.
help-playbook-plan-playbook = The playbook’s id
help-playbook-plan-portal = The portal
help-playbook-plan-input = An input, before that of the configuration; may be repeated
help-playbook-run = Start a run and go on until it is over or a person is needed
more-playbook-run = Ctrl-C stops at the next safe place and leaves the run to be resumed. Exit code 0: finished; 1: failed and taken back; 30: a person is needed.
help-playbook-run-playbook = The playbook’s id
help-playbook-run-portal = The portal
help-playbook-run-input = An input, before that of the configuration; may be repeated
help-playbook-run-wait = Stay at a gate until it is approved, rejected or expired
help-playbook-resume = Go on with a run that stopped
help-playbook-resume-run = The run’s number
help-playbook-resume-retry = Try again what failed for good
help-playbook-resume-answer = Whether the step of unknown outcome was done
help-playbook-resume-step = The step that the answer is about
help-playbook-resume-reason = Why, or how it was found out
help-playbook-resume-wait = Stay at a gate until it is approved, rejected or expired
help-playbook-approve = Approve the plan of a run, with the approver’s own key
more-playbook-approve = The key never leaves its owner: on another machine the statement is signed with ssh-keygen, and only the signature is brought here.
help-playbook-approve-run = The run’s number
help-playbook-approve-key = A private Ed25519 key of OpenSSH without passphrase
help-playbook-approve-signature = A signature made with “ssh-keygen -Y sign -n duphong-approval”
help-playbook-approve-statement = Write what is to be signed to this file, or show it
help-playbook-reject = Refuse the gate that waits; what was done is taken back
help-playbook-reject-run = The run’s number
help-playbook-reject-reason = Why
help-playbook-abort = Take a run back that is not past its point of no return
help-playbook-abort-run = The run’s number
help-playbook-abort-reason = Why
help-playbook-abort-leave = End the run as it stands instead; a person takes over
help-playbook-show = Show how a run stands, its times and approvals, and what to do next
help-playbook-show-run = The run’s number
