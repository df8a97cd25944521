"""What the wallet adds to the stake path: the balance to read, and the only SQL that writes transfers."""

from datetime import datetime
from typing import Any

from apps.wallet.rules import PURSES, Book, instant

# [purses in the order of `after`], seq, head (hex), last_at (microseconds); null before the first transfer.
BALANCE = f"""
    SELECT json_build_array(
        json_build_array({", ".join(f"w.{purse.value}" for purse in PURSES)}),
        w.seq, encode(w.head, 'hex'), (extract(epoch FROM w.last_at) * 1000000)::bigint)
    FROM wallet_wallet w WHERE w.player_id = %(player_id)s AND w.currency = %(currency)s
"""


def transfers_of(operation_id: str, kind: str) -> str:
    """Return the fragment of an operation's transfers of a kind, as [id, debit, credit]; both are columns."""
    return f"""SELECT json_agg(json_build_array(t.id, t.debit, t.credit) ORDER BY t.seq)
        FROM wallet_transfer t
        WHERE t.player_id = %(player_id)s AND t.operation_id = {operation_id} AND t.kind = {kind}"""


_COLUMNS = {
    "player_id": "bigint", "currency": "text", "seq": "bigint", "operation_id": "bigint", "kind": "text",
    "debit": "text", "credit": "text", "amount": "bigint", "counterparty_id": "bigint", "grant_id": "bigint",
    "cause_id": "bigint", "reverses_id": "bigint", "business_date": "date", "at": "timestamptz",
    "after": "bigint[]", "version": "smallint", "hash": "bytea",
}  # fmt: skip

TRANSFERS = f"""
    INSERT INTO wallet_transfer ({", ".join(_COLUMNS)})
    SELECT {", ".join(f"r.{name}" for name in _COLUMNS)} FROM jsonb_to_recordset(%(transfers)s)
        AS r({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
"""

WALLET = f"""
    INSERT INTO wallet_wallet (player_id, currency, {", ".join(PURSES)}, seq, head, last_at)
    VALUES (%(player_id)s, %(currency)s, {", ".join(f"%(wallet_{purse.value})s" for purse in PURSES)},
            %(wallet_seq)s, %(wallet_head)s, %(wallet_at)s)
    ON CONFLICT (player_id, currency) DO UPDATE SET
        {", ".join(f"{purse.value} = EXCLUDED.{purse.value}" for purse in PURSES)},
        seq = EXCLUDED.seq, head = EXCLUDED.head, last_at = EXCLUDED.last_at
"""


def book(player_id: int, currency: str, fact: list[Any] | None) -> tuple[Book, datetime]:
    """Return the wallet as the read statement found it, and the instant of its last transfer."""
    if fact is None:
        return Book(player_id, currency), instant(0)
    purses, seq, head, last_at = fact
    return Book(player_id, currency, purses, seq, bytes.fromhex(head)), instant(last_at)


def parameters(moved: Book) -> dict[str, Any]:
    """Return what `TRANSFERS` and `WALLET` write, for a book in which something moved."""
    rows = [{**row, "hash": "\\x" + row["hash"].hex()} for row in moved.rows]
    purses = {f"wallet_{purse.value}": units for purse, units in zip(PURSES, moved.purses, strict=True)}
    return purses | {
        "transfers": rows,
        "wallet_seq": moved.seq,
        "wallet_head": moved.head,
        "wallet_at": moved.rows[-1]["at"],
    }
