# What a run of a playbook refuses.
fault-playbook-closed = run { $run } is over
fault-playbook-under-way = an attempt at a step of run { $run } is under way
    .hint = Wait until it has ended. If its process is dead, “duphong playbook resume” finds out what became of it.
fault-playbook-past-no-return = run { $run } is past its point of no return and cannot be taken back
    .hint = Go on with “duphong playbook resume”, or leave the run as it stands and go on by hand.
fault-playbook-unwinding = run { $run } is being taken back and never goes forwards again
fault-playbook-not-waiting = gate { $step } of run { $run } does not wait for an answer
fault-playbook-approval-late = gate { $step } of run { $run } has expired
    .hint = Nothing more is done in this run but taking back. Start another one; it asks anew.
fault-playbook-not-unknown = what became of step { $step } of run { $run } is not in question
fault-playbook-no-word = what became of step { $step } of run { $run } is not decided by anyone's word
    .hint = Resume the run without an answer: the step is looked at, or done again, which is harmless.
fault-playbook-nothing-failed = no step of run { $run } waits to be tried again
fault-playbook-no-such-step = the plan of run { $run } has no step { $step }
fault-playbook-illegal-fact = run { $run } cannot take “{ $fact }” where it stands: { $detail }
    .hint = The record of the run contradicts itself. Nothing more is done in it. Run “duphong audit verify” and tell those who maintain duphong.

# Plans that are not run.
fault-playbook-plan-version = the plan is of a version that this program does not run: { $detail }
    .hint = Go on with the program that began the run, or leave the run and begin another.
fault-playbook-no-fence = step { $step } would promote a standby without a proven fence before it
    .hint = Put a step “fence” with “proof” before it. Two databases that both take writes lose data.
fault-playbook-proof-same-server = step { $step } promotes the very server that proves fence { $fence }
    .hint = The proof must look at the primary that is fenced: give “primary-dsn” and “standby-dsn” different servers.
fault-playbook-plan-unsound = the plan must not be run: { $detail }

# Why a step failed.
fault-playbook-not-seen = it was looked at until the time was over, and it is not so
fault-playbook-cannot-tell = it could not be looked at until the time was over; it does not count as done
fault-playbook-fence-open = the proof shows that the fence does not hold
fault-playbook-fence-unproven = the fence is not proven: its proof could not look
fault-playbook-promote-without-proof = nothing was promoted: the fence was not proven at that moment
fault-playbook-gate-expired = the gate was not passed in time; an approval is about now
fault-playbook-gate-rejected = an approver refused the plan
fault-playbook-production-changed = production is not what was approved
    .hint = Start another run: its plan shows production as it is now.

# Why nothing more was done.
fault-playbook-stale = the audit log did not take a fact of run { $run }; only the log knows where the run stands
    .hint = See to the log (space, permissions), then run “duphong playbook resume { $run }”.
fault-playbook-attempt-open = step { $step } of run { $run } is announced and has not ended
    .hint = Another process may be at it. If none is, “duphong playbook resume { $run }” finds out what became of it.
fault-playbook-plan-altered = the plan is not the one with which run { $run } began
    .hint = Do not go on with this run. Run “duphong audit verify”, then make a new plan.
fault-playbook-clock-back = the clock is { $seconds } s behind what run { $run } has recorded, so that nobody can tell whether its gate has expired
    .hint = Set the clock right and run “duphong playbook resume { $run }”, or take the run back. Nothing was decided.
