"""`make stop` and `make clean`: end what a lost terminal left running, and remove what this checkout made."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

from local import postgres_home, processes, services, state

SESSION_END_SECONDS = 60


def stop() -> int:
    """End every session of this checkout with its processes, and the embedded servers."""
    ending = list(services.sessions().values())
    for session in ending:
        print(f"stopping {session.name} (process {session.pid})", flush=True)
        with suppress(ProcessLookupError):
            os.kill(session.pid, signal.SIGTERM)
    for session in processes.wait_until_gone(ending, seconds=SESSION_END_SECONDS):
        with suppress(ProcessLookupError):
            os.kill(session.pid, signal.SIGKILL)
    processes.wait_until_gone(ending, seconds=processes.KILL_SECONDS)
    with state.locked("services"):
        services.end_leftovers()
        services.stop_servers()
    print("nothing of this checkout runs", flush=True)
    return 0


def clean() -> int:
    """Remove everything that this checkout has made, except the virtual environment."""
    stop()
    home = state.read(postgres_home.HOME_FILE).get("home")
    for path in (Path(home) if home else None, state.STATE):
        if path and path.exists():
            print(f"removing {path}", flush=True)
            shutil.rmtree(path)
    return 0
