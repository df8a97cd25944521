"""The product's own processes, started against the test database and stopped again."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db import connections

ROOT = Path(__file__).parent.parent
# A neighbour on the same cluster may hold events back for as long as its longest transaction.
PATIENCE_SECONDS = 120.0


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a process of the product that works on the test database."""
    urls = {"DATABASE_URL": url_of("default"), "DATABASE_OWNER_URL": url_of("owner")}
    return {**os.environ, **urls, "PYTHONPATH": str(ROOT), **more}


def url_of(login: str) -> str:
    """Return the URL by which one of the two logins reaches the test database."""
    values = connections[login].settings_dict
    who = f"{quote(values['USER'])}:{quote(values['PASSWORD'])}"
    return f"postgres://{who}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def python(code: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a line of Python as a process of the product, to its end."""
    return _run([sys.executable, "-c", code], more)


def celery(*arguments: str) -> list[str]:
    """Return a command line of Celery's."""
    return [sys.executable, "-m", "celery", "-A", "pam", *arguments]


def worker_to_its_end(**more: str) -> subprocess.CompletedProcess[str]:
    """Start a worker that is expected not to start."""
    return _run(celery("worker", "-P", "solo", "-Q", "pam-test-nobody", "-n", "nobody@%h"), more)


def _run(command: list[str], more: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@contextmanager
def worker(queue: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker on a queue of its own while the block runs; show what it said where the block fails."""
    command = celery("worker", "-P", "solo", "-Q", queue, "-n", f"{queue}@%h", "-l", "INFO")
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(**more), stdout=said, stderr=subprocess.STDOUT
        )
        try:
            yield process
        except BaseException:
            said.seek(0)
            print(said.read().decode())  # noqa: T201
            raise
        finally:
            end(process)


def end(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    """Stop a process of ours, and by force where it does not listen."""
    process.send_signal(number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def wait_for(is_so: Callable[[], Any], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.01)
