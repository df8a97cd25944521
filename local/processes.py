"""Processes by identity: start them in a group of their own, recognise them later, end them for certain."""

import functools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local import state
from local.failures import CannotRun

KILL_SECONDS = 5


@dataclass(frozen=True)
class Process:
    """
    One process; the moment of its start tells it from a later one that was given the same id.

    One that leads a group is signalled together with what it has started itself.
    """

    name: str
    pid: int
    started: str
    is_leader: bool

    def as_dict(self) -> dict[str, Any]:
        """Return what a state file keeps of it."""
        return asdict(self)


@functools.cache
def boot() -> str:
    """Return the id of this boot: ticks since boot mean nothing after the next one."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip() if path.exists() else ""


def started(pid: int) -> str | None:
    """Return when the process started, in the kernel's words; None when it is gone or waits to be reaped."""
    if not Path("/proc/self/stat").exists():
        return started_by_ps(pid)
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    has_ended = fields[0] in "ZX"
    return None if has_ended else f"{boot()} {fields[19]}"


def started_by_ps(pid: int) -> str | None:
    """Ask `ps` for the start of a process, where there is no /proc (macOS)."""
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    words = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
    return None if not words or words[0].startswith("Z") else " ".join(words[1:])


def identify(name: str, pid: int, *, is_leader: bool = False) -> Process:
    """
    Return the identity of a process that was just started.

    :param is_leader: it was started by `start`, in a group of its own.
    """
    return Process(name=name, pid=pid, started=started(pid) or "", is_leader=is_leader)


def recall(record: Mapping[str, Any]) -> Process:
    """Return the identity that a state file kept."""
    return Process(**{name: record[name] for name in ("name", "pid", "started", "is_leader")})


def is_running(process: Process) -> bool:
    """Tell whether this very process still runs; another one with its id does not count."""
    return bool(process.started) and started(process.pid) == process.started


def start(
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path = state.ROOT,
    before: Callable[[], object] | None = None,
) -> subprocess.Popen[bytes]:
    """
    Start a command in a session of its own, with its output in the log of that name.

    :param before: what the new process does before it becomes the command. There it can note its identity, so
        that no process ever runs without a note, however suddenly we are killed.
    :raises CannotRun: it could not do that.
    """
    with state.log_of(name).open("ab") as log:
        try:
            return subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=before,  # noqa: PLW1509 - this program has one thread.
            )
        except subprocess.SubprocessError:
            raise CannotRun(f"{name} cannot start: is the disk full, or not ours?") from None


def wait_until_gone(processes: Iterable[Process], *, seconds: float) -> list[Process]:
    """Wait for processes to end and return those that still run after the given time."""
    deadline = time.monotonic() + seconds
    rest = [process for process in processes if is_running(process)]
    while rest and time.monotonic() < deadline:
        time.sleep(0.05)
        rest = [process for process in rest if is_running(process)]
    return rest


def terminate(processes: Iterable[Process], *, seconds: float) -> None:
    """Ask processes to end, and kill what is left of them and of their groups after the given time."""
    known = [process for process in processes if is_running(process)]
    for process in known:
        send(process, signal.SIGTERM)
    wait_until_gone(known, seconds=seconds)
    for process in known:
        if process.is_leader or is_running(process):
            send(process, signal.SIGKILL)
    wait_until_gone(known, seconds=KILL_SECONDS)


def send(process: Process, number: signal.Signals) -> None:
    """Signal a process, or the whole group that it leads, if anything is left of it."""
    with suppress(ProcessLookupError, PermissionError):
        (os.killpg if process.is_leader else os.kill)(process.pid, number)
