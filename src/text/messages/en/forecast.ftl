# Drills over time, and what a restore of more data would take.
trend-heading = Portal { $portal }, repository “{ $repository }”, { $scope }. Each change is against the median of the earlier drills of its kind:
trend-label-change = Change
trend-verdict = drill { $number }: { $verdict }

forecast-label-growth = Data by then
forecast-label-machine = Machine
forecast-label-line = Line
forecast-label-drills = Drills
forecast-label-beyond = Beyond them
forecast-label-likely = Likely
forecast-label-most = At most
forecast-newest = { BYTES($bytes) }, taken { $taken }
forecast-growth = { BYTES($likely) } likely, { BYTES($most) } at most on { $at }; by { $sets } sets over { DURATION($covered) }
forecast-machine = { $percent } % of the speed in the drills
forecast-line = { $megabits } Mbit/s to the repository
forecast-line-same = the one of the drills
forecast-times = { $times } times as much as in the largest of them
forecast-part-rest = Between the phases
forecast-part-line = The line, beside fetching
forecast-part-scatter = Because the drills scatter
forecast-estimate = ESTIMATE: { DURATION($likely) } likely, { DURATION($most) } at most, from the decision to data or portal being ready.
forecast-within = Even at most it is within the objective of { DURATION($objective) }.
forecast-beyond = At most it is beyond the objective of { DURATION($objective) }.
forecast-no-verdict = This is no drill and no PASS: only a drill of that size proves it.
forecast-refused = NOT PROVEN, and no estimate either: { $why }
forecast-refused-drills = { $found ->
    [0] no drill of this repository went the whole way; at least { $wanted } are needed.
    [one] only one drill of this repository went the whole way; at least { $wanted } are needed.
   *[other] only { $found } drills of this repository went the whole way; at least { $wanted } are needed.
}
forecast-refused-far = there will be { $times } times as much as in the largest drill; beyond { $most } times nothing that was measured bears an upper bound.
forecast-refused-loaded = dumps are to be loaded into a server, and not every one of the drills has loaded one.
forecast-refused-growth = the sets show { DURATION($covered) } of growth, too little for { DURATION($ahead) } ahead; at least { $sets } sets are needed, and a quarter of the time ahead.
forecast-shorten = What would shorten it most: “{ $part }”, up to { DURATION($most) } of it. { $advice }
forecast-shorten-fetch = Read from a nearer repository or over a faster line, write to faster disks, or keep less media in this portal.
forecast-shorten-load = Take a base (“physical: true”) instead of a dump, give the drill more workers (“jobs”), or faster disks.
forecast-shorten-start = The portal itself is slow to come up: look at its start command and at what it does before its first answer.
forecast-shorten-find = Finding the set is slow: prune the repository, or read from a nearer one.
forecast-shorten-line = Agree on a faster line, or keep a repository on the target's side of it.
forecast-shorten-machine = A faster machine, or one that is prepared: its packages installed, its disks empty.

help-drill-trend = Show measured RTO and RPO over time, against earlier drills
help-drill-trend-portal = Only drills of this portal
help-drill-forecast = Estimate, with an upper bound, how long a restore would take
more-drill-forecast = From drills on record, phase by phase, and the sizes of past sets. An estimate, never a PASS. Ends with 3 when even the upper bound cannot be given or is beyond the objective.
help-drill-forecast-portal = Only this portal; without it all of them
help-drill-forecast-repository = Repository to read; without it the one that the configuration names for drills
help-drill-forecast-at = When: as much data as there will be then; without it as much as in the newest set
help-drill-forecast-machine = Speed of the machine that restores, beside the one of the drills
help-drill-forecast-bandwidth = Line from that machine to the repository in megabits per second, if it is another one than in the drills
value-mbit = MBIT/S
