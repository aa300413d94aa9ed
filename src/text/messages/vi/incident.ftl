# Sự cố: nhóm, loại, câu hỏi, kênh gửi, trạng thái, nghĩa vụ, từ chối.
incident-group-attack = bị tấn công mạng
incident-group-technical = lỗi của hệ thống, thiết bị, phần mềm, hạ tầng kỹ thuật
incident-group-operator = lỗi của người quản trị, vận hành hệ thống
incident-group-disaster = thảm họa tự nhiên

# Mười dòng của Mẫu số 05 (Thông tư 20/2017/TT-BTTTT), nguyên văn.
incident-kind-denial-of-service = Từ chối dịch vụ
incident-kind-spoofing = Tấn công giả mạo
incident-kind-malware = Tấn công sử dụng mã độc
incident-kind-intrusion = Truy cập trái phép, chiếm quyền điều khiển
incident-kind-defacement = Thay đổi giao diện
incident-kind-encryption = Mã hóa phần mềm, dữ liệu, thiết bị
incident-kind-sabotage = Phá hoại thông tin, dữ liệu, phần mềm
incident-kind-espionage = Nghe trộm, gián điệp, lấy cắp thông tin, dữ liệu
incident-kind-combined = Tấn công tổng hợp sử dụng kết hợp nhiều hình thức
incident-kind-other = Các hình thức tấn công khác

incident-question-serious-331 = Có phải sự cố an ninh mạng nghiêm trọng (NĐ 331/2026) không?
incident-question-disruption-331 = Có dấu hiệu xâm phạm an ninh quốc gia, trật tự, an toàn xã hội hoặc gây gián đoạn nghiêm trọng hoạt động của hệ thống thông tin (NĐ 331/2026) không?
incident-question-serious-05 = Có phải sự cố nghiêm trọng theo QĐ 05/2017/QĐ-TTg không?
incident-question-over-capacity = Có thể vượt khả năng xử lý của đơn vị vận hành không?
incident-question-personal-data = Có thể liên quan đến dữ liệu cá nhân không?
incident-question-location-biometric = Có liên quan đến dữ liệu vị trí, sinh trắc học không?
incident-question-complex = Có phải sự cố phức tạp (NĐ 331/2026) không?

incident-channel-letter = công văn giấy
incident-channel-document-system = hệ thống quản lý văn bản và điều hành
incident-channel-email = thư điện tử
incident-channel-fax = bản fax
incident-channel-message = nhắn tin đa phương tiện
incident-channel-portal = phần mềm báo cáo của cơ quan tiếp nhận
incident-channel-phone = điện thoại
incident-channel-hand = trao tận tay
incident-channel-other = kênh khác

fault-incident-rules-syntax = không đọc được tệp quy tắc tại { $place }: { $detail }
    .hint = Mọi khóa của tệp quy tắc có trong docs/formats/incident-rules.md.
fault-incident-rules-not-plain = { $what ->
    [alias] có tham chiếu (alias) tại { $place }
    [anchor] có neo (anchor) tại { $place }
    [tag] có thẻ (tag) tại { $place }
    [nesting] tệp lồng quá sâu tại { $place }
   *[other] tệp quy tắc không được chứa nội dung tại { $place } ({ $what })
  }
    .hint = Hãy viết rõ từng giá trị, trong một tài liệu, đúng nơi cần dùng.
fault-incident-rules-too-large = { $file } có { $size } byte, chỉ đọc tối đa { $limit } byte
    .hint = Hãy chia thành nhiều tệp quy tắc.
fault-incident-rules-version = { $file } là phiên bản { $version }, chương trình này đọc phiên bản { $known }
fault-incident-rules-not-utf8 = { $file } không phải văn bản UTF-8
fault-incident-rules-unsound = { $file } tự mâu thuẫn: { $detail }
fault-incident-rules-unknown = không có bộ quy tắc { $id }
    .hint = Hiện có: { $known }.
fault-incident-rules-twice = { $id } có trong bộ quy tắc { $one } và cả trong { $other }
    .hint = Hãy bỏ một bộ khỏi incidents.rules, hoặc đặt mã khác cho nghĩa vụ của đơn vị.

fault-incident-illegal = không thể thực hiện “{ $fact }” lúc này: sự cố { $state ->
    [proposed] mới chỉ được đề xuất
    [open] đang mở và chưa kết thúc ứng phó
    [ended] chưa đóng, đã kết thúc ứng phó
    [closed] đã đóng
    [dismissed] đã được loại bỏ
   *[unknown] chưa bắt đầu
  }
    .hint = Xem những việc có thể làm bằng lệnh: duphong incident show
fault-incident-empty = “{ $what }” còn thiếu hoặc để trống
fault-incident-too-long = “{ $what }” dài quá { $limit } byte
    .hint = Hãy ghi nội dung dài vào một tệp và niêm phong bằng lệnh: duphong incident evidence
fault-incident-no-reason = { $what ->
    [detected-at] thời điểm phát hiện muộn hơn cảnh báo đầu tiên phải có lý do
    [no] câu trả lời “không” làm mất một nghĩa vụ nên phải có lý do
    [group] chọn nhóm khác nhóm tấn công mạng phải có lý do
   *[other] “{ $what }” phải có lý do
  }
    .hint = Ghi người quyết định bằng --by và lý do bằng --reason.
fault-incident-kind-outside-attack = loại tấn công chỉ dùng cho nhóm I (bị tấn công mạng)
fault-incident-unknown-duty = quy tắc của sự cố này không có nghĩa vụ { $duty }
    .hint = Xem mọi nghĩa vụ bằng lệnh: duphong incident show --all
fault-incident-not-bound = nghĩa vụ { $duty } không ràng buộc cổng này
    .hint = Xem lý do bằng lệnh: duphong incident show --all
fault-incident-not-a-deed = nghĩa vụ { $duty } được hoàn thành khi gửi tới nơi nhận, không phải bằng một quyết định
fault-incident-not-a-recipient = nghĩa vụ { $duty } không gửi tới { $recipient }
fault-incident-never-sent = chưa từng gửi văn bản này tới { $recipient }
    .hint = Xác nhận phải nêu đúng văn bản bằng giá trị băm của nó: duphong incident show
fault-incident-receipt-too-early = xác nhận của { $recipient } sớm hơn thời điểm gửi
fault-incident-none = nhật ký kiểm toán không có sự cố số { $number }
    .hint = Xem mọi sự cố bằng lệnh: duphong incident list
fault-incident-in-future = “{ $what }” nằm ở tương lai
    .hint = Thời gian được hiểu theo đồng hồ tại múi giờ của đơn vị.
fault-incident-before-detection = “{ $what }” sớm hơn thời điểm phát hiện sự cố ({ INSTANT($detected) })
    .hint = Hãy xem lại thời gian. Nếu sự cố thật sự được phát hiện sớm hơn, hãy sửa thời điểm phát hiện trước bằng lệnh: duphong incident classify --detected-at
fault-incident-blocked = chưa thể đóng sự cố: { $duties } còn mở hoặc chưa xác định
    .hint = Hãy gửi và ghi nhận các văn bản còn nợ, hoặc quyết định có tên và lý do: duphong incident decide

# Mẫu số 03 và việc gửi văn bản.
incident-origin-configuration = cấu hình { $key }
incident-origin-incident = hồ sơ sự cố
incident-origin-observation = duphong ghi nhận
incident-origin-person = người khai
incident-origin-clock = lúc lập
incident-origin-hand = ký tay
incident-origin-blank = để trống
incident-form-field = { $label } { $value } [{ $origin }]
incident-form-odd-phone = Mục { $number }: “{ $value }” không giống số điện thoại.
incident-form-odd-email = Mục { $number }: “{ $value }” không giống địa chỉ thư điện tử.
incident-form-blanks = Còn { $count } mục bắt buộc để trống; chưa thể ký:
incident-form-no-blanks = Mọi mục bắt buộc đã có nội dung.
incident-form-file = Đã ghi “{ $path }”: { BYTES($bytes) }, SHA-256 { $digest }
incident-form-next = Đây là dự thảo. Hãy sửa, trình ký và đóng dấu (hoặc ký số), rồi gửi tệp đã ký: duphong incident submit { NUMBER($number, useGrouping: "false") } --duty C12 --to … --file …
incident-form-kind = Loại sự cố: { $kind }.
incident-form-group = Nhóm sự cố: { $group }.
incident-form-last-set = Bản sao lưu gần nhất trước thời điểm phát hiện: { $set }, tạo lúc { $taken }.
incident-form-alarm = Giám sát tự động của duphong ({ $source })
incident-mail-subject = { $duty } – { $portal } – sự cố số { NUMBER($number, useGrouping: "false") }
incident-mail-greeting = Kính gửi: { $recipient }
incident-mail-enclosed = { $operator } gửi kèm thư này: { $duty } đối với { $portal }, sự cố số { NUMBER($number, useGrouping: "false") }.
incident-mail-reference = Số, ký hiệu văn bản: { $reference }.
incident-mail-file = Tệp đính kèm: { $file } (SHA-256: { $digest }).
incident-mail-confirm = Đề nghị xác nhận đã nhận bằng cách trả lời thư này.
incident-submit-dry-run = Chưa gửi gì và chưa ghi gì. Nội dung sẽ gửi:
incident-submit-not-verified = Tệp “{ $file }” có chữ ký số, nhưng duphong không kiểm tra chữ ký đó có hợp lệ hay không.
incident-submit-no-signature = Không thấy chữ ký số trong tệp “{ $file }”. Nếu đây là bản chụp văn bản đã ký tay và đóng dấu thì hợp lệ về hình thức; duphong không kiểm tra được.
incident-submit-to = { $name } ({ $recipient }): { $address }
incident-submit-to-nowhere = { $name } ({ $recipient })
incident-submit-accepted = Máy chủ thư đã nhận: { $answer }
incident-submit-accepted-unrecorded = Máy chủ thư đã nhận ({ $answer }) nhưng không ghi được vào hồ sơ sự cố: { $why }. Hãy ghi lại bằng tay với --sent-at.
incident-submit-recorded = Đã ghi nhận việc gửi.
incident-submit-failed = Không gửi được: { $why }
incident-submit-unknown = Không biết thư đã tới hay chưa: { $why }. Sẽ không tự gửi lại; hãy hỏi nơi nhận, rồi ghi lại bằng --sent-at hoặc gửi lại bằng --again.
incident-submit-next = Nghĩa vụ còn chờ xác nhận của từng nơi nhận: duphong incident receipt

fault-incident-answers-unreadable = không đọc được phần trả lời: { $detail }
    .hint = Tệp trả lời là YAML hoặc JSON: mỗi dòng một mục, “tên: giá trị”. Tên các mục có trong docs/formats/form-answers.md.
fault-incident-answer-unknown-field = Mẫu số 03 không có mục “{ $name }”
    .hint = Dùng số từ 1 đến 33 hoặc tên trong docs/formats/form-answers.md.
fault-incident-answer-twice = mục { $number } ({ $label }) được trả lời hai lần
fault-incident-answer-fixed = mục { $number } ({ $label }) lấy từ nhật ký hoặc đồng hồ, không trả lời được
    .hint = Thời điểm phát hiện chỉ đổi được bằng lệnh: duphong incident classify
fault-incident-answer-shape = câu trả lời cho mục { $number } ({ $label }) không đúng dạng
fault-incident-answer-unknown-option = mục { $number } ({ $label }) không có ô “{ $given }”
    .hint = Các ô: { $known }.
fault-incident-answer-one-only = mục { $number } ({ $label }) chỉ được đánh dấu một ô
fault-incident-answer-words = ô “{ $option }” của mục { $number } ({ $label }): chỉ ô có chỗ ghi mới nhận lời, và phải có lời
    .hint = Viết “ô: lời”, chẳng hạn detection=notice: Công an tỉnh.
fault-incident-answer-not-an-address = mục { $number } ({ $label }): “{ $given }” không phải địa chỉ IP
fault-incident-answer-not-public = mục { $number } ({ $label }) không nhận { $address }: không phải địa chỉ sử dụng trên Internet
    .hint = Biểu mẫu ghi “không liệt kê địa chỉ IP nội bộ”. Hãy bỏ địa chỉ này khỏi câu trả lời hoặc khỏi system.addresses của cổng.
fault-incident-answer-too-long = câu trả lời cho mục { $number } ({ $label }) dài quá { $max } byte
    .hint = Hãy tóm tắt, phần còn lại gửi kèm thành phụ lục.
fault-incident-form-exists = “{ $path }” đã có, không ghi đè
    .hint = Hãy chọn tên khác bằng --out, hoặc một thư mục.
fault-incident-form-answers = không đọc được tệp trả lời “{ $path }”
fault-incident-form-answers-not-utf8 = tệp trả lời “{ $path }”, dòng { $line }, cột { $column }: không phải văn bản mã hóa UTF-8
    .hint = Chữ Việt ở đó có thể được lưu bằng bảng mã khác (TCVN3, VNI, Windows-1258, UTF-16). Hãy mở tệp và lưu lại với bảng mã UTF-8.
fault-incident-form-answers-too-large = tệp trả lời “{ $path }” lớn hơn { $max } byte
fault-incident-submit-unreadable = không đọc được “{ $path }”
fault-incident-submit-not-a-pdf = “{ $path }” không phải tệp PDF
    .hint = Hãy gửi bản đã ký dưới dạng PDF: bản ký số, hoặc bản chụp văn bản đã ký và đóng dấu.
fault-incident-submit-too-large = “{ $path }” có { $bytes } byte, thư chỉ mang được { $max } byte
    .hint = Hãy giảm dung lượng bản chụp, hoặc gửi bằng kênh khác và ghi nhận với --channel, --sent-at.
fault-incident-submit-draft = “{ $path }” là dự thảo do duphong lập cho sự cố số { NUMBER($incident, useGrouping: "false") }, chưa ai ký
    .hint = Báo cáo phải có ký tên và đóng dấu hoặc chữ ký số của người có thẩm quyền. Hãy gửi tệp đã ký.
fault-incident-submit-changed = “{ $path }” bị thay đổi trong khi đọc; chưa gửi gì
fault-incident-submit-twice = nơi nhận “{ $recipient }” được nêu hai lần
fault-incident-submit-no-contact = sổ địa chỉ không có nơi nhận “{ $recipient }”
    .hint = Hãy thêm incidents.contacts.{ $recipient } với địa chỉ và căn cứ (basis): số, ngày của văn bản đã cho địa chỉ đó.
fault-incident-submit-no-email = sổ địa chỉ không có thư điện tử của nơi nhận “{ $recipient }”
    .hint = Hãy thêm incidents.contacts.{ $recipient }.email theo văn bản đã cho địa chỉ, hoặc gửi bằng kênh khác và ghi nhận với --channel, --sent-at.
fault-incident-submit-no-time = văn bản do người gửi đi (kênh “{ $channel }”) cần có thời điểm đã gửi
    .hint = Hãy thêm --sent-at "2026-11-22 14:05".
fault-incident-submit-no-server = chưa cấu hình máy chủ thư
    .hint = Hãy thêm notices.smtp vào cấu hình.
fault-incident-submit-already-sent = chính văn bản này đã gửi tới “{ $recipient }” lúc { INSTANT($at) }
    .hint = Nếu thật sự cần gửi lại: --again.
fault-incident-submit-may-have-arrived = thư trước gửi tới “{ $recipient }” có thể đã tới (mục { $entry } của nhật ký, Message-ID { $message })
    .hint = Hãy hỏi nơi nhận theo Message-ID. Nếu đã tới: ghi nhận bằng --channel email --sent-at; nếu chưa: gửi lại bằng --again.
# Nghĩa vụ trên dòng lệnh.
incident-state-proposed = MỚI ĐỀ XUẤT
incident-state-open = đang mở
incident-state-ended = đã kết thúc ứng phó
incident-state-closed = đã đóng
incident-state-dismissed = không phải sự cố
incident-group = Nhóm { $numeral }: { $words }
incident-group-unknown = chưa rõ nhóm
incident-list-none = Không có sự cố nào đang mở hoặc được đề xuất.
incident-opened = Sự cố { $number } đã mở. Thời hạn tính từ thời điểm phát hiện.
incident-open-next = Việc tiếp theo: trả lời các câu hỏi còn trống bằng “duphong incident classify { $number }”; niêm phong chứng cứ trước khi làm sạch bằng “duphong incident evidence { $number } TỆP”.
incident-classified = Đã ghi nhận câu trả lời về sự cố { $number }.
incident-decided = Đã ghi nhận quyết định về sự cố { $number }.
incident-noted = Đã ghi chú vào sự cố { $number }.
incident-sealed = Đã niêm phong cho sự cố { $number }: { $size }, SHA-256 { $digest }.
incident-received = Đã ghi nhận xác nhận của nơi nhận cho sự cố { $number }.
incident-receipt-evidence = văn bản trả lời của nơi nhận
incident-dismissed = Đã ghi nhận đề xuất { $number } không phải sự cố.
incident-ended = Đã ghi nhận kết thúc ứng phó sự cố { $number }. Các nghĩa vụ sau đó tính từ thời điểm này.
incident-closed = Sự cố { $number } đã đóng.
incident-hidden = Còn { $count } nghĩa vụ không ràng buộc hoặc không áp dụng, chưa hiển thị; thêm --all để xem kèm lý do.
incident-unanswered = Chưa trả lời; dùng “duphong incident classify” để trả lời:
incident-timeline = Ghi chú và chứng cứ:
incident-evidence = niêm phong: { $what } ({ $size }, SHA-256 { $digest }…)
incident-detected-later = { $first }; { $by } xác định phát hiện muộn hơn: { $reason }

duty-late = QUÁ HẠN
duty-not-bound = không ràng buộc cổng này
duty-not-applicable = không áp dụng
duty-waiting = chưa bắt đầu
duty-undetermined = CẦN XÁC ĐỊNH
duty-open = CÒN MỞ
duty-sent = đã gửi, chờ xác nhận
duty-met = đã hoàn thành
duty-covered = đã bao gồm trong văn bản khác
duty-not-reportable = không phải báo cáo

duty-hours = { $n } giờ
duty-days = { $n } ngày
duty-under-a-minute = chưa đến một phút
duty-clock-due = hạn { $due } ({ $limit })
duty-clock-left = hạn { $due } ({ $limit }), còn { $left }
duty-clock-over = hạn { $due } ({ $limit }), đã qua { $over }
duty-clock-at-once = NGAY, đã trôi qua { $run } kể từ { $anchor }
duty-clock-promptly = kịp thời, đã trôi qua { $run } kể từ { $anchor }
duty-clock-unnumbered = văn bản không ghi số, đã trôi qua { $run } kể từ { $anchor }
duty-waits-over-capacity = tính từ khi thấy có thể vượt khả năng xử lý
duty-waits-end = tính từ khi kết thúc ứng phó
duty-waits-notice = tính từ khi nhận được thông báo sự cố
duty-waits-demand = tính từ khi cơ quan có thẩm quyền yêu cầu
duty-waits-sent = tính từ khi gửi báo cáo trước đó

duty-owed-owner = Trách nhiệm của chủ quản: { $name }
duty-owed-operator = Trách nhiệm của đơn vị vận hành: { $name }
duty-owed-network-member = Trách nhiệm của thành viên mạng lưới ứng cứu sự cố: { $name }
duty-owed-component = Trách nhiệm của cơ quan có cổng thành phần: { $name }
duty-owed-controller = Trách nhiệm của bên kiểm soát dữ liệu cá nhân: { $name }
duty-owed-processor = Trách nhiệm của bên xử lý dữ liệu cá nhân: { $name }

duty-delivery-open = → { $name } [{ $id }]: CHƯA GỬI
duty-delivery-if-any = → { $name } [{ $id }]: nếu có
duty-delivery-sent = → { $name } [{ $id }]: đã gửi { $sent }{ $late ->
    [yes] {" "}MUỘN
   *[no] {""}
  }, chờ xác nhận (văn bản { $digest }…)
duty-delivery-received = → { $name } [{ $id }]: đã gửi { $sent }{ $late ->
    [yes] {" "}MUỘN
   *[no] {""}
  }, { $who } xác nhận { $received }, số tiếp nhận { $reference }
duty-form = Biểu mẫu: { $form ->
    [mau-03] Mẫu số 03 (Thông tư 20/2017)
    [mau-04] Mẫu số 04 (Thông tư 20/2017)
    [nd356-mau-08] Mẫu số 08 (Nghị định 356/2025)
   *[other] { $form }
}
duty-layer-first = luật hiện hành
duty-layer-second = áp dụng khi không trái
duty-layer-personal-data = dữ liệu cá nhân
duty-layer-local = quy định của tỉnh
duty-layer-operations = vận hành
duty-content = Nội dung: { $words }
duty-proposal = Gợi ý: { $words }
duty-note = Lưu ý: { $words }

duty-why-not-in-force = Chưa có hoặc không còn hiệu lực vào ngày phát hiện.
duty-why-obligor = Cơ quan của cổng không thuộc đối tượng có nghĩa vụ này.
duty-why-level = Chỉ ràng buộc hệ thống có cấp độ cao hơn.
duty-why-answer = { $by } đã trả lời “không”: { $question }
duty-why-without = Đi theo { $duty }, mà nghĩa vụ đó không phải thực hiện.
duty-why-finished = Việc xử lý đã kết thúc khi gửi { $duty }.
duty-why-covered = Văn bản của { $duty } đã gửi tới đủ nơi nhận của nghĩa vụ này.
duty-why-decided = { $by } đã quyết định: { $reason }
duty-why-hangs = Phụ thuộc { $duty }, cần xác định trước.
duty-why-group = Không phải tấn công mạng: cần người có tên quyết định kèm lý do.

duties-none = Không có gì đến hạn: không sự cố nào đang mở còn nghĩa vụ phải thực hiện.
duties-incident = Sự cố { $number }, { $portal }: { $what }
duties-proposal = Sự cố MỚI ĐỀ XUẤT { $number }, { $portal }: { $what }

ask-group = Sự cố thuộc nhóm tình huống nào?
ask-kind = Hình thức tấn công nào?
ask-portal = Cổng nào?
ask-what = Đã xảy ra chuyện gì, một hai câu?
ask-by = Ai xác nhận? Họ tên và chức vụ:
ask-reason = Lý do?
ask-evidence = Đây là gì?
ask-who = Ai ở nơi nhận đã xác nhận?
ask-yes-no = { $question } [có / không / để trống nếu chưa rõ]

label-happened = Sự việc
label-number = Số
label-colour = Màu
label-state = Trạng thái
label-detected = Phát hiện
label-kind = Loại
label-first-alarm = Cảnh báo đầu tiên
label-set-before = Bản sao lưu gần nhất trước đó
label-ended = Kết thúc ứng phó
label-closed = Đã đóng

value-time = THỜI-GIAN
value-group = NHÓM
value-yes-no = CÓ|KHÔNG
value-duty = NGHĨA-VỤ
value-decision = QUYẾT-ĐỊNH
value-recipient = NƠI-NHẬN
value-digest = MÃ-BĂM
value-channel = KÊNH
value-media-type = KIỂU-TỆP

help-incident = Xử lý sự cố: phải làm gì, gửi cho ai, đến khi nào
help-incident-open = Mở một sự cố, hoặc tiếp nhận một đề xuất
more-incident-open = Trên màn hình lệnh, điều còn thiếu sẽ được hỏi. Thời hạn tính từ cảnh báo đầu tiên; phát hiện muộn hơn phải có --by và --reason.
help-incident-open-portal = Cổng bị ảnh hưởng
help-incident-open-proposal = Số của đề xuất cần tiếp nhận
help-incident-open-group = Nhóm I–IV: tấn công mạng, lỗi kỹ thuật, lỗi vận hành, thảm họa tự nhiên
help-incident-open-kind = Hình thức tấn công theo Mẫu số 05; chỉ với nhóm I
help-incident-open-what = Nội dung sự việc
help-incident-open-detected-at = Thời điểm phát hiện; nếu không nêu là cảnh báo đầu tiên, hoặc lúc này
help-incident-open-first-alarm = Cảnh báo đầu tiên đã biết
help-incident-open-reason = Lý do phát hiện muộn hơn cảnh báo đầu tiên
help-incident-open-notice-from = Tổ chức, cá nhân đã gửi thông báo sự cố
help-incident-open-notice-at = Thời điểm nhận được thông báo
help-incident-open-by = Người mở: họ tên và chức vụ
help-incident-dismiss = Quyết định một đề xuất không phải là sự cố
help-incident-dismiss-number = Số của đề xuất
help-incident-dismiss-reason = Lý do
help-incident-dismiss-by = Người quyết định: họ tên và chức vụ
help-incident-list = Liệt kê sự cố đang mở và các đề xuất
help-incident-list-all = Kể cả sự cố đã đóng hoặc đã loại bỏ
help-incident-list-proposed = Chỉ các đề xuất chưa ai xem xét
help-incident-list-portal = Chỉ sự cố của cổng này
help-incident-show = Xem một sự cố và các nghĩa vụ, chặt nhất trước
help-incident-show-number = Số của sự cố
help-incident-show-all = Kể cả nghĩa vụ không ràng buộc hoặc không áp dụng, kèm lý do
help-incident-classify = Trả lời các câu hỏi quyết định nghĩa vụ
more-incident-classify = Không có tùy chọn nào thì hỏi lần lượt trên màn hình lệnh. Chưa trả lời “nghiêm trọng” được coi là có. Câu trả lời “không” phải có --reason.
help-incident-classify-number = Số của sự cố
help-incident-classify-group = Nhóm khác
help-incident-classify-kind = Hình thức tấn công khác
help-incident-classify-serious-331 = Nghiêm trọng theo NĐ 331/2026
help-incident-classify-disruption-331 = Xâm phạm an ninh quốc gia, trật tự, an toàn xã hội hoặc gây gián đoạn nghiêm trọng (NĐ 331/2026)
help-incident-classify-serious-05 = Nghiêm trọng theo QĐ 05/2017/QĐ-TTg
help-incident-classify-over-capacity = Có thể vượt khả năng xử lý (TT 20/2017)
help-incident-classify-personal-data = Có thể liên quan đến dữ liệu cá nhân
help-incident-classify-location-biometric = Liên quan đến dữ liệu vị trí, sinh trắc học
help-incident-classify-complex = Sự cố phức tạp (NĐ 331/2026)
help-incident-classify-since = Thời điểm biết điều được trả lời “có”
help-incident-classify-detected-at = Thời điểm phát hiện khác
help-incident-classify-notice-from = Tổ chức, cá nhân đã gửi thông báo sự cố
help-incident-classify-notice-at = Thời điểm nhận được thông báo
help-incident-classify-reason = Lý do; bắt buộc khi trả lời “không”
help-incident-classify-by = Người trả lời: họ tên và chức vụ
help-incident-decide = Quyết định về nghĩa vụ, có tên và lý do
help-incident-decide-number = Số của sự cố
help-incident-decide-duty = Nghĩa vụ, ví dụ C02; nhiều nghĩa vụ cách nhau bằng dấu phẩy
help-incident-decide-undetermined = Mọi nghĩa vụ còn cần xác định
help-incident-decide-decision = Có áp dụng, không phải báo cáo, hoặc đã hoàn thành (việc phải làm)
help-incident-decide-at = Áp dụng từ khi nào, hoặc hoàn thành khi nào
help-incident-decide-reason = Lý do
help-incident-decide-by = Người quyết định: họ tên và chức vụ
help-incident-note = Ghi chú
help-incident-note-number = Số của sự cố
help-incident-note-text = Nội dung
help-incident-note-at = Thời điểm xảy ra
help-incident-note-by = Người ghi: họ tên và chức vụ
help-incident-evidence = Niêm phong một tệp làm chứng cứ
help-incident-evidence-number = Số của sự cố
help-incident-evidence-file = Tệp cần niêm phong; nội dung được giữ một bản
help-incident-evidence-what = Tệp đó là gì
help-incident-evidence-media-type = Kiểu nội dung của tệp
help-incident-evidence-by = Người giao: họ tên và chức vụ
help-incident-form = Điền biểu mẫu và lập dự thảo để sửa, trình ký
more-incident-form = Biểu mẫu là văn bản pháp lý bằng tiếng Việt, ngôn ngữ nào cũng vậy. Kết thúc với mã 3 khi còn mục bắt buộc để trống. Mỗi mục được liệt kê kèm nguồn.
help-incident-form-number = Số của sự cố
help-incident-form-form = Biểu mẫu
help-incident-form-out = Thư mục hoặc tên tệp; không ghi đè tệp đã có
help-incident-form-format = Dạng tệp
help-incident-form-answers = Tệp trả lời, YAML hoặc JSON
help-incident-form-set = Trả lời một mục theo số hoặc tên; có thể lặp lại
help-incident-form-by = Người khai; nếu không chỉ rõ thì là người đăng nhập
help-incident-form-rehearsal = Đóng dấu DIỄN TẬP lên mọi trang
help-incident-submit = Gửi văn bản đã ký tới nơi nhận, hoặc ghi nhận việc đã gửi
more-incident-submit = Thư chỉ đi qua TLS, tiêu đề bắt đầu bằng [TBSC]. Có --sent-at thì không gửi gì, chỉ ghi nhận việc người đã gửi. Kết thúc với mã 30 khi không biết thư đã tới hay chưa. duphong không kiểm tra chữ ký.
help-incident-submit-number = Số của sự cố
help-incident-submit-duty = Nghĩa vụ mà văn bản này thực hiện; có thể lặp lại
help-incident-submit-to = Nơi nhận theo sổ địa chỉ; có thể nêu nhiều
help-incident-submit-file = Tệp PDF đã ký
help-incident-submit-channel = Kênh gửi
help-incident-submit-by = Người gửi; nếu không chỉ rõ thì là người đăng nhập
help-incident-submit-sent-at = Thời điểm người đã tự gửi, theo múi giờ của đơn vị
help-incident-submit-reference = Số, ký hiệu của văn bản
help-incident-submit-proof = Bằng chứng đã gửi, chẳng hạn số bưu gửi
help-incident-submit-again = Gửi lại dù đã gửi hoặc có thể đã tới
help-incident-submit-dry-run = Cho biết sẽ gửi gì tới đâu; không gửi, không ghi
help-incident-receipt = Ghi nhận nơi nhận đã xác nhận một văn bản
help-incident-receipt-number = Số của sự cố
help-incident-receipt-recipient = Nơi nhận, theo mã trong ngoặc vuông khi xem sự cố
help-incident-receipt-document = Tệp của đúng văn bản đã được xác nhận
help-incident-receipt-digest = Mã băm của văn bản đó: phần đầu là đủ
help-incident-receipt-who = Người xác nhận ở nơi nhận
help-incident-receipt-at = Thời điểm; nếu không nêu là lúc này
help-incident-receipt-channel = Xác nhận đến bằng kênh nào
help-incident-receipt-reference = Số tiếp nhận của nơi nhận
help-incident-receipt-evidence = Tệp văn bản trả lời của nơi nhận, để niêm phong
help-incident-receipt-by = Người ghi nhận: họ tên và chức vụ
help-incident-end = Ghi nhận đã kết thúc ứng phó
help-incident-end-number = Số của sự cố
help-incident-end-at = Thời điểm; nếu không nêu là lúc này
help-incident-end-by = Người xác nhận: họ tên và chức vụ
help-incident-close = Đóng một sự cố
more-incident-close = Bị từ chối khi còn nghĩa vụ chặn việc đóng đang mở hoặc chưa xác định.
help-incident-close-number = Số của sự cố
help-incident-close-reason = Vì sao đóng được
help-incident-close-by = Người đóng: họ tên và chức vụ
help-duties = Xem mọi việc đến hạn của các sự cố, chặt nhất trước
more-duties = Kết thúc bằng 30 khi có việc quá hạn, 3 khi có việc sắp đến hạn hoặc chờ xác nhận, còn lại là 0.
help-duties-portal = Chỉ nghĩa vụ của cổng này
