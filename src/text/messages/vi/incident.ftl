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
    .hint = Xác nhận phải nêu đúng văn bản bằng mã băm của nó: duphong incident show
fault-incident-receipt-too-early = xác nhận của { $recipient } sớm hơn thời điểm gửi
fault-incident-none = nhật ký kiểm toán không có sự cố số { $number }
    .hint = Xem mọi sự cố bằng lệnh: duphong incident list
fault-incident-in-future = “{ $what }” nằm ở tương lai
    .hint = Thời gian được hiểu theo đồng hồ tại múi giờ của đơn vị.
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
fault-incident-submit-no-time = kênh { $channel } do người gửi thực hiện: cần thời điểm đã gửi
    .hint = Hãy thêm --sent-at "2026-11-22 14:05".
fault-incident-submit-bad-time = không hiểu thời điểm “{ $given }”
    .hint = Viết "2026-11-22 14:05" theo múi giờ của đơn vị, hoặc 2026-11-22T14:05:00+07:00.
fault-incident-submit-no-server = chưa cấu hình máy chủ thư
    .hint = Hãy thêm notices.smtp vào cấu hình.
fault-incident-submit-already-sent = chính văn bản này đã gửi tới “{ $recipient }” lúc { $at }
    .hint = Nếu thật sự cần gửi lại: --again.
fault-incident-submit-may-have-arrived = thư trước gửi tới “{ $recipient }” có thể đã tới (mục { $entry } của nhật ký, Message-ID { $message })
    .hint = Hãy hỏi nơi nhận theo Message-ID. Nếu đã tới: ghi nhận bằng --channel email --sent-at; nếu chưa: gửi lại bằng --again.
