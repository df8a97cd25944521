"""
What a player may do for their own good: limits with their counters, and exclusions. The gate keeps its own
counters, is told every amount in the transaction that moves it, and never reads the wallet.
"""
