# Lỗi của cả tệp cấu hình.
fault-config-missing = không có tệp cấu hình tại “{ $path }”
    .hint = Chỉ ra tệp bằng --config, hoặc tạo tệp đầu tiên bằng “duphong quickstart”.
fault-config-unreadable = không đọc được tệp cấu hình
fault-config-problems = tệp cấu hình “{ $path }” có { $count } vấn đề
    .hint = Sửa tất cả, rồi chạy “duphong validate”.

# Lỗi của bí mật.
fault-secret-unreadable = không đọc được bí mật
fault-secret-no-credentials = systemd không chuyển bí mật nào, nên không lấy được “{ $name }”
    .hint = Chạy như một dịch vụ có LoadCredential={ $name }:…, hoặc cất bí mật trong một tệp và ghi “file:”.
fault-secret-empty = tệp bí mật “{ $path }” rỗng
    .hint = Ghi mật khẩu vào tệp; một dấu xuống dòng ở cuối không thuộc mật khẩu.
fault-secret-too-long = tệp “{ $path }” dài hơn { BYTES($limit) }: đây không phải mật khẩu
    .hint = Kiểm tra đường dẫn: có vẻ đang trỏ tới tệp khác.
fault-secret-not-a-key = tệp “{ $path }” không chứa khóa truy cập
    .hint = Gồm hai dòng: mã khóa, rồi bí mật; không gì khác.

# Tệp dưới dạng văn bản.
config-too-large = tệp có { BYTES($size) } trở lên; giới hạn là { BYTES($limit) }
config-too-large-hint = Kiểm tra xem đây có phải tệp cấu hình không: một nghìn cổng chỉ cần một nửa dung lượng đó.
config-not-utf8 = từ đây tệp không phải UTF-8
config-not-utf8-hint = Lưu lại bằng UTF-8. Không đọc được các bảng mã tiếng Việt cũ (TCVN3, VNI).
config-byte-order-mark = tệp bắt đầu bằng dấu thứ tự byte (BOM)
config-byte-order-mark-hint = Lưu lại bằng “UTF-8 không BOM”.
config-control-character = ký tự điều khiển { $code }
config-control-character-hint = Xóa ký tự này; nó thường lẫn vào khi sao chép từ chương trình khác.
config-empty = tệp không có nội dung
config-empty-hint = Bắt đầu từ tệp mẫu: { $example }.

# YAML.
config-tab = dùng phím tab để thụt dòng
config-tab-hint = YAML chỉ thụt dòng bằng dấu cách: thay mỗi tab bằng hai dấu cách.
config-open-quote = dấu ngoặc kép hoặc nháy mở ở đây hay ở trên mà không đóng
config-open-quote-hint = Đóng lại, hoặc đặt cả giá trị giữa hai dấu nháy đơn: 'như thế này'.
config-after-quote = còn chữ đứng sau dấu nháy đóng
config-after-quote-hint = Đặt cả giá trị giữa hai dấu nháy; giữa hai dấu nháy đơn, viết dấu nháy hai lần: 'it''s'.
config-list-here = phần tử của danh sách không thể bắt đầu ở đây
config-list-here-hint = Bắt đầu danh sách ở dòng sau, hoặc ghi giữa ngoặc vuông: [a, b].
config-escape = không hiểu chuỗi ký tự sau “\” giữa hai dấu nháy kép
config-escape-hint = Dùng dấu nháy đơn: ở giữa, “\” là ký tự bình thường.
config-open-bracket = ngoặc vuông hoặc ngoặc nhọn chưa đóng, hoặc đóng thừa
config-open-bracket-hint = Đếm lại các “[ ]” và “{"{"} {"}"}” của giá trị này; các mục cách nhau bằng dấu phẩy.
config-too-deep = các giá trị lồng nhau quá sâu; giới hạn là { $limit }
config-too-deep-hint = Ở đây không có gì lồng sâu như vậy: kiểm tra thụt dòng và các dấu ngoặc.
config-colon = dấu “:” thứ hai trên một dòng, hoặc giá trị ở chỗ không thể có
config-colon-hint = Đặt giá trị có “: ” giữa hai dấu nháy, và bắt đầu mỗi khóa trên một dòng riêng.
config-no-colon = khóa không có “:”
config-no-colon-hint = Ghi “khóa: giá trị”, có dấu cách sau dấu hai chấm.
config-start-character = giá trị không thể bắt đầu bằng ký tự này
config-start-character-hint = Đặt giá trị giữa hai dấu nháy.
config-indentation = dòng này không khớp với cách thụt của các dòng trên
config-indentation-hint = Các khóa của một mục bắt đầu ở cùng một cột; các phần tử của danh sách bắt đầu bằng “- ” ở cùng một cột.
config-syntax = đây không phải YAML: { $detail }
config-syntax-hint = Xem dòng này và dòng trên: dấu hai chấm, dấu nháy, dấu ngoặc và cách thụt dòng.
config-several-documents = tài liệu thứ hai bắt đầu ở đây
config-several-documents-hint = Xóa dòng “---”: một tệp là một tài liệu.
config-alias = ở đây không dùng mốc (&) và tham chiếu (*)
config-alias-hint = Ghi rõ giá trị ở nơi cần. Nếu chính văn bản bắt đầu bằng & hoặc *, hãy đặt giữa hai dấu nháy.
config-merge-key = ở đây không dùng khóa gộp (<<)
config-tag = ở đây không dùng thẻ như “{ $tag }”
config-tag-hint = Xóa thẻ. Nếu chính văn bản bắt đầu bằng !, hãy đặt giữa hai dấu nháy.
config-complex-key = khóa phải là một từ đơn giản
config-complex-key-hint = Văn bản giữa hai lớp ngoặc nhọn hoặc có “?” ở đầu bị hiểu là khóa: hãy đặt giữa hai dấu nháy.
config-duplicate-key = khóa “{ $key }” đứng ở đây lần thứ hai; lần đầu ở dòng { NUMBER($line, useGrouping: "false") }
config-duplicate-key-hint = Giữ lại một trong hai.

# Khóa.
config-unknown-key = không có khóa “{ $key }”
config-later-key = phiên bản này chưa biết khóa “{ $key }”
config-did-you-mean-hint = Có phải ý bạn là “{ $nearest }”?
config-known-keys-hint = Ở đây có các khóa: { $known }.
config-missing-key = thiếu khóa “{ $key }”
config-missing-key-hint = Thêm “{ $key }:” vào mục này; xem ví dụ trong { $example }.
config-no-value = khóa không có giá trị
config-no-value-hint = Ghi giá trị, hoặc xóa dòng này.
config-one-of =
    { $count ->
        [0] thiếu một trong các khóa: { $keys }
       *[other] chỉ được có một trong các khóa: { $keys }
    }
config-one-of-hint = Giữ đúng một khóa.

# Giá trị.
config-wrong-kind =
    { $expected ->
        [list] ở đây cần một danh sách
        [mapping] ở đây cần một mục có các khóa
        [number] ở đây cần một số nguyên
        [duration] ở đây cần một khoảng thời gian như 6h
       *[text] ở đây cần một văn bản
    }, không phải { $found ->
        [list] danh sách
        [mapping] mục có các khóa
       *[text] văn bản
    }
config-glued-colon-hint = Sau dấu hai chấm phải có dấu cách: “khóa: giá trị”.
config-too-few = cần ít nhất { $least } mục
config-too-few-hint = Thêm một mục, hoặc xóa khóa này.
config-too-many = có { $count } mục; cho phép nhiều nhất { $most }
config-text-lines = văn bản có dấu xuống dòng hoặc ký tự điều khiển khác
config-text-length = văn bản dài { $length } ký tự; cho phép nhiều nhất { $most }
config-id = “{ $value }” không thể làm tên ngắn
config-id-hint = Dùng từ 1 đến 32 ký tự: chữ thường a–z không dấu, chữ số và dấu gạch nối, không bắt đầu bằng dấu gạch nối.
config-unknown-word = “{ $value }” không thuộc: { $known }
config-known-words-hint = Ghi một trong các từ đó.
config-quoted-number = số giữa hai dấu nháy là văn bản
config-quoted-number-hint = Bỏ dấu nháy.
config-number-range = { $value } không nằm trong khoảng từ { NUMBER($least, useGrouping: "false") } đến { NUMBER($most, useGrouping: "false") }
config-duration = “{ $value }” không phải khoảng thời gian
config-duration-unit = khoảng thời gian “{ $value }” không có đơn vị
config-duration-hint = Ghi một số nguyên liền với đơn vị: 90s (giây), 30m (phút), 6h (giờ) hoặc 14d (ngày).
config-duration-range = { $value } không nằm trong khoảng từ { DURATION($least) } đến { DURATION($most) }
config-wal-slot = “{ $value }” không phải tên của khe nhân bản
config-wal-slot-hint = Hãy dùng chữ thường không dấu, chữ số và “_”, nhiều nhất 63 ký tự.
config-wal-waiting = “{ $value }” không phải dung lượng từ 16MiB đến 64TiB
config-wal-waiting-hint = Ghi một số nguyên liền với đơn vị: 512MiB, 2GiB.
config-binlog-every = nhật ký nhị phân được phép chờ lưu (every) lâu bằng mức mất dữ liệu tối đa (rpo)
config-binlog-every-hint = Đặt “every” ngắn hơn “rpo”, thường bằng một phần mười.
config-path-unexpanded = “{ $value }”: “~” và biến không có nghĩa ở đây
config-path-unexpanded-hint = Ghi đường dẫn đầy đủ.
config-path-parent = “{ $value }” có “..”
config-path-parent-hint = Ghi đường dẫn đầy đủ: sau một liên kết tượng trưng, “..” dẫn tới nơi khác với vẻ ngoài của nó.
config-timezone = không có múi giờ “{ $value }”
config-timezone-hint = Ghi một tên trong cơ sở dữ liệu IANA, như Asia/Ho_Chi_Minh.
config-url = “{ $value }” không phải địa chỉ của một cổng
config-url-hint = Ghi đầy đủ, như https://cong.example.
config-url-secret = địa chỉ có tên người dùng hoặc mật khẩu
config-url-secret-hint = Xóa phần đứng trước và cả “@”.
config-inline-secret = không được ghi bí mật trong cấu hình
config-inline-secret-hint = Cất vào một tệp có quyền 0600 và ghi {"{"} file: /etc/duphong/… {"}"}, hoặc để systemd chuyển: {"{"} credential: TÊN {"}"}. Đổi mật khẩu nếu người khác có thể đã đọc tệp này.
config-credential = “{ $value }” không thể làm tên bí mật của systemd
config-pattern = “{ $value }” không thể làm mẫu bỏ qua
config-pattern-hint = Mẫu tính từ thư mục gốc của cây: không có “/” ở đầu, không có phần rỗng, “.” hoặc “..”.
config-dsn = không hiểu chuỗi kết nối
config-dsn-hint = Ghi như “host=/run/postgresql dbname=portal user=duphong”.
config-dsn-hosts = chuỗi kết nối nêu nhiều máy chủ
config-dsn-options = chuỗi kết nối đặt “options”, là phần duphong tự đặt
config-dsn-options-hint = Bỏ “options”.
config-dsn-tls = chuỗi kết nối đòi TLS, mà phiên bản này chưa dùng được TLS với PostgreSQL
config-dsn-tls-hint = Chạy duphong cạnh máy chủ và kết nối qua socket unix, hoặc qua một đường hầm; khi đó bỏ “sslmode”.
config-dsn-password = chuỗi kết nối có mật khẩu
config-dsn-password-hint = Xóa đi và ghi “password: {"{"} file: … {"}"}” bên cạnh “dsn”. Đổi mật khẩu nếu người khác có thể đã đọc tệp này.
config-dsn-database = chuỗi kết nối không nêu cơ sở dữ liệu
config-mariadb-place = có cả “socket” lẫn “host”
config-mariadb-place-hint = Ghi “socket”, hoặc “host” kèm “port” và “authorities”.
config-mariadb-stray = mục này đi với “host”, mà “host” không có
config-mariadb-tls = kết nối tới “{ $host }” sẽ không được mã hóa
config-mariadb-tls-hint = Ghi tệp PEM của tổ chức đã ký chứng thư của máy chủ vào “authorities”, hoặc kết nối qua một đường hầm bắt đầu trên máy này.
config-no-socket-hint = Máy chủ có đang chạy và lắng nghe ở đó không (“socket” trong cấu hình của nó)?
config-mariadb-bin-dir-hint = Ghi thư mục chứa mariadb-dump (hoặc mysqldump).
config-account = “{ $value }” không thể là tài khoản của máy này

# Cổng.
config-portal-empty = cổng không có cơ sở dữ liệu và cũng không có cây thư mục: sẽ không sao lưu được gì
config-portal-empty-hint = Thêm “databases” hoặc “trees”.
config-retention-empty = không có quy tắc nào: mọi bản sao lưu trừ bản mới nhất sẽ bị bỏ
config-retention-empty-hint = Thêm ít nhất một trong “within”, “last”, “hourly”, “daily”, “weekly”, “monthly”, “yearly”, hoặc xóa “retention” để giữ tất cả.
config-set-tag = “{ $value }” không thể làm nhãn của bản sao lưu
config-set-tag-hint = Dùng từ 1 đến 32 ký tự: chữ thường a–z không dấu, chữ số và dấu gạch nối, không bắt đầu bằng dấu gạch nối. “evidence” dành riêng cho bản sao lưu lấy làm chứng cứ, không quy tắc nào bỏ.
config-on-change-unwatched = có “on-change” nhưng không cây thư mục nào của cổng này được theo dõi
config-on-change-unwatched-hint = Thêm “watch: true” vào một cây thư mục, hoặc xóa “on-change”.
config-on-change-longest = thời gian chờ tối đa { DURATION($longest) } ngắn hơn khoảng lặng { DURATION($quiet) }
config-on-change-longest-hint = Tăng “longest”, hoặc giảm “quiet”.
config-spot-check-beyond = kiểm tra điểm không bao giờ xem được: { $sources }
config-spot-check-beyond-hint = Nguồn niêm phong, nguồn kéo từ máy khác và bản nền chỉ được chứng minh bằng diễn tập.
config-name-taken = cổng này đã có một nguồn tên “{ $name }”
config-name-taken-hint = Đặt cho mỗi nguồn một “name” riêng.
config-tree-name = tên thư mục “{ $folder }” không thể làm tên của cây
config-tree-name-hint = Thêm “name”: chữ thường a–z không dấu, chữ số và dấu gạch nối.
config-twice = “{ $name }” được ghi hai lần
config-no-repository = không có kho sao lưu “{ $name }”
config-no-repository-hint = Hiện có: { $known }. Thêm kho này vào “repositories”, hoặc sửa lại tên.
config-drill-from = không có bản sao lưu nào của cổng này được đưa vào “{ $name }”, nên không thể diễn tập phục hồi từ đó
config-drill-from-hint = Chọn một trong: { $known }; hoặc thêm kho này vào “snapshot.to”.
config-turn-within = chỉ có một bản sao lưu mới nhất: không có gì để chọn trong một khoảng thời gian
config-turn-within-hint = Bỏ “within”, hoặc chọn “random” hay “oldest”.
config-rto-law = rto { DURATION($rto) } cộng với allowance { DURATION($allowance) } vượt quá 24 giờ phải sẵn sàng phục hồi dữ liệu (Điều 12.4 QĐ 75/2025/QĐ-UBND, Hưng Yên)
config-rto-law-hint = 24 giờ tính từ khi xảy ra sự cố, còn diễn tập tính từ khi quyết định: đặt rto không quá { DURATION($left) }, hoặc giảm allowance.
config-brace = có “{"{"}” hoặc “{"}"}” đứng lẻ trong “{ $value }”
config-brace-hint = Muốn ghi chính dấu ngoặc nhọn thì viết hai lần.
config-placeholder = không có chỗ điền “{ $value }”
config-placeholder-hint = Hiện có: {"{"}port{"}"}, {"{"}database:TÊN{"}"}, {"{"}tree:TÊN{"}"}. Muốn ghi chính dấu ngoặc nhọn thì viết hai lần.
config-hook-port-hint = Lệnh này không khởi động cổng nên không có cổng mạng nào để điền.
config-placeholder-name = “{ $value }” không nêu tên nguồn nào của cổng này
config-placeholder-name-hint = Hiện có: { $known }.
config-no-placeholder-hint = Ở lệnh này không có chỗ điền nào. Muốn ghi chính dấu ngoặc nhọn thì viết hai lần.
config-command-placeholder-hint = Ở lệnh này có: { $known }. Muốn ghi chính dấu ngoặc nhọn thì viết hai lần.
config-command-program = “{ $value }” không dùng được làm chương trình
config-command-program-hint = Ghi đường dẫn đầy đủ, hoặc tên chương trình có trong /usr/bin. Mỗi tham số là một mục của danh sách; không qua shell.
config-command-target = lệnh nạp không được cho biết nạp vào đâu
config-command-target-hint = Đặt {"{"}target{"}"} vào “load” ở chỗ ghi tên cơ sở dữ liệu nhận: người phục hồi sẽ ghi “--database TÊN=ĐÍCH”.
config-command-folder = lệnh kết xuất và lệnh nạp không cùng một dạng
config-command-folder-hint = Nếu “dump” có {"{"}folder{"}"} (để lại tệp) thì mọi lệnh nạp cũng phải có; nếu không thì không lệnh nào có.
config-command-form = “{ $key }” không hợp với lệnh kết xuất này
config-command-form-hint = “extension” và “ends-with” dành cho lệnh ghi ra đầu ra chuẩn; “files” dành cho lệnh để lại tệp trong {"{"}folder{"}"}.
config-command-extension = “{ $value }” không dùng được làm đuôi tệp
config-command-extension-hint = Dùng tối đa 16 chữ thường, chữ số và dấu chấm ở giữa, ví dụ: sql.
config-command-pattern = “{ $value }” không phải mẫu tên tệp
config-command-pattern-hint = Chỉ ghi tên tệp, không ghi thư mục; dấu “*” thay cho đoạn ký tự bất kỳ, ví dụ: "*.bak".
config-command-production = diễn tập dùng đúng lệnh của hệ thống thật
config-command-production-hint = Lệnh của diễn tập phải chỉ vào nơi riêng, ví dụ cơ sở dữ liệu khác hoặc tệp trong {"{"}scratch{"}"}; nếu không, diễn tập sẽ ghi đè hoặc chỉ đếm lại chính hệ thống thật.
config-command-production-target = diễn tập nạp vào “{ $value }”, là nơi mà lệnh của hệ thống thật nói đến
config-command-drill-secret = “{ $value }”: diễn tập dùng bí mật của hệ thống thật
config-command-drill-secret-hint = Cho diễn tập một tài khoản riêng không có quyền gì với hệ thống thật: khi đó lệnh của diễn tập có làm gì cũng không chạm được vào đó.
config-command-uncounted = không có lệnh đếm: không diễn tập nào chứng minh được dữ liệu
config-command-uncounted-hint = Thêm “count”: mỗi bảng một dòng, tên, dấu tab, số hàng; có thể thêm dấu tab và giá trị băm của nội dung.
config-command-undrilled = cơ sở dữ liệu này không được diễn tập
config-command-undrilled-hint = Thêm “drill” với “clean”, “load” và “count” riêng, không chạm vào hệ thống thật.
config-command-drill-unasked = diễn tập không có lệnh in đường dẫn của “{ $value }”: không chứng minh được các tệp mà cơ sở dữ liệu nêu đều có
config-command-drill-unasked-hint = Thêm “paths” dưới “drill”: lệnh in các đường dẫn như vậy từ những gì diễn tập đã nạp.
config-command-drill-uncounted = diễn tập không có lệnh đếm: không chứng minh được dữ liệu
config-variable = “{ $value }” không dùng được làm tên biến môi trường
config-variable-hint = Dùng chữ cái không dấu, chữ số và gạch dưới, không bắt đầu bằng chữ số.
config-media-command = cơ sở dữ liệu dùng lệnh thì không có câu truy vấn
config-media-command-hint = Hãy bỏ “media” ở đây và nêu dưới “command: paths:” một lệnh in ra các đường dẫn.
config-media-beside = “media” hoặc “paths” không dùng được với cơ sở dữ liệu hay cây tệp đã niêm phong, cũng không dùng với bản nền: câu trả lời nằm trong bản sao lưu ở dạng đọc được
config-media-beside-hint = Bỏ mục đó ở đây, hoặc bỏ “sealed” và “physical”.
config-media-query = câu truy vấn bắt đầu bằng “{ $value }”: chỉ được đọc, nên phải bắt đầu bằng SELECT hoặc WITH
config-media-query-hint = Một cột, mỗi dòng là một đường dẫn bên dưới cây tệp: SELECT path FROM upload
config-media-tree = cổng không có cây tệp “{ $value }”
config-media-tree-hint = Các cây tệp đã biết: { $known }
config-pull-watch = cây được lấy từ máy khác không theo dõi và không so thay đổi hàng loạt được: hãy bỏ khóa này
config-sealed-recipient = “{ $value }” không phải khóa công khai age
config-sealed-recipient-hint = Ghi khóa công khai mà age-keygen đã in ra, bắt đầu bằng age1. Sai một chữ cũng phát hiện được.
config-sealed-beside = “{ $other }” lưu toàn bộ dữ liệu của cùng máy chủ, gồm mọi dòng của cơ sở dữ liệu này, mà chỉ được mã hóa bằng mật khẩu của kho sao lưu
config-sealed-beside-hint = Bỏ một trong hai, hoặc đặt cơ sở dữ liệu cần niêm phong trên một máy chủ riêng.
config-sealed-physical = bản nền và nhật ký giao dịch không niêm phong được: chúng chỉ được mã hóa bằng mật khẩu của kho sao lưu
config-sealed-physical-hint = Bỏ “physical”, “wal” và “binlog” để niêm phong các bản kết xuất của cơ sở dữ liệu này, hoặc bỏ “sealed”.
config-sealed-identity = chỗ này cần khóa công khai nhưng lại ghi khóa bí mật
config-sealed-identity-hint = Ghi khóa công khai (bắt đầu bằng age1) và xóa khóa bí mật khỏi tệp này. Ai đọc được tệp này thì mở được những gì niêm phong bằng khóa đó: hãy tạo cặp khóa mới.
config-identity-beside = máy này vừa tạo bản sao lưu niêm phong vừa mở được chúng: niêm phong không còn tác dụng ở đây
config-identity-beside-hint = Giữ khóa bí mật ở máy phục hồi và diễn tập, và xóa nó khỏi máy này.
config-pull-exclude = không lọc được khi cây được lấy từ máy khác
config-pull-exclude-hint = Thêm “--exclude” vào chính lệnh tar ở máy kia.
config-no-program = không chạy được “{ $program }”: { $detail }
config-smoke-path = “{ $value }” không phải đường dẫn của yêu cầu
config-smoke-path-hint = Bắt đầu bằng “/”; ghi dấu cách thành %20.
config-smoke-without-start = có câu hỏi nhưng không có cổng nào để trả lời
config-smoke-without-start-hint = Thêm “start”: lệnh chạy cổng đã phục hồi.
config-start-without-smoke = cổng đã phục hồi được khởi động, nhưng không ai hỏi xem nó có phục vụ không
config-start-without-smoke-hint = Thêm “smoke”, như [ {"{"} path: / {"}"} ]: thời gian phục hồi tính đến khi cổng trả lời.
config-start-without-port = lệnh không được cho biết phải trả lời ở cổng mạng nào
config-start-without-port-hint = Đặt {"{"}port{"}"} vào “start” ở chỗ chương trình cần số cổng mạng.

# Thư mục nào nằm trong thư mục nào.
config-backs-up-itself = “{ $path }” chứa “{ $other }” ({ $other-key }): sẽ tự sao lưu chính mình
config-backs-up-itself-hint = Chọn thư mục hẹp hơn, hoặc chuyển thư mục của duphong ra ngoài.
config-source-in-own = “{ $path }” nằm trong “{ $other }” ({ $other-key }), thư mục riêng của duphong
config-source-in-own-hint = Để dữ liệu của cổng và của duphong tách rời nhau.
config-in-scratch = “{ $path }” nằm trong thư mục tạm “{ $other }” ({ $other-key }), nơi diễn tập sẽ xóa sạch
config-in-scratch-hint = Chuyển một trong hai đi nơi khác.
config-in-repository = “{ $path }” và kho sao lưu “{ $other }” ({ $other-key }) nằm trong nhau
config-in-repository-hint = Cho mỗi kho sao lưu một thư mục riêng.
config-same-repository = “{ $path }” cũng là thư mục của { $other-key }
config-same-repository-hint = Hai kho sao lưu cần hai thư mục, tốt hơn là trên hai ổ đĩa.
config-database-in-tree = cơ sở dữ liệu nằm trong cây “{ $other }” ({ $other-key }): sẽ được sao lưu hai lần, một lần khi đang thay đổi
config-database-in-tree-hint = Thêm exclude: ["{ $relative }*"] vào cây. Dấu “*” bao gồm cả tệp -wal và -shm của SQLite.
config-tree-in-tree = cây này nằm trong cây “{ $other }” ({ $other-key }): các tệp sẽ được sao lưu hai lần
config-tree-in-tree-hint = Thêm exclude: ["{ $relative }/**"] vào cây bên ngoài.

# Máy này.
config-no-file = “{ $path }” không tồn tại
config-no-file-hint = Sửa đường dẫn, hoặc tạo ra; ổ đĩa đã được gắn chưa?
config-no-parent = “{ $path }”, nơi sẽ đặt kho sao lưu, không tồn tại
config-no-parent-hint = Gắn ổ đĩa, hoặc tạo thư mục; duphong chỉ tự tạo chính kho sao lưu.
config-not-folder = “{ $path }” không phải thư mục
config-not-folder-hint = Sửa đường dẫn, hoặc chuyển tệp đó đi.
config-no-program-hint = Cài đặt chương trình, hoặc sửa đường dẫn.
config-bin-dir-hint = Ghi thư mục chứa pg_dump, như /usr/lib/postgresql/17/bin.
config-denied = không có quyền đọc “{ $path }”
config-denied-hint = Chạy bằng tài khoản chạy duphong, hoặc sửa chủ sở hữu và quyền truy cập.
config-unreadable = không đọc được “{ $path }”: { $detail }
config-not-sqlite = “{ $path }” không phải cơ sở dữ liệu SQLite
config-not-sqlite-hint = Sửa đường dẫn.
config-secret-open = mọi người trên máy này đọc được bí mật “{ $path }” (quyền { $mode })
config-secret-group = một nhóm đọc được bí mật “{ $path }” (quyền { $mode })
config-secret-open-hint = Chạy: chmod 600 "{ $path }"
config-secret-content = không dùng được bí mật: { $detail }
config-secret-content-hint = Tệp phải chứa mật khẩu và không gì khác.
config-access-key = “{ $path }” không chứa khóa truy cập
config-access-key-hint = Gồm hai dòng: mã khóa, rồi bí mật; không gì khác.
config-endpoint = đây không phải địa chỉ của máy chủ S3
config-endpoint-hint = Ghi như https://s3.example.vn hoặc https://10.0.0.5:9000; bucket, prefix và khóa có mục riêng.
config-endpoint-clear = “{ $endpoint }” được gọi không qua TLS
config-endpoint-clear-hint = Bản sao lưu đã được mã hóa, nhưng ai nghe trên đường truyền có thể xóa hoặc thay thế. Hãy dùng https:// nếu máy chủ có.
config-endpoint-open = “{ $endpoint }” sẽ bị gọi không qua TLS, qua mạng không phải của ta
config-endpoint-open-hint = Dùng https://; http:// chỉ dành cho chính máy này và các địa chỉ ghi ở “network: inside:”, viết bằng số.
config-bucket = “{ $value }” không thể là tên bucket
config-bucket-hint = Từ 3 đến 63 ký tự a-z, 0-9, gạch nối và dấu chấm, đầu và cuối là chữ hoặc số.
config-prefix = “{ $value }” không thể đứng trước tên các đối tượng
config-prefix-hint = Chữ không dấu, số, “-”, “_”, “.”; “/” chỉ đặt ở giữa, ví dụ tinh/mau.
config-region = “{ $value }” không phải vùng (region)
config-region-hint = Ghi đúng như quản trị hệ thống lưu trữ cung cấp, ví dụ us-east-1; không có thì bỏ qua.
config-same-bucket = “{ $place }” nằm trong chỗ của { $other-key }, hoặc ngược lại
config-same-bucket-hint = Hai kho sao lưu, hoặc kho sao lưu và mốc neo, cần hai bucket hoặc hai prefix cạnh nhau, tốt hơn là trên hai máy chủ.
config-lock-disk = thư mục không có khóa đối tượng (Object Lock)
config-lock-disk-hint = Chỉ bucket mới có: bỏ mục này, hoặc đặt kho sao lưu trong bucket.
config-lock-short = khóa { DURATION($retention) } hết hạn trước khi phải có bản sao lưu tiếp theo của “{ $portal }” (rpo { DURATION($rpo) })
config-lock-short-hint = Đặt “retention” dài hơn mọi rpo, tốt nhất là dài hơn nhiều tuần: tấn công thường bị phát hiện muộn.
config-credential-unseen = chỉ kiểm tra được bí mật “{ $name }” ở nơi systemd chuyển nó
config-credential-unseen-hint = Kiểm tra xem tệp dịch vụ có LoadCredential={ $name }:…

# Mạng, giám sát, thông báo, sự cố.
config-socket = “{ $value }” không phải địa chỉ kèm cổng mạng
config-socket-hint = Ghi như 203.0.113.1:443 hoặc "[2001:db8::1]:443".
config-ip = “{ $value }” không phải địa chỉ IP của loại cần ở đây
config-ip-hint = Ghi địa chỉ IPv4 như 203.0.113.1 hoặc IPv6 như "2001:db8::1".
config-ip-private = “{ $value }” không dùng trên Internet
config-ip-private-hint = Mẫu số 03 chỉ liệt kê địa chỉ IP sử dụng trên Internet, không liệt kê địa chỉ IP nội bộ.
config-block = “{ $value }” không phải khối địa chỉ
config-block-hint = Ghi như 10.0.0.0/8 hoặc "fd00::/8".
config-block-bits = “{ $value }” vừa là khối vừa là một máy
config-block-bits-hint = Có phải ý bạn là “{ $block }”?
config-host = “{ $value }” không phải tên máy chủ
config-host-hint = Ghi như cong.example, không có “https://” và đường dẫn; tên có dấu ghi dạng xn--.
config-mailbox = “{ $value }” không phải địa chỉ thư điện tử
config-mailbox-hint = Chỉ ghi địa chỉ, như truc@cong.example.
config-schedule = “{ $value }” không phải lịch: { $detail }
config-schedule-hint = Ghi năm mục cron: phút giờ ngày tháng thứ. "0 2 * * 0" là 2 giờ sáng Chủ nhật.
config-expect-without-url = “expect” chỉ dùng cho trang (url)
config-expect-without-url-hint = Với tls và dns, ghi điều kiện trong chính mục đó.
config-path-without-url = “{ $value }” là đường dẫn, nhưng cổng không có “url”
config-path-without-url-hint = Ghi “url” của cổng, hoặc ghi địa chỉ đầy đủ ở đây.
config-defacement-without-url = không biết trang nào cần theo dõi
config-timeout-every = mỗi lần có thể dài { DURATION($timeout) }, nhưng cứ { DURATION($every) } lại có một lần
config-timeout-every-hint = Giảm “timeout” hoặc tăng “every”.
config-listen-open = “{ $value }” mở cho cả mạng, không chỉ máy này
config-listen-open-hint = Chỉ làm vậy sau tường lửa hoặc máy chủ trung gian.
config-anchor-without-lock = bucket giữ mốc neo phải có “object-lock”
config-anchor-without-lock-hint = Không có khóa thì ai có khóa truy cập của máy này xóa được mốc neo cùng với nhật ký. Hãy ghi object-lock: { "{" } mode: compliance, retention: 730d { "}" }.
config-anchor-lock-mail = thư không có khóa đối tượng (Object Lock)
config-anchor-lock-mail-hint = Bỏ mục này: người nhận giữ các thư.
config-anchor-without-smtp = mốc neo gửi bằng thư nhưng không có máy chủ thư
config-anchor-without-smtp-hint = Thêm “smtp” trong mục “notices”.
config-to-without-smtp = có người nhận nhưng không có máy chủ thư
config-to-without-smtp-hint = Thêm “smtp”, hoặc xóa “to”.
config-smtp-account = “user” và “password” phải đi cùng nhau
config-smtp-account-hint = Ghi cả hai, hoặc xóa cả hai.

# Người phê duyệt.
config-approver-login = tài khoản “{ $login }” đã thuộc về người phê duyệt “{ $other }”
config-approver-login-hint = Mỗi tài khoản chỉ thuộc về một người: người khởi chạy không được phê duyệt dưới tên khác.
config-approver-key = đây không phải khóa công khai do OpenSSH ghi ra
config-approver-key-hint = Chép dòng trong tệp có đuôi .pub: ssh-ed25519 AAAA…
config-approver-key-kind = không dùng khóa loại “{ $kind }” để phê duyệt
config-approver-key-kind-hint = Tạo khóa bằng “ssh-keygen -t ed25519”, hoặc “ssh-keygen -t ed25519-sk” nếu có khóa bảo mật.
config-approver-key-taken = người phê duyệt “{ $other }” có cùng khóa này
config-approver-key-taken-hint = Mỗi người phê duyệt cần một khóa riêng: hai lần phê duyệt bằng một khóa chỉ là một.
config-approver-private = không được ghi khóa riêng trong cấu hình
config-approver-private-hint = Ghi khóa công khai, lấy từ tệp có đuôi .pub. Tạo cặp khóa mới nếu người khác có thể đã đọc tệp này.

# Kịch bản.
config-playbook-too-large = tệp có { BYTES($size) } trở lên; giới hạn là { BYTES($limit) }
config-playbook-too-large-hint = Chia kịch bản ra: kế hoạch lập từ nó phải nằm gọn trong một mục nhật ký kiểm toán.
config-playbook-renamed = kịch bản tự ghi tên là “{ $id }”, còn tệp tên là “{ $wanted }”
config-playbook-renamed-hint = Đặt cùng một tên cho cả hai.
config-playbook-version = không có phiên bản { $version } của ngôn ngữ kịch bản
config-playbook-version-hint = Ghi “version: { $known }”.
config-playbook-portal-input = không được đặt tên tham số là “portal”
config-playbook-portal-input-hint = {"{{"} portal {"}}"} vốn là tên ngắn của cổng; hãy chọn tên khác.
config-playbook-unused-input = không bước nào dùng tham số “{ $name }”
config-playbook-unused-input-hint = Dùng bằng cách ghi {"{{"} { $name } {"}}"}, hoặc xóa đi.
config-playbook-set-nowhere = không hành động nào nhận bản sao lưu “{ $name }”
config-playbook-set-nowhere-hint = Giao nguyên tham số cho một hành động, như “set: "{"{{"} { $name } {"}}"}"” của restore.stage: chỉ ở đó mới xác định được là bản sao lưu nào.
config-playbook-unknown-action = không có hành động “{ $action }”
config-playbook-unknown-action-hint = Hiện có: { $known }.
config-playbook-unknown-parameter = hành động “{ $action }” không nhận “{ $key }”
config-playbook-no-parameters-hint = Hành động này không nhận gì: xóa “with”.
config-playbook-missing-parameter = hành động “{ $action }” cần “{ $key }”
config-playbook-missing-parameter-hint = Thêm “{ $key }:” dưới “with”.
config-playbook-unknown-input = không có tham số “{ $name }”
config-playbook-unknown-input-hint = Hiện có: { $known }. Thêm vào “inputs”, hoặc sửa lại tên.
config-playbook-braces = ngoặc nhọn trong “{ $value }” không đi thành cặp, hoặc không chứa tên tham số
config-playbook-braces-hint = Ghi {"{{"} tên {"}}"}. Hai ngoặc nhọn liền nhau luôn thuộc về một tham số; một ngoặc đơn lẻ là ký tự bình thường.
config-playbook-braces-in-default = giá trị mặc định không chứa tham số
config-playbook-braces-in-default-hint = Ghi chính giá trị, hoặc bỏ giá trị mặc định.
config-playbook-whole-input = “{ $key }” chỉ nhận nguyên một tham số, không kèm chữ
config-playbook-whole-input-hint = Chỉ ghi "{"{{"} tên {"}}"}", không thêm gì.
config-playbook-input-kind = tham số “{ $name }” thuộc kiểu { $type }, còn “{ $key }” cần { $wanted }
config-playbook-input-kind-hint = Khai báo tham số với “type: { $wanted }”, hoặc dùng tham số khác.
config-playbook-input-in-text = tham số “{ $name }” kiểu { $type } không đứng giữa văn bản được
config-playbook-input-in-text-hint = Giao nguyên tham số, hoặc khai báo nó là text hay number.
config-playbook-no-timeout = không có thời hạn cho bước này
config-playbook-no-timeout-hint = Thêm “timeout:”, như 5m; dài nhất là 72h.
config-playbook-gate-key = bước phê duyệt không nhận “{ $key }”
config-playbook-gate-key-hint = Xóa đi: phê duyệt không thay đổi gì, và chờ theo “expires” dưới “with”.
config-playbook-nothing-to-undo = “{ $action }” chỉ quan sát, nên không có gì để bù trừ
config-playbook-nothing-to-undo-hint = Xóa “{ $key }”.
config-playbook-proof-not-fence = chỉ bước cô lập mới có bằng chứng (proof)
config-playbook-proof-not-fence-hint = Ghi những gì phải thấy vào “done-when”, hoặc đổi bước này thành bước cô lập.
config-playbook-idempotent-known = đã biết “{ $action }” có được làm lại hay không
config-playbook-idempotent-known-hint = Xóa “idempotent”: làm lại không gây hại.
config-playbook-attempts = bước không lặp lại được thì không thử lại
config-playbook-attempts-hint = Xóa “attempts”, hoặc ghi “idempotent: true” nếu làm hai lần không gây hại.
config-playbook-not-observation = “{ $action }” không chỉ quan sát
config-playbook-not-observation-hint = Chọn một phép quan sát: { $known }.
config-playbook-no-proof = bước cô lập không có bằng chứng (proof)
config-playbook-no-proof-hint = Thêm “proof:” với những phép quan sát thấy được việc cô lập bằng đường khác với lệnh của nó, như postgres.closed.
config-playbook-proof-same-program = bằng chứng chạy chính chương trình của bước cô lập
config-playbook-proof-same-program-hint = Quan sát bằng đường khác: chương trình tự báo “xong” rồi tự trả lời đã xong thì không chứng minh được gì.
config-playbook-no-compensation = không nói “{ $action }” được bù trừ thế nào
config-playbook-no-compensation-hint = Thêm đúng một trong: { $keys }.
config-playbook-must-no-return = “{ $action }” không bù trừ được
config-playbook-must-no-return-hint = Ghi “no-return” kèm lý do thay cho “{ $key }”.
config-playbook-compensation-action = không dùng “{ $action }” để bù trừ được
config-playbook-compensation-action-hint = Bù trừ được làm lại sau khi bị ngắt giữa chừng và khi đó không được gây hại. Chọn một trong: { $known }.
config-playbook-step-taken = đã có bước tên “{ $step }” ở dòng { NUMBER($line, useGrouping: "false") }
config-playbook-step-taken-hint = Đặt cho mỗi bước một tên riêng.
config-playbook-unknown-step = không có bước “{ $step }”
config-playbook-unknown-step-hint = Nêu một bước của kịch bản này, hoặc xóa dòng đó.
config-playbook-needs-itself = bước này cần chính nó
config-playbook-needs-itself-hint = Xóa tên đó.
config-playbook-cycle = các bước cần nhau thành vòng: { $cycle }
config-playbook-cycle-hint = Bỏ bớt một bước khỏi “needs”.
config-playbook-promote-unfenced = không có bước cô lập nào trước khi nâng máy dự phòng
config-playbook-promote-unfenced-hint = Đặt trước đó một bước “fence” có bằng chứng: hai máy cùng ghi là mất dữ liệu.
config-playbook-compensate-too-late = sau điểm không thể quay lại “{ $step }” không còn gì được tự động bù trừ
config-playbook-compensate-too-late-hint = Ghi “cannot-compensate” và việc người trực phải làm thay, hoặc chuyển bước này lên trước “{ $step }”.
config-playbook-gate-too-late = sau điểm không thể quay lại “{ $step }” không còn từ chối được gì
config-playbook-gate-too-late-hint = Chuyển bước phê duyệt lên trước “{ $step }”, hoặc tách phần sau thành kịch bản riêng.
config-playbook-add-no-return-hint = Thêm “no-return:” kèm lý do bằng hai thứ tiếng.
config-no-playbook = không có kịch bản “{ $name }”
config-no-playbook-hint = Hiện có: { $known }. Kịch bản riêng nằm trong thư mục “playbooks.folder”.
config-playbook-wrong = kịch bản “{ $name }” có vấn đề: { $path }
config-playbook-wrong-hint = Chạy “duphong playbook check” để xem tất cả.
config-playbook-shadows = “{ $path }” trùng tên với kịch bản đi kèm “{ $name }”
config-playbook-shadows-hint = Đổi tên tệp và “playbook:” trong đó.
