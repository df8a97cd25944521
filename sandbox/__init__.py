"""
Simulated vendors of the product: separate processes that talk HTTP only and misbehave on demand.

This package owns what happens on the vendors' side of the wire: games and their mathematics, the vendors' own
durable records, their retries, and their bad days. It imports nothing from the product and knows it by its
public contracts only. What vendors share stands here (chance, chaos, signing, serving); each vendor has a
room of its own.
"""
