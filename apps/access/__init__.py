"""
One decision: may this player do this now, and if not, why and what next. Launch, stake, log-in and every
other act ask here, in the transaction that acts, and get the same answer from the same facts.
"""
