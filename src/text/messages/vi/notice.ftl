# Thông báo cho người trực.
fault-notice-no-channel = cấu hình chưa có kênh thông báo nào
    .hint = Thêm mục “notices” (thư điện tử hoặc webhook) vào cấu hình rồi chạy “duphong notice test”.
fault-notice-unknown-channel = không có kênh thông báo “{ $channel }”
    .hint = Các kênh trong cấu hình: { $known }.

# Kết quả gửi.
notice-arrival-accepted = đã nhận
notice-arrival-not-sent = CHƯA GỬI ĐƯỢC
notice-arrival-unknown = KHÔNG RÕ đã đến hay chưa
notice-arrival-on-the-way = đang gửi

# Điều mới.
notice-news-new = MỚI
notice-news-worse = NẶNG HƠN
notice-news-again = VẪN CÒN
notice-news-over = ĐÃ HẾT
notice-news-passed = ĐÃ XẢY RA VÀ ĐÃ HẾT
notice-news-once = VỪA XẢY RA

# Thư.
notice-subject = [{ $site }] { $colour }: { $subject }: { $words }{ $more ->
    [0] { "" }
   *[other] { " " }(và { $more } việc khác)
}
notice-subject-over = [{ $site }] { $colour }: đã hết: { $subject }: { $words }{ $more ->
    [0] { "" }
   *[other] { " " }(và { $more } việc khác)
}
notice-subject-test = [{ $site }] Thư thử: kênh thông báo của duphong hoạt động
notice-head = { $site } – { $at }
notice-test-body = Đây là thư thử do người quản trị yêu cầu. Nếu đọc được thư này thì cảnh báo thật cũng sẽ đến đây.
notice-item = { $colour } · { $news } · { $subject }: { $words }
notice-since = Từ: { $at }
notice-advice = Việc cần làm: { $words }
notice-look = Xem thêm: { $command }
notice-more = Còn { $count } việc nữa, sẽ gửi trong thư sau.
notice-held = { $count } việc trong thư này đã phải chờ, vì trước đó chưa gửi được hoặc đã gửi quá nhiều thư trong một giờ.
notice-foot = Thư do duphong tự động gửi. Mã thư: { $id }
notice-duty-reminder =
    { $percent ->
        [100] ĐẾN HẠN: sự cố { $incident }, nghĩa vụ { $duty }
       *[other] sự cố { $incident }, nghĩa vụ { $duty }: đã qua { $percent } % thời hạn
    }{ $recipient ->
        [none] { "" }
       *[other] { ", " }nơi nhận { $recipient }
    }{ $due ->
        [none] { "" }
       *[other] ; hạn { $due }
    }
notice-drill-work =
    { $percent ->
        [100] ĐẾN HẠN: việc khắc phục sau lần diễn tập { $number } không đạt
       *[other] việc khắc phục sau lần diễn tập { $number } không đạt: đã qua { $percent } % thời hạn
    }, người chịu trách nhiệm { $owner }; hạn { INSTANT($due) }

# Việc cần làm.
notice-advice-set = Xem lỗi của lần sao lưu gần nhất, khắc phục rồi chạy “duphong snapshot create”.
notice-advice-anchor = Hãy chạy “duphong audit anchor” và xem lệnh báo gì; chừng nào đầu nhật ký chưa ra ngoài thì không ai chứng minh được các mục mới nhất không bị viết lại hoặc cắt đi.
notice-advice-spot = Hãy chạy lại “duphong snapshot spot” và xem những gì lệnh nêu tên; tạo một bản sao lưu mới và giữ các bản cũ cho đến khi rõ nguyên nhân.
notice-advice-spot-run = Hãy xem tiến trình nền có chạy không và điều gì làm lần kiểm tra không xong, rồi chạy “duphong snapshot spot” bằng tay: chưa xong thì chưa ai biết bản sao lưu có đúng những gì cổng đang có không.
notice-advice-spot-nothing = Bỏ mục spot-check của cổng này: chỉ diễn tập mới chứng minh được gì về các nguồn đó.
notice-advice-held = Xem cổng trước mọi việc khác: chặn thứ đang thay đổi tệp, rồi xem xét sự cố được đề xuất. Xong việc thì thôi giữ các bản sao lưu.
notice-advice-drill-missed = Xem tiến trình nền có chạy và có bị tạm dừng không, và điều gì đã cản diễn tập; hoặc chạy “duphong drill run”.
notice-advice-drill-off-site = Chạy “duphong drill run” với --repository là kho đặt ở nơi khác, hoặc ghi kho đó vào mục turns của drill.
notice-advice-drill-work = Khắc phục những gì lần diễn tập nêu, rồi diễn tập lại đúng như vậy: đạt thì việc tự kết thúc. Không diễn tập lại được thì ghi lý do bằng “duphong drill close”.
notice-advice-drill-slower = Xem giai đoạn nào lâu hơn và rút ngắn bằng cách nào: “duphong drill forecast” cho biết.
notice-advice-drill = Xem biên bản và chạy lại “duphong drill run”; chưa đạt thì chưa chắc phục hồi được.
notice-advice-verify = Chạy kiểm tra toàn vẹn; nếu có chỗ hỏng thì giữ nguyên kho và tạo bản sao lưu mới ngay.
notice-advice-probe = Kiểm tra máy chủ, đường truyền và chứng thư của cổng; nếu nghi bị tấn công thì mở sự cố.
notice-advice-incident = Xem thời hạn, phân loại sự cố và thực hiện nghĩa vụ gần hạn nhất trước.
notice-advice-deed = Thực hiện việc này; khi đã xong, ghi nhận bằng “duphong incident decide”.
notice-advice-duty = Lập biểu mẫu, ký và gửi đến nơi nhận; sau đó ghi nhận xác nhận của nơi nhận.
notice-advice-wal = Xem tiến trình nền, kho sao lưu và nhật ký của máy chủ; khi chưa xử lý xong thì dữ liệu đang ghi lúc này có thể mất và ổ đĩa của máy chủ đầy dần.
notice-advice-wal-look = Xem tiến trình nền có chạy và có tới được máy chủ không, rồi chạy “duphong wal check”.
notice-advice-wal-gap = Tạo ngay một bản sao lưu mới có bản nền: chỉ từ đó trở đi mới phục hồi đến từng thời điểm được. Sau đó tìm hiểu vì sao mất đoạn nhật ký.
notice-advice-binlog-gap = Tạo ngay một bản sao lưu mới: chỉ từ đó trở đi mới phục hồi đến từng thời điểm được. Sau đó tìm hiểu vì sao nhật ký không được lưu kịp, và để máy chủ giữ các tệp lâu hơn (binlog_expire_logs_seconds).
notice-advice-wal-base = Tạo một bản sao lưu có bản nền (“physical: true”).
notice-advice-failing = Chạy “duphong notice test” để xem chi tiết, rồi sửa máy chủ thư hoặc mục “notices”.
notice-advice-approve = Đọc kế hoạch rồi ký bằng khóa của mình; người khởi động không được tự phê duyệt.
notice-advice-playbook = Đến máy ngay: lượt chạy không tự đi tiếp nếu không có người. “playbook show” nói việc cần làm tiếp.
notice-advice-audit = Giải phóng đĩa hoặc sửa quyền của thư mục nhật ký; việc bảo vệ vẫn tiếp tục và sẽ được ghi bù.
notice-advice-reload = Sửa các lỗi trong tệp cấu hình; đến lúc đó cấu hình cũ vẫn có hiệu lực.

# Lệnh notice.
notice-list-empty = Chưa gửi thông báo nào.
notice-list-test = (thư thử)
notice-tested = { $recipient }: { $arrival }
notice-tested-fault = { $recipient }: { $arrival }: { $fault }
