# Nhật ký giao dịch (WAL): nhận từ máy chủ cơ sở dữ liệu và trả lại.
fault-wal-not-a-database = “{ $database }” không phải là tên cơ sở dữ liệu
    .hint = Hãy viết CỔNG/CƠ-SỞ-DỮ-LIỆU, đúng như tên trong cấu hình.
fault-wal-not-kept-here = nhật ký giao dịch của “{ $database }” không được lưu
    .hint = Hãy thêm “wal: { "{}" }” vào mục “postgres” của cơ sở dữ liệu này trong cấu hình rồi cho tiến trình nền đọc lại.
fault-wal-not-received = nhật ký giao dịch của “{ $database }” không được nhận theo luồng: máy chủ tự gửi bằng “duphong wal push”
    .hint = Muốn nhận theo luồng, hãy ghi “wal: { "{" } receive: { "{}" } { "}" }” vào mục “postgres” của cơ sở dữ liệu này rồi cho tiến trình nền đọc lại.
fault-wal-slot-foreign = nhật ký kiểm toán không cho thấy duphong ở đây từng tạo hay dùng khe nhân bản “{ $slot }” cho “{ $database }”
    .hint = Khe có thể là của máy dự phòng hoặc của nơi cài đặt khác: xem “SELECT * FROM pg_replication_slots”. Nếu biết chắc không ai cần, hãy xóa trong psql bằng pg_drop_replication_slot.
fault-wal-name = “{ $name }” không phải là tên tệp nhật ký giao dịch
    .hint = Trong archive_command hãy viết %p cho đường dẫn; trong restore_command hãy viết %f cho tên tệp và %p cho đường dẫn.
fault-wal-not-a-segment = tệp “{ $name }” không phải là đoạn nhật ký như tên của nó ({ $reason }); không lưu tệp này
    .hint = Máy chủ vẫn giữ tệp. Nếu ổ đĩa hỏng, hãy kiểm tra ngay; nếu tệp đến từ máy chủ khác, hãy tìm hiểu vì sao nó nằm ở đây.
fault-wal-length = tệp “{ $name }” dài { $length } byte, không tệp nào loại này có độ dài như vậy
    .hint = Tệp bị cắt ngắn hoặc còn đang được ghi, nên không được coi là trọn vẹn.
fault-wal-no-system = “{ $path }” không cho biết nhật ký thuộc hệ thống nào
    .hint = Tệp không mang mã hệ thống chỉ được gửi từ thư mục dữ liệu của chính máy chủ đó.
fault-wal-other-system = đoạn nhật ký “{ $name }” thuộc hệ thống { $found }, không phải { $announced }; không lưu tệp này
fault-wal-unopened = không mở được kho sao lưu “{ $repository }” ({ $code }): { $detail }
fault-wal-refused = tiến trình nền không lưu “{ $name }” ({ $code }): { $detail }
    .hint = Máy chủ vẫn giữ tệp và sẽ gửi lại. Nếu kéo dài, ổ đĩa của máy chủ sẽ đầy: hãy xử lý trong hôm nay.
fault-wal-history = “{ $name }” không cho biết dòng thời gian của nó bắt đầu từ đâu, nên không thể biết nhật ký đã hết hay bị thiếu một đoạn
    .hint = Hãy xem tệp bằng “duphong wal fetch”. Nếu máy chủ còn tệp đúng, hãy nhờ hỗ trợ: tệp đã lưu không bị thay thế.
fault-wal-missing = không kho sao lưu nào được hỏi có “{ $name }”
fault-wal-systems = kho sao lưu “{ $repository }” giữ nhật ký của nhiều hệ thống: { $systems }
    .hint = Hãy chỉ rõ hệ thống bằng --system.
fault-wal-held = không xóa nhật ký nào khỏi kho “{ $repository }”: { $by } đang giữ mọi bản sao lưu của cổng “{ $portal }” lưu ở đó
    .hint = Khi đã xử lý xong nguyên nhân: duphong snapshot release --portal { $portal }
fault-wal-halt = không trả lại được “{ $name }”; không được phục hồi tiếp khi thiếu tệp này
    .hint = Hãy xử lý nguyên nhân rồi khởi động lại máy chủ: nó sẽ tiếp tục từ chỗ đã dừng.

fault-binlog-not-a-database = “{ $database }” không phải là tên cơ sở dữ liệu
    .hint = Hãy viết CỔNG/CƠ-SỞ-DỮ-LIỆU, đúng như tên trong cấu hình.
fault-binlog-not-kept-here = nhật ký nhị phân của “{ $database }” không được lưu
    .hint = Hãy thêm “binlog: { "{}" }” vào mục “mariadb” của cơ sở dữ liệu này trong cấu hình rồi cho tiến trình nền đọc lại.
fault-binlog-unopened = không mở được kho sao lưu “{ $repository }” ({ $code }): { $detail }
fault-binlog-no-set = không bản sao lưu nào của “{ $portal }” trước { INSTANT($to) } ghi vị trí trong nhật ký nhị phân của { $databases }
    .hint = Hãy chọn thời điểm muộn hơn hoặc kho sao lưu khác. Tài khoản kết xuất cần quyền BINLOG MONITOR (với MySQL là RELOAD và REPLICATION CLIENT), nếu không bản sao lưu không ghi vị trí.
fault-binlog-no-set-before = không bản sao lưu nào của “{ $portal }” trước giao dịch { $gtid } ghi vị trí trong nhật ký nhị phân của { $databases }
    .hint = Hãy chọn giao dịch muộn hơn hoặc kho sao lưu khác. Tài khoản kết xuất cần quyền BINLOG MONITOR (với MySQL là RELOAD và REPLICATION CLIENT), nếu không bản sao lưu không ghi vị trí.
fault-binlog-other-engine = “{ $database }” không phải cơ sở dữ liệu MariaDB hay MySQL; không có nhật ký nhị phân nào đưa nó về một thời điểm
    .hint = Hãy bỏ nó khỏi lệnh này và phục hồi riêng, không dùng “--to”. Bản nền PostgreSQL về một thời điểm mà không cần “--database”.
fault-binlog-other-name = nhật ký nhị phân gọi cơ sở dữ liệu là “{ $name }”, còn đích lại tên là “{ $target }” (trong cấu hình là “{ $database }”)
    .hint = Hãy tạo cơ sở dữ liệu đích trống đúng tên cũ, trên một máy chủ khác.
fault-binlog-no-line = không có nhật ký nhị phân nào đã lưu của { $system } chứa vị trí mà bản sao lưu được tạo ({ $at })
    .hint = Xem “duphong wal list”. Không có nhật ký thì bản sao lưu về đúng như lúc được tạo: hãy bỏ “--to”.

# wal push
wal-push-lacking = “{ $name }” đã được lưu, nhưng còn thiếu ở { $count } kho sao lưu. Hãy đưa sang bằng “duphong wal copy”.

# wal receive
wal-receive-done = Nhật ký nhị phân của “{ $database }” đã được lưu đến { $last }; có { $bytes } mới.
wal-receive-lacking = Chưa đủ nơi: { $count ->
    [one] kho { $repositories }
   *[other] các kho { $repositories }
} còn thiếu một phần. Hãy đưa sang bằng “duphong wal copy”.
wal-receive-stream-done = Nhật ký giao dịch của “{ $database }” đã được lưu đến { $last }; có { $bytes } mới.
wal-receive-statement = Máy chủ ghi nguyên văn câu lệnh (binlog_format=STATEMENT): khi phát lại, một số câu lệnh cho kết quả khác. Hãy đặt thành ROW hoặc MIXED.

# wal slot
wal-slot-created = Từ nay máy chủ của “{ $database }” giữ nhật ký giao dịch qua khe nhân bản “{ $slot }”. Hãy bảo đảm tiến trình nền đang nhận, nếu không ổ đĩa của máy chủ sẽ đầy; rồi lấy bản nền.
wal-slot-dropped = Đã xóa khe nhân bản “{ $slot }” trên máy chủ của “{ $database }”. Từ nay không ai giữ những gì máy chủ ghi.

# wal list
wal-list-none = không lưu nhật ký giao dịch nào.
wal-list-some = nhật ký giao dịch đã lưu
wal-label-system = Hệ thống
wal-label-timeline = Dòng thời gian
wal-label-first = Từ
wal-label-last = Đến
wal-label-segments = Số đoạn
wal-list-binary = nhật ký nhị phân đã lưu
wal-list-files = nội dung các tệp của hệ thống { $system }, dòng { $line }
wal-label-file = Tệp
wal-label-transactions = Giao dịch
wal-label-first-gtid = GTID đầu
wal-label-last-gtid = GTID cuối
wal-label-first-time = Từ lúc
wal-label-last-time = Đến lúc
wal-label-line = Dòng
wal-label-files = Số tệp
wal-list-gap = THIẾU của hệ thống { $system }: { $count ->
    [one] đoạn { $first }
   *[other] { $count } đoạn, từ { $first } đến { $last }
}. Không thể phục hồi qua chỗ này.
wal-list-no-history = THIẾU của hệ thống { $system }: lịch sử của dòng thời gian { $timeline }. Không thể phục hồi đến dòng thời gian đó.

# wal check
wal-label-log = Nhật ký của
wal-label-held = Giữ được đến
wal-label-rpo = RPO lúc này
wal-label-wanted = Mức đặt ra
wal-label-waiting = Còn chờ
wal-label-fault = Lỗi
wal-check-gap = THIẾU trong kho “{ $repository }” của { $portal }/{ $database }: { $count ->
    [1] đoạn { $first }
   *[other] { $count } đoạn, từ { $first } đến { $last }
}. Không thể phục hồi qua chỗ này.

# wal copy
wal-copy-dry-run = { $count ->
    [0] Kho “{ $repository }” không thiếu gì.
   *[other] Sẽ đưa { $count } tệp sang kho “{ $repository }”. Chưa thay đổi gì.
}
wal-copy-done = { $count ->
    [0] Không đưa tệp nào sang kho “{ $repository }”.
   *[other] Đã đưa { $count } tệp sang kho “{ $repository }” và đọc lại để kiểm tra.
}

wal-copy-damaged = Trong số đó, { $count } tệp đã có ở kho này nhưng bị hỏng.
wal-copy-healed = Có { $count } tệp bị hỏng ở kho này; nay { $healed } tệp đã trọn vẹn.

# wal forget
wal-forget-no-base = Hệ thống { $system }: không bản sao lưu nào trong kho này có bản nền của hệ thống, nên giữ cả { $stay } tệp.
wal-forget-nothing = Hệ thống { $system }: bản nền cũ nhất nằm trong bản sao lưu { $set } và cần nhật ký từ { $lsn }; giữ cả { $stay } tệp.
wal-forget-some = Hệ thống { $system }: bản nền cũ nhất nằm trong bản sao lưu { $set } và cần nhật ký từ { $lsn }; { $count ->
    [one] bỏ { $first }
   *[other] bỏ { $count } tệp, từ { $first } đến { $last }
}, giữ { $stay }.
wal-forget-no-set = Máy chủ { $system }: không bản sao lưu nào trong kho này cho biết cần nhật ký nhị phân từ đâu, nên giữ cả { $stay } tệp.
wal-forget-binary-nothing = Máy chủ { $system }: bản sao lưu cũ nhất là { $set } và cần nhật ký nhị phân từ { $at }; giữ cả { $stay } tệp.
wal-forget-binary-some = Máy chủ { $system }: bản sao lưu cũ nhất là { $set } và cần nhật ký nhị phân từ { $at }; { $count ->
    [one] bỏ { $first }
   *[other] bỏ { $count } tệp, từ { $first } đến { $last }
}, giữ { $stay }.
wal-forget-dry-run = Chưa thay đổi gì.
wal-forget-done = { $count ->
    [0] Không xóa gì khỏi kho “{ $repository }”.
   *[other] Đã xóa { $count } đối tượng khỏi kho “{ $repository }”.
}

help-wal = Lưu và trả lại nhật ký giao dịch của PostgreSQL, MariaDB và MySQL
help-wal-push = Lưu một đoạn nhật ký; dùng cho archive_command
more-wal-push = Gửi tệp cho tiến trình nền và chỉ kết thúc với mã 0 khi tệp đã nằm chắc ở nơi cấu hình đòi hỏi. Tệp đã lưu thì được so sánh: nội dung giống hệt cho mã 0, nội dung khác cho mã 20, và không có gì bị ghi đè. Lệnh không cần cấu hình hay mật khẩu, chỉ cần quyền kết nối đến ổ cắm của tiến trình nền.
help-wal-push-database = Cơ sở dữ liệu có nhật ký này, viết CỔNG/CƠ-SỞ-DỮ-LIỆU
help-wal-push-path = Tệp nhật ký, tức %p của archive_command
help-wal-push-socket = Ổ cắm nhận nhật ký của tiến trình nền, khi không đọc được cấu hình
help-wal-receive = Nhận nhật ký của một máy chủ đến chỗ hiện tại
more-wal-receive = Nhận nhật ký nhị phân của MariaDB hoặc MySQL khi cấu hình có “binlog”, và nhật ký giao dịch của PostgreSQL khi cấu hình có “wal.receive”. Tiến trình nền luôn làm việc này; lệnh này nhận một lần, khi không có tiến trình nền, hoặc để xem máy chủ và tài khoản còn thiếu gì.
help-wal-receive-database = Cơ sở dữ liệu thuộc máy chủ có nhật ký này, viết CỔNG/CƠ-SỞ-DỮ-LIỆU
help-wal-slot = Tạo hoặc xóa khe nhân bản (replication slot) để máy chủ PostgreSQL giữ nhật ký giao dịch
help-wal-slot-create = Tạo khe nhân bản để máy chủ giữ nhật ký giao dịch đến khi đã được nhận
more-wal-slot-create = Trước đó hỏi máy chủ có gửi được nhật ký theo luồng không và vai trò có quyền không. Từ lúc ấy tiến trình nền phải nhận nhật ký, nếu không ổ đĩa của máy chủ sẽ đầy; max_slot_wal_keep_size là giới hạn.
help-wal-slot-create-database = Cơ sở dữ liệu thuộc máy chủ có nhật ký này, viết CỔNG/CƠ-SỞ-DỮ-LIỆU
help-wal-slot-drop = Xóa khe nhân bản: máy chủ không giữ gì cho duphong nữa
more-wal-slot-drop = Dùng cho máy chủ không còn nhận nhật ký nữa, và cho khe mà máy chủ đã bỏ. Không ai được đang nhận qua khe này, nên hãy dừng tiến trình nền trước; và bỏ “receive” khỏi cấu hình trước khi chạy lại, trừ khi tạo lại khe.
help-wal-slot-drop-database = Cơ sở dữ liệu thuộc máy chủ có nhật ký này, viết CỔNG/CƠ-SỞ-DỮ-LIỆU
help-wal-list = Xem nhật ký đã lưu theo dòng thời gian và những đoạn còn thiếu
help-wal-list-files = Đọc mọi tệp nhật ký nhị phân và cho biết trong đó có những giao dịch nào, từ lúc nào đến lúc nào; lệnh này đọc toàn bộ nhật ký
help-wal-list-repository = Kho sao lưu; nếu không ghi là mọi kho trong cấu hình
help-wal-check = Xem nhật ký giao dịch đang được giữ đến đâu và nếu mất lúc này thì mất những gì
more-wal-check = Hỏi từng máy chủ đã ghi đến đâu và từng kho sao lưu đang giữ đến đâu; tiến trình nền cũng tự làm việc này và “duphong status” cho xem kết quả. Kết thúc với mã 0; mã 3 khi có nơi không hỏi được hoặc có điều cần xem; mã 30 khi nếu mất lúc này thì mất nhiều hơn mức cấu hình chấp nhận.
help-wal-check-database = Cơ sở dữ liệu, viết CỔNG/CƠ-SỞ-DỮ-LIỆU; nếu không ghi là mọi cơ sở dữ liệu có lưu nhật ký
help-wal-fetch = Trả lại một đoạn nhật ký; dùng cho restore_command
more-wal-fetch = Kết thúc với mã 0 khi đã có tệp; đoạn cuối cùng nếu chỉ mới lưu được phần đầu thì phần sau là các byte 0. Kết thúc với mã 1 khi mọi kho sao lưu đã được hỏi và không kho nào có, PostgreSQL coi đó là hết nhật ký; mã 200 trong mọi trường hợp khác, khi đó PostgreSQL dừng phục hồi chứ không chạy tiếp với một phần nhật ký.
help-wal-fetch-name = Tên tệp, tức %f của restore_command
help-wal-fetch-path = Nơi ghi tệp, tức %p của restore_command
help-wal-fetch-repository = Kho sao lưu để hỏi; có thể ghi nhiều lần; nếu không ghi là mọi kho trong cấu hình
help-wal-fetch-system = Mã hệ thống có nhật ký này, khi một kho giữ nhật ký của nhiều hệ thống
help-wal-copy = Đưa sang một kho sao lưu những đoạn nhật ký mà kho đó thiếu
help-wal-copy-from = Kho sao lưu đang có
help-wal-copy-to = Kho sao lưu còn thiếu
more-wal-copy = So sánh theo tên và độ dài. Với --read-data, mọi thứ đang có ở kho đích cũng được đọc: tệp hỏng được đưa sang lại, và bản hỏng chỉ bị bỏ khi bản mới đã được đọc lại; tệp đọc được thì không bao giờ bị thay thế.
help-wal-copy-read-data = Đọc những gì đang có và đưa sang lại những tệp bị hỏng
help-wal-copy-dry-run = Xem sẽ đưa những gì; không thay đổi gì
help-wal-forget = Xóa những đoạn nhật ký không bản nền nào còn cần
more-wal-forget = Với mỗi hệ thống, mọi thứ từ bản nền cũ nhất trong kho trở đi được giữ, trên mọi dòng thời gian; nếu có bản sao lưu không đọc được hoặc không có bản nền nào thì giữ tất cả. Lịch sử các dòng thời gian luôn được giữ.
help-wal-forget-repository = Kho sao lưu cần xóa bớt
help-wal-forget-dry-run = Xem sẽ xóa những gì; không thay đổi gì
value-database = CƠ-SỞ-DỮ-LIỆU
value-gtid = SỐ-GTID

# Máy chủ còn thiếu gì để nhận được nhật ký (validate --live).
validate-unasked = không hỏi được máy chủ: { $why }
validate-unasked-hint = { $hint }
lack-level = PostgreSQL tại “{ $server }” ghi quá ít vào nhật ký: wal_level đang là { $value }
lack-level-hint = Quản trị máy chủ gõ trong psql: ALTER SYSTEM SET wal_level = 'replica'; rồi khởi động lại máy chủ.
lack-senders = PostgreSQL tại “{ $server }” không còn kết nối nào để gửi nhật ký: max_wal_senders là { $most }, nơi khác đang dùng { $used }
lack-senders-hint = Quản trị máy chủ gõ trong psql: ALTER SYSTEM SET max_wal_senders = { $wanted }; rồi khởi động lại máy chủ.
lack-slots = PostgreSQL tại “{ $server }” không còn chỗ cho khe nhân bản: max_replication_slots là { $most }, đã có { $used }
lack-slots-hint = Quản trị máy chủ gõ trong psql: ALTER SYSTEM SET max_replication_slots = { $wanted }; rồi khởi động lại máy chủ.
lack-role = vai trò “{ $role }” tại PostgreSQL “{ $server }” không có quyền nhân bản
lack-role-hint = Quản trị máy chủ gõ trong psql: ALTER ROLE { $role } REPLICATION;
lack-login = PostgreSQL tại “{ $server }” không cho vai trò “{ $role }” kết nối nhân bản: { $said }
lack-login-hint = Thêm dòng “{ $line }” vào pg_hba.conf, trên các dòng chung, rồi gõ trong psql: SELECT pg_reload_conf();
lack-slot = PostgreSQL tại “{ $server }” chưa có khe nhân bản “{ $slot }”, nên chưa giữ nhật ký cho duphong
lack-slot-hint = Gõ: duphong wal slot create { $database }
lack-slot-lost = PostgreSQL tại “{ $server }” đã bỏ khe nhân bản “{ $slot }”: phần nhật ký chưa nhận không còn nữa
lack-slot-lost-hint = Gõ lần lượt: duphong wal slot drop { $database }; duphong wal slot create { $database }; duphong snapshot create --portal { $portal }
lack-maker = máy chủ tại “{ $server }” là { $version }, duphong không theo dõi được nhật ký nhị phân của máy chủ này: với MySQL, duphong theo dõi từ bản 8.0 trở lên
lack-maker-hint = Bỏ “binlog” khỏi cơ sở dữ liệu này trong cấu hình, và lấy bản sao lưu dày hơn.
lack-off = máy chủ tại “{ $server }” không ghi nhật ký nhị phân
lack-off-hint = Quản trị máy chủ gõ: printf '[mariadb]\nlog-bin\nserver-id=1\nbinlog-format=ROW\n' > /etc/mysql/mariadb.conf.d/90-duphong.cnf && systemctl restart mariadb
lack-off-mysql-hint = Quản trị máy chủ bỏ “skip-log-bin” và “disable-log-bin” khỏi tệp cấu hình của máy chủ, ghi “log-bin”, “server-id=1”, “gtid-mode=ON” và “enforce-gtid-consistency=ON” vào đó, rồi khởi động lại máy chủ.
lack-numbers = MySQL tại “{ $server }” không đánh số giao dịch (gtid_mode không phải ON), mà chỉ nhờ số đó mới biết nhật ký nhị phân có bị khuyết hay không
lack-numbers-hint = Quản trị máy chủ gõ lần lượt: SET PERSIST enforce_gtid_consistency = ON; SET PERSIST gtid_mode = OFF_PERMISSIVE; SET PERSIST gtid_mode = ON_PERMISSIVE; SET PERSIST gtid_mode = ON; sau đó lấy một bản sao lưu.
lack-image = MySQL tại “{ $server }” chỉ ghi một phần của mỗi dòng bị thay đổi (binlog_row_image là { $image })
lack-image-hint = Quản trị máy chủ gõ: SET PERSIST binlog_row_image = 'FULL';
lack-number = máy chủ tại “{ $server }” có server_id là 0, nên từ chối mọi bên theo dõi nhật ký nhị phân
lack-number-hint = Quản trị máy chủ gõ: SET GLOBAL server_id = 1; và ghi “server-id=1” vào tệp cấu hình của máy chủ.
lack-format = máy chủ tại “{ $server }” ghi nhật ký nhị phân dạng { $format }: một số câu lệnh chạy lại có thể cho kết quả khác
lack-format-hint = Quản trị máy chủ gõ: SET GLOBAL binlog_format = 'ROW'; và ghi “binlog-format=ROW” vào tệp cấu hình của máy chủ.
lack-filter = máy chủ tại “{ $server }” không ghi một số thay đổi vào nhật ký nhị phân ({ $filter })
lack-filter-hint = Bỏ binlog-do-db và binlog-ignore-db khỏi tệp cấu hình của máy chủ, bật log-replica-updates (MariaDB: log-slave-updates) nếu đó là máy nhân bản (replica), rồi khởi động lại máy chủ.
lack-rights = tài khoản tại máy chủ “{ $server }” không được theo dõi nhật ký nhị phân; còn thiếu quyền: { $rights }
lack-rights-hint = Quản trị máy chủ gõ: GRANT { $rights } ON *.* TO { $account };
lack-expire = máy chủ tại “{ $server }” xóa nhật ký nhị phân sau { $hours } giờ: duphong ngừng lâu hơn thế là mất một đoạn
lack-expire-hint = Quản trị máy chủ gõ: SET GLOBAL { $setting } = { $wanted }; và ghi “{ $setting }={ $wanted }” vào tệp cấu hình của máy chủ.
