"""Whose lane a search means. Core knows lanes by number; an app above announces how it names them."""

from collections.abc import Callable

# A bigint has at most 19 digits; one less is never out of range.
_DIGITS = 18
Finder = Callable[[str], int | None]
_finders: list[Finder] = []


def finds_lanes(finder: Finder) -> Finder:
    """Announce a function that turns what staff type into a lane's number, or into None."""
    _finders.append(finder)
    return finder


def lane(term: str) -> int | None:
    """Return the lane that staff mean by a public name of its owner, or None."""
    found = (finder(term) for finder in _finders)
    return next((number for number in found if number is not None), None)


def number(term: str) -> int | None:
    """Return a typed row number, or None where it is not one."""
    return int(term) if term.isascii() and term.isdigit() and len(term) <= _DIGITS else None
