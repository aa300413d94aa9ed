# Lỗi về nguồn dữ liệu: cơ sở dữ liệu và cây tệp.
fault-source-cancelled = đã dừng theo yêu cầu
fault-source-name = không dùng được “{ $name }” làm tên nguồn
    .hint = Dùng tối đa 64 chữ cái a–z, chữ số, gạch nối, gạch dưới và dấu chấm; không bắt đầu bằng dấu chấm hoặc gạch nối.
fault-source-missing = “{ $path }” không tồn tại
    .hint = Ổ đĩa đã được gắn chưa? Nếu cổng đã chuyển chỗ, hãy sửa đường dẫn trong cấu hình.
fault-source-not-a-folder = “{ $path }” không phải là thư mục
    .hint = Hãy ghi thư mục chứa các tệp, không ghi một tệp đơn lẻ.
fault-source-target-not-empty = “{ $target }” không trống
    .hint = Không bao giờ phục hồi đè lên dữ liệu đang có. Hãy chỉ định tệp mới hoặc cơ sở dữ liệu trống, hoặc chuyển bản cũ đi nơi khác trước.
fault-source-no-space = “{ $path }” không đủ dung lượng: cần { $need } byte, còn trống { $free } byte
    .hint = Giải phóng dung lượng, hoặc chỉ định thư mục khác cho dữ liệu tạm trong cấu hình.
fault-source-sqlite = không thực hiện được thao tác “{ $act }” với cơ sở dữ liệu SQLite “{ $path }”
fault-source-sqlite-busy = “{ $path }” bị chương trình khác khóa suốt { $seconds } giây
    .hint = Tìm chương trình đang giữ tệp bằng “fuser -v”. Cổng chạy ở chế độ WAL không cản trở việc sao lưu.
fault-source-not-sqlite = “{ $path }” không phải là cơ sở dữ liệu SQLite
    .hint = Kiểm tra lại đường dẫn. Nếu đường dẫn đúng thì tệp đã bị ghi đè hoặc bị mã hóa: không khởi động lại cổng, hãy phục hồi bản sao lưu mới nhất ra chỗ khác.
fault-source-sqlite-damaged = “{ $path }” bị hỏng: { $detail }
    .hint = Giữ nguyên tệp làm chứng cứ và phục hồi bản sao lưu mới nhất đã diễn tập đạt. Ổ đĩa có thể sắp hỏng: xem “dmesg” và SMART.
fault-source-dsn = không dùng được chuỗi kết nối (DSN): { $reason }
    .hint = Hãy ghi dạng “host=/run/postgresql dbname=portal user=duphong”; mật khẩu để trong tệp riêng.
fault-source-tls = chuỗi kết nối yêu cầu TLS, phiên bản này chưa hỗ trợ
    .hint = Hãy chạy duphong ngay trên máy chủ cơ sở dữ liệu qua socket, hoặc qua đường hầm mã hóa như SSH, WireGuard.
fault-source-unreachable = không kết nối được PostgreSQL tại “{ $server }”
    .hint = Máy chủ có đang chạy không (“systemctl status postgresql”)? Địa chỉ và cổng kết nối có đúng không, có tường lửa chặn không?
fault-source-login-refused = PostgreSQL tại “{ $server }” từ chối đăng nhập
    .hint = Kiểm tra vai trò, mật khẩu và pg_hba.conf. Nếu xác thực kiểu peer, duphong phải chạy bằng người dùng trùng tên vai trò.
fault-source-no-answer = không kết nối được PostgreSQL tại “{ $server }”: { $reason }
    .hint = Máy chủ có đang chạy không (“systemctl status postgresql”)? Địa chỉ và cổng kết nối có đúng không, có tường lửa chặn không?
fault-source-silent = PostgreSQL tại “{ $server }” không trả lời trong { $seconds } giây
    .hint = Máy chủ có thể bị mất kết nối hoặc quá tải. Giao dịch ghi không kết thúc có thể đang chờ một máy dự phòng (“synchronous_standby_names”).
fault-source-query = PostgreSQL không thực hiện được thao tác “{ $act }”
fault-source-altered = có bảng bị đổi cấu trúc, bị làm rỗng hoặc bị xóa khi bắt đầu kết xuất: { $tables }
    .hint = Khi đó bản kết xuất sẽ thiếu các hàng của chúng, nên không có gì của lần chạy này được giữ lại. Hãy chạy lại khi đã đổi cấu trúc xong.
fault-source-gone = PostgreSQL đã ngừng trả lời trong khi đang làm việc ({ $act })
    .hint = Không có gì của lần chạy này được giữ lại. Xem nhật ký của máy chủ để biết lý do (khởi động lại, hết bộ nhớ, đầy đĩa), rồi chạy lại.
fault-source-tools = không tìm thấy chương trình PostgreSQL phiên bản { $major } trở lên (đã thấy: { $found })
    .hint = Hãy cài đặt, trên Debian là “apt install postgresql-client-{ $major }” (để diễn tập: “postgresql-{ $major }”), hoặc ghi thư mục chứa chúng trong cấu hình.
fault-source-rights = vai trò “{ $role }” không được tạo cơ sở dữ liệu, hoặc không được đổi tên cơ sở dữ liệu này
    .hint = Để phục hồi tại chỗ, vai trò phải là superuser, hoặc có quyền CREATEDB và là chủ sở hữu của cơ sở dữ liệu.
fault-source-in-use = cơ sở dữ liệu “{ $database }” vẫn đang được dùng bởi những phiên không kết thúc được
    .hint = Xem pg_stat_activity và pg_prepared_xacts để biết ai đang dùng rồi kết thúc; vai trò này không được kết thúc phiên của superuser.
fault-source-row-security = bảo mật mức hàng sẽ che mất các hàng của: { $tables }
    .hint = Bản sao lưu phải có mọi hàng. Hãy cho vai trò thấy tất cả: “ALTER ROLE … BYPASSRLS”, hoặc dùng chủ sở hữu của các bảng.
fault-source-unreadable = vai trò không có quyền đọc: { $tables }
    .hint = Hãy cấp quyền đọc toàn bộ: “GRANT pg_read_all_data TO …”.
fault-source-dump = kết xuất PostgreSQL thất bại
fault-source-dump-silent = việc kết xuất không ghi thêm gì trong { $seconds } giây nên đã bị dừng
    .hint = Tìm các khóa đang chờ trong pg_stat_activity (MariaDB: SHOW FULL PROCESSLIST), rồi chạy lại.
fault-source-dump-damaged = bản kết xuất bị hỏng: { $detail }
    .hint = Không dựa vào bản sao lưu này. Kiểm tra ổ đĩa chứa thư mục tạm, rồi tạo bản mới.
fault-source-load = nạp dữ liệu vào PostgreSQL thất bại
    .hint = Cơ sở dữ liệu đích đang chứa một phần: hãy xóa và tạo lại trước lần thử sau. Phần mở rộng còn thiếu phải được cài trên máy này trước.
fault-source-program = một chương trình của PostgreSQL thất bại
fault-source-mariadb-settings = không dùng được thông tin kết nối MariaDB: { $reason }
    .hint = Ghi như “socket=/run/mysqld/mysqld.sock database=portal_new user=duphong”; mật khẩu lấy từ cấu hình.
fault-source-mariadb-programs = không tìm thấy chương trình “{ $program }” của { $family } (đã thấy: { $found })
    .hint = Cài đặt chương trình, trên Debian là “apt install mariadb-client” (để diễn tập: “mariadb-server”), hoặc ghi thư mục của nó trong cấu hình (bin-dir).
fault-source-mariadb-unreachable = không kết nối được MariaDB tại “{ $server }”
    .hint = Máy chủ có đang chạy không (“systemctl status mariadb”)? Socket, hoặc máy chủ và cổng, có đúng không, và chứng thư của máy chủ có được tệp authorities xác nhận không?
fault-source-mariadb-login-refused = MariaDB tại “{ $server }” từ chối đăng nhập
    .hint = Kiểm tra tài khoản, mật khẩu và quyền dùng cơ sở dữ liệu.
fault-source-mariadb-query = MariaDB không thực hiện được thao tác “{ $act }”
fault-source-mariadb-silent = MariaDB tại “{ $server }” không trả lời trong { $seconds } giây
    .hint = Xem phiên nào đang chờ khóa (“SHOW FULL PROCESSLIST”) rồi chạy lại.
fault-source-mariadb-gone = MariaDB đã ngừng trả lời trong khi đang làm việc ({ $act })
    .hint = Lần chạy này không giữ lại gì. Xem nhật ký của máy chủ để biết lý do (khởi động lại, hết bộ nhớ, đầy đĩa) rồi chạy lại.
fault-source-mariadb-rights = tài khoản chỉ thấy được một phần của cơ sở dữ liệu “{ $database }”; còn thiếu quyền: { $rights }
    .hint = Cấp các quyền còn thiếu. Cho tài khoản sao lưu: GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES, RELOAD, BINLOG MONITOR ON *.* (với MySQL: REPLICATION CLIENT và SHOW_ROUTINE thay cho BINLOG MONITOR).
fault-source-mariadb-dump = kết xuất MariaDB thất bại
fault-source-mariadb-altered = cơ sở dữ liệu bị thay đổi cấu trúc trong khi kết xuất: { $detail }
    .hint = Lần chạy này không giữ lại gì. Chạy lại khi việc thay đổi (ALTER, DROP, CREATE) đã xong.
fault-source-mariadb-load = nạp dữ liệu vào MariaDB thất bại
    .hint = Cơ sở dữ liệu đích đang chứa một phần: xóa và tạo lại trước lần thử sau.
fault-source-mariadb-scratch-start = máy chủ MariaDB tạm không khởi động được
fault-source-command = lệnh { $act ->
        [dump] kết xuất
        [load] nạp
        [count] đếm
        [prepare] chuẩn bị
        [clean] dọn dẹp
        [pull] lấy cây tệp
       *[other] “{ $act }”
    } thất bại
fault-source-command-empty = “{ $program }” báo thành công nhưng không ghi gì
    .hint = Lệnh kết xuất phải ghi ra đầu ra chuẩn. Nếu lệnh để lại tệp, hãy đưa {"{"}folder{"}"} vào tham số của nó.
fault-source-command-cut = dữ liệu mà “{ $program }” ghi ra không kết thúc bằng “{ $end }”: bản kết xuất bị cụt
    .hint = Không có gì của lần chạy này được giữ lại. Nếu lệnh chạy nhiều chương trình nối nhau trên máy ở xa, phải để lỗi của mọi chương trình làm cả lệnh thất bại (“set -o pipefail”).
fault-source-command-files = lệnh kết xuất không để lại đủ tệp: { $detail }
    .hint = Chạy thử lệnh bằng tay với một thư mục trống. Tệp phải nằm trong thư mục được điền vào {"{"}folder{"}"}.
fault-source-command-changed = “{ $path }” còn bị ghi sau khi lệnh kết xuất đã kết thúc
    .hint = Không có gì của lần chạy này được giữ lại. Lệnh không được kết thúc trước khi máy chủ ghi xong: phải chờ ngay trong lệnh, rồi mới chuyển tệp vào {"{"}folder{"}"}.
fault-source-command-count = dòng { $line } mà lệnh đếm in ra không đúng: { $detail }
    .hint = Mỗi bảng một dòng: tên, dấu tab, số hàng; có thể thêm dấu tab và giá trị băm của nội dung. Không in gì khác.
fault-source-command-lacks = cấu hình không có lệnh “{ $command }” cho cơ sở dữ liệu này
    .hint = Thêm lệnh vào “command” của cơ sở dữ liệu, hoặc phục hồi tệp kết xuất rồi nạp bằng tay.
fault-source-command-target = không dùng được “{ $target }” làm đích của lệnh nạp
    .hint = Chỉ dùng chữ cái, chữ số và . _ - / : @ % + = , (tối đa 200 ký tự), không bắt đầu bằng gạch nối: đích có thể đi qua shell của máy ở xa.
fault-source-scratch-in-memory = “{ $path }” nằm trong bộ nhớ (tmpfs)
    .hint = Hãy ghi trong cấu hình một thư mục trên đĩa để diễn tập, hoặc cho phép rõ ràng việc dùng bộ nhớ.
fault-source-scratch-unreachable = người dùng “{ $user }” không vào được thư mục “{ $path }”
    .hint = Máy chủ tạm không chạy bằng root. Hãy chỉ định thư mục mà người dùng này vào được, ví dụ trong /var/tmp, hoặc chạy “chmod o+x” cho thư mục đó.
fault-source-scratch-user = không có người dùng “{ $user }” để chạy máy chủ tạm
    .hint = PostgreSQL không chạy bằng root. Hãy cài gói máy chủ PostgreSQL (gói này tạo người dùng “postgres”), hoặc ghi người dùng khác trong cấu hình.
fault-source-scratch-start = máy chủ PostgreSQL tạm không khởi động được

# Các giai đoạn.
phase-inventory = Đếm hàng và đối tượng
phase-roles = Phục hồi vai trò
