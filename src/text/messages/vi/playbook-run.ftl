# Những gì một lượt chạy kịch bản từ chối.
fault-playbook-closed = lượt chạy { $run } đã kết thúc
fault-playbook-under-way = một bước của lượt chạy { $run } đang được thực hiện
    .hint = Hãy đợi bước đó kết thúc. Nếu tiến trình đã chết, “duphong playbook resume” sẽ tìm hiểu bước đó ra sao.
fault-playbook-past-no-return = lượt chạy { $run } đã qua điểm không quay lại nên không bù trừ được nữa
    .hint = Chạy tiếp bằng “duphong playbook resume”, hoặc nhận lại lượt chạy như hiện trạng và làm tiếp bằng tay.
fault-playbook-unwinding = lượt chạy { $run } đang bù trừ và không bao giờ đi tiếp nữa
fault-playbook-not-waiting = cổng phê duyệt { $step } của lượt chạy { $run } không chờ trả lời
fault-playbook-approval-late = cổng phê duyệt { $step } của lượt chạy { $run } đã hết hạn
    .hint = Lượt chạy này chỉ còn bù trừ. Hãy bắt đầu lượt khác; lượt đó sẽ xin phê duyệt lại.
fault-playbook-not-unknown = kết cục của bước { $step } trong lượt chạy { $run } không phải là điều chưa rõ
fault-playbook-no-word = kết cục của bước { $step } trong lượt chạy { $run } không do lời nói của ai quyết định
    .hint = Hãy chạy tiếp mà không kèm câu trả lời: bước đó sẽ được xem lại hoặc làm lại, và làm lại thì không gây hại.
fault-playbook-nothing-failed = lượt chạy { $run } không có bước nào chờ thử lại
fault-playbook-no-such-step = kế hoạch của lượt chạy { $run } không có bước { $step }
fault-playbook-illegal-fact = lượt chạy { $run } không thể nhận “{ $fact }” ở tình trạng này: { $detail }
    .hint = Bản ghi của lượt chạy tự mâu thuẫn. Không làm gì thêm trong lượt này. Hãy chạy “duphong audit verify” và báo cho đơn vị bảo trì duphong.

# Những kế hoạch không được chạy.
fault-playbook-plan-version = kế hoạch thuộc phiên bản mà chương trình này không chạy được: { $detail }
    .hint = Chạy tiếp bằng chương trình đã bắt đầu lượt này, hoặc nhận lại lượt này và bắt đầu lượt khác.
fault-playbook-no-fence = bước { $step } sẽ nâng máy dự phòng mà trước đó không có bước cô lập nào kèm bằng chứng
    .hint = Đặt trước bước này một bước “fence” có “proof”. Hai cơ sở dữ liệu cùng nhận ghi thì mất dữ liệu.
fault-playbook-proof-same-server = bước { $step } nâng chính máy chủ được dùng làm bằng chứng cho bước cô lập { $fence }
    .hint = Bằng chứng phải xem máy chủ chính bị cô lập: “primary-dsn” và “standby-dsn” phải là hai máy chủ khác nhau.
fault-playbook-plan-unsound = không được chạy kế hoạch này: { $detail }

# Vì sao một bước thất bại.
fault-playbook-not-seen = đã xem cho đến hết thời hạn mà chưa đạt
fault-playbook-cannot-tell = cho đến hết thời hạn vẫn không xem được, nên không coi là đã xong
fault-playbook-fence-open = bằng chứng cho thấy chưa cô lập được
fault-playbook-fence-unproven = chưa chứng minh được việc cô lập: không xem được bằng chứng
fault-playbook-promote-without-proof = chưa nâng máy nào: đúng lúc đó không chứng minh được việc cô lập
fault-playbook-gate-expired = cổng phê duyệt không được qua đúng hạn; phê duyệt chỉ có giá trị cho hiện tại
fault-playbook-gate-rejected = một người phê duyệt đã từ chối kế hoạch
fault-playbook-production-changed = hệ thống thật không còn như lúc được phê duyệt
    .hint = Hãy bắt đầu lượt chạy khác: kế hoạch mới cho thấy hệ thống thật như hiện nay.

# Vì sao không làm gì thêm.
fault-playbook-stale = nhật ký kiểm toán không nhận một mục của lượt chạy { $run }; chỉ nhật ký biết lượt chạy đang ở đâu
    .hint = Kiểm tra nhật ký (dung lượng, quyền), rồi chạy “duphong playbook resume { $run }”.
fault-playbook-attempt-open = bước { $step } của lượt chạy { $run } đã báo là sẽ làm và chưa kết thúc
    .hint = Có thể tiến trình khác đang làm. Nếu không, “duphong playbook resume { $run }” sẽ tìm hiểu bước đó ra sao.
fault-playbook-plan-altered = kế hoạch không phải là kế hoạch mà lượt chạy { $run } đã bắt đầu
    .hint = Không chạy tiếp lượt này. Hãy chạy “duphong audit verify”, rồi lập kế hoạch mới.
fault-playbook-clock-back = đồng hồ chậm { $seconds } giây so với bản ghi của lượt chạy { $run }, nên không biết cổng phê duyệt đã hết hạn hay chưa
    .hint = Chỉnh đúng đồng hồ rồi chạy “duphong playbook resume { $run }”, hoặc hủy lượt chạy. Chưa có gì được quyết định.
