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
