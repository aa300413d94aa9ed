# Lỗi của nhật ký kiểm toán.
fault-audit-missing = không có nhật ký kiểm toán trong “{ $dir }”
    .hint = Hãy chạy `duphong init`, hoặc kiểm tra đường dẫn nhật ký trong cấu hình.
fault-audit-exists = trong “{ $dir }” đã có nhật ký kiểm toán
    .hint = Nhật ký không bao giờ bị ghi đè. Hãy chọn thư mục khác, hoặc dùng tiếp nhật ký đang có.
fault-audit-origin = “{ $origin }” không dùng làm tên nhật ký kiểm toán được
    .hint = Tên không chứa dấu cách và dấu cộng, dài tối đa 200 byte, ví dụ cong.example/duphong.
fault-audit-locked = nhật ký kiểm toán trong “{ $dir }” đang bị một tiến trình khác giữ
    .hint = Một lệnh duphong khác hoặc tiến trình nền đã giữ khóa mười giây. Dùng `fuser` để xem tiến trình nào và đĩa có bị treo không, rồi chạy lại lệnh.
fault-audit-unwritable = không ghi được nhật ký kiểm toán nên chưa thực hiện thao tác nào
    .hint = Hãy giải phóng dung lượng hoặc sửa quyền của thư mục nhật ký rồi chạy lại lệnh. Nếu mục nhật ký đã kịp ghi xuống đĩa, mục đó sẽ hiện là bị bỏ dở.
fault-audit-unreadable = không đọc được nhật ký kiểm toán
    .hint = Hãy chạy bằng người dùng sở hữu nhật ký và kiểm tra đĩa.
fault-audit-key = “{ $path }” không phải khóa ký của nhật ký kiểm toán này
    .hint = Hãy đưa đúng khóa trở lại từ bản sao. Không có khóa vẫn xác minh được nhật ký, và một nhật ký mới có thể nối tiếp.
fault-audit-head = dấu đầu của nhật ký kiểm toán trong “{ $dir }” bị thiếu hoặc không do khóa của nhật ký ký
    .hint = Không thay đổi gì trong thư mục. Hãy chạy `duphong audit verify` với một điểm neo và giữ một bản sao làm chứng cứ.
fault-audit-cut = nhật ký kiểm toán đã bị cắt: dấu đầu đã ký bao gồm { $head } mục, chỉ còn { $found } mục
    .hint = Không thay đổi gì trong thư mục, giữ một bản sao làm chứng cứ, và tìm các mục bị mất trong bản sao nhật ký ở các bản sao lưu.
fault-audit-changed = nhật ký kiểm toán đã bị sửa: { $size } mục đầu không phải là các mục đã được ký
    .hint = Không thay đổi gì trong thư mục, giữ một bản sao làm chứng cứ, rồi chạy `duphong audit verify` để biết mục nào.
fault-audit-damaged = mục { $seq } của nhật ký kiểm toán bị hỏng hoặc bị mất
    .hint = Không thay đổi gì trong thư mục. Hãy chạy `duphong audit verify` rồi đối chiếu với bản sao nhật ký ở các bản sao lưu.
fault-audit-tile = tệp băm “{ $path }” của nhật ký kiểm toán bị mất hoặc bị hỏng
    .hint = Hãy đưa tệp trở lại từ bản sao nhật ký trong một bản sao lưu, rồi chạy `duphong audit verify`.
fault-audit-too-large = mục nhật ký kiểm toán { $bytes } byte là quá lớn ({ $verb })
    .hint = Đây là lỗi của duphong; đề nghị thông báo cho nhóm phát triển.
fault-audit-not-an-anchor = “{ $path }” không phải điểm neo của nhật ký kiểm toán này
    .hint = Tệp được giữ nguyên. Hãy chọn đường dẫn khác, hoặc đúng điểm neo của nhật ký này.
fault-audit-anchor-contradicts = điểm neo “{ $path }” mâu thuẫn với nhật ký kiểm toán: nhật ký đã bị cắt hoặc bị viết lại
    .hint = Điểm neo được giữ nguyên vì đó là bằng chứng. Hãy sao lại điểm neo và thư mục nhật ký, rồi chạy `duphong audit verify --anchor`.
fault-audit-range = nhật ký kiểm toán không có các mục từ { $from } đến { $to }: chỉ có { $size } mục
    .hint = Các mục được đánh số từ 0; số cuối của khoảng không thuộc khoảng.
fault-audit-not-empty = “{ $dir }” không phải thư mục trống
    .hint = Bản trích xuất cần một thư mục riêng: hãy chọn đường dẫn mới.
fault-audit-output = không ghi được tệp bên ngoài nhật ký kiểm toán; bản thân nhật ký vẫn nguyên vẹn

# Những gì đã được sửa khi mở nhật ký.
audit-recovered-torn = Lần chạy trước dừng giữa chừng khi đang ghi một mục nhật ký kiểm toán: { $bytes } byte đã được để riêng trong thư mục “torn” và có một mục ghi nhận việc này.
audit-recovered-abandoned = Mục { $seq } ({ $verb }, { $subject }) đã được báo trước nhưng không có kết thúc; nay được ghi nhận là bị bỏ dở.

# Dấu đầu nhật ký.
audit-head = { $origin }: { $size } mục, gốc { $root }
