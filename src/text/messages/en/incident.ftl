# Incidents.
