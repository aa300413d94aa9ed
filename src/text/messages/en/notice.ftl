# Notices.
fault-notice-no-channel = the configuration names no channel for notices
    .hint = Add a section “notices” (mail or a webhook) to the configuration, then run “duphong notice test”.
fault-notice-unknown-channel = there is no channel “{ $channel }” for notices
    .hint = Channels in the configuration: { $known }.

# What became of a letter.
notice-arrival-accepted = accepted
notice-arrival-not-sent = NOT SENT
notice-arrival-unknown = NOT KNOWN whether it arrived
notice-arrival-on-the-way = on its way

# What is new.
notice-news-new = NEW
notice-news-worse = WORSE
notice-news-again = STILL SO
notice-news-over = OVER
notice-news-passed = CAME AND WENT
notice-news-once = HAPPENED

# Letters.
notice-subject = [{ $site }] { $colour }: { $subject }: { $words }{ $more ->
    [0] { "" }
   *[other] { " " }(and { $more } more)
}
notice-subject-over = [{ $site }] { $colour }: over: { $subject }: { $words }{ $more ->
    [0] { "" }
   *[other] { " " }(and { $more } more)
}
notice-subject-test = [{ $site }] Test: duphong's notices arrive
notice-head = { $site }, { $at }
notice-test-body = This is a test that an administrator asked for. Whoever can read it will get real alarms here, too.
notice-item = { $colour } · { $news } · { $subject }: { $words }
notice-since = Since: { $at }
notice-advice = To do: { $words }
notice-look = See: { $command }
notice-more = { $count } more will follow in the next letter.
notice-held = { $count } of these had to wait, since letters could not be sent or too many were sent within an hour.
notice-foot = Sent by duphong, automatically. Id: { $id }
notice-duty-reminder =
    { $percent ->
        [100] DUE: incident { $incident }, duty { $duty }
       *[other] incident { $incident }, duty { $duty }: { $percent } % of its time has passed
    }{ $recipient ->
        [none] { "" }
       *[other] { ", " }recipient { $recipient }
    }{ $due ->
        [none] { "" }
       *[other] ; due { $due }
    }
notice-drill-work =
    { $percent ->
        [100] DUE: the work after the failed drill { $number }
       *[other] the work after the failed drill { $number }: { $percent } % of its time has passed
    }, responsible { $owner }; deadline { INSTANT($due) }

# To do.
notice-advice-set = Look at why the newest snapshot failed, put it right, then run “duphong snapshot create”.
notice-advice-anchor = Run “duphong audit anchor” and see what it says; until a head is outside, nobody can prove that the newest entries were not rewritten or cut off.
notice-advice-spot = Run “duphong snapshot spot” again and look at what it names; take a set, and keep the older ones until it is understood.
notice-advice-spot-run = Look whether the daemon runs and what kept the check from its end, then run “duphong snapshot spot” by hand: until it comes to its end, nobody knows whether the sets hold what the portal has.
notice-advice-spot-nothing = Take spot-check out of this portal: of such sources only a drill proves anything.
notice-advice-held = Look at the portal before anything else: stop what changes its files, then judge the proposed incident. When that is done, release the sets.
notice-advice-drill-missed = See whether the daemon runs and is not paused, and what kept the drill from beginning; or run “duphong drill run”.
notice-advice-drill-off-site = Run “duphong drill run” with --repository and the off-site repository, or name it in the drill's turns.
notice-advice-drill-work = Put right what the drill found, then drill the same way again: a pass ends the work. Where that cannot be, say why with “duphong drill close”.
notice-advice-drill-slower = See which phase grew, and what would shorten it: “duphong drill forecast” says so.
notice-advice-drill = Read the minutes and run “duphong drill run” again; until it passes, recovery is not certain.
notice-advice-verify = Verify the repository; if something is damaged, leave it as it is and take a new set at once.
notice-advice-probe = Check the portal's server, link and certificate; if an attack is suspected, open an incident.
notice-advice-incident = Look at the deadlines, classify the incident, and fulfill the duty that is due first.
notice-advice-deed = Do it; when it is done, record that by “duphong incident decide”.
notice-advice-duty = Fill in the form, have it signed, send it to the recipient, and record the receipt.
notice-advice-wal = Look at the daemon, the repository and the server's log; until this is right, what is committed now can be lost, and the server's disk fills up.
notice-advice-wal-look = See that the daemon runs, that it reaches the server, and run “duphong wal check”.
notice-advice-wal-gap = Take a new set with a base at once: only from there on is there an instant to go back to. Then find out who let go of the segment.
notice-advice-binlog-gap = Take a new set at once: only from there on is there an instant to go back to. Then find out why the log was not kept in time, and let the server keep its files longer (binlog_expire_logs_seconds).
notice-advice-wal-base = Take a set with a base (“physical: true”).
notice-advice-failing = Run “duphong notice test” for details, then mend the mail server or the section “notices”.
notice-advice-approve = Read the plan, then sign it with your own key; whoever started the run cannot.
notice-advice-playbook = Go to the machine: the run does not go on without a person. Its page says what to do next.
notice-advice-audit = Free the disk or mend the rights of the log's folder; protective work goes on and is recorded late.
notice-advice-reload = Correct the configuration file; until then the old settings stay in force.

# The command.
notice-list-empty = No notice was sent yet.
notice-list-test = (test)
notice-tested = { $recipient }: { $arrival }
notice-tested-fault = { $recipient }: { $arrival }: { $fault }
