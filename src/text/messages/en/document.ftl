# Official documents (Decree 30/2020/NĐ-CP).
document-about = Re:
document-to = To:
document-recipients = Recipients:
document-sign-here = (Signature and full name)
document-number = No.: { $number }/{ $symbol }
document-date-open = { $place }, date:                              
document-rows-omitted = … and { $rows } more rows that are not printed here.
document-chart-bar = { $label }: begins after { $start }, lasts { $length }
document-axis-milliseconds = milliseconds
document-axis-seconds = seconds
document-axis-minutes = minutes
document-axis-hours = hours
document-axis-days = days

fault-document-unprintable = cannot print the character { $codepoint } in “{ $text }”
    .hint = This is a defect of duphong; please report this message to its developers.
fault-document-ragged = the table has { $columns } columns but one row has { $cells } cells
    .hint = This is a defect of duphong; please report this message to its developers.
fault-document-code = { $bytes } bytes are too many for a QR code
    .hint = This is a defect of duphong; please report this message to its developers.
fault-document-typeset = failed to typeset the document: { $diagnostics }
    .hint = This is a defect of duphong; please report this message to its developers.
fault-document-pack = failed to pack the document file: { $diagnostics }
    .hint = This is a defect of duphong; please report this message to its developers.
fault-document-sheet = failed to write the spreadsheet: { $diagnostics }
    .hint = This is a defect of duphong; please report this message to its developers.
