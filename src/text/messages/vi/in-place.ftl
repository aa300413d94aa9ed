# Đưa cổng đã phục hồi vào đúng chỗ của cổng đang chạy.
fault-in-place-link = “{ $path }” là một liên kết mềm
    .hint = Đổi chỗ sẽ thay chính liên kết và bỏ lại nơi nó trỏ tới. Hãy ghi thư mục hoặc tệp thật trong cấu hình.
fault-in-place-mount = “{ $path }” là điểm gắn ổ đĩa hoặc chứa điểm gắn: “{ $mount }”
    .hint = Không thể đổi chỗ một điểm gắn bằng cách đổi tên. Hãy tháo gắn, hoặc ghi một thư mục bên trong nó vào cấu hình.
fault-in-place-nested = “{ $inner }” nằm trong “{ $outer }”
    .hint = Không thể đổi chỗ riêng từng phần. Hãy phục hồi vào thư mục khác bằng “duphong restore” rồi chuyển bằng tay.
fault-in-place-lacks = bản sao lưu “{ $set }” thiếu “{ $source }” mà cổng đang có
    .hint = Chọn bản sao lưu có đủ các phần của cổng: xem “duphong snapshot show”. Phần cổng không còn dùng thì có thể bỏ khỏi cấu hình.
fault-in-place-command = cơ sở dữ liệu “{ $database }” chỉ được biết qua các lệnh nên không đổi tại chỗ được
    .hint = Phục hồi ra thư mục riêng, rồi nạp bằng “duphong restore --database { $database }=ĐÍCH --production CỔNG”.
fault-in-place-no-whole-set = không bản sao lưu nào có đủ các nguồn của cổng “{ $portal }”
    .hint = Bản sao lưu lấy làm chứng cứ không được tính. Xem “duphong snapshot list” rồi chỉ rõ một bản.
fault-in-place-other-portal = bản sao lưu “{ $set }” là của cổng “{ $found }”, không phải của “{ $wanted }”
    .hint = Xem “duphong snapshot list --portal { $wanted }”.
fault-in-place-taken = “{ $place }” đã có sẵn và không do lần chạy này tạo ra
    .hint = Nó được giữ nguyên. Hãy xem đó là gì, chuyển đi chỗ khác rồi thử lại.
fault-in-place-in-the-way = “{ $place }” xuất hiện đúng chỗ mà việc đổi chỗ cần để trống
    .hint = Ai đó hoặc một chương trình đã tạo ra giữa chừng. Hãy chuyển nó đi rồi làm tiếp hoặc quay lại; không có gì bị ghi đè.
fault-in-place-not-staged = “{ $part }” chưa được phục hồi trọn vẹn bên cạnh cổng đang chạy
    .hint = Phải làm “restore.stage” trước, cho cùng lần chạy và cùng bản sao lưu.
fault-in-place-lost = phần đã phục hồi của “{ $part }” không còn ở “{ $place }”
    .hint = Ai đó đã chuyển hoặc xóa nó, hoặc thay nó sau khi đổi chỗ. Hãy xác định bản nào là bản nào trước khi chuyển bất cứ thứ gì.
fault-in-place-half = “{ $part }” đang đổi chỗ dở dang: dữ liệu đang dùng đã đưa sang bên, chưa có gì thay vào
    .hint = Hãy kết thúc việc đổi chỗ trước, tiến hoặc lùi. Đến lúc đó bản đã phục hồi không bị xóa.
fault-in-place-too-long = bước “{ $step }” không xong trong { $seconds } giây
    .hint = Có thể thử lại, việc sẽ tiếp tục từ chỗ đang dở. Hãy đặt thời hạn dài hơn trong kịch bản.
