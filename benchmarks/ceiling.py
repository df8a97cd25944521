"""
The ceiling: the most stakes a second that the database of this machine takes, with nothing in front of it.

One function changes the rows that a stake changes (`ceiling.sql`) and pgbench, which costs next to nothing,
calls it over as many connections as the product is asked over.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from benchmarks.messages import STAKE_CENTS
from local import postgres_home
from local.failures import CannotRun

SCRIPT = Path(__file__).with_name("ceiling.sql")
# Of a currency with two digits; the ledger keeps five.
UNITS_IN_A_CENT = 1_000
# The product plans the statements of a stake once per connection too.
OPTIONS = "-c search_path=ceiling,public -c plan_cache_mode=force_generic_plan"
CALL = "\\set player random(:first, :last)\nSELECT stake(:player, :amount);\n"


@dataclass(frozen=True)
class Ceiling:
    """The function in the database, ready to be called."""

    program: str
    owner: str
    call: Path

    def per_second(self, players: tuple[int, int], *, connections: int, seconds: int) -> float:
        """
        Return how many stakes a second the function takes.

        :param players: the first and the last id of those who stake.
        :raises CannotRun: a call failed; says why.
        """
        values = {"first": players[0], "last": players[1], "amount": STAKE_CENTS * UNITS_IN_A_CENT}
        result = subprocess.run(
            [
                *(self.program, "--no-vacuum", "--protocol=prepared", f"--file={self.call}"),
                *(f"--client={connections}", f"--jobs={min(connections, 2)}", f"--time={seconds}"),
                *(f"--define={name}={value}" for name, value in values.items()),
            ],
            env=environment(self.owner),
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r"^tps = ([0-9.]+)", result.stdout, re.MULTILINE)
        if result.returncode != 0 or not found:
            raise CannotRun(f"pgbench failed: {reason(result.stderr)}")
        return float(found[1])


@contextmanager
def raised(owner: str) -> Iterator[Ceiling]:
    """
    Make the function with its tables as the owner, and drop them in the end.

    :raises CannotRun: there is no pgbench.
    """
    program = pgbench()
    with psycopg.connect(owner, autocommit=True) as connection, tempfile.TemporaryDirectory() as directory:
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
        call = Path(directory) / "call.sql"
        call.write_text(CALL)
        try:
            yield Ceiling(program, owner, call)
        finally:
            connection.execute("DROP SCHEMA ceiling CASCADE")


def pgbench() -> str:
    """
    Return the pgbench of the embedded Postgres, or of this machine.

    :raises CannotRun: there is none.
    """
    embedded = postgres_home.wheel() / "pginstall" / "bin" / "pgbench"
    found = str(embedded) if embedded.exists() else shutil.which("pgbench")
    if not found:
        raise CannotRun("there is no pgbench on this machine")
    return found


def environment(url: str) -> dict[str, str]:
    """Return how pgbench finds the database: a command line, which everybody can read, names no password."""
    parts = urlsplit(url)
    return {
        "PATH": os.defpath,
        "PGHOST": parts.hostname or "",
        "PGPORT": str(parts.port or 5432),
        "PGUSER": unquote(parts.username or ""),
        "PGPASSWORD": unquote(parts.password or ""),
        "PGDATABASE": parts.path.lstrip("/"),
        "PGOPTIONS": OPTIONS,
    }


def reason(output: str) -> str:
    """Return the line of pgbench's complaints that says most: the first one about an error."""
    lines = [line for line in output.splitlines() if "error" in line.lower()]
    return lines[0] if lines else "it printed no figures"


def span(owner: str, public_ids: Sequence[str]) -> tuple[int, int]:
    """Return the first and the last id of some players; they were made in one go, without gaps."""
    with psycopg.connect(owner) as connection:
        row = connection.execute(
            "SELECT min(id), max(id) FROM accounts_player WHERE public_id = ANY(%s)", [list(public_ids)]
        ).fetchone()
    assert row is not None
    return row[0], row[1]
