# Watching portals.
