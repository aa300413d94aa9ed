# Giá trị trong kịch bản và tham số của kịch bản.
playbook-value-empty = không có giá trị
playbook-value-empty-hint = Hãy ghi giá trị.
playbook-value-lines = giá trị có dấu xuống dòng hoặc ký tự điều khiển khác
playbook-value-long = giá trị dài { $length } ký tự; cho phép nhiều nhất { $most }
playbook-value-number = “{ $value }” không phải số nguyên
playbook-value-number-hint = Chỉ ghi chữ số.
playbook-value-number-range = { $value } không nằm trong khoảng từ { NUMBER($least, useGrouping: "false") } đến { NUMBER($most, useGrouping: "false") }
playbook-value-duration = “{ $value }” không phải khoảng thời gian
playbook-value-duration-unit = khoảng thời gian “{ $value }” không có đơn vị
playbook-value-duration-hint = Ghi một số nguyên liền với đơn vị: 90s (giây), 30m (phút), 6h (giờ) hoặc 14d (ngày).
playbook-value-duration-range = { $value } không nằm trong khoảng từ { DURATION($least) } đến { DURATION($most) }
playbook-value-path = “{ $value }” không phải đường dẫn đầy đủ
playbook-value-path-hint = Bắt đầu bằng “/”, không có “..” và không có biến.
playbook-value-host = “{ $value }” không phải tên hay địa chỉ máy chủ
playbook-value-host-hint = Ghi tên như db1.example hoặc địa chỉ như 192.0.2.10, không kèm cổng mạng.
playbook-value-url = “{ $value }” không phải địa chỉ trang
playbook-value-url-hint = Ghi đầy đủ, như https://cong.example/.
playbook-value-url-secret = địa chỉ có tên người dùng hoặc mật khẩu
playbook-value-url-secret-hint = Xóa phần đứng trước và cả “@”.
playbook-value-dsn = không hiểu chuỗi kết nối
playbook-value-dsn-hint = Ghi như “host=db1.example dbname=portal user=duphong”, cho đúng một máy chủ.
playbook-value-dsn-password = chuỗi kết nối có mật khẩu
playbook-value-dsn-password-hint = Xóa đi và nêu một tệp ở “password-file”. Đổi mật khẩu nếu người khác có thể đã đọc tệp này.
playbook-value-dsn-database = chuỗi kết nối không nêu cơ sở dữ liệu
playbook-value-dsn-hosts = chuỗi kết nối nêu nhiều máy chủ
playbook-value-dsn-options = chuỗi kết nối đặt “options”, là phần duphong tự đặt
playbook-value-dsn-tls = chuỗi kết nối đòi TLS, mà phiên bản này chưa dùng được TLS với PostgreSQL
playbook-value-set = “{ $value }” không thể là bản sao lưu
playbook-value-set-hint = Ghi “latest”, hoặc mã của bản sao lưu, hoặc ít nhất bốn ký tự đầu của mã.
playbook-value-list = ở đây cần một văn bản, không phải danh sách
playbook-value-list-hint = Ghi không có ngoặc vuông.
playbook-value-line = “{ $value }” là một dòng lệnh cho shell, mà ở đây không có shell
playbook-value-line-hint = Ghi thành danh sách, chương trình và từng tham số riêng: [systemctl, stop, portal].
playbook-value-no-program = lệnh không có chương trình
playbook-value-program = chương trình “{ $value }” được ghi bằng đường dẫn tương đối
playbook-value-program-hint = Ghi đường dẫn đầy đủ, hoặc chỉ ghi tên chương trình.
playbook-value-parts = lệnh có { $count } phần; cho phép nhiều nhất { $most }

# Tham số của kế hoạch.
fault-playbook-inputs = tham số của kịch bản “{ $playbook }” có { $count } vấn đề
    .hint = Tham số được ghi trong cấu hình tại “portals.CỔNG.playbooks.{ $playbook }”, hoặc trên dòng lệnh; docs/formats/playbook.md liệt kê các kiểu.
playbook-input-unknown = kịch bản không có tham số “{ $name }”
playbook-input-unknown-hint = Các tham số: { $known }.
playbook-input-missing = thiếu tham số “{ $name }” ({ $type })
playbook-input-missing-hint = Ghi trong mục của cổng ở tệp cấu hình, hoặc trên dòng lệnh.
playbook-proof-same-program = việc cô lập ở bước “{ $step }” sẽ được chứng minh bằng chính chương trình của nó
playbook-proof-same-program-hint = Dùng chương trình khác làm bằng chứng: chương trình tự báo “xong” rồi tự trả lời đã xong thì không chứng minh được gì.

# Kế hoạch.
fault-playbook-survey = không lập được kế hoạch cho bước “{ $step }”
fault-playbook-unknown-set = không xác định được “{ $set }” của bước “{ $step }” là bản sao lưu nào
    .hint = Ghi mã đầy đủ của bản sao lưu; “duphong snapshot list” liệt kê các bản.
fault-playbook-plan-too-large = kế hoạch có { BYTES($size) }; giới hạn là { BYTES($limit) }
    .hint = Rút ngắn lệnh và văn bản, hoặc chia kịch bản: cả kế hoạch phải nằm gọn trong một mục nhật ký kiểm toán.
fault-playbook-plan-malformed = nội dung trong nhật ký kiểm toán không phải kế hoạch: { $detail }
    .hint = Không tiếp tục lần chạy này. Chạy “duphong audit verify”, rồi lập kế hoạch mới.
fault-playbook-plan-hash = kế hoạch trong nhật ký kiểm toán không khớp giá trị băm ghi cạnh nó
    .hint = Không tiếp tục lần chạy này. Chạy “duphong audit verify”, rồi lập kế hoạch mới.

# Tìm kịch bản.
fault-playbook-unknown = không có kịch bản “{ $id }”
    .hint = Hiện có: { $known }.
fault-playbook-shadows = “{ $path }” trùng tên với kịch bản đi kèm “{ $id }”
    .hint = Đổi tên tệp và “playbook:” trong đó: kịch bản riêng không được thay thế kịch bản đi kèm.
fault-playbook-unreadable = không đọc được các kịch bản
fault-playbook-problems = kịch bản “{ $path }” có { $count } vấn đề
    .hint = Sửa tất cả, rồi chạy “duphong playbook check”.
