"""Questions about money: balances now and then, and whether every row of the ledger is right."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Q, Subquery

from apps.core.money import Money
from apps.core.operations import snapshot
from apps.core.rules import Measure
from apps.wallet.models import HouseBook, Proof, Transfer, Wallet
from apps.wallet.rules import (
    HASHED,
    HOUSE_HASHED,
    PURSES,
    Account,
    Book,
    Origin,
    canonical,
    chain,
    effect,
)

DETAIL = 20


def balance(*, player_id: int, currency: str) -> dict[str, Money]:
    """Return every purse of a wallet by name; zeros before its first transfer."""
    wallet = Wallet.objects.filter(player_id=player_id, currency=currency).first() or Wallet()
    return _named(wallet.purses(), currency)


def balance_at(*, player_id: int, currency: str, at: datetime) -> dict[str, Money]:
    """Return every purse as it was at an instant: the last transfer up to it says all of them."""
    rows = Transfer.objects.filter(player_id=player_id, currency=currency, at__lte=at)
    last = rows.order_by("-seq").values_list("after", flat=True).first()
    return _named(last or [0] * len(PURSES), currency)


def _named(purses: list[int], currency: str) -> dict[str, Money]:
    return {purse.value: Money(units, currency) for purse, units in zip(PURSES, purses, strict=True)}


def every_wallet() -> list[tuple[int, str]]:
    """Return every wallet, as (player, currency)."""
    return list(Wallet.objects.order_by("player_id", "currency").values_list("player_id", "currency"))


def unproven_wallets() -> list[tuple[int, str]]:
    """Return the wallets that moved since their chain was last walked."""
    proven = Proof.objects.filter(player_id=OuterRef("player_id"), currency=OuterRef("currency"))
    wallets = Wallet.objects.annotate(proven=Subquery(proven.values("seq")[:1]))
    moved = wallets.filter(Q(proven=None) | ~Q(proven=F("seq")))
    return list(moved.order_by("player_id", "currency").values_list("player_id", "currency"))


@dataclass(slots=True)
class Walk:
    """A walk over chains: what was found wrong, and how far each wallet was found right."""

    transfers: int = 0
    wallets: int = 0
    proofs: list[Proof] = field(default_factory=list)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def note(self, check: str, where: str) -> None:
        """Remember a row that does not fit."""
        self.wrong.setdefault(check, []).append(where)

    def measures(self) -> list[Measure]:
        """Return the sheet's lines of the ledger."""
        counted = {"sequence without gaps": self.transfers, "balance after each transfer": self.transfers}
        counted |= {"hash chain": self.transfers, "purses explained by transfers": self.wallets}
        return [Measure(name, count, self.wrong.get(name, [])[:DETAIL]) for name, count in counted.items()]


_CHAIN = f"""
    SELECT {", ".join(f't."{name}"' for name in HASHED)}, t.hash,
           o.id, o.source, o.kind, o.reference, o.digest, o.actor
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS w(player_id, currency, seq)
    JOIN wallet_transfer t ON t.player_id = w.player_id AND t.currency = w.currency AND t.seq > w.seq
    LEFT JOIN core_operation o ON o.id = t.operation_id
    ORDER BY t.player_id, t.currency, t.seq
"""
WALK_CHUNK = 500


def walk(wallets: list[tuple[int, str]], *, at: datetime, whole: bool = False) -> Walk:
    """
    Walk the chains of wallets from where they were last proven (or from their first transfer) to their heads.

    :param whole: walk from the beginning, whatever was proven before.
    """
    found = Walk(wallets=len(wallets))
    for start in range(0, len(wallets), WALK_CHUNK):
        _walk_chunk(found, wallets[start : start + WALK_CHUNK], at, whole)
    with connection.cursor() as cursor:
        cursor.execute(_LOST if whole else _LOST_SINCE_PROVEN)
        for player_id, currency in cursor.fetchall():
            found.note("purses explained by transfers", f"player {player_id} {currency}: no wallet")
    return found


# Wallets that are gone, by their first transfer or, sooner told, by their proof.
_LOST = """
    SELECT t.player_id, t.currency FROM wallet_transfer t
    LEFT JOIN wallet_wallet w ON w.player_id = t.player_id AND w.currency = t.currency
    WHERE t.seq = 1 AND w.id IS NULL
"""
_LOST_SINCE_PROVEN = """
    SELECT p.player_id, p.currency FROM wallet_proof p
    LEFT JOIN wallet_wallet w ON w.player_id = p.player_id AND w.currency = p.currency
    WHERE w.id IS NULL
"""


def _walk_chunk(found: Walk, wallets: list[tuple[int, str]], at: datetime, whole: bool) -> None:
    players = [player_id for player_id, _ in wallets]
    proven = (
        {} if whole else {(p.player_id, p.currency): p for p in Proof.objects.filter(player_id__in=players)}
    )
    stored = {(w.player_id, w.currency): w for w in Wallet.objects.filter(player_id__in=players)}
    books = {key: _book(key, proven.get(key)) for key in wallets}
    seqs = [books[key].seq for key in wallets]
    with connection.chunked_cursor() as cursor:
        cursor.execute(_CHAIN, [players, [currency for _, currency in wallets], seqs])
        for key, rows in groupby(_rows(cursor), key=lambda row: (row["player_id"], row["currency"])):
            for row in rows:
                _step(found, books[key], row)
    for key in wallets:
        _compare(found, books[key], stored[key], at)


def _book(key: tuple[int, str], proof: Proof | None) -> Book:
    if proof is None:
        return Book(*key)
    return Book(*key, list(proof.after), proof.seq, bytes(proof.head))


def _rows(cursor: Any) -> Iterator[dict[str, Any]]:
    names = [*HASHED, "hash", "operation_id", "source", "operation_kind", "reference", "digest", "actor"]
    while page := cursor.fetchmany(2000):
        yield from (dict(zip(names, row, strict=True)) for row in page)


def _step(found: Walk, book: Book, row: dict[str, Any]) -> None:
    """Follow one transfer: its number, what it did, its hash."""
    found.transfers += 1
    where = f"player {book.player_id} {book.currency} seq {row['seq']}"
    if row["seq"] != book.seq + 1:
        found.note("sequence without gaps", f"{where}: expected {book.seq + 1}")
    purses = effect(book.purses, Account(row["debit"]), Account(row["credit"]), row["amount"])
    if list(row["after"]) != purses:
        found.note("balance after each transfer", f"{where}: {row['after']} instead of {purses}")
    if not _fits(row, book.head, HASHED):
        found.note("hash chain", f"{where}: the hash is not that of its content")
    book.seq, book.purses, book.head = row["seq"], list(row["after"]), bytes(row["hash"])


def _fits(row: dict[str, Any], head: bytes, hashed: tuple[str, ...]) -> bool:
    """Return whether a row's operation is there, and its hash covers what is in it."""
    if row["source"] is None:
        return False
    origin = Origin(
        row["operation_id"],
        row["source"],
        row["operation_kind"],
        row["reference"],
        bytes(row["digest"]),
        row["actor"],
    )
    return bytes(row["hash"]) == chain(head, canonical(row, origin, hashed))


def _compare(found: Walk, book: Book, wallet: Wallet, at: datetime) -> None:
    """Compare where a chain ends with what the wallet says; only a wallet without a fault is proven."""
    where = f"player {book.player_id} {book.currency}"
    ends = (wallet.seq, wallet.purses(), bytes(wallet.head))
    if (book.seq, book.purses, book.head) != ends:
        found.note("purses explained by transfers", f"{where}: {wallet.purses()} instead of {book.purses}")
        return
    if any(where in text for texts in found.wrong.values() for text in texts):
        return
    found.proofs.append(
        Proof(
            player_id=book.player_id,
            currency=book.currency,
            seq=book.seq,
            head=book.head,
            after=book.purses,
            at=at,
        )
    )


_HOUSE = f"""
    SELECT {", ".join(f't."{name}"' for name in HOUSE_HASHED)}, t.hash,
           o.id, o.source, o.kind, o.reference, o.digest, o.actor
    FROM wallet_housetransfer t LEFT JOIN core_operation o ON o.id = t.operation_id
    ORDER BY t.book, t.currency, t.seq
"""


def house_measures() -> list[Measure]:
    """Return the sheet's line of the house books: sequence and hash chain of each, from the beginning."""
    heads = {(b.book, b.currency): (b.seq, bytes(b.head)) for b in HouseBook.objects.all()}
    wrong, count = [], 0
    names = [
        *HOUSE_HASHED,
        "hash",
        "operation_id",
        "source",
        "operation_kind",
        "reference",
        "digest",
        "actor",
    ]
    ends: dict[tuple[str, str], tuple[int, bytes]] = dict.fromkeys(heads, (0, b""))
    with connection.cursor() as cursor:
        cursor.execute(_HOUSE)
        for values in cursor.fetchall():
            row = dict(zip(names, values, strict=True))
            key = (row["book"], row["currency"])
            seq, head = ends.get(key, (0, b""))
            if row["seq"] != seq + 1 or not _fits(row, head, HOUSE_HASHED):
                wrong.append(f"{row['book']} {row['currency']} seq {row['seq']}")
            ends[key], count = (row["seq"], bytes(row["hash"])), count + 1
    wrong += [f"{key[0]} {key[1]}: head" for key, end in ends.items() if end != heads.get(key)]
    return [Measure("house books chained", count, wrong[:DETAIL])]


def _members(hashed: tuple[str, ...]) -> str:
    """Return the members of a transfer's line: what is hashed, its hash, and the operation behind it."""
    at = "(extract(epoch FROM t.at) * 1000000)::bigint"
    fields = ", ".join(f"'{name}', {at if name == 'at' else f't.{name}'}" for name in hashed)
    return f"""{fields}, 'hash', encode(t.hash, 'hex'), 'operation', json_build_object('source', o.source,
        'kind', o.kind, 'reference', o.reference, 'digest', encode(o.digest, 'hex'), 'actor', o.actor)"""


# The lines of an export, in the order in which verifier/verify_ledger.py wants them.
_EXPORT = {
    "transfers": f"""
        SELECT json_build_object('record', 'transfer', {_members(HASHED)})::text
        FROM wallet_transfer t LEFT JOIN core_operation o ON o.id = t.operation_id
        ORDER BY t.player_id, t.currency, t.seq
    """,
    "house_transfers": f"""
        SELECT json_build_object('record', 'house_transfer', {_members(HOUSE_HASHED)})::text
        FROM wallet_housetransfer t LEFT JOIN core_operation o ON o.id = t.operation_id
        ORDER BY t.book, t.currency, t.seq
    """,
    "wallets": f"""
        SELECT json_build_object('record', 'wallet', 'player_id', w.player_id, 'currency', w.currency,
            'seq', w.seq, 'head', encode(w.head, 'hex'),
            'purses', ARRAY[{", ".join(f"w.{purse.value}" for purse in PURSES)}])::text
        FROM wallet_wallet w ORDER BY w.player_id, w.currency
    """,
    "house_books": """
        SELECT json_build_object('record', 'house_book', 'book', b.book, 'currency', b.currency, 'seq', b.seq,
            'head', encode(b.head, 'hex'))::text
        FROM wallet_housebook b ORDER BY b.book, b.currency
    """,
}
EXPORT_FORMAT = 1
EXPORT_PAGE = 2000


def export() -> Iterator[str]:
    """
    Yield the whole ledger as lines of JSON, as it is in one instant.

    The format is described in verifier/verify_ledger.py, which checks it without any of this.
    """
    purses = [purse.value for purse in PURSES]
    yield json.dumps({"record": "ledger", "format": EXPORT_FORMAT, "purses": purses})
    counts = dict.fromkeys(_EXPORT, 0)
    with snapshot():
        for counted, query in _EXPORT.items():
            for line in _lines(query):
                counts[counted] += 1
                yield line
    yield json.dumps({"record": "end", **counts})


def _lines(query: str) -> Iterator[str]:
    """Yield the one column of a query, a page at a time: a ledger is larger than memory."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query)
        while page := cursor.fetchmany(EXPORT_PAGE):
            yield from (line for (line,) in page)
