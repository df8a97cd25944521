"""
The ground everything stands on: money as exact integers, operations that happen once, events, errors, clock
and encryption. Core owns no domain word: it does not know what a player, a bet or a bonus is, only that an
act belongs to a lane (`player_id`) and to someone who asked for it.
"""
