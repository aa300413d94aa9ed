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
fault-incident-before-detection = “{ $what }” is earlier than the detection of the incident ({ INSTANT($detected) })
    .hint = Look at the time again. If the incident was in fact detected earlier, correct that first: duphong incident classify --detected-at
fault-incident-blocked = the incident cannot be closed; open or undecided: { $duties }
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
incident-form-blanks = { $count ->
    [one] 1 mandatory field is
   *[other] { $count } mandatory fields are
} blank; it cannot be signed yet:
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
fault-incident-form-answers-not-utf8 = the file of answers “{ $path }”, line { $line }, column { $column }: no text in UTF-8
    .hint = Letters there may be saved in another encoding (TCVN3, VNI, Windows-1258, UTF-16). Open the file and save it as UTF-8.
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
fault-incident-submit-no-time = what a person sends (channel “{ $channel }”) needs the time when it was sent
    .hint = Add --sent-at "2026-11-22 14:05".
fault-incident-submit-no-server = no mail server is configured
    .hint = Add notices.smtp to the configuration.
fault-incident-submit-already-sent = this very document was sent to “{ $recipient }” at { INSTANT($at) }
    .hint = If it must go again: --again.
fault-incident-submit-may-have-arrived = an earlier letter to “{ $recipient }” may have arrived (entry { $entry } of the log, Message-ID { $message })
    .hint = Ask the recipient by the Message-ID. If it arrived: record it with --channel email --sent-at; if not: send it with --again.
# Duties at the command line.
incident-state-proposed = PROPOSED
incident-state-open = open
incident-state-ended = response ended
incident-state-closed = closed
incident-state-dismissed = not an incident
incident-group = Group { $numeral }: { $words }
incident-group-unknown = group not known yet
incident-list-none = No incident is open and none is proposed.
incident-opened = Incident { $number } is open. Its clocks run from the detection.
incident-open-next = Next: answer what is unanswered with “duphong incident classify { $number }”, seal evidence before cleaning with “duphong incident evidence { $number } FILE”.
incident-classified = The answers about incident { $number } are on record.
incident-decided = The decision about incident { $number } is on record.
incident-noted = The note on incident { $number } is on record.
incident-sealed = Sealed for incident { $number }: { $size }, SHA-256 { $digest }.
incident-received = The receipt for incident { $number } is on record.
incident-receipt-evidence = answer of the recipient
incident-dismissed = Proposal { $number } is recorded as not an incident.
incident-ended = The end of the response to incident { $number } is on record. What is owed afterwards counts from it.
incident-closed = Incident { $number } is closed.
incident-hidden = { $count ->
    [one] 1 duty that does not bind or apply is not shown; --all shows it with the reason.
   *[other] { $count } duties that do not bind or apply are not shown; --all shows them with the reasons.
  }
incident-unanswered = Unanswered; “duphong incident classify” takes the answers:
incident-timeline = Notes and evidence:
incident-evidence = sealed: { $what } ({ $size }, SHA-256 { $digest }…)
incident-detected-later = { $first }; the later detection by { $by }: { $reason }

duty-late = LATE
duty-not-bound = does not bind this portal
duty-not-applicable = does not apply
duty-waiting = not begun
duty-undetermined = TO BE DECIDED (cần xác định)
duty-open = OPEN
duty-sent = sent, waiting for confirmation
duty-met = done
duty-covered = covered
duty-not-reportable = not reportable

duty-hours = { $n ->
    [one] 1 hour
   *[other] { $n } hours
}
duty-days = { $n ->
    [one] 1 day
   *[other] { $n } days
}
duty-under-a-minute = under a minute
duty-clock-due = limit { $due } ({ $limit })
duty-clock-left = due { $due } ({ $limit }), { $left } left
duty-clock-over = was due { $due } ({ $limit }), { $over } ago
duty-clock-at-once = due AT ONCE (ngay), running for { $run } since { $anchor }
duty-clock-promptly = due in good time (kịp thời), running for { $run } since { $anchor }
duty-clock-unnumbered = no number in the text, running for { $run } since { $anchor }
duty-waits-over-capacity = counts from when it may exceed the operator's capacity
duty-waits-end = counts from the end of the response
duty-waits-notice = counts from a notice from outside
duty-waits-demand = counts from when an authority asks for it
duty-waits-sent = counts from when the report before it was sent

duty-owed-owner = Owed by the owner: { $name }
duty-owed-operator = Owed by the operator: { $name }
duty-owed-network-member = Owed by the member of the response network: { $name }
duty-owed-component = Owed by the agency with component portals: { $name }
duty-owed-controller = Owed by the controller of the data: { $name }
duty-owed-processor = Owed by the processor of the data: { $name }

duty-delivery-open = → { $name } [{ $id }]: NOT SENT
duty-delivery-if-any = → { $name } [{ $id }]: if there is one
duty-delivery-sent = → { $name } [{ $id }]: sent { $sent }{ $late ->
    [yes] {" "}LATE
   *[no] {""}
  }, no confirmation yet (document { $digest }…)
duty-delivery-received = → { $name } [{ $id }]: sent { $sent }{ $late ->
    [yes] {" "}LATE
   *[no] {""}
  }, confirmed { $received } by { $who }, reference { $reference }
duty-form = Form: { $form ->
    [mau-03] Mẫu số 03 (Thông tư 20/2017)
    [mau-04] Mẫu số 04 (Thông tư 20/2017)
    [nd356-mau-08] Mẫu số 08 (Nghị định 356/2025)
   *[other] { $form }
}
duty-layer-first = law in force
duty-layer-second = applies where not contrary
duty-layer-personal-data = personal data
duty-layer-local = rules of the province
duty-layer-operations = operations
duty-content = Content: { $words }
duty-proposal = Advice: { $words }
duty-note = Note: { $words }

duty-why-not-in-force = It was not in force on the day of detection.
duty-why-obligor = The portal's agency is not among those who owe it.
duty-why-level = It binds systems of a higher security level only.
duty-why-answer = Answered “no” by { $by }: { $question }
duty-why-without = It follows { $duty }, which is not owed.
duty-why-finished = Handling had ended when { $duty } was sent.
duty-why-covered = The documents of { $duty } went to all its recipients.
duty-why-decided = Decided by { $by }: { $reason }
duty-why-hangs = Depends on { $duty }, which is to be decided first.
duty-why-group = Not an attack: whether it is owed is decided by name and with a reason.

duties-none = Nothing is due: no open incident owes anything.
duties-incident = Incident { $number }, { $portal }: { $what }
duties-proposal = PROPOSED incident { $number }, { $portal }: { $what }

ask-group = Which group of scenarios is it?
ask-kind = Which form of attack is it?
ask-portal = Which portal?
ask-what = What happened, in a sentence or two?
ask-by = Who says so? Full name and office:
ask-reason = Why?
ask-evidence = What is it?
ask-who = Who at the recipient confirmed?
ask-yes-no = { $question } [yes / no / empty if not known yet]

label-happened = Happened
label-number = No.
label-colour = Color
label-state = State
label-detected = Detected
label-kind = Kind
label-first-alarm = First alarm
label-set-before = Last set before
label-ended = Response ended
label-closed = Closed

value-time = TIME
value-group = GROUP
value-yes-no = YES|NO
value-duty = DUTY
value-decision = DECISION
value-recipient = RECIPIENT
value-digest = DIGEST
value-channel = CHANNEL
value-media-type = MEDIA-TYPE

help-incident = Handle incidents: what is owed, to whom, until when
help-incident-open = Open an incident, or take up a proposal
more-incident-open = What is not given is asked for on a terminal. The deadlines run from the first alarm; a later detection needs --by and --reason.
help-incident-open-portal = Portal that is affected
help-incident-open-proposal = Proposal to take up, by its number
help-incident-open-group = Group I–IV: attack, technical fault, operator error, disaster
help-incident-open-kind = Form of attack, as in Mẫu số 05; group I only
help-incident-open-what = What happened
help-incident-open-detected-at = When it was detected; without it the first alarm, else now
help-incident-open-first-alarm = First alarm that is known
help-incident-open-reason = Why the detection is later than the first alarm
help-incident-open-notice-from = Who told us of it from outside
help-incident-open-notice-at = When that notice came
help-incident-open-by = Who opens it: name and office
help-incident-dismiss = Decide that a proposal is not an incident
help-incident-dismiss-number = Number of the proposal
help-incident-dismiss-reason = Why
help-incident-dismiss-by = Who decides: name and office
help-incident-list = List open incidents and proposals
help-incident-list-all = Also those that are closed or dismissed
help-incident-list-proposed = Only proposals that nobody has judged
help-incident-list-portal = Only incidents of this portal
help-incident-show = Show an incident with its duties, the strictest first
help-incident-show-number = Number of the incident
help-incident-show-all = Also duties that do not bind or apply, with the reason
help-incident-classify = Answer the questions on which duties depend
more-incident-classify = Without options it asks every open question on a terminal. Unanswered “serious” counts as yes. An answer “no” needs --reason.
help-incident-classify-number = Number of the incident
help-incident-classify-group = Another group
help-incident-classify-kind = Another form of attack
help-incident-classify-serious-331 = “Nghiêm trọng” under Decree 331/2026
help-incident-classify-disruption-331 = Harm to national security or order, or severe disruption (Decree 331/2026)
help-incident-classify-serious-05 = “Nghiêm trọng” under Decision 05/2017
help-incident-classify-over-capacity = May exceed the operator's capacity (Circular 20/2017)
help-incident-classify-personal-data = Personal data may be involved
help-incident-classify-location-biometric = Location or biometric data are involved
help-incident-classify-complex = A complex incident (Decree 331/2026)
help-incident-classify-since = Since when what is answered with yes has been known
help-incident-classify-detected-at = Another time of detection
help-incident-classify-notice-from = Who told us of it from outside
help-incident-classify-notice-at = When that notice came
help-incident-classify-reason = Why; needed with a “no”
help-incident-classify-by = Who answers: name and office
help-incident-decide = Decide about duties, by name and with a reason
help-incident-decide-number = Number of the incident
help-incident-decide-duty = Duty, such as C02; several with commas
help-incident-decide-undetermined = All duties that are to be decided (cần xác định)
help-incident-decide-decision = Applies, is not reportable, or was met (a deed)
help-incident-decide-at = From when it applies, or when it was met
help-incident-decide-reason = Why
help-incident-decide-by = Who decides: name and office
help-incident-note = Write something down
help-incident-note-number = Number of the incident
help-incident-note-text = What
help-incident-note-at = When it happened
help-incident-note-by = Who writes: name and office
help-incident-evidence = Seal a file as evidence
help-incident-evidence-number = Number of the incident
help-incident-evidence-file = File to seal; a copy of its bytes is kept
help-incident-evidence-what = What it is
help-incident-evidence-media-type = Media type of the file
help-incident-evidence-by = Who hands it in: name and office
help-incident-form = Fill in a form and render a draft to correct and sign
more-incident-form = The form is a legal text in Vietnamese, whatever your language. Exits with 3 while a mandatory field is blank. Every field is listed with its origin.
help-incident-form-number = Number of the incident
help-incident-form-form = The form
help-incident-form-out = A folder or the name of a file; what exists is not overwritten
help-incident-form-format = Kind of file
help-incident-form-answers = A file of answers, YAML or JSON
help-incident-form-set = Answer one field by number or name; may be repeated
help-incident-form-by = Who answers; whoever logged in where not given
help-incident-form-rehearsal = Mark every page as part of an exercise (DIỄN TẬP)
help-incident-submit = Send a signed document to recipients, or record that it was sent
more-incident-submit = Letters go under TLS only, with a subject that begins with [TBSC]. With --sent-at nothing is sent: what a person sent is recorded. Exits with 30 when nobody knows whether a letter arrived. duphong does not verify signatures.
help-incident-submit-number = Number of the incident
help-incident-submit-duty = The duty that this document meets; may be repeated
help-incident-submit-to = Recipients of the address book; one or more
help-incident-submit-file = The signed PDF file
help-incident-submit-channel = How it goes
help-incident-submit-by = Who sends it; whoever logged in where not given
help-incident-submit-sent-at = When a person sent it, as the site's clocks show it
help-incident-submit-reference = Number and sign of the document
help-incident-submit-proof = What proves that it left, such as a registered letter's number
help-incident-submit-again = Send it although it was sent, or may have arrived
help-incident-submit-dry-run = Show what would go where; send and record nothing
help-incident-receipt = Record that a recipient confirmed a document
help-incident-receipt-number = Number of the incident
help-incident-receipt-recipient = Recipient, by the id that “incident show” shows in brackets
help-incident-receipt-document = File of the exact document that was confirmed
help-incident-receipt-digest = Digest of that document: its beginning is enough
help-incident-receipt-who = Who at the recipient confirmed
help-incident-receipt-at = When; without it now
help-incident-receipt-channel = How the confirmation came
help-incident-receipt-reference = Number under which the recipient keeps it
help-incident-receipt-evidence = File with the recipient's answer, to be sealed
help-incident-receipt-by = Who records it: name and office
help-incident-end = Record that the response has ended
help-incident-end-number = Number of the incident
help-incident-end-at = When; without it now
help-incident-end-by = Who says so: name and office
help-incident-close = Close an incident
more-incident-close = Refused while a duty that blocks closing is open or undecided.
help-incident-close-number = Number of the incident
help-incident-close-reason = Why it can be closed
help-incident-close-by = Who closes it: name and office
help-duties = Show what is due over all incidents, the strictest first
more-duties = Ends with 30 when something is late, 3 when something is due soon or waits for confirmation, 0 otherwise.
help-duties-portal = Only duties of this portal
