# Kiểm tra điểm: đối chiếu một mẫu nguồn đang dùng với bản sao lưu mới nhất.
spot-label-seed = Số gốc
spot-label-same = Giống hệt
spot-label-moved = Đã đổi từ đó
spot-label-findings = Sai
spot-label-newest = Kiểm tra điểm
spot-label-outside = Lệch xa
spot-label-unread = Không xem được
spot-label-beyond = Ngoài tầm
spot-label-apart = Không khẳng định
spot-database = { $database }: đã đếm { $tables } bảng, { $outside } bảng vượt dung sai
spot-finding = “{ $path }”: { $kind ->
    [differs] nội dung khác bản sao lưu, dù kích thước và thời gian không khác
    [absent] đã có trước khi tạo bản sao lưu mà bản sao lưu không có
    [damaged] không đọc được phần mà bản sao lưu giữ
   *[other] { $kind }
}
spot-tree-outside = “{ $tree }” có { $files } tệp, { $bytes }; bản sao lưu có { $noted } tệp, { $bytes-noted }
spot-table-outside = cơ sở dữ liệu “{ $database }”: bảng “{ $table }” có { $rows } dòng; bản sao lưu có { $noted } dòng
spot-table-gone = cơ sở dữ liệu “{ $database }”: bảng “{ $table }” không còn; bản sao lưu có { $noted } dòng
spot-label-left-out = Loại trừ
spot-left-out = { $tree }: mẫu “{ $pattern }” loại { $files } tệp, { $bytes }{ $closed ->
    [0] {""}
   *[other] , và { $closed } mục không vào xem
}, chẳng hạn { $examples }
spot-left-out-more = { $tree }: còn { $count } mẫu loại trừ ít hơn các mẫu này
spot-more = “{ $place }”: còn { $count } { $kind ->
    [findings] tệp không đúng như bản sao lưu nói
    [outside] bảng vượt dung sai
    [unread] mục không xem được
    [apart] tệp không đem đối chiếu
    [tables-apart] bảng không đem đối chiếu
    [blind] mục không thấy được
   *[other] { $kind }
}, đã đếm mà không nêu tên
spot-apart = không đối chiếu: “{ $path }”: { $why ->
    [unsteady] bản sao lưu nói rằng tệp thay đổi trong lúc đọc
   *[left-out] bản sao lưu nói rằng đã bỏ qua mục này
}
spot-table-apart = cơ sở dữ liệu “{ $database }”: không đối chiếu bảng “{ $table }”: bản kê không khẳng định gì về bảng này, vì bảng thay đổi trong lúc đó hoặc không thấy được
spot-blind = cơ sở dữ liệu “{ $database }”: { $whose ->
    [set] bản kê của bản sao lưu
   *[live] bản kê hiện tại
} không thấy được tất cả: { $detail }
spot-unread = không xem được: “{ $path }”: { $reason }
spot-uncounted = không đếm được cơ sở dữ liệu “{ $database }”: { $fault }

fault-spot-sealed = đã niêm phong, không có khóa bí mật age thì không đối chiếu được gì
fault-spot-not-in-set = bản sao lưu không có phần này
fault-spot-elsewhere = nằm trên máy chủ khác, chỉ được kéo về từ đó
fault-spot-base = bản sao lưu giữ các tệp của cả máy chủ, trong đó không đếm dòng nào
fault-spot-uncounted = bản sao lưu không đếm bảng nào của cơ sở dữ liệu này
fault-spot-no-file = đây là thiết bị, đường ống hoặc ổ cắm
fault-spot-denied = không có quyền đọc
fault-spot-unreadable = không đọc được
