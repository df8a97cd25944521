"""
Game providers and what is played: accounts with their policies, the catalogue, launches, rounds, bets and
settlements. Games owns the stake path, the only way a stake is taken.
"""
