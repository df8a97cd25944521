"""
Make the virtual environment and go on inside it.

    python3 -m local.bootstrap [--dev] ARGUMENTS...

It needs nothing but the standard library, so that any Python 3.11 can run it, and it becomes
`.venv/bin/python -m local ARGUMENTS...` when the environment is ready. The packages are installed again only
when the pinned requirement files, or the place of the environment, have changed.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
RUNTIME = ("requirements.txt", "requirements-local.txt")
DEVELOPMENT = (*RUNTIME, "requirements-dev.txt")
FREE_BYTES_NEEDED = 1_000_000_000


class Unready(Exception):
    """The environment cannot be made; the text is the whole message."""


def fingerprint(files: tuple[str, ...], *, root: Path) -> str:
    """Return a digest of the named requirement files and of the place, which installed scripts contain."""
    digest = hashlib.sha256(str(root).encode())
    for name in files:
        digest.update(b"\0" + name.encode() + b"\0" + (root / name).read_bytes())
    return digest.hexdigest()


def stamp(kind: str, *, root: Path) -> Path:
    """Return the file that holds the fingerprint of what was installed last."""
    return root / ".venv" / f".installed-{kind}"


def is_installed(kind: str, files: tuple[str, ...], *, root: Path) -> bool:
    """Tell whether exactly these requirement files were installed here."""
    note = stamp(kind, root=root)
    has_both = interpreter(root).exists() and note.exists()
    return has_both and note.read_text() == fingerprint(files, root=root)


def is_usable(*, root: Path, log: Path) -> bool:
    """Tell whether there is an environment to install into: its Python runs, and it was not moved here."""
    place = root / ".venv" / ".place"
    if place.exists() and place.read_text() != str(root):
        return False
    check = f"import sys; assert sys.version_info >= {OLDEST_PYTHON}"
    return interpreter(root).exists() and run([str(interpreter(root)), "-c", check], log=log)


def interpreter(root: Path) -> Path:
    """Return the Python of the virtual environment."""
    return root / ".venv" / "bin" / "python"


def run(command: list[str], *, log: Path) -> bool:
    """Run a command with its output in the log; tell whether it succeeded."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            return process.wait() == 0
        except BaseException:
            process.terminate()
            process.wait()
            raise


def create(*, root: Path, log: Path) -> None:
    """
    Make an empty virtual environment.

    :raises Unready: neither `uv` nor a complete `venv` module is on this machine.
    """
    place = root / ".venv"
    if place.exists():
        shutil.rmtree(place)
    uv = shutil.which("uv")
    if uv and run([uv, "venv", "--python", sys.executable, str(place)], log=log):
        return
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Unready("this Python has no venv module: install it (Debian: python3-venv) or put uv on PATH")
    if not run([sys.executable, "-m", "venv", str(place)], log=log):
        raise Unready(f"python -m venv failed: {reason(log)}")


def install(files: tuple[str, ...], *, root: Path, log: Path) -> None:
    """
    Install the pinned packages, with uv where there is one, else with pip.

    :raises Unready: the packages could not be had; names the last line of the installer.
    """
    python = str(interpreter(root))
    requirements = [argument for name in files for argument in ("-r", str(root / name))]
    uv = shutil.which("uv")
    if uv and run([uv, "pip", "install", "--python", python, *requirements], log=log):
        return
    if not run([python, "-c", "import pip"], log=log):
        run([python, "-m", "ensurepip"], log=log)
    pip = [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    if not run([*pip, "--prefer-binary", *requirements], log=log):
        raise Unready(f"the packages could not be installed: {reason(log)}")


def reason(log: Path) -> str:
    """Return the line of an installer's log that says best what went wrong."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    if any(os.strerror(errno.ENOSPC) in line for line in lines):
        return "the disk is full"
    errors = [line for line in lines if line.lower().startswith("error")]
    return f"{(errors or lines or ['no output'])[-1]} (see {log})"


def prepare(kind: str, files: tuple[str, ...], *, root: Path) -> None:
    """
    Bring the virtual environment up to date, one session at a time.

    :raises Unready: it cannot be made on this machine; says why.
    """
    state = root / ".local"
    (state / "log").mkdir(parents=True, exist_ok=True)
    with (state / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_installed(kind, files, root=root):
            return
        if shutil.disk_usage(root).free < FREE_BYTES_NEEDED:
            raise Unready(f"the disk is full: {root} needs 1 GB for its virtual environment")
        print("installing the pinned packages into .venv (once, a minute or so)", flush=True)
        log = state / "log" / "install.log"
        log.write_text("")
        if not is_usable(root=root, log=log):
            create(root=root, log=log)
        (root / ".venv" / ".place").write_text(str(root))
        install(files, root=root, log=log)
        stamp(kind, root=root).write_text(fingerprint(files, root=root))


def main(arguments: list[str]) -> int:
    """Prepare the environment and become the command inside it; returns only when that is impossible."""
    if sys.version_info < OLDEST_PYTHON:
        print(
            f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: make PYTHON=...",
            file=sys.stderr,
        )
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    is_development = arguments[:1] == ["--dev"]
    try:
        if is_development:
            prepare("dev", DEVELOPMENT, root=ROOT)
        else:
            prepare_runtime()
    except Unready as problem:
        print(problem, file=sys.stderr)
        return 2
    except OSError as problem:
        print(f"{problem.filename or ROOT}: {problem.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    python = str(interpreter(ROOT))
    os.chdir(ROOT)
    os.execv(python, [python, "-m", "local", *arguments[is_development:]])


def prepare_runtime() -> None:
    """Install what the product needs, unless the larger set of a developer is there already."""
    if not is_installed("dev", DEVELOPMENT, root=ROOT):
        prepare("runtime", RUNTIME, root=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
