# Mốc neo: đầu nhật ký kiểm toán giữ ở bên ngoài.
fault-anchor-none = cấu hình chưa có nơi nào giữ mốc neo
    .hint = Thêm mục “audit” với “anchors” vào cấu hình, hoặc ghi đầu nhật ký ra tệp bằng --out rồi tự mang đi giữ.
fault-anchor-unknown = không có nơi giữ mốc neo “{ $anchor }”
    .hint = Các nơi trong cấu hình: { $known }.
fault-anchor-no-bucket = không lấy mốc neo từ “{ $anchor }” về được: đó là thư, người nhận giữ
    .hint = Hãy xin người nhận các thư đã lưu thành tệp và đưa từng tệp vào bằng --anchor.

audit-anchor-object = { $anchor }: đầu nhật ký gồm { $size } mục nằm ở “{ $place }”, phiên bản { $version }, bị khóa đến { INSTANT($until) } ({ $mode })
audit-anchor-letter = { $anchor }: đầu nhật ký gồm { $size } mục đã gửi tới { $to }; máy chủ thư trả lời “{ $answer }”
audit-anchor-unmoved = { $anchor }: không cần làm gì; đầu nhật ký gồm { $size } mục ở “{ $to }” đã bao gồm mọi mục, trừ các mục về chính mốc neo
audit-anchor-planned = { $anchor }: đầu nhật ký gồm { $size } mục sẽ được gửi tới “{ $to }”

# Thư.
anchor-mail-subject = Mốc neo nhật ký kiểm toán của { $site }: { $size } mục
anchor-mail-file = moc-neo
anchor-mail-what = Đây là mốc neo của nhật ký kiểm toán của { $site }, lấy lúc { INSTANT($at) }. Mốc neo là đầu nhật ký đã ký: ai giữ nó về sau chứng minh được rằng không mục nào trong { $size } mục đầu bị sửa, bị bỏ hay bị thêm vào, kể cả bởi người vận hành duphong có khóa ký của nhật ký. Mốc neo không nói gì về các mục đứng sau đó.
anchor-mail-keep = Xin giữ nguyên thư này ở nơi người vận hành duphong không sửa, không xóa được. Thư không cần trả lời. Nếu không thấy thư đến nữa, hãy hỏi lý do.
anchor-mail-verify = Khi cần kiểm tra, hãy lưu thư thành tệp (.eml hoặc văn bản) rồi chạy trên máy của mình:
        duphong audit verify --dir THƯ-MỤC-NHẬT-KÝ --key KHÓA-CÔNG-KHAI --anchor THƯ.eml
    Thay cho --dir có thể đưa vào một bản trích xuất (tệp zip). --anchor có thể lặp lại. Trang verify.html trong bản trích xuất nhận tệp đính kèm.
    Khóa công khai ghi ở dưới. Khi nhận thư đầu tiên, hãy so dấu vân của khóa với dấu vân được trao bằng đường khác.
anchor-mail-head = Nhật ký: { $log }
    Số mục: { NUMBER($size, useGrouping: "false") }
    Gốc: { $root }
    Khóa công khai: { $key }
    Dấu vân của khóa: { $fingerprint }
