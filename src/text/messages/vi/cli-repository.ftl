# Khóa làm việc, tệp khóa và số liệu của các kho sao lưu trên dòng lệnh.
label-holder = Người giữ
label-lock = Khóa làm việc
label-refreshed = Gia hạn lúc
value-lock = KHÓA

# repository unlock
lock-exclusive = riêng
lock-shared = chung
lock-holder = { $user } trên máy { $host }, tiến trình { $process }
unlock-none = Không có khóa làm việc nào.
unlock-nothing = Chưa gỡ gì.
unlock-removed = đã gỡ
unlock-stays = giữ nguyên
unlock-would-go = sẽ được gỡ
unlock-would-be-watched = sẽ được theo dõi, rồi gỡ nếu không được gia hạn
unlock-may-watch = Các khóa làm việc đã cũ của “{ $repository }” được theo dõi trong { $time }: tiến trình còn chạy thì sẽ gia hạn khóa của mình trong khoảng thời gian đó.
unlock-dry-run = Có thể gỡ { $count } khóa làm việc của “{ $repository }”. Chưa thay đổi gì.
unlock-done = Đã gỡ { $removed } khóa làm việc{ $left ->
    [0] .
   *[other] , giữ nguyên { $left } khóa.
}
unlock-confirm = Để gỡ khóa làm việc này, hãy gõ tên kho sao lưu:

help-repository-unlock = Gỡ khóa làm việc không còn ai giữ
more-repository-unlock = Khóa làm việc chỉ được gỡ khi có bằng chứng: tiến trình giữ khóa trên máy này không còn, hoặc khóa đã quá 30 phút và không ai gia hạn trong 6 phút theo dõi. Với mỗi khóa khác, lệnh cho biết ai giữ và vì sao không gỡ, rồi kết thúc với mã 11. Nếu biết chắc người giữ không còn mà không có gì chứng minh, --lock gỡ riêng khóa đó theo lời người quyết định; lời đó được ghi vào nhật ký kiểm toán. Gỡ khóa của người đang làm việc có thể làm hỏng việc đang làm, nhưng không bao giờ làm hại bản sao lưu đã xong.
help-repository-unlock-name = Kho sao lưu; nếu không chỉ rõ thì mọi kho trong cấu hình
help-repository-unlock-lock = Gỡ khóa này dù không có bằng chứng: chỉ cần phần đầu của mã
help-repository-unlock-by = Người quyết định: họ tên và chức vụ
help-repository-unlock-reason = Lý do, để ghi vào hồ sơ
help-repository-unlock-confirm = Tên kho sao lưu, gõ lại một lần nữa; nếu không có thì lệnh sẽ hỏi
help-repository-unlock-dry-run = Cho biết sẽ gỡ những khóa nào; không thay đổi gì, không theo dõi
