# Những gì lệnh status nói.
view-colour-green = XANH
view-colour-amber = VÀNG
view-colour-red = ĐỎ
view-no-set = kho “{ $repository }” chưa có bản sao lưu nào
view-set-too-old = bản sao lưu mới nhất trong “{ $repository }” đã { $hours } giờ; mục tiêu RPO là { $rpo } giờ
view-set-from-future = bản sao lưu mới nhất trong “{ $repository }” ghi thời điểm ở tương lai: có đồng hồ đã sai
view-snapshot-failed = lần sao lưu gần nhất thất bại ({ $code })
view-set-incomplete = bản sao lưu mới nhất thiếu { $count } mục không đọc được
view-never-drilled = chưa diễn tập lần nào: chưa chứng minh được là phục hồi được
view-drill-not-proven = lần diễn tập { $number } kết thúc là CHƯA CHỨNG MINH
view-drill-failed = lần diễn tập { $number } KHÔNG ĐẠT
view-no-password-copy = chưa ai xác nhận đã có bản chép mật khẩu ở nơi khác; chạy “duphong key confirm { $repository }”
view-never-verified = chưa lần nào kiểm tra toàn vẹn bằng cách đọc hết dữ liệu
view-damaged = lần kiểm tra toàn vẹn gần nhất thấy { $count } chỗ hỏng

# Sự cố.
view-incident-unreadable = không tiếp nhận được mục { $entry }: { $why }
view-incident-proposed = sự cố { $incident } mới được đề xuất, chưa ai xem xét; thời hạn ngắn nhất đã trôi qua { $percent } %
view-incident-duty-late = sự cố { $incident }: nghĩa vụ { $duty } đã QUÁ HẠN
view-incident-duties-open = sự cố { $incident }: nghĩa vụ còn mở: { $duties }
view-incident-duties-undetermined = sự cố { $incident }: cần xác định: { $duties }
view-incident-duties-sent = sự cố { $incident }: đã gửi, chờ xác nhận: { $duties }
view-incident-open = sự cố { $incident } đang mở; hiện không còn nghĩa vụ nào phải thực hiện
view-probe-never = phép giám sát “{ $probe }” chưa có kết luận lần nào: chưa biết cổng có hoạt động hay không
view-probe-unreadable = phép giám sát “{ $probe }”: chương trình này không đọc được bản ghi gần nhất
view-probe-down = phép giám sát “{ $probe }”: KHÔNG HOẠT ĐỘNG từ { $since }
view-probe-ipv4-only = phép giám sát “{ $probe }”: hoạt động qua IPv4, không hoạt động qua IPv6 từ { $since }
view-probe-ipv6-only = phép giám sát “{ $probe }”: hoạt động qua IPv6, không hoạt động qua IPv4 từ { $since }
view-probe-degraded = phép giám sát “{ $probe }”: suy giảm từ { $since }
view-probe-unknown = phép giám sát “{ $probe }”: không kiểm tra được từ { $since }
view-probe-flapping = phép giám sát “{ $probe }” chập chờn: kết luận đổi liên tục nên từng lần đổi không nói lên nhiều
