"""
People, their player accounts, credentials and sessions, and what staff restrict. Accounts owns the lane: the
row that is locked before anything is decided about a player.
"""
