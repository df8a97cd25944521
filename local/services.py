"""
Database, broker and cache for whoever runs in this checkout: given ones are used, missing ones are started.

Every session (a demo, a test run, one command) leaves a note with its identity while it uses the services.
The first session starts them, the last one stops them; a lock of the checkout makes both one step. A
session that was killed leaves a note whose process is gone: the next one ends what it left behind.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from local import credentials, given, interrupts, ports, postgres, processes, state, valkey
from local.failures import CannotRun
from local.processes import Process

SESSIONS = state.STATE / "sessions"
SERVERS = state.STATE / "servers"
END_SECONDS = 10


class Session:
    """One user of the services, and the processes that it has started."""

    def __init__(self, name: str, *, is_single: bool = False) -> None:
        self.is_single = is_single
        self.process = processes.identify(name, os.getpid())
        self.path = SESSIONS / f"{self.process.pid}.json"

    def open(self) -> None:
        """
        Write down that we are here.

        :raises CannotRun: only one session of this name can run in a checkout, and one does.
        """
        for other in sessions().values():
            if self.is_single and other.name == self.process.name:
                raise CannotRun(
                    f"a {other.name} of this checkout runs already (process {other.pid}): make stop"
                )
        self.note([])

    def note(self, children: Sequence[Process]) -> None:
        """Write down who we are and what we have started, for `make stop` and for the next session."""
        notes = [child.as_dict() for child in children]
        state.write(self.path, {"session": self.process.as_dict(), "children": notes})


@contextmanager
def in_use(session: Session, *, first_database: int = 0) -> Iterator[dict[str, str]]:
    """
    Yield the environment of the product, with all its services running.

    :param first_database: number of the first of two databases of the embedded Valkey.
    :raises CannotRun: a given server cannot be reached or an embedded one does not start.
    """
    given.ensure_complete(os.environ)
    given.ensure_reachable({name: os.environ[name] for name in given.NAMES if os.environ.get(name)})
    with state.locked("services"):
        end_leftovers()
        session.open()
    try:
        with state.locked("services"):
            urls = start_missing(first_database=first_database)
        yield environment(urls)
    finally:
        interrupts.ignore()
        with state.locked("services"):
            session.path.unlink(missing_ok=True)
            if not sessions():
                stop_servers()


def environment(urls: dict[str, str]) -> dict[str, str]:
    """Return the environment for a command of the product: what is given wins over what was made here."""
    secrets = credentials.load()
    made = {name: secrets[name] for name in credentials.PRODUCT_SECRETS} | urls
    directory = state.ROOT / ".venv" / "bin"
    return {
        **made,
        **{name: value for name, value in os.environ.items() if value or name not in made},
        "PATH": f"{directory}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(directory.parent),
        "PYTHONUNBUFFERED": "1",
    }


def start_missing(*, first_database: int) -> dict[str, str]:
    """Start the servers that nobody gave and that do not run yet, and return their addresses."""
    secrets = credentials.load()
    urls: dict[str, str] = {}
    if not os.environ.get("DATABASE_URL"):
        urls |= postgres.urls(port=ensure_postgres(secrets), passwords=secrets)
    if not (os.environ.get("BROKER_URL") and os.environ.get("CACHE_URL")):
        password = secrets["VALKEY_PASSWORD"]
        urls |= valkey.urls(port=ensure_valkey(password), password=password, first_database=first_database)
    return urls


def ensure_postgres(secrets: dict[str, str]) -> int:
    """Have the embedded Postgres running, and return its port."""
    home = postgres.prepare(passwords=secrets)
    server, port = ensure_runs("postgres", lambda port, note: postgres.launch(home, port=port, note=note))
    postgres.complete(server, home, port=port, passwords=secrets)
    return port


def ensure_valkey(password: str) -> int:
    """Have the embedded Valkey running, and return its port."""
    server, port = ensure_runs(
        "valkey", lambda port, note: valkey.launch(port=port, password=password, note=note)
    )
    valkey.complete(server, port=port, password=password)
    return port


def ensure_runs(name: str, launch: Callable[[int, Callable[[], None]], Process]) -> tuple[Process, int]:
    """
    Return a server that runs, and its port.

    :param launch: starts it on a port, and calls the given function in the new process.
    """
    record = state.read(SERVERS / f"{name}.json")
    if record and processes.is_running(processes.recall(record)):
        return processes.recall(record), record["port"]
    port = ports.port_of(name)

    def note() -> None:
        remember(processes.identify(name, os.getpid(), is_leader=True), port=port)

    return launch(port, note), port


def remember(server: Process, *, port: int) -> None:
    """Write down which process serves on which port."""
    state.write(SERVERS / f"{server.name}.json", {**server.as_dict(), "port": port})


def servers() -> list[Process]:
    """Return the embedded servers that run now."""
    records = [state.read(path) for path in SERVERS.glob("*.json")]
    return [
        server for record in records if record and processes.is_running(server := processes.recall(record))
    ]


def lost_servers() -> list[Process]:
    """Return the embedded servers that were started and not stopped, and yet do not run."""
    known = [processes.recall(record) for path in SERVERS.glob("*.json") if (record := state.read(path))]
    return [server for server in known if not processes.is_running(server)]


def stop_servers() -> None:
    """Stop the embedded servers in an orderly way, or by force when that takes too long."""
    running = servers()
    for server in running:
        with suppress(ProcessLookupError):
            # The fast shutdown of Postgres; Valkey takes both signals alike.
            os.kill(server.pid, signal.SIGINT)
    processes.wait_until_gone(running, seconds=postgres.STOP_SECONDS)
    processes.terminate(running, seconds=END_SECONDS)
    for path in SERVERS.glob("*.json"):
        path.unlink()
    with suppress(ChildProcessError):
        # The servers that this very session has started are its children, and wait to be reaped.
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def sessions() -> dict[Path, Process]:
    """Return the sessions of this checkout that run now."""
    found = {}
    for path in SESSIONS.glob("*.json"):
        record = state.read(path)
        if record and processes.is_running(session := processes.recall(record["session"])):
            found[path] = session
    return found


def end_leftovers() -> None:
    """End what sessions that are gone have left behind, and forget them; servers that are gone too."""
    for server in lost_servers():
        (SERVERS / f"{server.name}.json").unlink()
    alive = sessions()
    for path in SESSIONS.glob("*.json"):
        if path not in alive:
            children = state.read(path).get("children", [])
            processes.terminate([processes.recall(child) for child in children], seconds=END_SECONDS)
            path.unlink()
