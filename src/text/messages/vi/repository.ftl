# Các giai đoạn khi lập bản sao lưu.
phase-set-open = Đọc chỉ mục
phase-set-read = Đọc các nguồn dữ liệu
phase-object-lock = Gia hạn khóa đối tượng
phase-set-finish = Hoàn tất bản sao lưu

# Lỗi của kho sao lưu.
fault-repository-missing = không có kho sao lưu tại “{ $place }”
    .hint = Kiểm tra đường dẫn trong cấu hình và ổ đĩa đã được gắn chưa. Để tạo kho mới tại đó, chạy: duphong repository init
fault-repository-exists = đã có kho sao lưu tại “{ $place }”
    .hint = Để dùng kho này, hãy khai báo mật khẩu của kho. Để tạo kho mới, hãy chọn đường dẫn khác; không có gì bị ghi đè.
fault-repository-config-lost = kho sao lưu tại “{ $place }” đã mất đối tượng “config”
    .hint = Không tạo kho mới tại đây. Hãy chép “config” từ một bản sao khác của kho, rồi chạy: duphong repository verify
fault-repository-wrong-key = mật khẩu không mở được khóa nào trong { $keys } khóa của kho sao lưu tại “{ $place }”
    .hint = Kiểm tra tệp mật khẩu. Nếu mật khẩu đã đổi, hãy dùng mật khẩu mới; không có mật khẩu hợp lệ thì không ai đọc được kho này.
fault-repository-too-many-keys = mật khẩu không mở được tệp khóa nào trong { $tried } tệp đã thử, trên tổng số { $keys } của kho sao lưu tại “{ $place }”; thử hết thì tốn quá nhiều
    .hint = Có thể ai đó đã đặt tệp khóa vào để ngăn mở kho. Hãy so “keys” với một bản sao khác của kho và lấy đi những gì không thuộc về đó.
fault-repository-version = kho sao lưu dùng định dạng phiên bản { $version }, chương trình này không hỗ trợ
    .hint = Kho phiên bản 1 được chuyển đổi bằng lệnh: restic migrate upgrade_repo_v2
fault-repository-damaged = đối tượng “{ $object }” bị hỏng: { $reason }
    .hint = Hãy chép đối tượng này từ một bản sao khác của kho, rồi chạy: duphong repository verify
fault-repository-self-check = dữ liệu vừa chuẩn bị không đọc lại được ({ $reason }); phần này chưa được lưu
    .hint = Nguyên nhân thường gặp nhất là bộ nhớ máy bị lỗi. Hãy kiểm tra bộ nhớ của máy này trước khi tiếp tục sử dụng.
fault-repository-locked = kho sao lưu bị khóa từ { INSTANT($since) } bởi tiến trình { $pid } của “{ $user }” trên máy “{ $host }”
    .hint = Hãy chờ tiến trình đó kết thúc. Khóa của tiến trình không còn chạy sẽ tự được gỡ: ngay lập tức nếu cùng máy, sau 30 phút nếu khác máy.
fault-repository-lock-lost = đã mất khóa của kho sao lưu; lần gia hạn cuối lúc { INSTANT($since) }
    .hint = Máy đã tạm ngủ, đồng hồ bị chỉnh, hoặc không kết nối được tới kho trong thời gian dài. Hãy chạy lại lệnh; dữ liệu đã lưu sẽ được dùng lại.
fault-repository-overtaken = trong lúc đó một chương trình khác đã thay tệp chỉ mục “{ $object }”; chưa xóa gì
    .hint = Chạy lại lệnh này. Nếu thường gặp, chỉ dọn kho từ một nơi.
fault-repository-no-sets = kho sao lưu “{ $place }” có dữ liệu mà không có bản sao lưu nào: không xóa gì
    .hint = Các bản sao lưu đã bị chương trình khác bỏ, hoặc không thấy được danh sách. Nếu mất thư mục “snapshots”, hãy đưa trở lại; nếu không còn cần gì trong kho, hãy xóa chính kho đó.
fault-repository-no-snapshot = không có bản sao lưu nào có mã bắt đầu bằng “{ $prefix }”
    .hint = Để xem danh sách bản sao lưu, chạy: duphong snapshot list
fault-repository-ambiguous-snapshot = có { $count } bản sao lưu có mã bắt đầu bằng “{ $prefix }”
    .hint = Hãy nhập thêm chữ số của mã.
fault-repository-blob-unknown = chỉ mục không có khối dữ liệu “{ $id }”
    .hint = Có thể đã mất một tệp chỉ mục. Hãy chạy: duphong repository verify
fault-repository-blob-damaged = khối dữ liệu “{ $id }” trong gói “{ $pack }” bị hỏng: { $reason }
    .hint = Hãy chép gói này từ một bản sao khác của kho. Để biết những gì khác bị ảnh hưởng, chạy: duphong repository verify
fault-repository-set-path = “{ $path }” không thể là đường dẫn trong bản sao lưu này: { $reason }
fault-repository-pattern = “{ $pattern }” không phải là mẫu hợp lệ: { $reason }
    .hint = “*” thay cho các ký tự bất kỳ trừ “/”, “**” thay cho mọi ký tự, “?” thay cho một ký tự. Tên không có “/” được loại trừ ở mọi cấp thư mục.
fault-repository-root = không đọc được thư mục “{ $path }”: { $reason }
    .hint = Kiểm tra đường dẫn trong cấu hình, ổ đĩa đã được gắn chưa và quyền của người dùng chạy duphong.
fault-repository-stream = việc đọc dữ liệu cho “{ $path }” bị gián đoạn: { $reason }
fault-repository-written = không ghi được dữ liệu đã đọc: { $reason }
fault-repository-segment-name = “{ $name }” không thể là tên của nhật ký giao dịch
    .hint = Tên chỉ gồm chữ cái không dấu, chữ số, “-”, “_” và “.”, nhiều nhất 48 ký tự.
fault-repository-segment-differs = tệp nhật ký “{ $file }” đã được lưu với nội dung khác, kể từ byte { $at }: không ghi đè
    .hint = Có hai máy chủ cơ sở dữ liệu cùng ghi vào một dòng nhật ký, hoặc tệp này đã bị sửa. Hãy kiểm tra xem máy chủ nào là máy chính; nếu máy kia được tạo từ bản sao, hãy tắt lưu nhật ký trên máy đó.
fault-repository-segment-hole = tệp nhật ký “{ $file }” chỉ được lưu đến byte { $reach }, nhưng dữ liệu gửi đến bắt đầu từ byte { $from }
    .hint = Hãy gửi lại tệp này từ đầu.
fault-repository-segment-too-long = tệp nhật ký “{ $file }” quá dài, không lưu được
fault-repository-thread = hệ thống không cho tạo luồng xử lý: { $reason }
    .hint = Kiểm tra các giới hạn của người dùng này (số tiến trình, bộ nhớ) rồi chạy lại lệnh.
fault-repository-cancelled = đã dừng theo yêu cầu; những gì đã báo là xong không bị mất
    .hint = Hãy chạy lại lệnh: phần đã lưu sẽ không phải gửi lại.
fault-repository-given-up = bản sao lưu đã bị hủy do lỗi xảy ra trước đó
fault-repository-bug = lỗi của bộ máy sao lưu: { $what }
    .hint = Đề nghị gửi báo cáo kèm nhật ký. Các bản sao lưu hiện có không bị ảnh hưởng.

# Các giai đoạn phục hồi, xem và kiểm tra.
phase-restore-plan = Đọc danh sách cần phục hồi
phase-restore-examine = So sánh với phần đã có
phase-restore-content = Phục hồi nội dung
phase-restore-verify = Đọc lại những gì đã phục hồi
phase-restore-metadata = Đặt chủ sở hữu, quyền và thời gian
phase-cat = Đọc tệp
phase-verify-structure = Kiểm tra cấu trúc
phase-verify-data = Kiểm tra toàn bộ dữ liệu
phase-verify-impact = Xác định phạm vi ảnh hưởng của hư hỏng
phase-repair-index = Đang đối chiếu chỉ mục với các gói
phase-repair-headers = Đang đọc phần đầu của các gói
phase-repair-packs = Đang đọc các gói
phase-repair-save = Đang ghi lại những gì còn nguyên
phase-stats-find = Đang đọc các bản sao lưu và chỉ mục
phase-stats-count = Đang đếm các thư mục
phase-copy-find = Đang tìm những gì kho kia còn thiếu
phase-copy = Đang sao chép bản sao lưu
phase-prune-find = Đang tìm những gì các bản sao lưu cần
phase-prune-repack = Đang ghi lại những gì còn cần
phase-prune-remove = Đang xóa những gì không bản nào cần
phase-unlock-watch = Đang theo dõi các khóa làm việc cũ

# Lỗi khi phục hồi.
fault-restore-not-empty = thư mục “{ $target }” không trống
    .hint = Hãy phục hồi vào thư mục mới hoặc thư mục trống. Để phục hồi đè lên những gì đang có, thêm --overwrite kèm quy tắc và xem trước bằng --dry-run.
fault-restore-unfinished = thư mục “{ $target }” chứa lần phục hồi chưa xong của bản sao lưu “{ $set }”
    .hint = Để tiếp tục, chạy lại lệnh với --resume. Để làm lại từ đầu, hãy chọn thư mục khác hoặc xóa thư mục này.
fault-restore-other-set = thư mục “{ $target }” chứa lần phục hồi chưa xong của bản sao lưu “{ $found }”, không phải của “{ $wanted }”
    .hint = Hãy hoàn tất lần phục hồi đó với --resume, hoặc chọn thư mục khác.
fault-restore-other-options = lần phục hồi chưa xong trong “{ $target }” đã bắt đầu với các tùy chọn khác
    .hint = Hãy tiếp tục với các tùy chọn ban đầu: { $begun }
fault-restore-in-the-way = “{ $path }” chắn chỗ: là thư mục ở chỗ của thứ khác, hoặc là thứ khác ở chỗ của thư mục
    .hint = Hãy chuyển nó đi rồi phục hồi lại, hoặc thêm --delete: khi đó nó bị xóa cùng mọi thứ bên trong.
fault-restore-link-in-the-way = “{ $path }” là liên kết tượng trưng ở chỗ của một thư mục trong bản sao lưu; liên kết này không được đi theo
    .hint = Hãy phục hồi vào thư mục mà nó trỏ đến, hoặc chuyển liên kết đi. Với --delete thì chính liên kết bị xóa, không phải nơi nó trỏ đến.
fault-restore-length = khối dữ liệu “{ $id }” có độ dài khác với chỉ mục
    .hint = Hãy chạy “duphong repository verify --read-data” và phục hồi tệp này từ kho khác.
fault-restore-differs = “{ $path }” khi đọc lại có nội dung khác với bản sao lưu
    .hint = Ổ đĩa có thể đang hỏng: hãy xem “dmesg” và SMART. Với --overwrite if-changed, tệp này đã không được đọc trước đó; hãy phục hồi lại với --overwrite always.
fault-restore-no-such-path = bản sao lưu không có gì tại “{ $path }”
    .hint = Để xem nội dung bản sao lưu, chạy: duphong snapshot ls
fault-restore-too-many-entries = bản sao lưu có hơn { $most } tệp và thư mục
    .hint = Hãy phục hồi từng phần với --only.
fault-restore-incomplete = { $count } đường dẫn của bản sao lưu không phục hồi được; mọi phần khác đã được phục hồi
    .hint = Báo cáo nêu từng đường dẫn và lý do. Tệp chỉ có một phần nội dung mang đuôi “.duphong-incomplete”. Hãy phục hồi các đường dẫn này từ bản sao lưu khác hoặc từ một bản sao khác của kho.
fault-restore-cancelled = đã dừng theo yêu cầu; phần đã phục hồi được giữ nguyên
    .hint = Để tiếp tục, chạy lại lệnh với --resume.

# Những gì ngoài nội dung mà việc phục hồi không đưa lại được.
restore-warning-kind = thiết bị, socket hoặc tệp không rõ loại không được phục hồi
restore-warning-owners = chủ sở hữu không được phục hồi vì chỉ root mới có quyền gán; các bit setuid và setgid được bỏ đi
restore-warning-owner = không đặt được chủ sở hữu: { $reason }
restore-warning-attribute = không đặt được thuộc tính mở rộng “{ $attribute }”: { $reason }
restore-warning-mode = không đặt được quyền truy cập: { $reason }
restore-warning-time = không đặt được thời gian: { $reason }
restore-warning-undeleted = không xóa được: { $reason }
restore-warning-spared = { $count } đường dẫn mà bản sao lưu không có đã không bị xóa, vì bản sao lưu bị thiếu một phần

# Lỗi khi xem bản sao lưu.
fault-browse-no-such-path = bản sao lưu không có gì tại “{ $path }”
    .hint = Để xem nội dung bản sao lưu, chạy: duphong snapshot ls
fault-browse-not-a-file = “{ $path }” không phải là tệp thường
    .hint = Chỉ tệp thường mới có nội dung. Với thư mục, chạy: duphong snapshot ls
fault-browse-output = không ghi ra được nội dung của “{ $path }”: { $reason }
fault-browse-cancelled = đã dừng theo yêu cầu

# Hư hỏng được phát hiện khi kiểm tra.
verify-damage-key = không đọc được tệp khóa “{ $object }”: { $reason }
verify-damage-snapshot = không đọc được bản sao lưu “{ $object }”: { $reason }
verify-damage-index = không đọc được tệp chỉ mục “{ $object }”: { $reason }
verify-damage-not-indexed = các bản sao lưu cần dữ liệu mà không tệp chỉ mục nào trong “{ $object }” liệt kê, trước hết là khối { $reason }; “duphong repository repair KHO --index” tìm lại những gì còn trong các gói
verify-damage-pack-missing = thiếu gói “{ $object }”
verify-damage-pack-length = gói “{ $object }” sai độ dài: { $reason }
verify-damage-pack-unreadable = không đọc được gói “{ $object }”: { $reason }
verify-damage-pack-content = nội dung gói “{ $object }” bị hỏng: { $reason }
verify-damage-index-mismatch = chỉ mục mô tả gói “{ $object }” khác với chính gói đó: { $reason }
verify-damage-tree = một thư mục trong gói “{ $object }” không hợp lệ: { $reason }
verify-damage-segment = đoạn nhật ký giao dịch “{ $object }” không đọc được trọn vẹn: { $reason }; không phục hồi được qua chỗ này

# Vì sao một khóa làm việc được gỡ hay phải giữ.
lock-process-gone = tiến trình giữ khóa chạy trên máy này và không còn nữa
lock-unrefreshed = đã hơn 30 phút không ai gia hạn
lock-running = tiến trình giữ khóa đang chạy trên máy này
lock-elsewhere = khóa của máy khác, mới được gia hạn chưa quá 30 phút
lock-misdated = đồng hồ của máy giữ khóa hoặc của máy này bị sai: hãy chỉnh lại rồi chạy lại lệnh này
