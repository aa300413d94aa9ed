# Kịch bản trên dòng lệnh: kế hoạch, lượt chạy, phê duyệt, và những gì bị từ chối.
label-origin = Lấy từ
label-playbook = Kịch bản
label-run = Lượt chạy
label-standing = Tình trạng
label-steps = Số bước
label-title = Tên gọi
playbook-label-aborted = Đã hủy
playbook-label-ended = Kết thúc
playbook-label-hash = Kế hoạch
playbook-label-input = Tham số
playbook-label-left = Người nhận lại
playbook-label-number = STT
playbook-label-state = Trạng thái
playbook-label-step = Bước
playbook-label-took = Thời gian đo được
playbook-label-value = Giá trị
playbook-label-what = Nội dung

playbook-exact = { $text }
playbook-nothing-changed = CHƯA THAY ĐỔI GÌ. Đây là kế hoạch: hệ thống thật chỉ được xem.
playbook-origin-own = của đơn vị
playbook-origin-shipped = kèm chương trình
playbook-origin-given = dòng lệnh
playbook-origin-configuration = cấu hình
playbook-origin-default = mặc định
playbook-cannot-be-used = không dùng được
playbook-list-wrong = { $id }: { $why }; xem “duphong playbook check { $id }”
playbook-check-good = { $id } dùng được: { $steps } bước, { $inputs } tham số.
playbook-check-wrong = { $path }: có { $count } chỗ sai. Không dùng được.

playbook-heading-inputs = THAM SỐ
playbook-heading-steps = NHỮNG VIỆC SẼ LÀM
playbook-heading-way = ĐƯỜNG ĐI
playbook-heading-unwinding = ĐƯỜNG VỀ
playbook-heading-production = NHỮNG GÌ ĐÃ THẤY Ở HỆ THỐNG THẬT
playbook-heading-approvals = PHÊ DUYỆT
playbook-heading-outputs = ĐÃ TẠO RA VÀ ĐÃ THẤY
playbook-heading-next = VIỆC CẦN LÀM TIẾP
playbook-step-limits = trong { $timeout }, { $attempts ->
    [1] thử một lần
   *[other] thử tối đa { $attempts } lần
 }; { $again ->
    [yes] làm lại không gây hại
   *[no] không bao giờ tự làm lần thứ hai
 }
playbook-step-gate = Trước khi cho qua, hệ thống thật được xem lại: khác lúc lập kế hoạch thì lượt chạy dừng.
playbook-done-when = xong khi
playbook-proof = bằng chứng, thấy sau đó qua đường khác
playbook-undone-by = bù trừ bằng
playbook-undone-when = bù trừ xong khi
playbook-undo-limit = trong { $timeout }
playbook-undo-needless = không cần bù trừ: { $reason }
playbook-no-return = ĐIỂM KHÔNG QUAY LẠI: { $reason }
playbook-unwinding-order = Khi một bước thất bại, những gì đã làm được bù trừ theo thứ tự: { $steps }.
playbook-unwinding-nothing = Không có gì được bù trừ.
playbook-unwinding-until = Từ bước { $number } ({ $step }) trở đi không bù trừ nữa: lượt chạy đi tiếp, hoặc dừng chờ người.
playbook-unwinding-always = Không có điểm không quay lại.
playbook-production-nothing = Kế hoạch này không phụ thuộc vào điều gì ở đó.
playbook-diagram-no-return = TỪ ĐÂY KHÔNG QUAY LẠI ĐƯỢC
playbook-diagram-not-any-more = (◄─ { $action }, không còn dùng)
playbook-diagram-legend = ◆ chờ người   ○ chỉ xem   ● thay đổi   ■ cô lập   ▲ không quay lại được

playbook-standing-going = ĐANG CHẠY
playbook-standing-waiting = CHỜ PHÊ DUYỆT
playbook-standing-unknown = CẦN NGƯỜI TRẢ LỜI: một bước đã làm hay chưa
playbook-standing-blocked = BỊ CHẶN sau điểm không quay lại
playbook-standing-unwinding = ĐANG BÙ TRỪ
playbook-standing-stuck = MẮC KẸT: có bước không bù trừ được
playbook-standing-finished = HOÀN THÀNH
playbook-standing-unwound = ĐÃ BÙ TRỪ
playbook-standing-left = GIAO LẠI cho người, giữ nguyên hiện trạng
playbook-state-pending = chưa làm
playbook-state-waiting = đang chờ
playbook-state-doing = đang làm
playbook-state-unknown = KHÔNG RÕ
playbook-state-done = xong
playbook-state-failed = THẤT BẠI
playbook-state-undoing = đang bù trừ
playbook-state-failed-undoing = chưa bù trừ được
playbook-state-stuck-undoing = MẮC KẸT
playbook-state-undone = đã bù trừ
playbook-state-kept = giữ nguyên

playbook-advice-resume = Lượt chạy chưa kết thúc và ở đây không có gì đang chạy. Chạy tiếp từ chỗ đã dừng:
playbook-advice-waiting = Đã có { $there }/{ $wanted } phê duyệt; hết hạn lúc { INSTANT($expires) }. Một người phê duyệt không phải người khởi động ký kế hoạch, rồi chạy tiếp:
playbook-advice-unknown = Chương trình bị ngắt giữa bước “{ $step }” và không có gì cho thấy bước này đã làm hay chưa. Hãy xem chính hệ thống, rồi trả lời; “not-done” sẽ làm lại bước này:
playbook-advice-blocked = Bước “{ $step }” thất bại sau điểm không quay lại nên không có gì được tự bù trừ. Khắc phục nguyên nhân rồi thử lại, hoặc nhận lại lượt chạy và làm tiếp bằng tay:
playbook-advice-stuck = Không bù trừ được bước “{ $step }”. Khắc phục nguyên nhân rồi thử lại, hoặc nhận lại lượt chạy và sửa bằng tay:

playbook-live-begun = Đã bắt đầu lượt chạy { $run }.
playbook-live-doing = [{ $number }/{ $steps }] { $title } ({ $step }){ $attempt ->
    [1] {""}
   *[other] , lần thử { $attempt }
 }
playbook-live-done = [{ $number }/{ $steps }] { $step }: xong sau { $took }
playbook-live-undoing = [{ $number }/{ $steps }] { $title } ({ $step }): đang bù trừ
playbook-live-undone = [{ $number }/{ $steps }] { $step }: đã bù trừ sau { $took }
playbook-live-failed = [{ $number }/{ $steps }] { $step }: THẤT BẠI sau { $took }: { $error } ({ $code })
playbook-live-stopped = [{ $number }/{ $steps }] { $step }: đã dừng; không rõ đã làm xong hay chưa
playbook-live-asked = [{ $number }/{ $steps }] { $title }: cần { $wanted } phê duyệt trước { INSTANT($expires) }
playbook-live-approved = { $step }: { $approver } đã phê duyệt
playbook-live-rejected = { $by } từ chối: { $reason }
playbook-live-found-done = { $step }: đã làm, { $by ->
    [none] theo quan sát
   *[other] theo { $by }
 }
playbook-live-found-not = { $step }: chưa làm, theo { $by }
playbook-live-retry = { $by } yêu cầu thử lại: { $reason }
playbook-live-abort = { $by } yêu cầu hủy lượt chạy: { $reason }
playbook-live-waiting = Đang chờ phê duyệt. Ctrl-C thôi chờ mà không hủy lượt chạy; chờ tiếp bằng “duphong playbook resume { $run } --wait”.
playbook-live-finished = Lượt chạy { $run } hoàn thành sau { $took }.
playbook-live-unwound = Lượt chạy { $run } đã bù trừ xong sau { $took }.
playbook-live-left = Lượt chạy { $run } được giao lại cho người sau { $took }.

playbook-approved = { $approver } phê duyệt lượt chạy { $run }: { $there }/{ $wanted } phê duyệt.
playbook-approved-enough = Đã đủ. Tiến trình đang chờ sẽ tự chạy tiếp; nếu không có thì chạy: { $command }
playbook-statement-written = Nội dung cần ký nằm trong { $path }. Hãy đọc, ký nguyên văn, rồi nộp chữ ký:
    {"  "}ssh-keygen -Y sign -n { $namespace } -f ~/.ssh/id_ed25519 { $path }
    {"  "}duphong playbook approve { NUMBER($run, useGrouping: "false") } --signature { $path }.sig
playbook-show-begun = { INSTANT($at) }, do { $by }
playbook-show-said = { $by }: { $reason }
playbook-show-failed = { $step }: { $error } ({ $code })
playbook-show-approval = { $step }: { $approver }, { INSTANT($at) }, khóa { $fingerprint }, { $valid ->
    [yes] chữ ký hợp lệ
   *[no] CHỮ KÝ KHÔNG HỢP LỆ
 }

fault-playbook-no-run = nhật ký kiểm toán không có lượt chạy { $run }
    .hint = { $known ->
        [none] Chưa chạy kịch bản nào.
       *[other] Hiện có: { $known }.
     }
fault-playbook-at-work = một tiến trình đang làm lượt chạy của cổng { $portal }
    .hint = Chờ tiến trình đó kết thúc, hoặc dừng nó bằng Ctrl-C: lượt chạy vẫn chạy tiếp được.
fault-playbook-open-run = lượt chạy { $run } của cổng { $portal } chưa kết thúc
    .hint = Xem “duphong playbook show { NUMBER($run, useGrouping: "false") }”: phải chạy tiếp, hủy hoặc nhận lại lượt này trước khi bắt đầu lượt khác.
fault-playbook-too-few-approvers = cổng phê duyệt { $step } cần { $wanted } phê duyệt, mà ngoài { $starter } là người khởi động chỉ có { $there } người phê duyệt
    .hint = Thêm người vào “playbooks.approvers”, hoặc để một người không cần phê duyệt khởi động.
fault-playbook-unknown-approver = khóa { $fingerprint } không phải của người phê duyệt nào
    .hint = { $known ->
        [none] Cấu hình chưa có người phê duyệt: hãy thêm vào “playbooks.approvers”.
       *[other] Những người phê duyệt: { $known }.
     }
fault-playbook-starter-approves = { $approver } đã khởi động lượt chạy { $run } bằng tài khoản { $login } nên không được phê duyệt
    .hint = Một người phê duyệt khác phải đọc kế hoạch và ký.
fault-playbook-approved-twice = { $approver } đã phê duyệt lượt chạy { $run } rồi
fault-playbook-no-gate-waits = lượt chạy { $run } không chờ phê duyệt
    .hint = Xem tình trạng bằng “duphong playbook show { NUMBER($run, useGrouping: "false") }”.
fault-playbook-approval-expired = cổng phê duyệt { $step } của lượt chạy { $run } đã hết hạn lúc { INSTANT($expires) }
    .hint = Chạy tiếp lượt này để bù trừ những gì đã làm, rồi khởi động lượt khác.
fault-playbook-not-asked = không ai hỏi bước { $step } của lượt chạy { $run } đã làm hay chưa
    .hint = Xem tình trạng bằng “duphong playbook show { NUMBER($run, useGrouping: "false") }”.
fault-playbook-still-ran = khi có câu trả lời, một chương trình của bước { $step } trong lượt chạy { $run } vẫn đang chạy; đến giờ mới kết thúc
    .hint = Hãy xem lại chương trình đó đã làm những gì rồi mới trả lời.
fault-playbook-run-unreadable = không biết lượt chạy { $run } đang ở đâu: không đọc được mục { $entry } của nhật ký ({ $why })
    .hint = Hãy chạy tiếp bằng chương trình đã ghi mục đó, hoặc xem lại cổng rồi nhận lại lượt này như hiện trạng: “duphong playbook abort { NUMBER($run, useGrouping: "false") } --leave --reason …”.
fault-playbook-no-reason = quyết định phải có lý do
fault-playbook-unwritable = không ghi được bản ghi: { $detail }
fault-playbook-foreign-key = không dùng được khóa { $key } ở đây
    .hint = Ký bằng chương trình của OpenSSH: “duphong playbook approve { $run } --statement run-{ $run }.txt”, rồi “ssh-keygen -Y sign -n { $namespace } -f { $key } run-{ $run }.txt”, rồi “duphong playbook approve { $run } --signature run-{ $run }.txt.sig”.

value-run = LƯỢT-CHẠY
value-playbook = KỊCH-BẢN
value-input = TÊN=GIÁ-TRỊ
value-answer = TRẢ-LỜI
value-step = BƯỚC
help-playbook = Chạy kịch bản có phê duyệt, chịu được sự cố giữa chừng
more-playbook = Kịch bản nói từng bước phải làm gì, bù trừ thế nào, và phải thấy gì trước khi sang bước sau. Bị ngắt giữa chừng, lượt chạy đi tiếp từ chỗ đã dừng hoặc bù trừ tất cả.
help-playbook-list = Liệt kê kịch bản, và các lượt chạy chưa kết thúc
help-playbook-list-all = Cả các lượt chạy đã kết thúc
help-playbook-check = Kiểm tra một kịch bản và nêu mọi chỗ sai
help-playbook-check-playbook = Tệp, hoặc mã của kịch bản
help-playbook-plan = Cho xem mọi việc một lượt chạy sẽ làm, không thay đổi gì
more-playbook-plan = Chỉ xem hệ thống thật. Tham số là lệnh thì viết trong ngoặc vuông: --input 'close=[systemctl, stop, nginx]'.
help-playbook-plan-playbook = Mã của kịch bản
help-playbook-plan-portal = Cổng
help-playbook-plan-input = Một tham số, ưu tiên hơn cấu hình; có thể dùng nhiều lần
help-playbook-run = Bắt đầu lượt chạy và chạy đến khi xong hoặc cần người
more-playbook-run = Ctrl-C dừng ở chỗ an toàn gần nhất, lượt chạy vẫn chạy tiếp được. Mã kết thúc 0: hoàn thành; 1: thất bại và đã bù trừ; 30: cần người.
help-playbook-run-playbook = Mã của kịch bản
help-playbook-run-portal = Cổng
help-playbook-run-input = Một tham số, ưu tiên hơn cấu hình; có thể dùng nhiều lần
help-playbook-run-wait = Chờ tại cổng phê duyệt đến khi được phê duyệt, bị từ chối hoặc hết hạn
help-playbook-resume = Chạy tiếp một lượt đã dừng
help-playbook-resume-run = Số của lượt chạy
help-playbook-resume-retry = Thử lại bước đã thất bại hẳn
help-playbook-resume-answer = Bước không rõ kết quả đã làm hay chưa
help-playbook-resume-step = Bước mà câu trả lời nói đến
help-playbook-resume-reason = Lý do, hoặc biết được bằng cách nào
help-playbook-resume-wait = Chờ tại cổng phê duyệt đến khi được phê duyệt, bị từ chối hoặc hết hạn
help-playbook-approve = Phê duyệt kế hoạch của một lượt chạy bằng khóa riêng của mình
more-playbook-approve = Khóa không rời chủ của nó: trên máy khác, nội dung được ký bằng ssh-keygen và chỉ chữ ký được mang đến đây.
help-playbook-approve-run = Số của lượt chạy
help-playbook-approve-key = Khóa riêng Ed25519 của OpenSSH, không có mật khẩu
help-playbook-approve-signature = Chữ ký tạo bằng “ssh-keygen -Y sign -n duphong-approval”
help-playbook-approve-statement = Ghi nội dung cần ký vào tệp này, hoặc hiện ra
help-playbook-reject = Từ chối cổng phê duyệt đang chờ; bù trừ những gì đã làm
help-playbook-reject-run = Số của lượt chạy
help-playbook-reject-reason = Lý do
help-playbook-abort = Hủy và bù trừ một lượt chưa qua điểm không quay lại
help-playbook-abort-run = Số của lượt chạy
help-playbook-abort-reason = Lý do
help-playbook-abort-leave = Kết thúc lượt chạy như hiện trạng; người nhận lại làm tiếp
help-playbook-show = Xem tình trạng, thời gian, phê duyệt của lượt chạy và việc cần làm tiếp
help-playbook-show-run = Số của lượt chạy
