# Lỗi của nơi lưu các đối tượng.
fault-store-name = “{ $name }” không thể dùng làm tên đối tượng
    .hint = Đây là lỗi của duphong; hãy báo lỗi kèm theo nhật ký.
fault-store-no-store = không có thư mục “{ $place }” để chứa kho sao lưu
    .hint = Kiểm tra đường dẫn và xem ổ đĩa đã được gắn chưa. Để tạo kho sao lưu mới, chạy “duphong init”.
fault-store-missing = thiếu đối tượng “{ $place }”
    .hint = Chạy “duphong repository verify” để biết mọi bản sao lưu cần đối tượng này, rồi phục hồi các bản đó từ kho sao lưu khác.
fault-store-already-exists = đối tượng “{ $place }” đã tồn tại với nội dung khác
    .hint = Có hai chương trình ghi cùng một tên, hoặc đối tượng đã hỏng. Không ghi thêm và hãy chạy “duphong repository verify”.
fault-store-out-of-range = đối tượng “{ $place }” chỉ có { $size } byte, không đủ { $length } byte tính từ vị trí { $offset }
    .hint = Đối tượng đã bị cắt ngắn. Chạy “duphong repository verify” để biết mọi bản sao lưu cần đối tượng này.
fault-store-too-large = đối tượng “{ $place }” có { $size } byte, lớn hơn mọi đối tượng được phép có trong kho sao lưu
    .hint = Đối tượng này không do duphong hay restic ghi. Hãy xác định ai đã thay đổi trước khi tiếp tục.
fault-store-full = không còn dung lượng để ghi “{ $place }”
    .hint = Giải phóng dung lượng hoặc tăng hạn mức rồi chạy lại lệnh; những gì đã ghi nhận là xong không bị mất.
fault-store-denied = không có quyền { $act ->
    [create] tạo
    [read] đọc
    [write] ghi
    [list] liệt kê
    [delete] xóa
   *[other] sử dụng
} “{ $place }”
    .hint = Với thư mục: hãy chạy bằng người dùng sở hữu kho sao lưu, hoặc sửa chủ sở hữu và quyền truy cập; kiểm tra xem ổ đĩa có bị gắn ở chế độ chỉ đọc không. Với vùng lưu trữ S3: khóa truy cập phải có quyền liệt kê, đọc, ghi và xóa ở đó.
fault-store-locked = “{ $place }” bị khóa đến { INSTANT($until) }, không thể xóa trước lúc đó
    .hint = Không có gì sai: khóa này để bảo vệ. Hãy chạy lại lệnh sau thời điểm đó.
fault-store-no-lock = bucket không khóa được “{ $place }”: { $detail }
    .hint = Cấu hình yêu cầu “object-lock”. Hãy nhờ quản trị hệ thống lưu trữ tạo bucket có Object Lock, rồi chạy “duphong repository doctor”.
fault-store-no-versions = “{ $place }” không giữ các phiên bản của đối tượng nên không đọc lại được quá khứ
    .hint = Chỉ kho sao lưu trong bucket có lưu phiên bản (versioning) mới đọc lại được như tại một thời điểm.
fault-store-unreachable = nơi lưu “{ $place }” không trả lời
    .hint = Kiểm tra xem ổ đĩa còn được gắn hay mạng còn hoạt động không, rồi chạy lại lệnh.
fault-store-no-bucket = máy chủ không có vùng lưu trữ (bucket) cho “{ $place }”
    .hint = Kiểm tra endpoint và bucket trong cấu hình. duphong không tự tạo bucket: hãy nhờ quản trị hệ thống lưu trữ tạo.
fault-store-connection = không có câu trả lời cho “{ $place }”: { $detail }
    .hint = Đã thử nhiều lần. Kiểm tra mạng và máy chủ rồi chạy lại lệnh; những gì đã ghi nhận là xong không bị mất.
fault-store-busy = máy chủ hiện không phục vụ được “{ $place }”: { $detail }
    .hint = Đã thử nhiều lần. Hãy chạy lại lệnh sau; nếu vẫn vậy, chuyển nguyên văn câu trên cho quản trị hệ thống lưu trữ.
fault-store-key-refused = máy chủ không chấp nhận khóa truy cập cho “{ $place }”
    .hint = Kiểm tra tệp khóa truy cập: dòng đầu là mã khóa, dòng hai là bí mật.
fault-store-region = bucket “{ $place }” thuộc vùng (region) khác: { $detail }
    .hint = Câu trả lời của máy chủ nêu vùng đúng: ghi vùng đó vào “region”, và kiểm tra “endpoint”.
fault-store-clock = đồng hồ của máy này và của máy chủ lệch nhau hơn { $minutes } phút nên máy chủ từ chối “{ $place }”
    .hint = Chỉnh lại đồng hồ của máy này, tốt nhất bằng NTP.
fault-store-altered = “{ $place }” bị thay đổi trên đường tới máy chủ và máy chủ đã từ chối
    .hint = Bộ nhớ, card mạng hoặc máy chủ trung gian trên đường làm sai dữ liệu. Hãy tìm ra nguyên nhân trước khi tiếp tục gửi bản sao lưu qua đường này.
fault-store-tls = không có kết nối tin cậy cho “{ $place }”
    .hint = Kiểm tra endpoint; nếu máy chủ dùng cơ quan chứng thực riêng, ghi tệp chứng thư của cơ quan đó vào “authorities”.
fault-store-unexpected = câu trả lời của máy chủ không hợp lệ khi { $act ->
    [create] tạo
    [read] đọc
    [write] ghi
    [list] liệt kê
    [delete] xóa
   *[other] sử dụng
} “{ $place }”: { $detail }
    .hint = Kiểm tra endpoint, region và path-style trong cấu hình: đây có phải máy chủ S3 và bucket này có trên đó không?
fault-store-stopped = đã dừng khi máy chủ của “{ $place }” chưa trả lời
    .hint = Chạy lại lệnh khi cần; những gì đã ghi nhận là xong không bị mất.
fault-store-io = không thể { $act ->
    [create] tạo
    [read] đọc
    [write] ghi
    [list] liệt kê
    [delete] xóa
   *[other] sử dụng
} “{ $place }”
    .hint = Xem nhật ký hệ thống có lỗi của ổ đĩa này không. Nếu có, hãy chép ngay kho sao lưu sang ổ đĩa khác.
