# Lịch chạy.
