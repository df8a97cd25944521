"""How dates and instants are written for staff: in the order in which they sort."""
