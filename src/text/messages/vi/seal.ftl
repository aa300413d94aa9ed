# Những gì được niêm phong bằng age và khóa mở chúng.

fault-seal-not-an-identity = dòng { $line } không phải khóa bí mật age
    .hint = Tệp phải là tệp do age-keygen ghi ra: mỗi dòng một khóa bắt đầu bằng AGE-SECRET-KEY-1.
fault-seal-no-identity = không có khóa bí mật age nào trong tệp
    .hint = Tệp phải là tệp do age-keygen ghi ra: mỗi dòng một khóa bắt đầu bằng AGE-SECRET-KEY-1.
fault-seal-wrong-identity = khóa bí mật này không mở được: dữ liệu được niêm phong cho khóa khác
    .hint = Lệnh “snapshot show” cho biết niêm phong cho khóa công khai nào; “age-keygen -y TỆP” in khóa công khai của một khóa bí mật.
fault-seal-not-sealed = đây không phải dữ liệu niêm phong bằng age, hoặc phần đầu đã hỏng
fault-seal-damaged = dữ liệu niêm phong đã hỏng: { $detail }
    .hint = Lấy lại từ một kho sao lưu khác hoặc từ một bản sao lưu khác.
fault-seal-read = không đọc được dữ liệu niêm phong: { $detail }
fault-seal-write = không ghi được dữ liệu đã mở: { $detail }
fault-seal-gone = bên đọc dữ liệu đã mở không còn nữa
