# Tiến trình nền.
fault-daemon-running = đã có một tiến trình nền khác làm việc trên “{ $state }” (tiến trình { $pid })
    .hint = Mỗi thư mục trạng thái chỉ cần một tiến trình nền. Hãy dừng tiến trình kia trước, hoặc nạp lại cấu hình cho nó bằng “duphong ctl reload”.
fault-daemon-listen = không thể lắng nghe tại địa chỉ { $listen }
    .hint = Có thể một chương trình khác đang dùng cổng này: xem “ss -ltnp”. Hãy ghi địa chỉ khác ở web.listen trong cấu hình.
fault-daemon-socket = không tạo được ổ cắm điều khiển “{ $socket }”
    .hint = Kiểm tra quyền của thư mục. Đường dẫn của ổ cắm dài nhất 107 byte: thư mục trạng thái nằm sâu hơn thì không thể có.
fault-daemon-not-running = không có tiến trình nền nào trả lời tại “{ $socket }”
    .hint = Khởi động bằng “systemctl start duphong”, hoặc chạy trực tiếp bằng “duphong daemon”.
fault-daemon-no-answer = tiến trình nền tại “{ $socket }” không trả lời được điều cần biết ({ $detail })
    .hint = Có thể nó thuộc phiên bản khác với lệnh này: hãy khởi động lại. Nếu nó bị treo, nhật ký chẩn đoán của nó cho biết treo ở đâu.
fault-daemon-not-yours = tiến trình nền không nhận lệnh của người dùng { $uid }
    .hint = Chạy lệnh bằng tài khoản root hoặc tài khoản của chính tiến trình nền.
fault-daemon-not-a-request = tiến trình nền nhận được yêu cầu mà nó không biết ({ $detail })
    .hint = Hãy dùng lệnh và tiến trình nền cùng một phiên bản.
fault-daemon-unknown-job = không có công việc “{ $job }”
    .hint = “duphong ctl status” liệt kê các công việc.
fault-daemon-busy = chưa thể bắt đầu công việc “{ $job }”: nó đang chạy, hoặc đã đủ số công việc cùng loại đang chạy
    .hint = “duphong ctl status” cho biết việc gì đang chạy. Hãy thử lại khi việc đó xong.
fault-daemon-needs-restart = không thể đổi “{ $setting }” khi tiến trình nền đang chạy
    .hint = Những thay đổi khác trong tệp cũng chưa có hiệu lực. Hãy khởi động lại tiến trình nền: “systemctl restart duphong”.
fault-daemon-refused = tiến trình nền từ chối ({ $code }): { $detail }
fault-daemon-late = bộ lập lịch của tiến trình nền không trả lời trong một phút; yêu cầu vẫn có thể được thực hiện sau
    .hint = “duphong ctl status” cho biết bộ lập lịch có bị treo không. Hãy xem trước khi yêu cầu lại; bị treo ở đâu thì có trong nhật ký chạy của tiến trình nền.
fault-daemon-stopping = tiến trình nền đang dừng
    .hint = Hãy hỏi lại khi nó đã chạy.

# ctl và next
ctl-label-process = Tiến trình
ctl-label-version = Phiên bản
ctl-label-started = Bắt đầu lúc
ctl-label-reload = Cấu hình đọc lúc
ctl-label-paused = Tạm dừng
ctl-label-log = Không ghi được nhật ký kiểm toán
ctl-label-next = Lần chạy tới
ctl-label-running = Đang chạy từ
ctl-paused = Đã tạm dừng. Không tạo bản sao lưu, không diễn tập phục hồi và không kiểm tra kho cho đến khi chạy tiếp; các cổng vẫn được theo dõi.
ctl-resumed = Đã chạy tiếp. Những lần bị lỡ được bù bằng một lần chạy của mỗi công việc.
ctl-started = Đã bắt đầu { $job }.
ctl-reloaded = Cấu hình mới đã có hiệu lực.
ctl-not-reloaded = Cấu hình mới không được áp dụng ({ $code }). Cấu hình cũ vẫn có hiệu lực:
next-label-job = Công việc
next-label-in = Sau
next-nothing = Chưa có lịch nào: trong cấu hình, cả tạo bản sao lưu, diễn tập phục hồi lẫn kiểm tra kho đều không có lịch.
next-after-change = { $job } (sau khi có thay đổi)
next-no-daemon = không có tiến trình nền nào chạy: những việc này sẽ không tự bắt đầu
next-paused = tiến trình nền đang tạm dừng: những việc này chưa bắt đầu cho đến khi chạy tiếp
status-daemon = Tiến trình nền chạy từ { INSTANT($at) }.

# Tiến trình nền đối với toàn hệ thống.
view-no-daemon = cấu hình có { $count } công việc theo lịch nhưng không có tiến trình nền nào chạy
view-daemon-unclear = không xác định được tình trạng của tiến trình nền: nó không trả lời được điều cần biết
view-daemon-paused = { $by } đã tạm dừng việc tạo bản sao lưu, diễn tập phục hồi và kiểm tra kho: { $reason }
view-reload-refused = cấu hình mới nhất bị từ chối ({ $code }); cấu hình cũ hơn đang có hiệu lực
view-log-unwritable = không ghi được nhật ký kiểm toán ({ $code })
view-daemon-hangs = bộ lập lịch của tiến trình nền bị treo

# Trợ giúp.
help-daemon = Chạy các công việc theo lịch suốt ngày đêm, ở tiền cảnh
more-daemon = Dành cho systemd; xem docs/OPERATIONS.md. SIGHUP đọc lại cấu hình, SIGTERM dừng ở chỗ an toàn gần nhất, tín hiệu thứ hai kết thúc ngay.
help-daemon-log = Cách ghi nhật ký chẩn đoán ra luồng lỗi chuẩn
help-ctl = Điều khiển tiến trình nền đang chạy
help-socket = Ổ cắm điều khiển; nếu không nêu thì lấy theo cấu hình
help-ctl-socket = Ổ cắm điều khiển, khi không đọc được cấu hình
help-ctl-status = Cho biết tình trạng tiến trình nền, việc đang chạy và việc sắp tới
help-ctl-reload = Yêu cầu đọc lại cấu hình; cấu hình sai bị từ chối toàn bộ
help-ctl-pause = Không cho bắt đầu việc tạo bản sao lưu, diễn tập phục hồi, kiểm tra kho cho đến khi chạy tiếp
more-ctl-pause = Việc đang chạy vẫn tiếp tục. Các cổng vẫn được theo dõi và trạng thái ở màu VÀNG. Khởi động lại tiến trình nền thì hết tạm dừng.
help-ctl-pause-reason = Lý do, ghi vào nhật ký kiểm toán và cho người xem trạng thái
help-ctl-resume = Kết thúc tạm dừng
help-ctl-run = Bắt đầu ngay một công việc, ngoài lịch của nó
help-ctl-run-job = Tên công việc như “ctl status” cho biết, ví dụ snapshot/mau
help-next = Cho biết việc gì tự bắt đầu và vào lúc nào
help-next-count = Số lần chạy cần xem
value-format = DẠNG
value-job = CÔNG-VIỆC
