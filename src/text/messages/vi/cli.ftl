# Cách chương trình nói.
cli-error = lỗi
cli-warning = cảnh báo
cli-hint = gợi ý
cli-stopping = Đang dừng ở chỗ an toàn gần nhất; nhấn Ctrl-C lần nữa để kết thúc ngay.

# Các phần của trang trợ giúp.
page-heading-usage = Cách dùng
page-heading-commands = Lệnh
page-heading-arguments = Đối số
page-heading-options = Tùy chọn
page-heading-common = Tùy chọn chung
page-heading-exit-codes = Mã kết thúc
page-possible-values = một trong
page-default-value = mặc định
page-usage-options = TÙY-CHỌN
page-usage-command = LỆNH

# Mã kết thúc, ngắn gọn.
exit-done = hoàn thành
exit-failed = thất bại
exit-usage = sai cách dùng
exit-warnings = xong nhưng có cảnh báo, chưa chứng minh
exit-repository-missing = không có kho sao lưu
exit-locked = tiến trình khác đang khóa
exit-wrong-key = sai mật khẩu hoặc khóa
exit-integrity = không khớp giá trị băm
exit-human-needed = cần người quyết định
exit-bug = lỗi của chính duphong
exit-configuration = cấu hình sai
exit-interrupted = bị ngắt giữa chừng
exit-halt = phải dừng phục hồi (wal fetch)

# Dòng lệnh không hiểu được.
fault-usage-unknown-verb = không có lệnh “{ $verb }”
    .hint =
        { $similar ->
            [none] Xem “{ $command } --help”.
           *[other] Có phải ý bạn là “{ $similar }”? Xem “{ $command } --help”.
        }
fault-usage-missing-verb =
    { $known ->
        [none] thiếu lệnh
       *[other] thiếu lệnh; có các lệnh: { $known }
    }
    .hint = Xem “{ $command } --help”.
fault-usage-unknown-argument = không có đối số “{ $argument }”
    .hint =
        { $similar ->
            [none] Xem “{ $command } --help”.
           *[other] Có phải ý bạn là “{ $similar }”? Xem “{ $command } --help”.
        }
fault-usage-missing-arguments = còn thiếu phần bắt buộc: { $arguments }
    .hint = Xem “{ $command } --help”.
fault-usage-missing-value = “{ $argument }” cần một giá trị
    .hint = Xem “{ $command } --help”.
fault-usage-invalid-value = “{ $value }” không phải là giá trị của “{ $argument }”
    .hint = Xem “{ $command } --help”.
fault-usage-not-one-of = “{ $value }” không phải là giá trị của “{ $argument }”; chỉ nhận một trong: { $known }
    .hint = Xem “{ $command } --help”.
fault-usage-unwanted-value = “{ $argument }” không nhận giá trị, nhưng có “{ $value }”
    .hint = Xem “{ $command } --help”.
fault-usage-conflict = “{ $argument }” và “{ $other }” không dùng cùng nhau được
    .hint = Xem “{ $command } --help”.
fault-usage-repeated = “{ $argument }” xuất hiện nhiều lần
    .hint = Xem “{ $command } --help”.
fault-usage-in-the-clear = “{ $place }” sẽ bị gọi không qua TLS, qua mạng có thể không phải của ta
    .hint = Dùng https://. Nếu máy chủ không có TLS và đường truyền tới đó chỉ do ta dùng, thêm “{ $argument }”.
fault-usage-not-utf8 = có đối số không phải là UTF-8
    .hint = Xem “{ $command } --help”.
fault-usage-other = không hiểu được dòng lệnh: { $detail }
    .hint = Xem “{ $command } --help”.

# Lỗi ở rìa chương trình.
fault-cli-output = không ghi được ra đầu ra chuẩn
    .hint = Việc cần làm đã xong, chỉ mất phần trả lời. Giải phóng dung lượng nơi nhận đầu ra rồi hỏi lại.
fault-cli-no-runtime = không khởi động được môi trường chạy của chương trình
    .hint = Hệ thống từ chối cấp luồng hoặc tệp: kiểm tra giới hạn (ulimit -a) và bộ nhớ còn trống.
fault-cli-no-configuration = không có tệp cấu hình (đã tìm { $places })
    .hint = Chỉ rõ tệp bằng --config, hoặc tạo cấu hình đầu tiên bằng “duphong quickstart”.
fault-cli-bug = một lỗi của chính duphong { $version } đã làm dừng lệnh, tại { $place }: { $words }
    .hint = Những gì đã báo là xong không bị mất. Hãy chạy lại với -vv và gửi kết quả cho đơn vị bảo trì duphong của bạn.

# Tiến độ.
progress-items = { $done } mục
progress-rate = { $amount }/giây
progress-left = còn { $time }

# validate
validate-sealed = niêm phong: “{ $part }” của { $portal } thêm khoảng { $day } mỗi ngày vào mỗi kho: { $bytes } mỗi bản sao lưu ({ $basis ->
    [last-set] như bản gần nhất
   *[other] nhiều nhất, theo cỡ tệp
}), { $sets } bản mỗi tuần
validate-sealed-unscheduled = niêm phong: “{ $part }” của { $portal } thêm { $bytes } vào mỗi kho với mỗi bản sao lưu ({ $basis ->
    [last-set] như bản gần nhất
   *[other] nhiều nhất, theo cỡ tệp
}); không có lịch nên không biết mỗi ngày bao nhiêu
validate-sealed-unknown = niêm phong: “{ $part }” của { $portal }: chưa có bản sao lưu nào nên chưa biết mỗi ngày thêm bao nhiêu; cơ sở dữ liệu được ghi trọn mỗi lần, cây thư mục chỉ ghi phần thay đổi
validate-good = “{ $path }”: không thấy vấn đề nào.
validate-warnings =
    { $warnings ->
        [one] “{ $path }”: dùng được, có một cảnh báo.
       *[other] “{ $path }”: dùng được, có { $warnings } cảnh báo.
    }
validate-errors = “{ $path }”: không dùng được. Lỗi: { $errors }; cảnh báo: { $warnings }.
validate-errors-and-more = “{ $path }”: không dùng được. Lỗi: { $errors }; cảnh báo: { $warnings }; vấn đề khác không liệt kê: { $more }.

# Dùng chung cho nhiều lệnh.
cli-about = { $subject }: { $words }
cli-more = … và { $count } mục nữa (--json có đủ)
fault-cli-not-as-json = không thể đưa nội dung tệp dưới dạng JSON
    .hint = Hãy bỏ --json: tệp được ghi nguyên vẹn ra đầu ra chuẩn.

# Tên cột và số liệu.
label-actor = Người thực hiện
label-address = Địa chỉ
label-age = Tuổi
label-allowance = Thời gian dành cho quyết định
label-anchor = Mốc neo
label-anchors-made = Mốc neo đã gửi
label-article = Điều
label-baseline = Trang gốc
label-began = Bắt đầu
label-body = Nội dung
label-certificate = Chứng thư số
label-changed = Thay đổi
label-check = Phép kiểm tra
label-compared = Đã so
label-configuration = Cấu hình
label-criterion = Tiêu chí
label-database = Cơ sở dữ liệu
label-decision = Quyết định
label-deleted = Đã xóa
label-document = Văn bản
label-drill = Diễn tập
label-dump = Bản kết xuất
label-engine = Hệ quản trị
label-entries = Số mục
label-entry = Mục
label-every = Chu kỳ
label-fetched = Đã tải
label-files = Số tệp
label-folder = Thư mục
label-folders = Số thư mục
label-from = Người gửi
label-host = Máy
label-naming-rows = Dòng nêu tệp
label-without-file = Không có tệp
label-walked-until = Đọc cây tệp đến
label-instant = Tại thời điểm
label-kept = Đã có sẵn
label-law = Văn bản
label-left = Giữ nguyên
label-loaded = Cơ sở dữ liệu đã nạp
label-opened = Số tệp niêm phong đã mở
label-erased = Số yêu cầu xóa đã làm lại
label-log = Nhật ký kiểm toán
label-mail-subject = Tiêu đề
label-looks = Số lần kiểm tra
label-minutes = Biên bản diễn tập
label-new = Mới
label-new-log = Nhật ký kiểm toán mới
label-newest-drill = Diễn tập mới nhất
label-newest-set = Bản mới nhất
label-not-seen = Không xem được
label-old-log = Nhật ký kiểm toán cũ
label-open = Chưa kết thúc
label-outcome = Kết quả
label-segments = Số đoạn nhật ký
label-packs = Số gói
label-parent = So với bản
label-password = Tệp mật khẩu
label-credentials = Tệp khóa truy cập
label-phase = Giai đoạn
label-phases = Thời gian
label-portal = Cổng
label-probe = Phép dò
label-program = Chương trình
label-protocol = Giao thức
label-read = Đã đọc
label-reason = Lý do
label-repository = Kho
label-chosen = Cách chọn
label-read-from = Đọc từ
label-request = Yêu cầu
label-approver-key = Khóa người phê duyệt
label-form = Mẫu số 03 (diễn tập)
label-portal-folder = Cổng mẫu
label-revocation = Thu hồi
label-root = Gốc
label-rows = Số dòng
label-rpo = RPO đo được
label-rules = Quy tắc
label-rules-of-tag = Có nhãn “{ $tag }”
label-tags = Nhãn
label-rto = RTO đo được
label-to = Về thời điểm
label-to-gtid = Đến hết giao dịch
label-as-of = Tính đến
label-hidden = Bị ẩn
label-later = Ghi sau đó
label-locks-removed = Khóa kho ghi sau đó
label-object-lock = Khóa đối tượng
label-overwritten = Bị ghi đè
label-sabotage = Phá hỏng có chủ ý
label-score = Điểm
label-set = Bản sao lưu
label-sets = Số bản sao lưu
label-settled = Kết luận
label-since = Từ lúc
label-size = Kích thước
label-source = Nguồn
label-stored = Đã lưu
label-subject = Đối tượng
label-tables = Số bảng
label-taken = Tạo lúc
label-target = Đích
label-time = Thời điểm
label-to-fetch = Sẽ tải
label-together = Chung
label-why = Vì sao
label-took = Hết
label-tree = Cây tệp
label-unchanged = Không đổi
label-verb = Lệnh
label-named-evidence = Chứng cứ
label-withheld = Trường không đưa ra
label-export = Bản trích xuất
label-fingerprint = Dấu vân của khóa
label-public-key = Khóa công khai
label-uncovered = Chưa được neo
label-uncovered-since = Chưa được neo từ
label-verdict = Kết luận
label-incident = Sự cố
label-what = Loại

# init
init-log = Đã tạo nhật ký kiểm toán tại “{ $path }”.
init-password = Đã tạo mật khẩu và ghi vào “{ $path }”.
init-repository = Đã tạo kho sao lưu “{ $repository }”; mã của kho là { $id }.
init-unconditional = Máy chủ của kho sao lưu “{ $repository }” không bảo đảm giữ nguyên một đối tượng khi có chương trình khác ghi đè cùng lúc; duphong kiểm tra trước mỗi lần ghi. Đừng để chương trình nào khác ghi vào đó.
init-kept = Kho sao lưu “{ $repository }” đã có và được giữ nguyên.
init-copy-the-password = Mất mật khẩu là mất kho sao lưu “{ $repository }”: hãy in phiếu khóa (“duphong key sheet { $repository } --out TỆP”), cất ở nơi khác, rồi chạy “duphong key confirm { $repository }”.

# key
key-sheet-written = Đã ghi phiếu khóa của kho “{ $repository }” vào { $path }. Hãy in ra, xóa tệp này, rồi thử tờ giấy bằng “duphong key sheet { $repository } --test”.
key-sheet-proven = Phiếu khóa đúng: mật khẩu đọc từ giấy mở được kho “{ $repository }”.
key-sheet-type = Quét mã QR, hoặc gõ từng nhóm trên phiếu bằng chữ in hoa rồi so từ kiểm tra. Gõ sai một nhóm thì nhấn Ctrl-C và làm lại. Mật khẩu do người đặt: gõ cả trên một dòng. Dòng trống là kết thúc.
key-confirmed = Đã ghi nhận: { $by } giữ bản sao mật khẩu của kho “{ $repository }” tại: { $place }. Chưa ai thử bản sao này; --copy làm việc đó.
key-confirmed-and-proven = Đã ghi nhận: { $by } giữ bản sao mật khẩu của kho “{ $repository }” tại: { $place }. Bản sao mở được kho.

# repository verify
verify-sound = nguyên vẹn: từng byte đã được đọc và đúng như khi ghi
verify-sound-structure = nguyên vẹn về cấu trúc; chưa đọc nội dung tệp (--read-data làm việc đó)
verify-sound-part = nguyên vẹn về cấu trúc và ở phần dữ liệu đã đọc
verify-part-since = Đã đọc phần { $number }/{ $parts }. Mọi dữ liệu có lúc { $at } đều đã được đọc từ đó đến nay.
verify-part-unread = Đã đọc phần { $number }/{ $parts }. Đến nay mới đọc { $read } phần; các phần còn lại chưa được đọc lần nào.
verify-damaged = BỊ HỎNG: { $count } đối tượng; số bản sao lưu không phục hồi trọn vẹn được: { $sets }
verify-range = byte { $from } đến { $to }
verify-mend-index = Những gì các gói còn giữ mà chỉ mục thiếu hoặc mô tả sai có thể được liệt kê lại; hãy xem trước bằng “duphong repository repair { $repository } --index --all-headers --dry-run”.
verify-mend-packs = Những gì còn nguyên trong các gói đó cứu được; hãy xem trước bằng “duphong repository repair { $repository } --packs --dry-run”.
verify-foreign = Có { $count } đối tượng cạnh nhật ký giao dịch không phải do chương trình này ghi; chúng không được đọc.
verify-unreferenced = Có { $count } gói chưa thuộc bản sao lưu nào, do một lần chạy bị ngắt để lại; lần chạy sau sẽ dùng tiếp.

# repository forget
forget-stays = giữ
forget-goes = bỏ
forget-no-rule = không quy tắc nào giữ
forget-tagged = { $why } [{ $tags }]
forget-without-rules = Cổng “{ $portal }” không có quy tắc nên giữ cả { $count } bản sao lưu.
forget-others = Có { $count } bản sao lưu không thuộc cổng nào trong cấu hình; các bản này được giữ.
forget-no-sets = Không có bản sao lưu nào như vậy.
forget-nothing = Trong “{ $repository }” không có bản sao lưu nào cần bỏ.
forget-dry-run = Trong “{ $repository }” sẽ bỏ { $count } bản sao lưu. Chưa thay đổi gì.
forget-done = Trong “{ $repository }” đã bỏ { $count } bản sao lưu. Dữ liệu vẫn còn cho đến khi “duphong repository prune” xóa những gì không bản nào cần.
forget-future = kho “{ $repository }” có { $count } bản sao lưu của cổng “{ $portal }” ghi ngày trong tương lai: các bản này được giữ và không được tính; hãy kiểm tra đồng hồ của các máy đã tạo ra chúng
forget-undated = kho “{ $repository }” có { $count } bản sao lưu của cổng “{ $portal }” ghi ngày trước năm 2000: không rõ tạo lúc nào nên các bản này được giữ và không được tính
forget-too-few-verified = kho “{ $repository }” có { $verified } bản sao lưu đã được chứng minh của cổng “{ $portal }”, mà phải còn ít nhất { $wanted }: không bỏ bản nào; hãy chạy “duphong repository verify { $repository } --read-data” hoặc một lần diễn tập phục hồi
retention-future = ghi ngày trong tương lai
retention-undated = không rõ ngày tạo
retention-evidence = chứng cứ
retention-held = được giữ
retention-held-by = { $by } giữ: { $reason }
retention-newest = mới nhất
retention-last = trong số các bản mới nhất
retention-within = còn mới
retention-hourly = theo giờ
retention-daily = theo ngày
retention-weekly = theo tuần
retention-monthly = theo tháng
retention-yearly = theo năm
retention-verified = đã được chứng minh
retention-too-few-verified = quá ít bản được chứng minh

# repository stats
stats-restored = Mọi bản khi phục hồi
stats-files = { NUMBER($count) } tệp, { BYTES($bytes) }
stats-contents = Nội dung khác nhau
stats-needed = Lưu cho các bản
stats-blobs = { NUMBER($count) } khối, { BYTES($bytes) }
stats-packs = Gói
stats-index = Tệp chỉ mục
stats-logs = Nhật ký giao dịch
stats-objects = { NUMBER($count) } đối tượng, { BYTES($bytes) }
stats-compression = Hệ số nén
stats-deduplication = Hệ số khử trùng lặp
stats-week = Thêm trong 7 ngày
stats-month = Thêm trong 30 ngày
stats-prune = Dọn kho sẽ giải phóng
stats-prune-frees = { BYTES($freed) }, để lại { BYTES($unneeded) } không bản nào cần
stats-prune-unknown = không xác định: việc dọn kho sẽ bị từ chối
stats-no-portal = (không có cổng)
stats-sets = Số bản
stats-oldest = Cũ nhất
stats-newest = Mới nhất
stats-7 = 7 ngày
stats-30 = 30 ngày
stats-source = Bản mới nhất của
stats-alone = Riêng
stats-shared = Chung
stats-ratio = Nén
stats-of-month = Tháng
stats-added = Thêm
stats-uncounted = Không đếm được tất cả: { $sets } bản sao lưu, { $index } tệp chỉ mục, { $packs } gói, { $folders } thư mục và { $blobs } khối của tệp bị hư hại hoặc đã mất. Số có dấu ≥ là mức ít nhất. Hãy chạy “duphong repository verify”.
stats-sources-uncounted = { $count } nguồn bị bỏ ra ngoài: nhiều hơn số có thể phân biệt.

# repository repair
repair-files = Số tệp chỉ mục
repair-headers = Số phần đầu gói đã đọc
repair-listed = Số gói được liệt kê lại
repair-replaced = Số tệp chỉ mục được thay
repair-missing = đã bỏ khỏi chỉ mục vì không còn trong kho: “{ $object }”
repair-corrected = chỉ mục mô tả khác với phần đầu của gói “{ $object }”
repair-bad = không đọc được phần đầu của gói “{ $object }” nên để nguyên gói đó: { $reason }
repair-nothing = Chỉ mục khớp với các gói. Không thay đổi gì.
repair-dry-run = Đó là những gì sẽ thay đổi; bên dưới là những gì sẽ mất hẳn. Chưa thay đổi gì.
repair-done = Chỉ mục đã khớp lại với các gói.
repair-stopped = Dừng giữa chừng. Những gì đã thay đổi đều đúng; chạy lại thì tiếp tục từ đó.
repair-heals = Những gì đã mất sẽ được bản sao lưu kế tiếp lưu lại nếu nguồn vẫn còn, khi đó các bản sao lưu cũ cũng trọn vẹn trở lại: hãy chạy “duphong snapshot create”, rồi “duphong repository verify”.
repair-packs-read = Số gói đã đọc
repair-packs-damaged = Hư hại hoặc mất
repair-packs-good = Số khối còn nguyên
repair-packs-good-of = { $good } trên { $blobs }
repair-packs-written = Số gói ghi mới
repair-packs-removed = Số gói đã xóa
repair-pack-sound = “{ $object }” còn nguyên vẹn, được giữ lại
repair-pack-misindexed = “{ $object }” còn nguyên vẹn, được giữ lại, nhưng chỉ mục mô tả khác: hãy chạy “duphong repository repair TÊN --index --all-headers”
repair-pack-damaged = “{ $object }”: { $good } trên { $blobs } khối còn nguyên; { $reason }
repair-pack-missing = “{ $object }” không còn trong kho; chỉ mục ghi { $blobs } khối trong gói này
repair-pack-opaque = “{ $object }” được giữ lại vì không ai biết trong gói có gì: { $reason }
repair-pack-unknown = “{ $object }” không có trong kho sao lưu, cũng không có trong chỉ mục
repair-packs-nothing = Không gói nào cần khắc phục. Không thay đổi gì.
repair-packs-dry-run = Các gói hư hại sẽ được thay bằng gói mới chứa những gì còn nguyên; bên dưới là những gì sẽ mất hẳn. Chưa thay đổi gì.
repair-packs-done = Những gì còn nguyên đã nằm trong gói mới, các gói hư hại đã được xóa.
repair-packs-stopped = Dừng giữa chừng. Không mất thêm gì còn nguyên; chạy lại thì tiếp tục từ đó.
repair-packs-hides = Đối tượng ở đó có khóa: gói hư hại bị xóa chỉ bị ẩn đi, và còn đó cho đến khi hết hạn khóa.
repair-packs-unnamed = Lần verify mới nhất thấy thêm { $count } hư hại mà nhật ký không đủ chỗ nêu tên: sau khi xong hãy chạy lại “duphong repository verify TÊN --read-data”.

# repository copy
label-copy = Bản chép
copy-there = { $count } bản sao lưu đã có sẵn trong “{ $repository }”.
copy-nothing = “{ $repository }” không thiếu bản nào trong số bản sao lưu đã chọn và chép được.
copy-dry-run = { $count ->
    [0] Sẽ không chép bản nào.
   *[other] Sẽ chép { $count } bản sao lưu vào “{ $repository }”, phải gửi { BYTES($bytes) }. Chưa thay đổi gì.
}
copy-done = Đã chép { $count } bản sao lưu vào “{ $repository }”, đã lưu { BYTES($bytes) }.
copy-stopped = Dừng giữa chừng: { $count } bản sao lưu đã chép vào “{ $repository }” và còn nguyên vẹn. Chạy lại thì không gửi lại những gì đã có.
copy-refused = không chép được bản sao lưu { $set } của “{ $repository }”: { $fault }

# repository prune
prune-unneeded = Không bản nào cần
prune-partly-needed = Chỉ cần một phần
prune-small = Nhỏ
prune-unlisted = Do các lần chạy bị ngắt để lại
prune-lost = Đã mất, không bản nào cần
prune-kept = Giữ nguyên
prune-packs = { $count } gói, { BYTES($bytes) }
prune-packs-again = { $count } gói, { BYTES($bytes) }; trong đó { BYTES($needed) } được ghi lại
prune-packs-kept = { $count } gói, { BYTES($bytes) }; trong đó { BYTES($unneeded) } không bản nào cần
prune-nothing = Không có gì để xóa.
prune-dry-run = Sẽ giải phóng { BYTES($bytes) }. Chưa thay đổi gì.
prune-done = { $spared ->
    [0] Đã xóa { BYTES($removed) }, ghi lại { BYTES($written) }.
   *[other] Đã xóa { BYTES($removed) }, ghi lại { BYTES($written) }. Giữ lại { $spared } gói vì một bản sao lưu vừa được tạo cần đến.
}
prune-hides = Bucket giữ các phiên bản có khóa: dữ liệu bị xóa chỉ bị ẩn đi. Dữ liệu đó vẫn chiếm chỗ và còn phục hồi được cho đến khi hết hạn khóa; sau đó quy tắc của bucket cho phiên bản cũ sẽ xóa hẳn.
prune-stopped = Dừng giữa chừng: đã xóa { BYTES($removed) }, ghi lại { BYTES($written) }. Mọi bản sao lưu vẫn còn đủ dữ liệu. Chạy lại thì tiếp tục từ đó.

# snapshot
snapshot-list-empty = Chưa có bản sao lưu nào.
snapshot-unreadable = không đọc được bản sao lưu { $set } trong kho “{ $repository }”: { $fault }; hãy chạy “duphong repository verify { $repository }”
snapshot-dry-run = Chưa ghi gì: dưới đây là những gì một lần chạy sẽ sao lưu.
snapshot-skipped = bị bỏ qua: “{ $path }”: { $reason }
snapshot-references-missing = cơ sở dữ liệu “{ $database }”: { $count } trên { $rows } dòng nêu tệp của “{ $tree }” mà bản sao lưu không có: { $examples }
snapshot-references-refused = cơ sở dữ liệu “{ $database }”: { $count } trên { $rows } dòng không nêu gì bên dưới “{ $tree }” (đường dẫn tuyệt đối, có “..”, hoặc quá dài): { $examples }
snapshot-references-unknown = cơ sở dữ liệu “{ $database }”: không biết được nó nêu những tệp nào của “{ $tree }”: { $detail }
snapshot-standby = Cơ sở dữ liệu “{ $database }” được đọc từ máy dự phòng { $server }, chậm { $lag }.
snapshot-standby-instead = cơ sở dữ liệu “{ $database }” được đọc từ máy chủ chính, không phải từ máy dự phòng { $server }: { $reason }
snapshot-failed-in = kho sao lưu “{ $repository }” không nhận được bản sao lưu: { $fault }
snapshot-caught-up = Kho sao lưu “{ $repository }” trước đó bị thiếu; đã chép bù { $count } bản sao lưu từ “{ $from }”.
snapshot-still-behind = kho sao lưu “{ $repository }” vẫn thiếu bản sao lưu mà “{ $from }” có: { $fault }; lần chạy sau sẽ thử lại
snapshot-behind-unknown = không biết được có kho sao lưu nào còn thiếu bản sao lưu từ trước hay không: { $fault }
snapshot-packs-missing = có { $count } gói mà các bản sao lưu trước cần đến nhưng không thấy trong kho “{ $repository }”; hãy chạy “duphong repository verify { $repository }”
snapshot-list-evidence = { $portal } (chứng cứ)
snapshot-list-held = { $portal } (được giữ)
snapshot-list-holds-unknown = không xác định được những bản sao lưu nào đang được giữ: { $fault }
snapshot-held = Đã ghi nhận: { $by } giữ bản sao lưu { $set } trong “{ $repository }”: { $reason }. Không quy tắc nào loại bỏ bản này cho đến khi thôi giữ. restic không biết việc này.
snapshot-released = Đã ghi nhận: { $by } thôi giữ bản sao lưu { $set } trong “{ $repository }”: { $reason }. Các quy tắc của cổng lại áp dụng cho bản này.
snapshot-portal-held = Đã ghi nhận: { $by } giữ mọi bản sao lưu của { $portal }, kể cả những bản sắp tạo: { $reason }. Không quy tắc nào loại bỏ các bản này cho đến khi thôi giữ. restic không biết việc này.
snapshot-portal-released = Đã ghi nhận: { $by } thôi giữ các bản sao lưu của { $portal }: { $reason }. Các quy tắc của cổng lại được áp dụng, trừ những bản được giữ riêng.
snapshot-show-evidence = bản sao lưu này lấy làm chứng cứ khi cổng có thể đang bị tấn công: “latest” không bao giờ chỉ bản này
snapshot-show-foreign = bản sao lưu này không có bản kê: do chương trình khác duphong tạo ra
snapshot-blind = cơ sở dữ liệu “{ $database }”: bản kê không thấy được tất cả: { $detail }
snapshot-sealed = niêm phong: “{ $part }”, { $bytes }, cho { $recipients }

# restore
restore-dry-run = Chưa ghi gì: trên đây là những gì sẽ được ghi.
restore-lost = KHÔNG PHỤC HỒI ĐƯỢC: “{ $path }”: { $fault }
restore-label-log = Nhật ký giao dịch
restore-reached = { $database }: nhật ký giao dịch nằm cạnh đó đến { $last }; máy chủ khởi động ở đó dừng trước thời điểm yêu cầu hoặc không mở, và không lưu nhật ký đi đâu
restore-log-gap = cơ sở dữ liệu “{ $database }”: nhật ký giao dịch đang giữ bị đứt, bắt đầu từ { $first }; không đến được những gì sau đó
restore-evidence-lacks = bản sao lưu chứng cứ thiếu “{ $source }”
restore-evidence-failed = bản sao lưu chứng cứ không có trong kho sao lưu “{ $repository }”: { $fault }
restore-left-sealed = CÒN NIÊM PHONG: “{ $part }” nằm đó dưới dạng tệp .zst.age; chỉ khóa bí mật của { $recipients } mở được
restore-missing = { $count ->
    [1] thiếu { $bytes } từ byte thứ { $offset }
   *[other] thiếu { $bytes } ở { $count } chỗ, chỗ đầu từ byte thứ { $offset }
}
restore-to-delete = Sẽ xóa: “{ $path }”
restore-deleted = Đã xóa: “{ $path }”

# probe
probe-list-empty = Chưa khai báo phép dò nào.
probe-never = chưa có kết luận
probe-unreadable = không đọc được
probe-flapping = { $state }, chập chờn
probe-history-formula = Từ { $from } đến { $to } ({ $days } ngày). Mỗi lần kiểm tra có giá trị đến lần kế tiếp, nhiều nhất bằng hai lần chu kỳ; thời gian không có lần kiểm tra nào bao trùm là không xác định. Tỷ lệ = thời gian của kết luận / toàn bộ thời gian; các tỷ lệ cộng lại đúng 100,000 %.
probe-bytes = { BYTES($bytes) }
probe-phases = tên miền { $resolved }, chứng thư số sau { $secured }, trả lời sau { $answered }
probe-answer-empty = không có địa chỉ
probe-answer-silent = không trả lời
probe-answer-invalid = không phải tên miền
probe-certificate-unreadable = không đọc được
probe-certificate = { $subject }, do { $issuer } cấp; cho { $names }; đến { $until } (còn { $days } ngày)
probe-revocation = không kiểm tra

# scan
scan-counts = đạt { $passed }, không đạt { $failed }, không xác định { $unknown }, không áp dụng { $unbound }
scan-since = từ { $at }
scan-written = Đã ghi bảng vào { $path }.

# drill
drill-set = { $set }, tạo lúc { $taken }: { $files } tệp, { BYTES($bytes) }
drill-measured = { $measured }; mục tiêu { $objective }
drill-not-measured = không đo được; mục tiêu { $objective }
drill-next = Biên bản PDF: duphong drill report { NUMBER($number, useGrouping: "false") } --out bien-ban.pdf
drill-list-empty = Chưa có cuộc diễn tập nào.
drill-work-open = Việc khắc phục sau lần { $number }: { $owner }, hạn { INSTANT($due) }.
drill-work-late = Việc khắc phục sau lần { $number }: { $owner }, QUÁ HẠN từ { INSTANT($due) }.
drill-work-passed = Việc khắc phục sau lần { $number } ({ $owner }, hạn { INSTANT($due) }) kết thúc lúc { INSTANT($at) }: lần { $by } đạt.
drill-work-closed = Việc khắc phục sau lần { $number } ({ $owner }, hạn { INSTANT($due) }) do { $by } đóng lúc { INSTANT($at) }: { $reason }
drill-work-again = Lại không đạt ở lần: { $numbers }.
drill-closed = Đã ghi nhận: { $by } đóng việc khắc phục sau lần diễn tập { NUMBER($number, useGrouping: "false") }: { $reason }
drill-sabotage-caught = Hư hỏng được gây ra có chủ ý và phép đối chiếu “{ $check }” đã nêu đúng ({ $code }). Lần này chứng minh phép diễn tập, không chứng minh bản sao lưu.
drill-sabotage-void = Không có gì bị làm hỏng: bản sao lưu không có thứ để kiểu phá thử này tác động. Lần này không chứng minh được gì.
drill-sabotage-missed = HƯ HỎNG KHÔNG ĐƯỢC NÊU bởi phép đối chiếu lẽ ra phải nêu: chưa tin các lần diễn tập của cổng này khi chưa biết vì sao.
drill-chosen-verdict = { $verdict } ({ $wish })
drill-sabotaged = { $verdict } (phá hỏng có chủ ý: { $sabotage })
drill-report-written = Biên bản diễn tập số { NUMBER($number, useGrouping: "false") } nằm ở “{ $path }”.

# audit
audit-kind-opened = mở đầu
audit-kind-intent = ý định
audit-kind-outcome = kết quả
audit-kind-record = ghi nhận
audit-kind-gap = khoảng trống
audit-ending-done = hoàn thành
audit-ending-warnings = có cảnh báo
audit-ending-not-proven = chưa chứng minh
audit-ending-failed = thất bại
audit-ending-abandoned = bỏ dở
audit-verify-entries = { $count } (từ mục { NUMBER($from, useGrouping: "false") })
audit-verify-anchor = { $path }: { $size } mục được chứng minh là không đổi từ đó
audit-verify-anchor-until = { $path }: { $size } mục được chứng minh là không đổi từ đó; mục cuối ghi lúc { INSTANT($at) }
audit-verify-anchors-more = và { $count } mốc neo nhỏ hơn
audit-verify-covered = không có: mốc neo bao gồm mọi mục
audit-verify-uncovered = { $count } mục, từ mục { NUMBER($from, useGrouping: "false") } ({ $since }) trở đi: có bị viết lại hay không, sau đó có mục nào bị cắt hay không, không mốc neo nào cho biết
audit-verify-uncovered-all = cả { $count } mục, từ { $since }: không có mốc neo thì không ai thấy được nhật ký bị cắt phần cuối hoặc bị viết lại bằng chính khóa của nó
audit-verify-made = { $anchor }: theo nhật ký đã gửi { $made } mốc neo, mới nhất gồm { $size } mục ({ INSTANT($at) }); ở đây đưa vào { $given }
audit-verify-asked = { $anchor }: theo nhật ký đã gửi { $made } mốc neo, mới nhất gồm { $size } mục ({ INSTANT($at) }); tìm thấy { $given }, thiếu { $missing }
audit-exported = { $count } mục cùng bằng chứng nằm ở “{ $path }”. Người nhận kiểm tra bằng verify.html trong đó, không cần mạng, hoặc bằng “duphong audit verify”; khóa công khai hãy trao riêng.
audit-exported-altered = chứng cứ { $digest } không còn như khi niêm phong nên không được đưa vào bản trích xuất
audit-anchored = Đầu nhật ký đã ký nằm ở “{ $path }”: hãy giữ ở nơi mà bên ghi nhật ký không với tới được.

# status
status-all-well = mọi thứ đúng như cần có
status-label-tree = Cây được theo dõi
status-label-changes = Đường dẫn thay đổi
status-label-full-walk = Cần duyệt toàn bộ
status-why =
    { $why ->
        [started] mới bắt đầu theo dõi từ lúc đó
        [overflow] quá nhiều thay đổi cùng lúc
        [too-many] quá nhiều đường dẫn thay đổi
        [root-replaced] thư mục khác đã thế chỗ
        [unmounted] một hệ thống tệp vừa được gắn vào hoặc bị gỡ
        [limit] đã hết số lượt theo dõi
        [instances] đã hết số hàng đợi
        [root-gone] không còn thư mục
        [unreadable] có thư mục không đọc được
        [no-thread] không tạo được luồng xử lý
        [torn] nhật ký thay đổi bị mất phần cuối
       *[damaged] nhật ký thay đổi bị hỏng
    }
status-remarks =
    { $count ->
        [one] có một điều cần chú ý
       *[other] có { $count } điều cần chú ý
    }
status-open = Chưa kết thúc từ { INSTANT($at) }: { $verb } của { $subject } (còn đang chạy, hoặc đã bị ngắt)

# recover
recover-old-log = { $path }: { $entries } mục, { $verdict }
recover-next = Tiếp theo: xem lại cấu hình, rồi chạy “duphong --config { $path } status” và, cho từng cổng, “duphong --config { $path } restore latest --portal … --target …”.
recover-repository-elsewhere = trong cấu hình không có kho sao lưu nào nằm ở nơi vừa dùng để dựng lại; hãy sửa lại trong cấu hình, hoặc chuyển kho về chỗ cũ
recover-old-log-invalid = nhật ký kiểm toán cũ không hợp lệ; hãy giữ nguyên thư mục làm chứng cứ và so với một mốc neo
recover-log-kept = ở chỗ đã cấu hình đã có nhật ký kiểm toán; được giữ nguyên
recover-password-kept = ở chỗ đã cấu hình đã có tệp mật khẩu; được giữ nguyên
recover-credentials-kept = ở chỗ đã cấu hình đã có khóa truy cập; được giữ nguyên
recover-credential = cấu hình lấy bí mật “{ $name }” từ dịch vụ: hãy ghi bí mật đó vào một tệp và ghi tên tệp trong tệp dịch vụ (LoadCredential={ $name }:…)

# quickstart
quickstart-title = DIỄN TẬP trên một cổng mẫu (Cổng thông tin điện tử tỉnh Mẫu, cong.example). Mọi thứ nằm trong { $folder }
quickstart-made = Đã dựng cổng mẫu: { $articles } bài viết, { $uploads } tệp tải lên ({ BYTES($bytes) }). Giám sát thấy cổng trả lời qua IPv4: { $v4 }; qua IPv6: { $v6 }.
quickstart-taken = Đã tạo bản sao lưu { $set }: { $files } tệp, { BYTES($bytes) }, lưu mã hóa trong { BYTES($stored) }.
quickstart-lost = Đã làm mất cơ sở dữ liệu và tệp tải lên. Giám sát thấy cổng trả lời qua IPv4: { $v4 }; qua IPv6: { $v6 }.
quickstart-drilled = Diễn tập phục hồi số { NUMBER($number, useGrouping: "false") }: { $verdict }. RTO đo được { $rto }, mục tiêu { $objective }; đã so { $compared } thứ.
quickstart-recovered = Phục hồi tại chỗ theo kịch bản, lượt chạy { NUMBER($run, useGrouping: "false") }: kế hoạch { $hash } do người thứ hai phê duyệt bằng khóa riêng, giữ hiện trạng làm chứng cứ, ngừng phục vụ và thấy đã ngừng, phục hồi bên cạnh, so, thay vào chỗ, mở lại: { $steps } bước, { $took }. Cổng trả lời qua IPv4: { $v4 }; qua IPv6: { $v6 }.
quickstart-altered = Trang chủ bị sửa trái phép và bị phát hiện: { $signs } dấu hiệu, { $score } điểm; đã niêm phong { $evidence } chứng cứ. Bản sao lưu cuối trước đó: { $set }.
quickstart-incident = Đã mở sự cố số { NUMBER($number, useGrouping: "false") }, phát hiện lúc { $detected }: { $owed } nghĩa vụ đang chờ, { $first }. Đã lập Mẫu số 03, bản DIỄN TẬP; còn { $blanks } ô bắt buộc chờ người điền.
quickstart-first-deadline = hạn gần nhất { $due } ({ $rule }, { $article })
quickstart-cleaned = Phục hồi trang bị sửa bằng cùng kịch bản, lượt chạy { NUMBER($run, useGrouping: "false") }: { $steps } bước, { $took }. Cổng trả lời qua IPv4: { $v4 }; qua IPv6: { $v6 }.
quickstart-unfinished = Lượt chạy { NUMBER($run, useGrouping: "false") } của kịch bản KHÔNG hoàn thành: dừng ở bước “{ $step }” ({ $code }) sau { $steps } bước. Cổng trả lời qua IPv4: { $v4 }; qua IPv6: { $v6 }.
quickstart-clean = Trang chủ đúng như mốc đã lưu.
quickstart-not-clean = Trang chủ KHÔNG như mốc đã lưu.
quickstart-verified = Đã đọc toàn bộ kho sao lưu ({ BYTES($bytes) }): { $verdict }.
quickstart-log = Đã kiểm chứng nhật ký kiểm toán với một mốc neo: { $verdict }, { $entries } mục.
quickstart-damaged = BỊ HỎNG
quickstart-answer-healthy = đạt
quickstart-answer-down = không đạt
quickstart-answer-unknown = không xác định
quickstart-took = Toàn bộ hết { $time }.
quickstart-next = Có thể làm tiếp:

# Tên của các giá trị trên trang trợ giúp: value-<tên trong cây lệnh>.
value-address = ĐỊA-CHỈ:CỔNG-MẠNG
value-dir = THƯ-MỤC
value-export = BẢN-TRÍCH-XUẤT
value-duration = KHOẢNG-THỜI-GIAN
value-field-value = MỤC=NỘI-DUNG
value-file = TỆP
value-kind = LOẠI
value-language = NGÔN-NGỮ
value-name = TÊN
value-name-target = TÊN=ĐÍCH
value-no = SỐ-KÝ-HIỆU
value-number = SỐ
value-path = ĐƯỜNG-DẪN
value-place = NƠI-LƯU
value-pack = GÓI
value-parts = SỐ-PHẦN
value-percent = PHẦN-TRĂM
value-portal = CỔNG
value-repository = KHO
value-rule = QUY-TẮC
value-seq = SỐ
value-set = BẢN-SAO-LƯU
value-tag = NHÃN
value-target = ĐÍCH
value-text = NỘI-DUNG
value-verb = LỆNH
value-vkey = KHÓA-CÔNG-KHAI

# Trợ giúp: help-<đường dẫn của lệnh hoặc đối số>; more-<đường dẫn của lệnh> cho trang riêng.
help-duphong = Giữ cho cổng thông tin luôn hoạt động, phục hồi được, và chứng minh điều đó.
more-duphong = Hãy bắt đầu bằng “duphong quickstart”: không cần cấu hình, không cần mạng, không cần quyền root; trong chưa đến hai phút, lệnh này làm trọn việc chính trên một cổng thông tin mẫu.
help-config = Tệp cấu hình; nếu không chỉ rõ thì dùng ./duphong.yaml, sau đó là /etc/duphong/duphong.yaml
help-json = Trả lời bằng một đối tượng JSON ở đầu ra chuẩn
help-lang = Ngôn ngữ của lời văn; nếu không chỉ rõ thì theo cấu hình, sau đó theo phiên làm việc
help-verbose = Ghi thông tin chẩn đoán ra đầu ra lỗi; lặp lại để chi tiết hơn (-vv, -vvv)
help-quiet = Không hiện tiến độ
help-no-color = Không dùng màu; biến môi trường NO_COLOR cũng có tác dụng này
help-help = Hiện trang này
help-version = Hiện phiên bản

help-quickstart = Làm trọn việc chính trên một cổng thông tin mẫu
more-quickstart = Tạo một cổng thông tin nhỏ của riêng mình, tạo bản sao lưu mã hóa, làm hỏng cổng, phục hồi trong một cuộc diễn tập có bấm giờ và kiểm chứng nhật ký kiểm toán. Mọi văn bản đều ghi rõ là diễn tập. Thư mục phải là thư mục mới, rỗng, hoặc do một lần quickstart trước tạo ra.
help-quickstart-dir = Thư mục chứa mọi thứ được tạo ra

help-init = Chuẩn bị máy này: thư mục, kho sao lưu, nhật ký kiểm toán
more-init = Chỉ làm những gì còn thiếu, giữ nguyên phần đã có, nên có thể chạy lại.

help-recover = Dựng lại máy duphong đã mất từ một kho sao lưu và mật khẩu của kho
more-recover = Đọc bản sao lưu mới nhất trong kho, đưa cấu hình và nhật ký kiểm toán trở lại như lúc bản đó được tạo. Bản thân cổng thông tin được đưa trở lại bằng “duphong restore”.
help-recover-repository = Thư mục của kho sao lưu, hoặc bucket theo cách ghi của restic: s3:https://máy-chủ/bucket/prefix
help-recover-credentials-file = Tệp chứa khóa truy cập của bucket: mã khóa, rồi bí mật, mỗi thứ một dòng
help-recover-region = Vùng (region) của bucket, nếu không phải us-east-1
help-recover-authorities = Tệp PEM các cơ quan chứng thực được tin cho máy chủ của bucket, ngoài các cơ quan công khai
help-recover-plain-http = Gọi máy chủ của bucket không qua TLS dù không phải chính máy này
help-recover-password-file = Tệp chứa mật khẩu của kho sao lưu
help-recover-dir = Thư mục mới hoặc rỗng để nhận dữ liệu

help-validate = Kiểm tra cấu hình, chỉ ra mọi vấn đề kèm gợi ý
more-validate = Không thay đổi gì, và không liên lạc với máy nào nếu không có --live. Kết thúc với mã 78 khi cấu hình không dùng được, mã 3 khi chỉ có cảnh báo.
help-validate-syntax = Chỉ kiểm tra tệp, không kiểm tra những gì tệp nêu tên trên máy này
help-validate-live = Hỏi thêm các máy chủ cơ sở dữ liệu xem còn thiếu gì để nhận được nhật ký của chúng

help-status = Cho biết tình trạng: bản sao lưu, diễn tập, kho sao lưu, nhật ký kiểm toán
help-status-nagios = Trả lời theo kiểu Nagios: một dòng, mã kết thúc 0, 1, 2, 3

help-snapshot = Tạo bản sao lưu và xem nội dung
help-snapshot-create = Tạo bản sao lưu của một cổng vào các kho của cổng đó
more-snapshot-create = Bản sao lưu gồm các cơ sở dữ liệu và cây tệp của cổng, được mã hóa. Kết thúc với mã 3 khi có phần bị bỏ qua; bản sao lưu ghi rõ phần nào.
help-snapshot-create-portal = Cổng cần sao lưu
help-snapshot-create-tag = Nhãn gắn thêm cho bản sao lưu, ngoài nhãn của cổng (có thể dùng nhiều lần); quy tắc lưu giữ có thể đặt riêng theo nhãn
help-snapshot-create-dry-run = Cho biết sẽ sao lưu những gì; không ghi gì
help-snapshot-list = Liệt kê các bản sao lưu
help-snapshot-list-portal = Chỉ các bản sao lưu của cổng này
help-snapshot-list-repository = Chỉ các bản sao lưu trong kho này
help-snapshot-show = Cho biết thông tin về một bản sao lưu
help-snapshot-show-set = Bản sao lưu: chỉ cần phần đầu của mã
help-snapshot-show-repository = Kho cần đọc; nếu không chỉ rõ thì lấy kho đầu tiên có bản sao lưu
help-snapshot-ls = Liệt kê các tệp trong một bản sao lưu
help-snapshot-ls-set = Bản sao lưu: chỉ cần phần đầu của mã
help-snapshot-ls-path = Thư mục trong bản sao lưu; nếu không chỉ rõ thì từ trên cùng
help-snapshot-ls-recursive = Liệt kê cả các thư mục bên dưới
help-snapshot-ls-repository = Kho cần đọc; nếu không chỉ rõ thì lấy kho đầu tiên có bản sao lưu
help-snapshot-cat = Ghi một tệp của bản sao lưu ra đầu ra chuẩn
help-snapshot-cat-set = Bản sao lưu: chỉ cần phần đầu của mã
help-snapshot-cat-path = Tệp trong bản sao lưu
help-snapshot-cat-repository = Kho cần đọc; nếu không chỉ rõ thì lấy kho đầu tiên có bản sao lưu
help-snapshot-cat-identity = Tệp khóa bí mật age: mở tệp niêm phong, ghi tên có hoặc không có .zst.age đều được
help-snapshot-hold = Giữ một bản sao lưu, hoặc mọi bản của một cổng: không quy tắc nào bỏ được
help-snapshot-hold-set = Bản sao lưu: chỉ cần phần đầu của mã
help-snapshot-hold-portal = Giữ mọi bản sao lưu của cổng này, kể cả những bản sắp tạo
help-snapshot-hold-repository = Kho có bản sao lưu; nếu không chỉ rõ thì kho đầu tiên có bản này
help-snapshot-hold-by = Người quyết định: họ tên và chức vụ
help-snapshot-hold-reason = Vì sao phải giữ
help-snapshot-release = Thôi giữ một bản sao lưu, hoặc mọi bản của một cổng
help-snapshot-release-set = Bản sao lưu đang được giữ: chỉ cần phần đầu của mã
help-snapshot-release-portal = Thôi giữ các bản sao lưu của cổng này đang được báo động hoặc người giữ toàn bộ
help-snapshot-release-by = Người quyết định: họ tên và chức vụ
help-snapshot-release-reason = Vì sao không cần giữ nữa
help-snapshot-spot = Đối chiếu một mẫu tệp đang dùng, và số dòng của cơ sở dữ liệu đang dùng, với bản sao lưu mới nhất
more-snapshot-spot = Tệp có kích thước và thời gian cho thấy không ai sửa thì nội dung phải giống hệt; tệp đã sửa, mới có hoặc đã xóa được đếm riêng. Các con số được lệch trong dung sai, hoặc 100. Kết thúc với 20 khi có tệp không đúng như bản sao lưu nói, với 3 khi một con số vượt dung sai hoặc có thứ không xem được. Cơ sở dữ liệu được đếm toàn bộ, như khi tạo bản sao lưu. Những gì các mẫu trong cấu hình loại trừ được đếm và nêu theo từng mẫu, vì không bản sao lưu nào có chúng.
help-snapshot-spot-portal = Cổng cần xem
help-snapshot-spot-repository = Kho sao lưu cần đọc; không nêu thì là kho đầu tiên của cổng
help-snapshot-spot-files = Số tệp rút từ mỗi cây tệp
help-snapshot-spot-tolerance = Số tệp, số byte và số dòng được lệch bao nhiêu phần trăm so với bản sao lưu
help-snapshot-spot-seed = Rút lại theo số này; không nêu thì rút số mới và cho biết

help-restore = Phục hồi một bản sao lưu, toàn bộ hoặc một phần
more-restore = Trước tiên cho biết kế hoạch: ghi gì, đè lên gì, còn chỗ không, máy chủ đích thiếu gì, mất bao lâu; có trở ngại thì không làm gì. Từ chối thư mục đích không rỗng, trừ khi --overwrite cho biết được thay những gì hoặc --resume tiếp tục một lần phục hồi dở dang. Phần đã có và đúng thì không tải lại, không ghi lại. Từ chối những gì thuộc hệ thống đang vận hành, trừ khi --production ghi đúng tên cổng; khi đó lấy một bản sao lưu hiện trạng làm chứng cứ trước. Không bao giờ đi theo liên kết trong thư mục đích.
help-restore-set = Bản sao lưu: chỉ cần phần đầu của mã; “latest” là bản mới nhất
help-restore-portal = Cổng của bản sao lưu
help-restore-repository = Kho cần đọc; nếu không chỉ rõ thì theo cấu hình diễn tập
help-restore-from = Thư mục trong bản sao lưu ứng với thư mục đích, ví dụ media/files; các đường dẫn khác tính từ đó
help-restore-to-gtid = Đưa các cơ sở dữ liệu MariaDB hoặc MySQL nêu ở --database về ngay sau giao dịch có số MIỀN-MÁY CHỦ-THỨ TỰ này, với MySQL là UUID:SỐ hoặc UUID:NHÃN:SỐ: đó là giao dịch cuối cùng được chạy lại
help-restore-to = Đưa PostgreSQL về thời điểm này, từ bản nền và nhật ký giữ lại từ đó, hoặc với --database là cơ sở dữ liệu MariaDB hoặc MySQL, từ bản kết xuất và nhật ký nhị phân: 2026-11-20 08:15, 20/11/2026 08:15, hoặc 08:15 của hôm nay
help-restore-as-of = Đọc kho sao lưu như tại thời điểm này, bất kể những gì bị ẩn hoặc ghi đè sau đó
help-restore-only = Chỉ đường dẫn này trong bản sao lưu; db/TÊN là cả cơ sở dữ liệu đó; có thể lặp lại
help-restore-target = Thư mục nhận các tệp, mới hoặc rỗng nếu không có --overwrite
help-restore-overwrite = Phục hồi đè lên những gì đang có: always (so sánh nội dung), if-changed (khác độ dài hoặc thời gian), if-newer (bản sao lưu mới hơn), never (chỉ phần còn thiếu)
help-restore-delete = Xóa những gì có trong các thư mục được phục hồi mà bản sao lưu không có; nên xem trước bằng --dry-run. Bản sao lưu không đọc được trọn vẹn thì không xóa gì
help-restore-verify = Đọc lại mọi tệp đã phục hồi sau khi ghi xong
help-restore-database = Nạp cả cơ sở dữ liệu này vào đích riêng: một tệp SQLite, hoặc một kết nối PostgreSQL hay MariaDB; có thể lặp lại
help-restore-resume = Tiếp tục một lần phục hồi dở dang
help-restore-dry-run = Cho biết sẽ ghi những gì; không ghi gì
help-restore-production = Gõ tên cổng để cho phép ghi vào hệ thống đang vận hành
help-restore-identity = Tệp khóa bí mật age: mở những phần niêm phong; không có thì các phần đó để nguyên và được nêu tên

help-probe = Giám sát cổng: kiểm tra ngay, liệt kê, giải thích, thống kê
help-probe-run = Kiểm tra cổng ngay bây giờ, qua IPv4 và IPv6
more-probe-run = Kết thúc với mã 0 khi tất cả đạt, 3 khi có suy giảm hoặc không xác định, 1 khi có phép dò không đạt. Lần kiểm tra này được tính như lần của tiến trình nền.
help-probe-run-portal = Chỉ các phép dò của cổng này
help-probe-run-probe = Chỉ các phép dò tên này
help-probe-list = Liệt kê các phép dò và kết luận hiện có
help-probe-list-portal = Chỉ các phép dò của cổng này
help-probe-explain = Kiểm tra một lần và kể lại tất cả: chuyển hướng, tên miền, chứng thư số, điều kiện
more-probe-explain = Không lưu và không ghi nhật ký gì.
help-probe-explain-portal = Chỉ các phép dò của cổng này
help-probe-explain-probe = Chỉ các phép dò tên này
help-probe-history = Cho biết bao nhiêu phần thời gian đạt, suy giảm, không đạt, không xác định
help-probe-history-portal = Chỉ các phép dò của cổng này
help-probe-history-probe = Chỉ các phép dò tên này
help-probe-history-days = Số ngày nhìn lại
help-probe-baseline = Lấy trang gốc mới cho việc theo dõi thay đổi giao diện
more-probe-baseline = Chỉ chạy sau khi đã xem các trang bằng mắt: từ đó, những gì đang có trong trang được coi là của cơ quan. Tên người lấy và lý do được ghi vào nhật ký kiểm toán.
help-probe-baseline-portal = Cổng có các trang cần lấy
help-probe-baseline-by = Họ tên người đã xem trang; nếu không chỉ rõ thì là tên đăng nhập
help-probe-baseline-reason = Vì sao lấy trang gốc mới
help-probe-deface = Xem ngay các trang được theo dõi có bị thay đổi giao diện không
more-probe-deface = Hỏi mỗi trang theo bốn cách: trình duyệt, rô-bốt của Google, người đến từ kết quả tìm kiếm, điện thoại. Trang bị thay đổi thì niêm phong chứng cứ rồi đề xuất sự cố. Kết thúc với mã 1 khi có trang bị thay đổi, mã 3 khi có gì đó không xem được. Không chạy chương trình của trang và chưa chụp ảnh màn hình.
help-probe-deface-portal = Cổng cần xem
help-scan = Đối chiếu trang chủ với các tiêu chí của pháp luật
more-scan = Cổng trong cấu hình thì kết quả được ghi vào nhật ký kiểm toán; địa chỉ khác thì không. Kết thúc với mã 0 khi tất cả đạt, 3 khi có tiêu chí không xác định, 1 khi có tiêu chí không đạt.
help-scan-target = Tên cổng trong cấu hình, hoặc địa chỉ trang
help-scan-csv = Ghi thêm bảng vào tệp CSV này
help-scan-criteria = Tệp tiêu chí bổ sung; có thể lặp lại
help-scan-ask-issuer = Hỏi cả nơi cấp nhãn tín nhiệm mạng
help-drill = Diễn tập phục hồi: chứng minh bản sao lưu dùng được
help-drill-run = Phục hồi vào nơi tạm, kiểm tra và bấm giờ
more-drill-run = Kết thúc với mã 0 khi ĐẠT, 3 khi CHƯA CHỨNG MINH, 1 khi KHÔNG ĐẠT, 20 khi dữ liệu lưu trữ bị hỏng. Cổng đang vận hành chỉ bị đọc, không bị ghi.
help-drill-run-portal = Cổng cần phục hồi
help-drill-run-set = Bản sao lưu: latest (mới nhất), oldest (cũ nhất), random (nhật ký kiểm toán chọn ngẫu nhiên), hoặc phần đầu của mã
help-drill-run-to = Đưa các cơ sở dữ liệu có nhật ký giao dịch về thời điểm này, từ bản sao lưu mới nhất trước đó
help-drill-run-within = Với oldest và random: chỉ xét các bản sao lưu trong khoảng này, ví dụ 90d
help-drill-run-repository = Kho sao lưu duy nhất được mở; nếu không chỉ rõ thì theo cấu hình diễn tập
help-drill-run-as-of = Đọc kho sao lưu như tại thời điểm này; diễn tập như vậy không tính cho cổng
help-drill-run-sabotage = Gây hư hỏng này trước, để xem diễn tập có phát hiện không
help-drill-run-identity = Tệp khóa bí mật age; không có thì những phần niêm phong là CHƯA CHỨNG MINH
help-drill-list = Liệt kê các cuộc diễn tập đã qua và kết luận
help-drill-list-portal = Chỉ các cuộc diễn tập của cổng này
help-drill-show = Xem một lần diễn tập và việc khắc phục nó mở ra
help-drill-show-number = Số của lần diễn tập, như “drill list” hiện
help-drill-close = Đóng việc khắc phục của một lần diễn tập không đạt
more-drill-close = Lần diễn tập đạt cùng cách (cổng, kho, phạm vi, bản sao lưu) tự kết thúc việc này; lệnh này dành cho khi không diễn tập lại được như vậy.
help-drill-close-number = Số của lần diễn tập đã mở việc
help-drill-close-by = Người quyết định: họ tên và chức vụ
help-drill-close-reason = Vì sao coi là xong
help-drill-report = Lập biên bản diễn tập phục hồi dữ liệu
help-drill-report-number = Số của cuộc diễn tập, theo “drill list”
help-drill-report-out = Tệp cần ghi
help-drill-report-format = Dạng tệp; nếu không nêu thì theo tên tệp, .docx hoặc PDF

help-repository = Tạo kho sao lưu, chứng minh kho còn nguyên vẹn, bỏ các bản sao lưu cũ và giải phóng chỗ
help-repository-init = Tạo kho sao lưu
help-repository-init-name = Kho sao lưu; nếu không chỉ rõ thì mọi kho trong cấu hình
help-repository-verify = Chứng minh kho sao lưu còn nguyên vẹn
more-repository-verify = Kiểm tra mọi bản sao lưu có đủ dữ liệu. Với --read-data, từng byte còn được đọc, giải mã và so với giá trị băm.
help-repository-verify-name = Kho sao lưu; nếu không chỉ rõ thì mọi kho trong cấu hình
help-repository-verify-read-data = Đọc toàn bộ dữ liệu, không chỉ cấu trúc
help-repository-verify-read-part = Chỉ đọc một trong bấy nhiêu phần dữ liệu: phần mà theo nhật ký là lâu chưa được đọc nhất
help-repository-copy = Sao chép bản sao lưu từ kho này sang kho khác
more-repository-copy = Chép mọi bản sao lưu, hoặc những bản được chọn. Những gì kho kia còn thiếu được đọc, đối chiếu với giá trị băm, mã hóa bằng khóa của kho kia rồi lưu; bản đã có sẵn thì bỏ qua. Nhãn và lệnh giữ đi theo. Bản mới nhất được chép trước. Nếu bị ngắt, các bản đã chép vẫn nguyên vẹn; chạy lại thì không gửi lại những gì đã có. Bản bị hỏng được nêu tên và bỏ qua.
help-repository-copy-sets = Chỉ những bản sao lưu có mã bắt đầu như vậy
help-repository-copy-from = Kho sao lưu nguồn
help-repository-copy-to = Kho sao lưu đích
help-repository-copy-portal = Chỉ bản sao lưu của cổng này
help-repository-copy-tag = Chỉ bản sao lưu có nhãn này (có thể dùng nhiều lần: phải có đủ các nhãn)
help-repository-copy-latest = Với mỗi cổng chỉ lấy chừng ấy bản mới nhất
help-repository-copy-dry-run = Cho biết sẽ chép những gì; không thay đổi gì
help-repository-forget = Bỏ những bản sao lưu mà không quy tắc nào giữ
more-repository-forget = Quy tắc là “retention” của từng cổng; bản sao lưu có nhãn mà “tags” đặt quy tắc riêng thì chỉ xét theo quy tắc đó, cùng với các bản có nhãn ấy. Với mỗi bản sao lưu đều cho biết vì sao giữ hay bỏ. Bản lấy làm chứng cứ, bản đang được giữ và bản có ngày tạo không thể đúng không bao giờ bị bỏ; khi nhật ký cho thấy quá ít bản được chứng minh thì giữ tất cả. Lệnh này chỉ rút ngắn danh sách; dữ liệu vẫn còn cho đến khi chạy prune.
help-repository-forget-repository = Chỉ trong kho này
help-repository-forget-portal = Chỉ các bản sao lưu của cổng này
help-repository-forget-tag = Chỉ bản sao lưu có nhãn này (có thể dùng nhiều lần: phải có đủ các nhãn)
help-repository-forget-dry-run = Cho biết sẽ bỏ những gì; không thay đổi gì
help-repository-repair = Khắc phục hư hại của kho sao lưu và nêu tên những gì đã mất
more-repository-repair = Với --index, chỉ mục được dựng lại ở chỗ thiếu hoặc sai: gói chưa được tệp chỉ mục nào liệt kê sẽ được liệt kê theo phần đầu của chính gói đó, mục của gói không còn trong kho bị bỏ, tệp chỉ mục không đọc được được thay. Không xóa gói hay bản sao lưu nào. Sau đó mọi bản sao lưu và mọi tệp không phục hồi trọn vẹn được đều được nêu tên cùng các byte đã mất. Trong lúc đó không ai được dùng kho; nếu bị ngắt thì chạy lại sẽ tiếp tục. Với --packs, mọi khối còn nguyên trong các gói đó được ghi vào gói mới, chỉ mục được cập nhật theo, rồi gói hư hại mới bị xóa; gói đọc lại thấy nguyên vẹn thì được giữ. Không nêu mã thì đọc các gói mà những lần verify trong nhật ký đã thấy hư hại. Với --unhide, mọi đối tượng trong bucket bị ẩn hoặc bị ghi đè sau thời điểm đã cho sẽ hiện lại nội dung lúc đó, bằng một phiên bản mới có khóa mang nội dung cũ. Không xóa gì, những gì ghi sau đó được giữ nguyên. Hãy xem --dry-run trước, và chạy “duphong repository verify” sau đó.
help-repository-repair-name = Kho sao lưu
help-repository-repair-index = Dựng lại chỉ mục từ các gói
help-repository-repair-packs = Cứu những gì còn nguyên trong gói hư hại rồi xóa gói đó; không có mã thì là các gói verify đã thấy
help-repository-repair-all-headers = Đọc phần đầu của mọi gói chứ không chỉ gói đáng ngờ: phát hiện được chỉ mục sai mà không lộ
help-repository-repair-unhide = Đưa trở lại những gì bị ẩn hoặc bị ghi đè
help-repository-repair-as-of = Thời điểm mọi thứ còn tốt: 22/11/2026 14:05, 2026-11-22 14:05, hoặc 14:05 của hôm nay
help-repository-repair-dry-run = Cho biết những gì sẽ thay đổi; không thay đổi gì
help-repository-stats = Cho biết các kho sao lưu chứa gì, theo cổng và nguồn, và tăng thế nào
more-repository-stats = Đếm mọi bản sao lưu đang có: dung lượng khi phục hồi và khi lưu; phần mỗi cổng, mỗi nguồn dùng riêng và phần dùng chung; những gì đến trong các ngày và tháng vừa qua, tính trên những gì còn lại; dọn kho lúc này sẽ giải phóng bao nhiêu. Mỗi thư mục được đọc một lần cho mỗi nguồn chứa nó, không đọc nội dung tệp. Không thay đổi gì, không ghi vào nhật ký. Những gì không đọc được đều được nêu, và số thiếu phần đó là mức ít nhất (mã thoát 20).
help-repository-stats-name = Kho sao lưu; nếu không chỉ rõ thì mọi kho trong cấu hình
help-repository-prune = Xóa dữ liệu không bản sao lưu nào cần
more-repository-prune = Các gói không bản sao lưu nào cần sẽ bị xóa; với gói chỉ cần một phần thì phần cần được đọc, chứng minh và ghi lại trước, cho đến khi phần thừa còn lại không quá --max-unused. Trong lúc đó vẫn có thể tạo bản sao lưu; riêng bước cuối bị từ chối (11) khi còn ai đang làm việc với kho, chạy lại thì tiếp tục từ đó. Gặp hư hỏng, hoặc thiếu một bản sao lưu mà theo nhật ký phải còn, thì dừng trước khi xóa bất cứ thứ gì.
help-repository-prune-name = Kho sao lưu; nếu không chỉ rõ thì mọi kho trong cấu hình
help-repository-prune-max-unused = Được để thừa bao nhiêu phần trăm; 100 là không ghi lại gì, dùng khi đĩa đã đầy
help-repository-prune-gone = Bản sao lưu này đã bị nơi khác bỏ: giải phóng những gì chỉ bản này cần (ít nhất 8 chữ số của mã; có thể dùng nhiều lần)
help-repository-prune-dry-run = Cho biết sẽ xóa những gì; không thay đổi gì
help-repository-verify-as-of = Đọc kho sao lưu như tại thời điểm này (bucket có lưu phiên bản)
help-repository-doctor = Thử xem bucket thực hiện đúng những gì và khóa truy cập có quyền gì
more-repository-doctor = Ghi, khóa và ghi đè các đối tượng nhỏ riêng để thử. Điều không biết được sẽ báo là chưa chứng minh. Kết thúc với mã 0 khi không có gì sai, 1 khi có điều sai, 3 khi còn điều chưa chứng minh dù có thể, hoặc không có gì được khóa.
help-repository-doctor-name = Kho sao lưu; nếu không chỉ rõ thì mọi kho nằm trong bucket

help-key = Xem, thêm, bỏ và thay mật khẩu của các kho sao lưu
help-key-confirm = Ghi nhận rằng bản sao của mật khẩu được giữ ngoài máy này
more-key-confirm = Mất mật khẩu là mất kho sao lưu. Tình trạng giữ màu vàng cho đến khi có người xác nhận nơi giữ bản sao. Với --copy, bản sao đó được thử trên kho; chương trình không giữ lại.
help-key-confirm-repository = Kho sao lưu mà mật khẩu mở được
help-key-confirm-by = Người xác nhận: họ tên và chức vụ
help-key-confirm-place = Nơi giữ bản sao
help-key-confirm-copy = Tệp chứa bản sao, để thử trên kho
help-key-sheet = In mật khẩu của một kho ra phiếu giấy, hoặc thử phiếu đó
more-key-sheet = Phiếu có mã QR, mật khẩu chia thành nhóm với từ kiểm tra, và cách dùng khi không còn duphong. Ai có phiếu và bản sao của kho thì đọc được mọi dữ liệu: in xong hãy xóa tệp. Với --test, quét hoặc gõ lại từ giấy; chương trình mở kho bằng đúng những gì đọc được và không giữ lại.
help-key-sheet-repository = Kho sao lưu
help-key-sheet-out = Tệp PDF cần ghi; chỉ chủ sở hữu đọc được
help-key-sheet-test = Thử phiếu: quét hoặc gõ mật khẩu từ giấy

help-notice = Thử kênh thông báo và xem đã báo gì cho ai
help-notice-test = Gửi một thư thử qua từng kênh và cho biết kết quả của từng người nhận
more-notice-test = Thư thử không chứa cảnh báo nào và được ghi vào nhật ký kiểm toán. Có người nhận nào không nhận được thì lệnh kết thúc với mã 1.
help-notice-test-channel = Chỉ kênh này: mail hoặc tên của webhook
help-notice-list = Xem đã báo gì, khi nào, cho ai, kết quả ra sao
help-notice-list-last = Chỉ chừng này thư cuối

help-audit = Đọc, kiểm chứng và bàn giao nhật ký kiểm toán
help-audit-log = Xem các mục nhật ký
help-audit-log-verb = Chỉ các mục của lệnh này, ví dụ snapshot.create
help-audit-log-from = Số của mục đầu tiên cần xem
help-audit-log-last = Chỉ chừng này mục cuối
help-audit-verify = Chứng minh không có mục nào bị sửa, xóa hoặc đảo thứ tự
more-audit-verify = Nhật ký bị cắt phần cuối chỉ lộ ra khi so với một đầu nhật ký giữ ở nơi khác: hãy đưa vào bằng --anchor, hoặc cho lấy về bằng --anchors-from; không yêu cầu thì lệnh không lấy gì về. Các phiên bản bị giấu trong bucket cũng được đọc. Bản trích xuất chỉ được coi là hợp lệ khi có khóa hoặc mốc neo lấy từ nơi khác. Khi đưa vào hai bản trích xuất trở lên, chúng còn được đối chiếu với nhau.
help-audit-verify-exports = Bản trích xuất (tệp zip hoặc thư mục đã giải nén)
help-audit-verify-dir = Thư mục nhật ký hoặc bản trích xuất; nếu không chỉ rõ thì nhật ký của cấu hình
help-audit-verify-anchor = Tệp chứa đầu nhật ký đã giữ ở nơi khác, hoặc thư mang nó, đã lưu thành tệp; có thể lặp lại
help-audit-verify-anchors-from = Nơi giữ mốc neo cần lấy về để đối chiếu với nhật ký: tên trong cấu hình, hoặc bucket theo cách ghi của restic; có thể lặp lại
help-audit-verify-credentials-file = Tệp chứa khóa truy cập của bucket đó: mã khóa, rồi bí mật, mỗi thứ một dòng
help-audit-verify-region = Vùng (region) của bucket, nếu không phải us-east-1
help-audit-verify-authorities = Tệp PEM các cơ quan chứng thực được tin cho máy chủ của bucket, ngoài các cơ quan công khai
help-audit-verify-plain-http = Gọi máy chủ của bucket không qua TLS dù không phải chính máy này
help-audit-verify-key = Khóa công khai của nhật ký, hiện nay hoặc trước đây, hoặc dấu vân của khóa; nếu không có thì dùng khóa nằm cạnh nhật ký
help-audit-export = Xuất một phần nhật ký kèm bằng chứng để giao cho người khác
help-audit-export-out = Tệp zip mới cần ghi
help-audit-export-from = Số của mục đầu tiên; nếu không chỉ rõ thì mục đầu của nhật ký
help-audit-export-to = Số của mục cuối; nếu không chỉ rõ thì mục cuối của nhật ký
help-audit-anchor = Đưa đầu nhật ký đã ký ra nơi người có quyền trên máy này không sửa được
more-audit-anchor = Nếu không nêu tên thì gửi tới mọi nơi trong mục “audit: anchors:” của cấu hình, như tiến trình nền làm mỗi đêm một lần. Không gửi gì khi nhật ký chỉ mới thêm các mục về chính mốc neo. Với --out, đầu nhật ký được ghi ra tệp để tự mang đi giữ.
help-audit-anchor-names = Các nơi trong cấu hình; nếu không chỉ rõ thì mọi nơi
help-audit-anchor-dry-run = Chỉ cho biết cái gì sẽ được gửi đi đâu
help-audit-anchor-out = Tệp cần ghi

validate-no-incidents = cấu hình không có mục “incidents”: khi có sự cố sẽ không có địa chỉ nơi nhận báo cáo
validate-no-incidents-hint = Thêm mục này và sổ địa chỉ theo config/example.yaml.
validate-rules = không đọc được các quy định về sự cố: { $why }
validate-no-contact = sổ địa chỉ thiếu “{ $recipient }” ({ $name }), nơi nhận của { $duties } đối với { $portals }
validate-no-contact-hint = Thêm “{ $recipient }:” có “name”, “email” hoặc “address”, và “basis” là số, ngày văn bản cho địa chỉ đó.

# Khóa đối tượng trong bucket.
unhide-hidden = bị ẩn: { $object }
unhide-overwritten = bị ghi đè: { $object }
unhide-dry-run = Chưa thay đổi gì: đây là những gì sẽ được đưa trở lại.
unhide-done = Đã đưa trở lại { NUMBER($count) } đối tượng.
doctor-proven = ĐÃ CHỨNG MINH  
doctor-unproven = CHƯA CHỨNG MINH
doctor-refuted = KHÔNG ĐẠT      
doctor-no-bucket = Không có kho sao lưu nào trong cấu hình nằm trong bucket.
doctor-not-locked = chưa cấu hình: ai có khóa truy cập đều xóa được mọi thứ
doctor-beyond = Không phép thử nào cho thấy được: hệ thống lưu trữ giữ đúng những gì đã xác nhận, quản trị của hệ thống đó không xóa được, và đồng hồ của hệ thống đó không bị chỉnh nhanh lên.
doctor-unclear = Câu trả lời của máy chủ không cho biết có hay không: { $detail }
doctor-versions-kept = Nội dung bị ghi đè vẫn đọc lại được.
doctor-versions-none = Bucket không giữ phiên bản: những gì bị ghi đè hoặc xóa là mất.
doctor-versions-lost = Không đọc lại được nội dung đã bị ghi đè.
doctor-versions-suspended = Bucket chưa bật lưu phiên bản (versioning).
doctor-removal-refused = Khóa truy cập không có quyền xóa phiên bản (DeleteObjectVersion).
doctor-removal-done = Khóa truy cập có quyền xóa phiên bản (DeleteObjectVersion): hãy thu hồi quyền này.
doctor-lock-told = Đối tượng được khóa đúng chế độ và đúng thời hạn yêu cầu.
doctor-lock-none = Bucket không khóa được gì: bucket không được tạo với Object Lock.
doctor-lock-not-told = Máy chủ nhận khóa nhưng không cho biết khóa đúng như yêu cầu: máy chủ bỏ qua khóa, hoặc khóa truy cập thiếu quyền GetObjectRetention.
doctor-extended = Gia hạn được khóa đối tượng.
doctor-not-extended = Không gia hạn được khóa đối tượng: hãy cấp quyền PutObjectRetention, nếu không sẽ không lập được bản sao lưu nào.
doctor-shortening-refused = Không rút ngắn được khóa đối tượng.
doctor-shortening-done = Khóa đối tượng đã bị rút ngắn: khóa này không giữ được gì.
doctor-shortening-unclear = Không biết có rút ngắn được khóa đối tượng không, vì khóa truy cập này không đổi được khóa nào.
doctor-deletion-refused = Phiên bản đang khóa không bị xóa, dù khóa truy cập xóa được phiên bản khác.
doctor-deletion-done = Phiên bản đang khóa đã bị xóa: khóa này không giữ được gì.
doctor-deletion-unclear = Không thể thấy khóa từ chối việc xóa bằng một khóa truy cập không xóa được phiên bản nào, và đúng ra phải như vậy.
doctor-bypass-refused = Khóa truy cập không có quyền mở khóa governance (BypassGovernanceRetention).
doctor-bypass-done = Khóa truy cập có quyền mở khóa governance (BypassGovernanceRetention): hãy thu hồi quyền này.
doctor-lifecycle-refused = Khóa truy cập không có quyền đặt quy tắc cho phiên bản cũ (PutLifecycleConfiguration).
doctor-lifecycle-done = Khóa truy cập có quyền đặt quy tắc cho phiên bản cũ (PutLifecycleConfiguration): hãy thu hồi quyền này.
doctor-lifecycle-rules = Chưa thử quyền đặt quy tắc cho phiên bản cũ: bucket đã có quy tắc, thử sẽ thay thế chúng.
doctor-lifecycle-unknown = Chưa thử quyền đặt quy tắc cho phiên bản cũ: khóa truy cập không được xem đã có quy tắc nào. Cho phép đọc (GetLifecycleConfiguration) để biết.
doctor-clock-near = Đồng hồ máy chủ và máy này lệch nhau không quá { NUMBER($seconds) } giây.
doctor-clock-far = Đồng hồ máy chủ và máy này lệch nhau { NUMBER($seconds) } giây: hãy chỉnh đồng hồ máy này bằng NTP.
doctor-conditions-honored = Máy chủ từ chối thay thế đối tượng khi được yêu cầu như vậy.
doctor-conditions-ignored = Máy chủ không thực hiện ghi có điều kiện; không có gì phụ thuộc vào đó, nhưng hai bên cùng ghi một lúc chỉ được phân biệt nhờ phiên bản.
