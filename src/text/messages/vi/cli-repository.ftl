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

# key list, add, remove, rotate
label-key = Tệp khóa
value-key = TỆP-KHÓA
key-in-use = mật khẩu trong cấu hình mở được
key-made = Tạo lúc
key-maker = Người tạo
key-maker-on = { $user } trên máy { $host }
key-cost = Giá mỗi lần dò
key-weak = yếu
key-unreadable = Không đọc được
key-is-weak = Tệp khóa { $key } của “{ $repository }” khiến việc dò mật khẩu dễ hơn so với tệp khóa do duphong ghi: hãy thêm tệp khóa mới rồi bỏ tệp này.
key-costs-too-much = Thử tệp khóa { $key } của “{ $repository }” cần nhiều bộ nhớ hoặc thời gian hơn mức duphong cho phép: không ai dùng duphong mở được bằng tệp này. Nếu không ai biết nó là gì, hãy bỏ đi.
key-added = Mật khẩu trong “{ $file }” từ nay mở được “{ $repository }”, bằng tệp khóa { $key }: đã ghi, đọc lại và thử mở.
key-add-dry-run = Mật khẩu trong “{ $file }” sẽ được thêm vào “{ $repository }”. Chưa thay đổi gì.
key-removed = Đã bỏ tệp khóa { $key } của “{ $repository }”. Ngay trước đó tệp khóa { $proven } đã mở được kho.
key-remove-dry-run = Sẽ bỏ tệp khóa { $key } của “{ $repository }”; tệp khóa { $proven } mở được kho. Chưa thay đổi gì.
key-configured-gone = Mật khẩu trong cấu hình của “{ $repository }” không còn mở được gì: hãy thay ngay bằng mật khẩu kia, nếu không bản sao lưu kế tiếp sẽ thất bại.
key-master-stays = Khóa gốc của kho không đổi: ai biết mật khẩu cũ và giữ bản chép tệp khóa của nó vẫn mở được mọi thứ trong kho, kể cả các bản sao lưu về sau. Với người như vậy chỉ có cách lập kho mới.
key-rotate-resumed = Đã làm tiếp lần đổi mật khẩu bị ngắt trước đó.
key-rotated = { $count ->
    [0] Mật khẩu trong “{ $file }” là mật khẩu mới, mở được “{ $repository }” bằng tệp khóa { $key }. Không còn tệp khóa nào của mật khẩu cũ.
   *[other] Mật khẩu trong “{ $file }” là mật khẩu mới, mở được “{ $repository }” bằng tệp khóa { $key }. Đã bỏ { $count } tệp khóa của mật khẩu cũ.
}
key-rotate-dry-run = Mật khẩu trong cấu hình của “{ $repository }” sẽ được thay và tệp khóa của nó bị bỏ. Chưa thay đổi gì.
key-rotate-dry-run-begun = Lần đổi mật khẩu trước bị ngắt khi mật khẩu mới chưa được đặt vào chỗ: chạy lệnh này thì hoàn tất. Chưa thay đổi gì.
key-rotate-dry-run-exchanged = Lần đổi mật khẩu trước bị ngắt khi mật khẩu mới đã được đặt vào chỗ: chạy lệnh này thì bỏ tệp khóa của mật khẩu cũ. Chưa thay đổi gì.
key-rotate-credential = Mật khẩu mới mở được “{ $repository }” bằng tệp khóa { $key }; mật khẩu cũ vẫn mở được. Chỉ quản trị viên mới ghi được credential “{ $credential }”, nên cần làm tiếp:
key-rotate-credential-file = 1. Đưa nội dung “{ $file }” vào nơi “LoadCredential={ $credential }:…” của dịch vụ đọc (nếu là LoadCredentialEncrypted thì mã hóa bằng systemd-creds).
key-rotate-credential-restart = 2. systemctl restart duphong, rồi xem “duphong status”.
key-rotate-credential-remove = 3. Khi đã có credential mới: duphong key remove { $repository } { $old }
key-confirm-again = Hãy giữ một bản chép mật khẩu mới ngoài máy này và ghi nhận: duphong key confirm { $repository } --by … --place … --copy …

fault-key-known = mật khẩu trong “{ $file }” vốn đã mở được tệp khóa { $key } của “{ $repository }”
    .hint = Hãy ghi một mật khẩu mới vào tệp. “duphong key list” cho biết có những tệp khóa nào.
fault-key-edges = mật khẩu trong “{ $file }” có khoảng trắng ở đầu hoặc cuối
    .hint = restic sẽ đọc ra mật khẩu khác từ tệp này. Hãy bỏ khoảng trắng ở hai đầu; một dấu hết dòng không thuộc mật khẩu.
fault-key-no-key = không có đúng một tệp khóa của “{ $repository }” có mã bắt đầu bằng “{ $key }”
    .hint = “duphong key list” cho biết có những tệp khóa nào.
fault-key-last = { $key } là tệp khóa duy nhất của “{ $repository }”; thiếu nó thì không ai mở được kho, nên không bỏ
    .hint = Hãy thêm tệp khóa khác trước: duphong key add { $repository } --new-password-file TỆP
fault-key-not-proven = không mật khẩu nào đang có mở được tệp khóa khác của “{ $repository }” ngoài { $key }, nên không bỏ
    .hint = Hãy chỉ ra tệp chứa mật khẩu của tệp khóa khác bằng --other-password-file. Để thay mật khẩu trong cấu hình, chạy: duphong key rotate { $repository }
fault-key-shared = tệp mật khẩu của “{ $repository }” cũng là của kho khác: { $others }
    .hint = Hãy khai báo cho mỗi kho một tệp mật khẩu riêng trong cấu hình (chép ra là được), rồi đổi từng kho.
fault-key-begun = lần đổi mật khẩu trước của “{ $repository }” bị ngắt, với mật khẩu mới khác mật khẩu này
    .hint = Hãy hoàn tất lần đó trước: duphong key rotate { $repository }
fault-key-needs-file = mật khẩu của “{ $repository }” là credential “{ $credential }”, chỉ quản trị viên mới ghi được
    .hint = Hãy ghi mật khẩu mới vào một tệp chỉ riêng mình đọc được, và chỉ ra bằng --new-password-file.

help-key-list = Cho biết các tệp khóa của kho sao lưu: mỗi mật khẩu một tệp
more-key-list = Cho biết mật khẩu trong cấu hình mở được tệp khóa nào, ai tạo từng tệp, lúc nào, ở đâu, và mỗi lần dò tốn bao nhiêu. Kết thúc với mã 3 khi có tệp khóa yếu hoặc không thể thử, mã 20 khi có tệp hỏng.
help-key-list-repository = Kho sao lưu; nếu không chỉ rõ thì mọi kho trong cấu hình
help-key-add = Thêm một mật khẩu mở được kho sao lưu
more-key-add = Tệp khóa mới được ghi, đọc lại và mở bằng mật khẩu rồi mới coi là xong. Mọi mật khẩu đều mở cùng một khóa gốc của kho.
help-key-add-repository = Kho sao lưu
help-key-add-new-password-file = Tệp chứa mật khẩu mới
help-key-add-dry-run = Chỉ xem mật khẩu và kho; không thay đổi gì
help-key-remove = Bỏ một mật khẩu của kho sao lưu
more-key-remove = Trước hết một tệp khóa khác phải mở được kho, bằng mật khẩu trong cấu hình hoặc trong --other-password-file; nếu không thì không bỏ. Khóa gốc của kho không đổi: mật khẩu đã bỏ vẫn mở được những gì ai đó đã chép. Với bucket lưu nhiều phiên bản, tệp khóa vẫn đọc được ở phiên bản cũ.
help-key-remove-repository = Kho sao lưu
help-key-remove-key = Tệp khóa: chỉ cần phần đầu của mã, theo “key list”
help-key-remove-other-password-file = Tệp chứa mật khẩu của tệp khóa khác
help-key-remove-dry-run = Chỉ thử các mật khẩu; không thay đổi gì
help-key-rotate = Thay mật khẩu trong cấu hình của kho sao lưu
more-key-rotate = Tạo mật khẩu ngẫu nhiên mới, hoặc lấy mật khẩu trong một tệp; thêm tệp khóa của nó và mở thử kho; thay tệp mật khẩu; bỏ tệp khóa cũ. Bị ngắt ở bất cứ đâu thì mật khẩu trong tệp vẫn mở được kho, chạy lại thì hoàn tất. Nếu mật khẩu là credential của dịch vụ thì lệnh cho biết những gì quản trị viên phải làm tiếp và kết thúc với mã 30. Khóa gốc của kho không đổi. Bản chép mật khẩu đã xác nhận không còn được tính cho đến khi xác nhận lại.
help-key-rotate-repository = Kho sao lưu
help-key-rotate-new-password-file = Tệp chứa mật khẩu mới; nếu không có thì tạo ngẫu nhiên
help-key-rotate-dry-run = Cho biết sẽ làm gì; không thay đổi gì
