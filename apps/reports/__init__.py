"""Figures and proofs: read only. The data-quality sheet asks every room below whether its books are right."""
