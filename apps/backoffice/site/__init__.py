"""The staff site: its door, the enrolment of a first device, its sidebar, and how dates are written."""
