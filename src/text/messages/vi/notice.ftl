# Thông báo cho người.
