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

# Form No. 03 and the sending of documents.
incident-origin-configuration = configuration { $key }
incident-origin-incident = the incident's record
incident-origin-observation = seen by duphong
incident-origin-person = a person's answer
incident-origin-clock = when it was made
incident-origin-hand = signed by hand
incident-origin-blank = blank
incident-form-field = { $label } { $value } [{ $origin }]
incident-form-odd-phone = Field { $number }: “{ $value }” does not look like a telephone number.
incident-form-odd-email = Field { $number }: “{ $value }” does not look like a mail address.
incident-form-blanks = { $count } mandatory fields are blank; it cannot be signed yet:
incident-form-no-blanks = Every mandatory field is filled in.
incident-form-file = Wrote “{ $path }”: { BYTES($bytes) }, SHA-256 { $digest }
incident-form-next = This is a draft, in Vietnamese as the circular has it. Correct it, have it signed and sealed (or signed digitally), then send the signed file: duphong incident submit { NUMBER($number, useGrouping: "false") } --duty C12 --to … --file …
incident-form-kind = Kind of incident: { $kind }.
incident-form-group = Group of incident: { $group }.
incident-form-last-set = Newest set before the detection: { $set }, taken { $taken }.
incident-form-alarm = duphong's own watch ({ $source })
incident-mail-subject = { $duty } – { $portal } – incident { NUMBER($number, useGrouping: "false") }
incident-mail-greeting = To: { $recipient }
incident-mail-enclosed = { $operator } encloses: { $duty } about { $portal }, incident { NUMBER($number, useGrouping: "false") }.
incident-mail-reference = Number of the document: { $reference }.
incident-mail-file = Attached file: { $file } (SHA-256: { $digest }).
incident-mail-confirm = Please confirm receipt by answering this letter.
incident-submit-dry-run = Nothing was sent and nothing recorded. This would be sent:
incident-submit-not-verified = The file “{ $file }” holds a digital signature; duphong does not verify whether it is valid.
incident-submit-no-signature = No digital signature is seen in the file “{ $file }”. A scan of a document that was signed and sealed by hand has the proper form; duphong cannot verify that.
incident-submit-to = { $name } ({ $recipient }): { $address }
incident-submit-to-nowhere = { $name } ({ $recipient })
incident-submit-accepted = The mail server took it: { $answer }
incident-submit-accepted-unrecorded = The mail server took it ({ $answer }), but it could not be recorded with the incident: { $why }. Record it by hand with --sent-at.
incident-submit-recorded = The dispatch is recorded.
incident-submit-failed = Not sent: { $why }
incident-submit-unknown = Nobody knows whether the letter arrived: { $why }. It is never sent again by itself; ask the recipient, then record it with --sent-at or send it again with --again.
incident-submit-next = The duty still waits for the receipt of each recipient: duphong incident receipt

fault-incident-answers-unreadable = the answers cannot be read: { $detail }
    .hint = The file is YAML or JSON: one field a line, “name: value”. The names stand in docs/formats/form-answers.md.
fault-incident-answer-unknown-field = the form has no field “{ $name }”
    .hint = Use a number from 1 to 33, or a name of docs/formats/form-answers.md.
fault-incident-answer-twice = field { $number } ({ $label }) is answered twice
fault-incident-answer-fixed = field { $number } ({ $label }) comes from the log or the clock and takes no answer
    .hint = The time of detection is changed by: duphong incident classify
fault-incident-answer-shape = the answer to field { $number } ({ $label }) has the wrong shape
fault-incident-answer-unknown-option = field { $number } ({ $label }) has no box “{ $given }”
    .hint = Its boxes: { $known }.
fault-incident-answer-one-only = only one box of field { $number } ({ $label }) can be ticked
fault-incident-answer-words = box “{ $option }” of field { $number } ({ $label }): only a box with room for words takes some, and it needs them
    .hint = Write “box: words”, such as detection=notice: Công an tỉnh.
fault-incident-answer-not-an-address = field { $number } ({ $label }): “{ $given }” is no IP address
fault-incident-answer-not-public = field { $number } ({ $label }) does not take { $address }: it is no address on the internet
    .hint = The form says “không liệt kê địa chỉ IP nội bộ”: no internal addresses. Take it out of the answer, or out of the portal's system.addresses.
fault-incident-answer-too-long = the answer to field { $number } ({ $label }) is longer than { $max } bytes
    .hint = Summarize it and send the rest as an annex.
fault-incident-form-exists = “{ $path }” exists and is not overwritten
    .hint = Name another file with --out, or a folder.
fault-incident-form-answers = the file of answers “{ $path }” cannot be read
fault-incident-form-answers-too-large = the file of answers “{ $path }” is larger than { $max } bytes
fault-incident-submit-unreadable = “{ $path }” cannot be read
fault-incident-submit-not-a-pdf = “{ $path }” is no PDF file
    .hint = Send the signed document as PDF: signed digitally, or a scan of what was signed and sealed.
fault-incident-submit-too-large = “{ $path }” has { $bytes } bytes, a letter carries { $max }
    .hint = Make the scan smaller, or send it another way and record that with --channel and --sent-at.
fault-incident-submit-draft = “{ $path }” is a draft that duphong rendered for incident { NUMBER($incident, useGrouping: "false") }; nobody has signed it
    .hint = A report needs a signature and seal, or a digital signature, of whoever has the power. Send the signed file.
fault-incident-submit-changed = “{ $path }” changed while it was read; nothing was sent
fault-incident-submit-twice = recipient “{ $recipient }” is named twice
fault-incident-submit-no-contact = the address book does not have recipient “{ $recipient }”
    .hint = Add incidents.contacts.{ $recipient } with its address and its basis: number and date of the document that gave it.
fault-incident-submit-no-email = the address book has no mail address of recipient “{ $recipient }”
    .hint = Add incidents.contacts.{ $recipient }.email from the document that gave it, or send it another way and record that with --channel and --sent-at.
fault-incident-submit-no-time = channel { $channel } is gone by a person: the time when it was sent is needed
    .hint = Add --sent-at "2026-11-22 14:05".
fault-incident-submit-bad-time = “{ $given }” is no time
    .hint = Write "2026-11-22 14:05" as the site's clocks show it, or 2026-11-22T14:05:00+07:00.
fault-incident-submit-no-server = no mail server is configured
    .hint = Add notices.smtp to the configuration.
fault-incident-submit-already-sent = this very document was sent to “{ $recipient }” at { $at }
    .hint = If it must go again: --again.
fault-incident-submit-may-have-arrived = an earlier letter to “{ $recipient }” may have arrived (entry { $entry } of the log, Message-ID { $message })
    .hint = Ask the recipient by the Message-ID. If it arrived: record it with --channel email --sent-at; if not: send it with --again.
