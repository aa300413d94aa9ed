# What status says.
view-colour-green = GREEN
view-colour-amber = AMBER
view-colour-red = RED
view-no-set = repository “{ $repository }” holds no set
view-set-too-old = the newest set in “{ $repository }” is { $hours } h old; the RPO is { $rpo } h
view-set-from-future = the newest set in “{ $repository }” is dated in the future: a clock was wrong
view-snapshot-failed = the last snapshot run failed ({ $code })
view-set-incomplete = the newest set lacks { $count } things that could not be read
view-never-drilled = never drilled: whether it can be restored is not proven
view-drill-not-proven = drill { $number } ended as NOT PROVEN
view-drill-failed = drill { $number } FAILED
view-no-password-copy = nobody has confirmed a copy of the password off this host; run “duphong key confirm { $repository }”
view-never-verified = never verified with all data read
view-damaged = the last verify found { $count } damages

# Incidents.
view-incident-unreadable = entry { $entry } cannot be taken in: { $why }
view-incident-proposed = incident { $incident } is proposed and nobody has judged it; { $percent } % of its strictest clock has run
view-incident-duty-late = incident { $incident }: duty { $duty } is LATE
view-incident-duties-open = incident { $incident }: open duties: { $duties }
view-incident-duties-undetermined = incident { $incident }: to be decided: { $duties }
view-incident-duties-sent = incident { $incident }: sent, waiting for confirmation: { $duties }
view-incident-open = incident { $incident } is open; nothing is owed at the moment
view-probe-never = probe “{ $probe }” has never settled: whether the portal serves is not known
view-probe-unreadable = probe “{ $probe }”: its last record cannot be read by this program
view-probe-down = probe “{ $probe }”: DOWN since { $since }
view-probe-ipv4-only = probe “{ $probe }”: serves over IPv4, dead over IPv6 since { $since }
view-probe-ipv6-only = probe “{ $probe }”: serves over IPv6, dead over IPv4 since { $since }
view-probe-degraded = probe “{ $probe }”: degraded since { $since }
view-probe-unknown = probe “{ $probe }”: could not be looked at since { $since }
view-probe-flapping = probe “{ $probe }” flaps: its verdicts change so often that single changes say little
