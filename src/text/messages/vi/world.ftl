# Lỗi về tệp, tiến trình và mạng.
fault-file-io = không thực hiện được thao tác “{ $act }” với “{ $path }”
fault-file-disk-full = không thực hiện được thao tác “{ $act }” với “{ $path }”: đĩa đã đầy
    .hint = Giải phóng dung lượng trên hệ thống tệp này rồi chạy lại lệnh; những gì đã ghi nhận là xong không bị mất.
fault-file-missing = không thực hiện được thao tác “{ $act }” với “{ $path }”: không tồn tại
fault-file-denied = không thực hiện được thao tác “{ $act }” với “{ $path }”: không có quyền
    .hint = Hãy chạy bằng người dùng sở hữu tệp, hoặc sửa chủ sở hữu và quyền truy cập.
fault-file-locked = “{ $path }” đang bị một tiến trình khác khóa
    .hint = Một lệnh duphong khác hoặc tiến trình nền đang chạy; hãy chờ đến khi xong.
fault-process-missing = không tìm thấy chương trình “{ $program }”
    .hint = Hãy cài đặt chương trình, hoặc ghi đường dẫn đầy đủ trong cấu hình.
fault-process-start = không khởi động được “{ $program }”
fault-process-read = không đọc được kết quả của “{ $program }”
fault-process-failed = “{ $program }” thất bại ({ $status }): { $stderr }
fault-process-timed-out = “{ $program }” không kết thúc trong { $seconds } giây nên đã bị dừng
fault-process-stopped = “{ $program }” đã bị dừng theo yêu cầu
fault-process-silent = “{ $program }” không đọc, không ghi thêm gì trong { $seconds } giây nên đã bị dừng
    .hint = Chạy thử lệnh bằng tay để xem nó đang chờ gì (mật khẩu, khóa, mạng). Nếu lệnh im lặng lâu là bình thường, hãy tăng “silence” trong cấu hình.
fault-process-ours = không chuyển tiếp được dữ liệu của “{ $program }”
fault-process-unread = “{ $program }” kết thúc mà không đọc hết dữ liệu được chuyển vào
    .hint = Lệnh nạp phải đọc dữ liệu từ đầu vào chuẩn cho đến hết. Nơi nhận có thể đang chứa một phần dữ liệu.
fault-process-behind = “{ $program }” kết thúc khi chương trình mà nó khởi động vẫn còn chạy: { $processes }
    .hint = Các chương trình đó đã bị dừng và không có gì của lần chạy này được giữ lại. Chương trình phải chờ chúng kết thúc (“wait”); dịch vụ cần chạy tiếp thì khởi động bằng trình quản lý dịch vụ.
fault-process-left = “{ $program }” thất bại ({ $reason }) và để lại tiến trình không dừng được
    .hint = Tìm các tiến trình này bằng “ps” rồi dừng chúng trước lần chạy sau.
fault-net-no-resolvers = không có máy chủ tên miền nào để hỏi: { $detail }
    .hint = Hãy khai báo ít nhất một máy chủ tại “network.resolvers”, hoặc trong /etc/resolv.conf.

# Thư điện tử.
fault-mail-bad-address = “{ $address }” không phải là địa chỉ thư điện tử
    .hint = Ghi dạng “an@example.vn” hoặc “Nguyễn Văn An <an@example.vn>”; phần địa chỉ chỉ gồm chữ không dấu.
fault-mail-bad-header = { $field ->
    [subject] tiêu đề thư có dấu xuống dòng hoặc ký tự điều khiển, hoặc quá dài
    [attachment] tên tệp đính kèm có ký tự không được phép
    [media-type] loại nội dung của tệp đính kèm không hợp lệ
   *[id] mã của thư có ký tự không được phép
}
fault-mail-bad-letter = không soạn được thư: { $detail }
fault-mail-too-large = thư nặng { BYTES($bytes) }, tối đa được { BYTES($max) }
    .hint = Bớt hoặc thu nhỏ tệp đính kèm, hoặc xin tăng giới hạn của máy chủ thư.
fault-mail-setup = chưa thể kết nối máy chủ thư
fault-mail-bad-host = “{ $host }” không phải là tên máy chủ
    .hint = Sửa mục “notices.smtp.host” trong cấu hình.
fault-mail-no-address = không tìm thấy địa chỉ của máy chủ thư “{ $host }”
    .hint = Kiểm tra tên máy chủ trong cấu hình và dịch vụ DNS của máy này.
fault-mail-unreachable = không kết nối được máy chủ thư “{ $host }” cổng { NUMBER($port, useGrouping: "false") }
    .hint = Kiểm tra máy chủ thư có đang chạy không và tường lửa có cho máy này đi ra cổng đó không.
fault-mail-no-starttls = máy chủ thư “{ $host }” không hỗ trợ STARTTLS; duphong không gửi gì khi chưa mã hóa
    .hint = Bật STARTTLS trên máy chủ, hoặc dùng cổng 465 với “security: tls”.
fault-mail-tls = không lập được kết nối an toàn với máy chủ thư “{ $host }”
fault-mail-no-login = máy chủ thư “{ $host }” không cho đăng nhập bằng mật khẩu
    .hint = Kiểm tra cổng (thường là 587 hoặc 465), hoặc bỏ mục “user” nếu máy chủ không cần đăng nhập.
fault-mail-wrong-login = máy chủ thư không chấp nhận tài khoản hoặc mật khẩu ({ $code } { $answer })
    .hint = Kiểm tra tài khoản và tệp mật khẩu của mục “notices.smtp”.
fault-mail-refused = máy chủ thư từ chối khi { $phase ->
    [greeting] bắt đầu
    [hello] chào hỏi
    [starttls] chuyển sang TLS
    [login] đăng nhập
    [sender] nhận người gửi
    [recipient] nhận người nhận
    [data] xin chuyển thư
   *[letter] nhận nội dung thư
}: { $code } { $answer }
    .hint = Đọc câu trả lời của máy chủ; nếu từ chối người nhận thì kiểm tra lại địa chỉ.
fault-mail-deferred = máy chủ thư hẹn lại khi { $phase ->
    [greeting] bắt đầu
    [hello] chào hỏi
    [starttls] chuyển sang TLS
    [login] đăng nhập
    [sender] nhận người gửi
    [recipient] nhận người nhận
    [data] xin chuyển thư
   *[letter] nhận nội dung thư
}: { $code } { $answer }
    .hint = Máy chủ tạm thời chưa nhận; hãy gửi lại sau.
fault-mail-timed-out = máy chủ thư không làm xong trong { $seconds } giây; dừng lại khi { $phase ->
    [resolve] tìm địa chỉ
    [connect] kết nối
    [handshake] bắt tay TLS
    [greeting] chờ lời chào
    [hello] chào hỏi
    [starttls] chuyển sang TLS
    [login] đăng nhập
    [sender] nêu người gửi
    [recipient] nêu người nhận
    [data] xin chuyển thư
   *[letter] chuyển nội dung thư
}
    .hint = Kiểm tra đường mạng và tường lửa đến máy chủ thư; nếu máy chủ chậm thì tăng mục “timeout”.
fault-mail-broken = kết nối với máy chủ thư bị đứt khi { $phase ->
    [handshake] bắt tay TLS
    [greeting] chờ lời chào
    [hello] chào hỏi
    [starttls] chuyển sang TLS
    [login] đăng nhập
    [sender] nêu người gửi
    [recipient] nêu người nhận
    [data] xin chuyển thư
   *[letter] chuyển nội dung thư
}
fault-mail-not-smtp = bên kia không trả lời như một máy chủ thư ({ $phase }: { $detail })
    .hint = Kiểm tra tên máy chủ, cổng và mục “security”: “tls” thường đi với cổng 465, “starttls” với cổng 587.
fault-mail-unknown = thư đã chuyển hết nhưng không có câu trả lời: chưa biết có đến nơi hay không
    .hint = Hỏi người nhận hoặc quản trị máy chủ thư trước khi gửi lại; thư gửi lại mang cùng mã Message-ID.

# Kết nối TLS.
fault-tls-authorities = “{ $path }” không phải là tệp chứng thư gốc dùng được: { $detail }
    .hint = Cần tệp PEM chứa chứng thư của tổ chức cấp chứng thư.
fault-tls-unavailable = không dùng được TLS: { $detail }
fault-tls-expired = chứng thư của máy chủ đã hết hạn
    .hint = Báo quản trị máy chủ gia hạn chứng thư; đồng thời kiểm tra đồng hồ của máy này.
fault-tls-not-yet-valid = chứng thư của máy chủ chưa đến ngày có hiệu lực
    .hint = Kiểm tra đồng hồ của máy này.
fault-tls-unknown-issuer = chứng thư của máy chủ không do tổ chức đáng tin cậy nào cấp
    .hint = Nếu cơ quan có tổ chức cấp chứng thư riêng, hãy ghi tệp chứng thư gốc của tổ chức đó vào mục “authorities”.
fault-tls-wrong-name = chứng thư của máy chủ không cấp cho tên này
    .hint = Ghi trong cấu hình đúng tên có trong chứng thư; nếu tên đã đúng thì có thể đang bị nối nhầm máy.
fault-tls-certificate = chứng thư của máy chủ không hợp lệ: { $detail }
fault-tls-handshake = bắt tay TLS không thành công: { $detail }
    .hint = Kiểm tra cổng và mục “security”: bên kia có thể không dùng TLS hoặc chỉ có phiên bản quá cũ.

# Webhook.
fault-webhook-bad-url = “{ $url }” không dùng làm webhook được: { $reason ->
    [password] địa chỉ có chứa mật khẩu
    [clear] http:// chỉ được dùng trong chính máy này
   *[form] không phải là địa chỉ https://
}
    .hint = Dùng địa chỉ https://; khóa ký đặt trong tệp bí mật riêng, không đặt trong địa chỉ.
fault-webhook-setup = chưa thể gọi webhook
fault-webhook-tls = không lập được kết nối an toàn với webhook
fault-webhook-unreachable = không kết nối được webhook: { $detail }
    .hint = Kiểm tra địa chỉ, DNS và tường lửa của máy này.
fault-webhook-timed-out = không kết nối được webhook trong { $seconds } giây
    .hint = Kiểm tra địa chỉ, DNS và tường lửa của máy này.
fault-webhook-redirected = webhook chuyển hướng đi nơi khác ({ $status }); duphong không đi theo
    .hint = Ghi thẳng địa chỉ cuối cùng vào cấu hình.
fault-webhook-refused = webhook từ chối ({ $status }): { $answer }
    .hint = Kiểm tra địa chỉ và khóa ký đã thống nhất với bên nhận.
fault-webhook-unknown = đã kết nối webhook nhưng không có câu trả lời: { $detail }
    .hint = Bên nhận có thể đã nhận được; tin gửi lại mang cùng mã trong X-Duphong-Id.
