# Diễn tập theo thời gian, và phục hồi nhiều dữ liệu hơn thì mất bao lâu.
trend-heading = Cổng { $portal }, kho “{ $repository }”, { $scope }. Mỗi mức thay đổi là so với trung vị của các lần diễn tập cùng loại trước đó:
trend-label-change = Đổi
trend-verdict = lần diễn tập { $number }: { $verdict }

forecast-label-growth = Dữ liệu lúc đó
forecast-label-machine = Máy
forecast-label-line = Đường truyền
forecast-label-drills = Theo diễn tập
forecast-label-beyond = So với đó
forecast-label-likely = Có thể
forecast-label-most = Tối đa
forecast-newest = { BYTES($bytes) }, tạo lúc { $taken }
forecast-growth = có thể { BYTES($likely) }, tối đa { BYTES($most) } vào lúc { $at }; theo { $sets } bản sao lưu trong { DURATION($covered) }
forecast-machine = { $percent } % tốc độ của máy đã diễn tập
forecast-line = { $megabits } Mbit/s đến kho sao lưu
forecast-line-same = như khi diễn tập
forecast-times = gấp { $times } lần cuộc diễn tập lớn nhất
forecast-part-rest = Giữa các giai đoạn
forecast-part-line = Đường truyền, ngoài việc tải
forecast-part-scatter = Do các lần diễn tập không đều
forecast-estimate = ƯỚC TÍNH: có thể { DURATION($likely) }, tối đa { DURATION($most) }, từ lúc quyết định đến lúc dữ liệu hoặc cổng sẵn sàng.
forecast-within = Kể cả mức tối đa vẫn trong mục tiêu { DURATION($objective) }.
forecast-beyond = Mức tối đa vượt mục tiêu { DURATION($objective) }.
forecast-no-verdict = Đây không phải diễn tập và không phải kết luận ĐẠT: chỉ diễn tập với lượng dữ liệu như vậy mới chứng minh được.
forecast-refused = CHƯA CHỨNG MINH, và cũng không ước tính được: { $why }
forecast-refused-drills = { $found ->
    [0] chưa lần diễn tập nào từ kho này đi hết các giai đoạn; cần ít nhất { $wanted } lần.
   *[other] mới có { $found } lần diễn tập từ kho này đi hết các giai đoạn; cần ít nhất { $wanted } lần.
}
forecast-refused-far = dữ liệu sẽ gấp { $times } lần cuộc diễn tập lớn nhất; quá { $most } lần thì không số đo nào đủ làm căn cứ cho mức tối đa.
forecast-refused-loaded = có bản kết xuất phải nạp vào máy chủ, mà không phải lần diễn tập nào cũng đã nạp.
forecast-refused-growth = các bản sao lưu mới cho thấy { DURATION($covered) } tăng trưởng, quá ít để nói về { DURATION($ahead) } tới; cần ít nhất { $sets } bản, trải dài một phần tư khoảng thời gian đó.
forecast-shorten = Rút ngắn được nhiều nhất ở “{ $part }”: tới { DURATION($most) }. { $advice }
forecast-shorten-fetch = Đọc từ kho gần hơn hoặc qua đường truyền nhanh hơn, ghi vào đĩa nhanh hơn, hoặc bớt tệp đã tải lên trong cổng này.
forecast-shorten-load = Lấy bản nền (“physical: true”) thay cho bản kết xuất, cho diễn tập thêm luồng nạp (“jobs”), hoặc dùng đĩa nhanh hơn.
forecast-shorten-start = Chính cổng khởi động chậm: xem lệnh khởi động và những việc cổng làm trước câu trả lời đầu tiên.
forecast-shorten-find = Tìm bản sao lưu chậm: hãy dọn kho, hoặc đọc từ kho gần hơn.
forecast-shorten-line = Thuê đường truyền nhanh hơn, hoặc để một kho sao lưu ở cùng phía với máy đích.
forecast-shorten-machine = Dùng máy nhanh hơn, hoặc máy đã chuẩn bị: đủ gói cài đặt, đĩa trống.

help-drill-trend = Xem RTO và RPO đo được theo thời gian, so với các lần trước
help-drill-trend-portal = Chỉ các cuộc diễn tập của cổng này
help-drill-forecast = Ước tính phục hồi mất bao lâu, có mức tối đa
more-drill-forecast = Theo các cuộc diễn tập đã ghi nhận, từng giai đoạn, và kích thước các bản sao lưu đã có. Là ước tính, không bao giờ là ĐẠT. Kết thúc với mã 3 khi không nêu được mức tối đa hoặc mức đó vượt mục tiêu.
help-drill-forecast-portal = Chỉ cổng này; nếu không chỉ rõ thì mọi cổng
help-drill-forecast-repository = Kho cần đọc; nếu không chỉ rõ thì theo cấu hình diễn tập
help-drill-forecast-at = Thời điểm: lượng dữ liệu sẽ có lúc đó; nếu không chỉ rõ thì như bản sao lưu mới nhất
help-drill-forecast-machine = Tốc độ của máy sẽ phục hồi, so với máy đã diễn tập
help-drill-forecast-bandwidth = Đường truyền từ máy đó đến kho tính bằng megabit mỗi giây, nếu khác khi diễn tập
value-mbit = MBIT/GIÂY
