# Phê duyệt: những chữ ký không được nhận.
fault-approval-malformed = đây không phải là chữ ký SSH đọc được ({ $detail })
    .hint = Ký tệp do “playbook approve --statement TỆP” ghi ra bằng “ssh-keygen -Y sign -n duphong-approval”.
fault-approval-namespace = chữ ký này được tạo cho mục đích “{ $namespace }”, không phải “{ $wanted }”
    .hint = Hãy ký lại, với “-n { $wanted }”.
fault-approval-key-kind = không nhận khóa loại { $kind }
    .hint = Dùng khóa Ed25519, trong tệp (ssh-ed25519) hoặc trong thiết bị bảo mật (sk-ssh-ed25519@openssh.com).
fault-approval-other-key = chữ ký này không phải do khóa của { $approver } tạo ra
fault-approval-mismatch = chữ ký này không phải cho đúng lượt chạy, kế hoạch, cổng phê duyệt và quyết định này
    .hint = Ghi lại bản phê duyệt bằng “playbook approve --statement TỆP”, đọc, rồi ký nguyên văn.
fault-approval-not-touched = thiết bị bảo mật đã ký mà không ai chạm vào: chương trình nào cũng có thể đã yêu cầu
    .hint = Dùng khóa được tạo không có “no-touch-required”.
fault-approval-public-key = không đọc được khóa công khai của { $approver } trong cấu hình
fault-approval-private-key = đây không phải là khóa riêng của OpenSSH ({ $detail })
fault-approval-protected = khóa có mật khẩu bảo vệ, mà duphong không bao giờ hỏi mật khẩu đó
fault-approval-elsewhere = nửa riêng của khóa nằm trong tác nhân khóa hoặc thiết bị bảo mật
