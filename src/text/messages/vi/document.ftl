# Văn bản hành chính (Nghị định 30/2020/NĐ-CP).
document-about = V/v
document-to = Kính gửi:
document-recipients = Nơi nhận:
document-sign-here = (Ký, ghi rõ họ và tên)
document-number = Số: { $number }/{ $symbol }
document-date-open = { $place }, ngày        tháng        năm        
document-rows-omitted = … và { $rows } dòng nữa không in ở đây.
document-chart-bar = { $label }: bắt đầu sau { $start }, kéo dài { $length }
document-axis-milliseconds = mili giây
document-axis-seconds = giây
document-axis-minutes = phút
document-axis-hours = giờ
document-axis-days = ngày

fault-document-unprintable = không in được ký tự { $codepoint } trong “{ $text }”
    .hint = Đây là lỗi của duphong; hãy gửi thông báo này cho nhóm phát triển.
fault-document-ragged = bảng có { $columns } cột nhưng một dòng có { $cells } ô
    .hint = Đây là lỗi của duphong; hãy gửi thông báo này cho nhóm phát triển.
fault-document-code = { $bytes } byte là quá nhiều cho một mã QR
    .hint = Đây là lỗi của duphong; hãy gửi thông báo này cho nhóm phát triển.
fault-document-typeset = không dàn trang được văn bản: { $diagnostics }
    .hint = Đây là lỗi của duphong; hãy gửi thông báo này cho nhóm phát triển.
fault-document-pack = không đóng gói được tệp văn bản: { $diagnostics }
    .hint = Đây là lỗi của duphong; hãy gửi thông báo này cho nhóm phát triển.
fault-document-sheet = không ghi được bảng tính: { $diagnostics }
    .hint = Đây là lỗi của duphong; hãy gửi thông báo này cho nhóm phát triển.
