# Diễn tập phục hồi: kết luận, giai đoạn, phép kiểm tra, phát hiện, lý do và biên bản.
drill-verdict-pass = ĐẠT
drill-verdict-fail = KHÔNG ĐẠT
drill-verdict-not-proven = CHƯA CHỨNG MINH

drill-phase-find = Mở kho và tìm bản sao lưu
drill-phase-fetch = Đọc, giải mã và ghi dữ liệu
drill-phase-scratch = Tạo máy chủ cơ sở dữ liệu tạm
drill-phase-load = Nạp cơ sở dữ liệu
drill-phase-replay = Phát lại nhật ký giao dịch đến thời điểm
drill-phase-start = Khởi động cổng đã phục hồi
drill-phase-smoke = Chờ cổng trả lời
drill-phase-erase = Xóa lại theo danh sách yêu cầu xóa (tính vào RTO)
drill-phase-compare = Đối chiếu dữ liệu (không tính vào RTO)

drill-check-restore = Đọc được bản sao lưu
drill-check-load = Nạp được cơ sở dữ liệu
drill-check-inventory = Đủ đối tượng, đúng định nghĩa
drill-check-row-counts = Đủ số dòng của từng bảng
drill-check-row-digests = Đúng nội dung từng dòng
drill-check-files = Đủ tệp, đúng nội dung
drill-check-replay = Nhật ký giao dịch liền mạch đến thời điểm và đã được phát lại
drill-check-pages = Mọi trang dữ liệu khớp giá trị kiểm tra, tại thời điểm đó
drill-check-references = Có đủ các tệp mà cơ sở dữ liệu nêu
drill-check-smoke = Cổng đã phục hồi trả lời đúng
drill-check-defacement = Trang của cổng đã phục hồi không bị thay đổi giao diện
drill-check-scan = Quét mã độc không thấy gì
drill-check-erasure = Đã xóa lại theo danh sách yêu cầu xóa

drill-outcome-passed = đạt
drill-outcome-failed = không đạt
drill-outcome-not-run = không thực hiện

drill-finding-missing = thiếu { $kind } “{ $name }”
drill-finding-unexpected = thừa { $kind } “{ $name }”, không có trong bản sao lưu
drill-finding-different = { $kind } “{ $name }” có định nghĩa khác
drill-finding-row-count = bảng “{ $table }” có { $found } dòng, lẽ ra { $expected } dòng
drill-finding-row-content = bảng “{ $table }” có dòng khác nội dung
drill-finding-file = tệp “{ $path }” không đúng ({ $code })
drill-finding-file-count = cây tệp “{ $tree }” có { $found } tệp, lẽ ra { $expected } tệp
drill-finding-references = { $found } dòng không có tệp trong “{ $tree }”, trong khi lúc tạo bản sao lưu ghi nhận { $expected }
drill-finding-reference-rows = câu hỏi về các tệp của “{ $tree }” nhận được { $found } dòng, lẽ ra { $expected }: không đối chiếu được
drill-finding-references-unknown = lúc tạo bản sao lưu không biết được cơ sở dữ liệu nêu những tệp nào của “{ $tree }”: { $detail }
drill-finding-answer = “{ $path }” trả lời sai: { $detail }
drill-finding-altered = trang “{ $path }” đã bị thay đổi giao diện: { $detail }
drill-finding-scanned = quét thấy: { $line }
drill-finding-fault = lỗi { $code }: { $detail }
drill-finding-past-instant = đã phát lại giao dịch lúc { INSTANT($until) }, sau thời điểm cần đến
drill-finding-blind = không nhìn thấy hết: { $detail }
drill-finding-earlier-step = bước trước thất bại nên không có gì để kiểm tra
drill-finding-more = và { $count } điểm khác nữa

drill-reason-check-failed = Có phép kiểm tra không đạt.
drill-reason-later-than-objective = Thời gian phục hồi đo được dài hơn mục tiêu RTO.
drill-reason-later-than-law = Cộng thời gian phát hiện và quyết định thì vượt 24 giờ.
drill-reason-older-than-rpo = Dữ liệu mới nhất phục hồi được cũ hơn mục tiêu RPO cho phép.
drill-reason-check-not-run = Có phép kiểm tra không thực hiện được.
drill-reason-no-data-compared = Không có phép kiểm tra nào đối chiếu chính dữ liệu.
drill-reason-not-all-compared = Có cơ sở dữ liệu hoặc cây tệp chưa được đối chiếu hết: một phần không chứng minh được phần còn lại.
drill-reason-no-application = Bản sao lưu không có cây tệp ứng dụng nên chưa thể phục hồi toàn bộ cổng.
drill-reason-no-configuration = Bản sao lưu không có cây tệp cấu hình nên chưa thể phục hồi toàn bộ cổng.
drill-reason-no-answer = Cổng đã phục hồi chưa trả lời.
drill-reason-set-incomplete = Chính bản sao lưu ghi nhận có phần không sao lưu được.
drill-reason-set-of-evidence = Bản sao lưu được lấy làm chứng cứ nên không chứng minh được gì về các bản sao lưu dùng để phục hồi cổng.

drill-wish-latest = bản mới nhất
drill-wish-oldest = bản cũ nhất
drill-wish-random = bản ngẫu nhiên
drill-wish-named = bản do người chọn
drill-chosen = { $wish ->
    [latest] mới nhất trong { $among } bản sao lưu
    [oldest] cũ nhất trong { $among } bản sao lưu
    [random] nhật ký kiểm toán chọn ngẫu nhiên trong { $among } bản sao lưu
   *[other] do người chỉ định
}{ $within ->
    [0] { "" }
   *[other] { " " }của { DURATION($within) } gần nhất
}{ $turn ->
    [0] { "" }
   *[other] , lượt { $turn } của lịch
}
drill-draw = Chọn ngẫu nhiên theo đầu nhật ký kiểm toán gồm { $entries } mục, gốc { $root }. Trong { $among } bản sao lưu (giá trị băm của các mã: { $ids }), chọn bản có mã mà khi ghép sau gốc cho SHA-256 nhỏ nhất.

drill-reached = “{ $database }”: { $files } tệp nhật ký giao dịch{ $replayed ->
        [yes] , phát lại đến giao dịch lúc { INSTANT($until) }
       *[other] , không có giao dịch nào để phát lại
    }{ $kept ->
        [yes] ; giao dịch mới nhất còn giữ là lúc { INSTANT($newest) }
       *[other] { "" }
    }{ $told ->
        [yes] ; theo chính máy chủ, mọi giao dịch đến { INSTANT($held) } đều đã được giữ
       *[other] { "" }
    }

drill-scope-data = dữ liệu (cơ sở dữ liệu và tệp)
drill-scope-portal = toàn bộ cổng, đến khi cổng trả lời

drill-untested-data = Không đối chiếu chính dữ liệu: không có gì chứng minh dữ liệu đã trở lại đúng.
drill-untested-others = Chỉ phục hồi một bản sao lưu, từ kho “{ $repository }”: các bản sao lưu và các kho khác không được thử.
drill-untested-restore = Không đọc được bản sao lưu của “{ $subject }” nên không kiểm tra được gì trong đó.
drill-untested-loading = Không nạp cơ sở dữ liệu “{ $subject }”.
drill-untested-inventory = Không đối chiếu danh mục đối tượng của “{ $subject }”.
drill-untested-row-counts = Không đối chiếu số dòng của “{ $subject }”.
drill-untested-row-digests = Không đối chiếu nội dung các dòng của “{ $subject }”.
drill-untested-files = Không đối chiếu các tệp của “{ $subject }”.
drill-untested-replay = Không phát lại nhật ký giao dịch của “{ $subject }”.
drill-untested-pages = Không kiểm tra các trang dữ liệu của “{ $subject }”.
drill-untested-references = Không đối chiếu các tệp mà “{ $subject }” nêu.
drill-untested-smoke = Không có câu trả lời nào của “{ $subject }” sau khi phục hồi.
drill-untested-defacement = Không xem được các trang của “{ $subject }” có bị thay đổi giao diện hay không.
drill-untested-scan = Không quét mã độc được dữ liệu đã phục hồi của “{ $subject }”.
drill-untested-erasure = Không xóa lại theo danh sách yêu cầu xóa của “{ $subject }”.
drill-untested-portal-start = Không khởi động cổng đã phục hồi: mới đo đến khi dữ liệu đã trở lại.
drill-untested-offsite = Không chuyển máy chủ, mạng, tên miền: diễn tập chạy trên máy chủ sao lưu.
drill-untested-instant = Không nơi nào ghi hệ thống thật có gì lúc { INSTANT($to) } nên không có gì để đối chiếu với thời điểm đó; các tệp là của bản sao lưu, cũ hơn.
drill-untested-load = Không thử tải người dùng thật trên cổng đã phục hồi.
drill-untested-globals = Không đối chiếu vai trò (role) và mật khẩu ở mức máy chủ cơ sở dữ liệu.

# Biên bản.
drill-minutes-kind = BIÊN BẢN
drill-minutes-title = Diễn tập phục hồi dữ liệu của { $portal }
drill-minutes-mark = DIỄN TẬP
drill-minutes-sabotage-mark = DIỄN TẬP - CỐ Ý LÀM HỎNG
drill-minutes-basis-law = Căn cứ Luật An ninh mạng số 116/2025/QH15 (điểm đ khoản 2 và khoản 4 Điều 10: lưu trữ, sao lưu)
drill-minutes-basis-decree = Căn cứ Nghị định số 331/2026/NĐ-CP (khoản 3 Điều 31: diễn tập bảo đảm an ninh mạng trong hoạt động của cơ quan, tổ chức)
drill-minutes-basis = Mức 24 giờ lấy theo khoản 4 Điều 12 Quyết định số 75/2025/QĐ-UBND của Ủy ban nhân dân tỉnh Hưng Yên: “{ $quote }”
drill-minutes-opening = { $agency } tiến hành diễn tập phục hồi dữ liệu của { $portal } từ kho sao lưu “{ $repository }”. Biên bản này do phần mềm duphong { $program } lập từ nhật ký kiểm toán; mỗi con số đều đo được trong lần diễn tập này.
drill-minutes-heading-verdict = Kết luận
drill-minutes-heading-set = Bản sao lưu được phục hồi
drill-minutes-heading-time = Thời gian đo được
drill-minutes-heading-checks = Các phép kiểm tra
drill-minutes-heading-findings = Điểm không đạt hoặc không thực hiện được
drill-minutes-heading-untested = Những gì lần diễn tập này không kiểm tra
drill-minutes-phases-caption = Thời gian tính từ lúc quyết định phục hồi
drill-minutes-choice = Cách chọn
drill-minutes-from = Đọc từ
drill-from = { $repository } ({ $place }); không mở kho sao lưu nào khác
drill-minutes-set-id = Mã bản sao lưu
drill-minutes-set-taken = Thời điểm sao lưu
drill-minutes-set-files = Số tệp phục hồi
drill-minutes-set-bytes = Khối lượng phục hồi
drill-minutes-decided = Thời điểm quyết định phục hồi
drill-minutes-set-none = Không tìm được bản sao lưu nào.
drill-minutes-scope = Phạm vi
drill-minutes-rto = Thời gian phục hồi đo được (RTO đo được)
drill-minutes-rto-objective = Mục tiêu RTO
drill-minutes-allowance = Dự trù phát hiện và quyết định (con số của đơn vị, không phải của luật)
drill-minutes-total = Tổng cộng để so với 24 giờ
drill-minutes-rpo = Mất dữ liệu đo được (RPO đo được)
drill-minutes-rpo-objective = Mục tiêu RPO
drill-minutes-unknown = không xác định
drill-minutes-column-check = Phép kiểm tra
drill-minutes-column-subject = Đối tượng
drill-minutes-column-compared = Số lượng đối chiếu
drill-minutes-column-result = Kết quả
drill-minutes-as-of = Kho sao lưu được đọc như tại { INSTANT($at) }: kết quả này không chứng minh gì về hiện trạng của kho.
drill-minutes-sabotage = Lần diễn tập này cố ý làm hỏng ({ $kind }) để thử chính phép diễn tập: không phải bằng chứng phục hồi được. Kết quả mong đợi là KHÔNG ĐẠT hoặc CHƯA CHỨNG MINH.
drill-minutes-work = Người chịu trách nhiệm khắc phục: { $owner }; thời hạn: { INSTANT($due) }.
drill-minutes-to = Các cơ sở dữ liệu có nhật ký giao dịch được đưa về { INSTANT($to) }. Dữ liệu được đối chiếu theo bản sao lưu, sau đó phát lại nhật ký đã giữ từ lúc đó.
drill-minutes-references = Cơ sở dữ liệu “{ $database }” có { $rows } dòng nêu tệp của “{ $tree }”, trong đó { $missing } dòng không có tệp. Lúc tạo bản sao lưu ghi nhận { $noted } dòng.
drill-minutes-log = Ghi tại mục { $entry } của nhật ký kiểm toán { $origin }; gốc cây { $root }. Khóa công khai của nhật ký: { $key }. Mã QR dưới đây chứa đầu nhật ký đã ký: ai giữ biên bản này giữ một mốc neo.
drill-minutes-head = Mã QR: đầu nhật ký kiểm toán đã ký, { $size } mục, gốc cây { $root }.
drill-minutes-closing = Biên bản được lập thành văn bản điện tử; nhật ký kiểm toán đi kèm cho phép kiểm chứng độc lập.
drill-minutes-signer-operator = NGƯỜI THỰC HIỆN
drill-minutes-signer-witness = NGƯỜI CHỨNG KIẾN
drill-minutes-signer-head = ĐẠI DIỆN ĐƠN VỊ
