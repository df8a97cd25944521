"""
A vendor of slot games that speaks the SOFTSWISS style of wallet contract.

Owns its games and their mathematics, its record of every round and message, and the pursuit of every message
until its fate is known. Does not own money: the wallet on the other side of the wire does.
"""
