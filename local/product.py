"""The command lines of the product and of its simulated vendors."""

import sys
from collections.abc import Mapping

from local import state

PYTHON = sys.executable


def manage(*arguments: str) -> list[str]:
    """Return the command line of a management command."""
    return [PYTHON, "manage.py", *arguments]


def web(*, port: int, variables: Mapping[str, str]) -> list[str]:
    """Return the web server: processes with blocking threads, of which a lost one is replaced."""
    return [
        *(PYTHON, "-m", "granian", "--interface", "wsgi", "pam.wsgi:application"),
        *("--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
        *("--workers", variables.get("WEB_WORKERS") or "2"),
        *("--blocking-threads", variables.get("WEB_THREADS") or "4"),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10"),
    ]


def worker() -> list[str]:
    """Return the worker that does what the doorbell asks for."""
    options = ("--concurrency", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    return [PYTHON, "-m", "celery", "-A", "pam", "worker", *options]


def beat() -> list[str]:
    """Return the clock that rings the doorbell again for what was missed."""
    schedule = str(state.STATE / "beat")
    return [PYTHON, "-m", "celery", "-A", "pam", "beat", "--loglevel", "WARNING", "--schedule", schedule]


def load_demo(*, players: int, vendor: int) -> list[str]:
    """Return the command that fills the database for a demo, and writes down who can log in."""
    return manage(
        *("load_demo", "--players", str(players)),
        *("--file", str(state.DEMO_FILE), "--sandbox-url", address(vendor)),
    )


def reconcile() -> list[str]:
    """Return the command that compares the simulated provider's record with the books."""
    return manage("reconcile", "--account", "demo-slots", "--report", str(state.REPORT_FILE))


def provider(*, port: int, web: int, chaos: float) -> list[str]:
    """Return the simulated game provider, which is a casino's front page too."""
    return [
        *(PYTHON, "-m", "sandbox", "provider", "--port", str(port), "--pam", address(web)),
        *("--secret-file", str(state.DEMO_FILE), "--chaos", str(chaos)),
        *("--state", str(state.STATE / "sandbox-provider.sqlite3")),
    ]


def players(*, web: int, vendor: int) -> list[str]:
    """Return the simulated players."""
    options = ("--pam", address(web), "--provider", address(vendor), "--file", str(state.DEMO_FILE))
    return [PYTHON, "-m", "sandbox", "players", *options]


def address(port: int) -> str:
    """Return where something that we run listens."""
    return f"http://127.0.0.1:{port}"
