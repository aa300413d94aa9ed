# Incidents: groups, kinds, questions, channels, states, duties, refusals.
incident-group-attack = cyber attack
incident-group-technical = fault of system, equipment, software or infrastructure
incident-group-operator = error of administration or operation
incident-group-disaster = natural disaster

# The ten rows of Mẫu số 05 (Circular 20/2017).
incident-kind-denial-of-service = Denial of service
incident-kind-spoofing = Spoofing
incident-kind-malware = Attack with malware
incident-kind-intrusion = Unauthorised access, seizure of control
incident-kind-defacement = Defacement
incident-kind-encryption = Encryption of software, data, equipment
incident-kind-sabotage = Destruction of information, data, software
incident-kind-espionage = Eavesdropping, espionage, theft of information or data
incident-kind-combined = Combined attack of several forms
incident-kind-other = Other forms of attack

incident-question-serious-331 = Is it a serious cyber-security incident (“nghiêm trọng”, Decree 331/2026)?
incident-question-disruption-331 = Does it harm national security, order or social safety, or severely disrupt the system (Decree 331/2026)?
incident-question-serious-05 = Is it a serious incident (“nghiêm trọng”) under Decision 05/2017?
incident-question-over-capacity = May it exceed the operator's capacity?
incident-question-personal-data = May personal data be involved?
incident-question-location-biometric = Are location or biometric data involved?
incident-question-complex = Is it a complex incident (Decree 331/2026)?

incident-channel-letter = letter
incident-channel-document-system = document system
incident-channel-email = e-mail
incident-channel-fax = fax
incident-channel-message = multimedia message
incident-channel-portal = reporting software of the authority
incident-channel-phone = telephone
incident-channel-hand = by hand
incident-channel-other = other

fault-incident-rules-syntax = the rule file cannot be read at { $place }: { $detail }
    .hint = docs/formats/incident-rules.md lists every key of a rule file.
fault-incident-rules-not-plain = { $what ->
    [alias] an alias stands at { $place }
    [anchor] an anchor stands at { $place }
    [tag] a tag stands at { $place }
    [nesting] the file is nested too deep at { $place }
   *[other] rule files may not contain what stands at { $place } ({ $what })
  }
    .hint = Write every value out, in one document, where it counts.
fault-incident-rules-too-large = { $file } has { $size } bytes, at most { $limit } are read
    .hint = Divide it into several rule files.
fault-incident-rules-version = { $file } is of version { $version }, this program reads { $known }
fault-incident-rules-not-utf8 = { $file } is not UTF-8 text
fault-incident-rules-unsound = { $file } contradicts itself: { $detail }
fault-incident-rules-unknown = there is no rule set { $id }
    .hint = There are: { $known }.
fault-incident-rules-twice = { $id } stands in rule set { $one } and in { $other }
    .hint = Leave one out of incidents.rules, or give the site's own duty another id.

fault-incident-illegal = “{ $fact }” is not possible here: the incident { $state ->
    [proposed] is only proposed
    [open] is open and the response has not ended
    [ended] has not been closed, its response has ended
    [closed] is closed
    [dismissed] was dismissed
   *[unknown] has not begun
  }
    .hint = See what can be done with: duphong incident show
fault-incident-empty = “{ $what }” is missing or empty
fault-incident-too-long = “{ $what }” is longer than { $limit } bytes
    .hint = Put a long text into a file and seal it with: duphong incident evidence
fault-incident-no-reason = { $what ->
    [detected-at] a detection later than the first alarm needs a reason
    [no] an answer “no” takes a duty away and needs a reason
    [group] Another group than attack needs a reason
   *[other] “{ $what }” needs a reason
  }
    .hint = Say who decides with --by and why with --reason.
fault-incident-kind-outside-attack = a kind of attack belongs to group I (attack) only
fault-incident-unknown-duty = the rules of this incident have no duty { $duty }
    .hint = Every duty: duphong incident show --all
fault-incident-not-bound = duty { $duty } does not bind this portal
    .hint = The reason: duphong incident show --all
fault-incident-not-a-deed = duty { $duty } is met by sending to its recipients, not by a decision
fault-incident-not-a-recipient = duty { $duty } does not go to { $recipient }
fault-incident-never-sent = no such document was sent to { $recipient }
    .hint = A receipt names the exact document by its digest: duphong incident show
fault-incident-receipt-too-early = the receipt of { $recipient } is earlier than the dispatch
fault-incident-none = the audit log has no incident { $number }
    .hint = Every incident: duphong incident list
fault-incident-in-future = “{ $what }” lies in the future
    .hint = Times are read as clocks in the zone of the site show them.
fault-incident-blocked = the incident cannot be closed: { $duties } are open or undecided
    .hint = Send and record what is owed, or decide by name and with a reason: duphong incident decide
