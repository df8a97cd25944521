"""
The ledger: what every player has, in which purse, moved once, provable. The wallet executes; it knows nothing
of games, bonuses or behaviour.
"""
