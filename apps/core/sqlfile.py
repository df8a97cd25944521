"""Migrations whose SQL lives in files of its own."""

from pathlib import Path

from django.db.migrations import RunSQL


def sql_file(migration: str, name: str) -> RunSQL:
    """Return the operation that runs `sql/<name>.sql`, and `sql/<name>_reverse.sql` backwards."""
    folder = Path(migration).parent / "sql"
    forward, backward = folder / f"{name}.sql", folder / f"{name}_reverse.sql"
    return RunSQL(forward.read_text(encoding="utf-8"), backward.read_text(encoding="utf-8"))
