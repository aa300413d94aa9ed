# Giám sát cổng.
