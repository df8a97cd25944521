"""
Work for staff: cases that a person has to look at, and approvals by a second person. One table each serves
every queue and every four-eyes act of the house.
"""
