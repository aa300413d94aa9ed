# Tiến trình thường trực.
