# Schedules.
