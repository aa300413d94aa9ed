# Những gì lệnh status nói.
view-colour-green = XANH
view-colour-amber = VÀNG
view-colour-red = ĐỎ
view-no-set = kho “{ $repository }” chưa có bản sao lưu nào
view-behind = kho “{ $repository }” còn thiếu { $count } bản sao lưu mà kho khác đã có; lần sao lưu tới được kho này sẽ chép bù
view-set-too-old = bản sao lưu mới nhất trong “{ $repository }” đã { DURATION($age) }; mục tiêu RPO là { DURATION($rpo) }
view-set-from-future = bản sao lưu mới nhất trong “{ $repository }” ghi thời điểm ở tương lai: có đồng hồ đã sai
view-snapshot-failed = lần sao lưu gần nhất thất bại ({ $code })
view-set-incomplete = bản sao lưu mới nhất thiếu { $count } mục không đọc được
view-set-without-file = trong bản sao lưu mới nhất, { $count } dòng của cơ sở dữ liệu nêu tệp mà bản sao lưu không có (xem: duphong snapshot show)
view-set-unanswered = không biết được cơ sở dữ liệu của bản sao lưu mới nhất nêu những tệp nào (xem: duphong snapshot show)
view-spot-differs = lần kiểm tra điểm lúc { INSTANT($at) } thấy { $count } tệp không ai sửa mà bản sao lưu mới nhất giữ nội dung khác hoặc không có
view-spot-outside = lần kiểm tra điểm lúc { INSTANT($at) } thấy { $count } con số về tệp hoặc dòng lệch xa bản sao lưu mới nhất
view-spot-unread = lần kiểm tra điểm lúc { INSTANT($at) } có { $count } mục không xem được
view-spot-nothing = lần kiểm tra điểm lúc { INSTANT($at) } không có gì xem được: mọi nguồn đều niêm phong, ở máy khác hoặc là bản nền
view-spot-never = kiểm tra điểm có lịch nhưng chưa lần nào xong
view-spot-missed = kiểm tra điểm đã quá hạn: lần gần nhất xong lúc { INSTANT($at) }
view-spot-failed = lần kiểm tra điểm lúc { INSTANT($at) } không xong ({ $code })
view-sets-held = { $by } giữ mọi bản sao lưu từ { INSTANT($since) }: { $why } (xong việc thì: duphong snapshot release --portal { $portal })
view-never-drilled = chưa diễn tập lần nào: chưa chứng minh được là phục hồi được
view-drill-not-proven = lần diễn tập { $number } kết thúc là CHƯA CHỨNG MINH
view-drill-failed = lần diễn tập { $number } KHÔNG ĐẠT
view-drill-missed = cuộc diễn tập phải làm lúc { INSTANT($since) } đã không diễn ra
view-drill-off-site = từ { INSTANT($since) } chưa lần diễn tập nào đạt khi chỉ đọc bản sao đặt ở nơi khác ({ $repositories }); mỗi quý cần ít nhất một lần
view-drill-work = lần diễn tập { $number } không đạt: { $owner } khắc phục trước { INSTANT($due) }
view-drill-work-late = lần diễn tập { $number } không đạt: việc khắc phục của { $owner } đã QUÁ HẠN từ { INSTANT($due) }
view-drill-slower = lần diễn tập { $number } mất { DURATION($rto) }: lâu hơn quá một phần tư so với trung vị của { $earlier } lần trước, { DURATION($median) }
view-drill-half = lần diễn tập { $number } mất { DURATION($rto) }: quá nửa mục tiêu RTO { DURATION($limit) }
view-no-password-copy = chưa ai xác nhận đã có bản chép mật khẩu ở nơi khác; chạy “duphong key confirm { $repository }”
view-never-verified = chưa lần nào kiểm tra toàn vẹn bằng cách đọc hết dữ liệu
view-partly-verified = mới đọc và kiểm tra { $read }/{ $parts } phần dữ liệu
view-watch-blind =
    { $why ->
        [limit] không thấy hết thay đổi của cây “{ $tree }”: nhân hệ điều hành đã hết số lượt theo dõi (tăng fs.inotify.max_user_watches); bản sao lưu được tạo theo thời gian chờ tối đa
        [instances] không thấy thay đổi của cây “{ $tree }”: nhân hệ điều hành đã hết số hàng đợi (tăng fs.inotify.max_user_instances); bản sao lưu được tạo theo thời gian chờ tối đa
        [root-gone] không thấy thay đổi của cây “{ $tree }”: không còn thư mục của cây
        [unreadable] không thấy hết thay đổi của cây “{ $tree }”: có thư mục không đọc được; bản sao lưu được tạo theo thời gian chờ tối đa
       *[no-thread] không thấy thay đổi của cây “{ $tree }”: máy không cấp được luồng xử lý; bản sao lưu được tạo theo thời gian chờ tối đa
    }
view-watch-unreadable = không đọc được nhật ký thay đổi của cây “{ $tree }” ({ $code })
view-damaged = lần kiểm tra toàn vẹn gần nhất thấy { $count } chỗ hỏng

# Nhật ký giao dịch (WAL).
view-wal-never = chưa ai xem nhật ký giao dịch của “{ $database }”: không biết có được giữ hay không
view-wal-unreadable = không đọc được những gì đã biết về nhật ký giao dịch của “{ $database }” ({ $code })
view-wal-unlooked = không ai xem nhật ký giao dịch của “{ $database }” từ { INSTANT($since) }: không biết có được giữ hay không
view-wal-unasked = không hỏi được máy chủ của “{ $database }” về nhật ký giao dịch từ { INSTANT($since) } ({ $code })
view-wal-unread = không đọc được kho “{ $repository }” giữ gì của nhật ký giao dịch “{ $database }” từ { INSTANT($since) } ({ $code })
view-wal-refused = tiến trình nền không lưu được nhật ký giao dịch của “{ $database }” từ { INSTANT($since) } ({ $code })
view-wal-rewound = lúc { INSTANT($since) } máy chủ của “{ $database }” đứng ở { $detail }, lùi về trước phần nhật ký giao dịch đã giữ: máy chủ đã bị đưa về trạng thái cũ, hoặc hai máy chủ cùng ghi một lịch sử; hãy phục hồi để máy chủ có dòng thời gian riêng rồi lấy bản nền mới
view-wal-off = máy chủ của “{ $database }” không gửi nhật ký giao dịch: archive_mode đang tắt
view-wal-no-slot = máy chủ của “{ $database }” không có khe nhân bản “{ $slot }”: máy chủ không giữ nhật ký giao dịch nào cho duphong, phần bị xóa đi sẽ thiếu; hãy tạo khe bằng “duphong wal slot create” rồi lấy bản nền mới
view-wal-slot-lost = máy chủ của “{ $database }” đã bỏ khe nhân bản “{ $slot }” và xóa phần nhật ký giao dịch chưa được nhận: hãy tạo lại khe bằng “duphong wal slot drop” rồi “create”, và lấy bản nền mới
view-wal-failing = máy chủ của “{ $database }” không gửi được { $detail } (lần gần nhất lúc { INSTANT($at) })
view-wal-nothing = kho “{ $repository }” chưa giữ được đoạn nhật ký giao dịch nào của “{ $database }” có thể chứng minh, từ { INSTANT($since) }
view-wal-behind = kho “{ $repository }” chỉ giữ nhật ký giao dịch của “{ $database }” đến { INSTANT($since) }: nếu mất ngay lúc này thì mất { DURATION($age) }, mức cho phép là { DURATION($limit) }
view-wal-gap = kho “{ $repository }” thiếu { $count ->
    [1] đoạn { $first }
   *[other] { $count } đoạn, kể từ { $first },
} của nhật ký giao dịch “{ $database }”: không thể phục hồi qua chỗ này
view-wal-waiting = { BYTES($bytes) } nhật ký giao dịch của “{ $database }” còn chờ trên máy chủ; mức cho phép là { BYTES($limit) }
view-wal-no-base = kho “{ $repository }” không có bản nền nào của máy chủ “{ $database }”: thiếu bản nền thì nhật ký giao dịch không phục hồi được gì
view-wal-other-line = bản nền mới nhất của máy chủ “{ $database }” trong kho “{ $repository }” thuộc dòng lịch sử khác: hãy lấy bản nền mới
view-binlog-rewound = lúc { INSTANT($since) } máy chủ của “{ $database }” đứng ở { $detail }, trái với phần nhật ký nhị phân đã giữ: máy chủ đã bị đưa về trạng thái cũ, nhật ký được bắt đầu lại, hoặc hai máy chủ cùng ghi một nhật ký; hãy bắt đầu lại nhật ký (RESET MASTER) nếu chưa làm, rồi tạo bản sao lưu mới
view-binlog-gap = kho “{ $repository }” thiếu { $count ->
    [1] tệp { $first }, toàn bộ hoặc một phần,
   *[other] { $count } tệp, từ { $first } đến { $last },
} của nhật ký nhị phân “{ $database }”: không phục hồi vượt qua chỗ đó được
view-binlog-no-set = kho “{ $repository }” không có bản sao lưu nào của “{ $database }” ghi vị trí trong nhật ký nhị phân: thiếu bản đó thì nhật ký không phục hồi được gì
view-binlog-other-line = bản sao lưu mới nhất của “{ $database }” trong kho “{ $repository }” có từ trước khi nhật ký nhị phân được bắt đầu lại: hãy tạo bản mới
view-binlog-unplaced = nhật ký nhị phân trong kho “{ $repository }” chưa giữ được đến vị trí của bản sao lưu mới nhất của “{ $database }”

# Sự cố.
view-incident-unreadable = không tiếp nhận được mục { $entry }: { $why }
view-incident-proposed = sự cố { $incident } mới được đề xuất, chưa ai xem xét; thời hạn ngắn nhất đã trôi qua { $percent } %
view-incident-duty-late = sự cố { $incident }: nghĩa vụ { $duty } đã QUÁ HẠN
view-incident-duties-open = sự cố { $incident }: nghĩa vụ còn mở: { $duties }
view-incident-duties-undetermined = sự cố { $incident }: cần xác định: { $duties }
view-incident-duties-sent = sự cố { $incident }: đã gửi, chờ xác nhận: { $duties }
view-incident-open = sự cố { $incident } đang mở; hiện không còn nghĩa vụ nào phải thực hiện
view-notice-nobody = chưa cấu hình kênh thông báo: có báo động cũng không ai biết
view-notice-failing = không gửi được thông báo đến { $recipient } ({ $failures } lần, từ { INSTANT($since) }): { $code }
view-anchor-never = chưa có mốc neo nào của nhật ký kiểm toán ở “{ $anchor }”
view-anchor-failed = mốc neo cho “{ $anchor }” lúc { INSTANT($since) } không gửi ra được ({ $code })
view-anchor-late = mốc neo mới nhất ở “{ $anchor }” đã quá hạn: các mục từ { INSTANT($since) } chưa được neo ở đó
view-audit-unusable = không đọc hoặc không ghi được nhật ký kiểm toán ({ $code })
view-happened-gap = nhật ký kiểm toán bị gián đoạn từ { INSTANT($from) }: { $reason }
view-happened-reload-refused = cấu hình mới bị từ chối, cấu hình cũ vẫn có hiệu lực: { $error }
view-happened-paused = { $by } đã tạm dừng các việc nặng: { $reason }
view-happened-drill-stopped = một lần diễn tập dừng giữa chừng, không có kết luận ({ $code })
view-happened-verify-stopped = một lần kiểm tra toàn vẹn dừng giữa chừng, không có kết luận ({ $code })
view-probe-never = phép dò “{ $probe }” chưa có kết luận lần nào: chưa biết cổng có hoạt động hay không
view-probe-unreadable = phép dò “{ $probe }”: chương trình này không đọc được bản ghi gần nhất
view-probe-down = phép dò “{ $probe }”: KHÔNG ĐẠT từ { INSTANT($since) }
view-probe-ipv4-only = phép dò “{ $probe }”: đạt qua IPv4, không đạt qua IPv6 từ { INSTANT($since) }
view-probe-ipv6-only = phép dò “{ $probe }”: đạt qua IPv6, không đạt qua IPv4 từ { INSTANT($since) }
view-probe-degraded = phép dò “{ $probe }”: suy giảm từ { INSTANT($since) }
view-probe-unknown = phép dò “{ $probe }”: không kiểm tra được từ { INSTANT($since) }
view-probe-flapping = phép dò “{ $probe }” chập chờn: kết luận đổi liên tục nên từng lần đổi không nói lên nhiều

# Lượt chạy kịch bản.
view-playbook-waiting = lượt chạy { $run } ({ $playbook }) chờ phê duyệt: { $there }/{ $wanted }, đến { INSTANT($expires) }; “{ $command }”
view-playbook-going = lượt chạy { $run } ({ $playbook }) đang chạy
view-playbook-unwinding = lượt chạy { $run } ({ $playbook }) đang được bù trừ
view-playbook-halted = lượt chạy { $run } ({ $playbook }) chưa kết thúc và không ai chạy tiếp: “{ $command }”
view-playbook-half-undone = lượt chạy { $run } ({ $playbook }) mới bù trừ một phần và không ai chạy tiếp: “{ $command }”
view-playbook-unknown = lượt chạy { $run } ({ $playbook }) bị ngắt ở bước { $step }, cần người trả lời bước này đã làm hay chưa: “{ $command }”
view-playbook-blocked = lượt chạy { $run } ({ $playbook }) bị chặn ở bước { $step }, sau điểm không quay lại: “{ $command }”
view-playbook-stuck = lượt chạy { $run } ({ $playbook }) MẮC KẸT: không bù trừ được bước { $step }: “{ $command }”
view-playbook-closed = lượt chạy { $run } ({ $playbook }) đã kết thúc
view-playbook-unreadable = không tiếp nhận được mục { $entry } về một lượt chạy: { $why }
view-happened-playbook-finished = lượt chạy { $run } hoàn thành sau { DURATION($took) }
view-happened-playbook-unwound = lượt chạy { $run } thất bại hoặc bị hủy, đã bù trừ xong sau { DURATION($took) }
view-happened-playbook-left = lượt chạy { $run } được giao lại cho người, giữ nguyên hiện trạng, sau { DURATION($took) }
