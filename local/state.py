"""Where this checkout keeps what it makes for itself, and how its small files are read and written."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"
LOGS = STATE / "log"
DEMO_FILE = STATE / "demo.json"
REPORT_FILE = STATE / "provider-report.json"


def prepare() -> None:
    """
    Create the directories of the state; others may pass, because Postgres may be nobody, but not look.

    The product looks for its collected static files in one of them, and warns where it is missing.
    """
    for directory, mode in ((STATE, 0o711), (LOGS, 0o700), (STATE / "static", 0o700)):
        directory.mkdir(exist_ok=True)
        directory.chmod(mode)


def log_of(name: str) -> Path:
    """Return the log file of a process."""
    return LOGS / f"{name}.log"


def tail(path: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log, or a word that there are none."""
    if not path.exists():
        return "(no log)"
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 20_000))
        text = log.read().decode(errors="replace")
    return "\n".join(text.splitlines()[-lines:]) or "(empty log)"


def read(path: Path) -> dict[str, Any]:
    """Return what a state file says; an absent one says nothing."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content


def write(path: Path, content: dict[str, Any]) -> None:
    """Replace a state file as a whole, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1)
    Path(name).replace(path)


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock of this checkout; the kernel releases it when the holder dies."""
    prepare()
    with (STATE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
