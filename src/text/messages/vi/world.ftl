# Lỗi về tệp và tiến trình.
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
