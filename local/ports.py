"""Free ports of this checkout, remembered so that a second run finds its servers where they were."""

import contextlib
import hashlib
import socket
from pathlib import Path

from local import state
from local.failures import CannotRun

# Below the range from which systems draw the ports of outgoing connections.
FIRST, LAST = 20_000, 29_999
PORTS_FILE = state.STATE / "ports.json"


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback interface."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def start_of(root: Path) -> int:
    """Return where a checkout begins to look; different checkouts begin at different places."""
    digest = int.from_bytes(hashlib.sha256(str(root).encode()).digest()[:8], "big")
    return FIRST + digest % (LAST - FIRST)


def port_of(name: str, *, root: Path = state.ROOT) -> int:
    """
    Return the remembered port of a server, or a free one that is remembered from now on.

    :raises CannotRun: no port is free.
    """
    known = state.read(PORTS_FILE)
    if name in known and is_free(known[name]):
        return int(known[name])
    first = start_of(root)
    for step in range(LAST - FIRST):
        port = FIRST + (first - FIRST + step) % (LAST - FIRST)
        if port not in known.values() and is_free(port):
            state.write(PORTS_FILE, known | {name: port})
            return port
    raise CannotRun(f"no free port between {FIRST} and {LAST}")


def ensure_free(port: int, *, variable: str) -> None:
    """
    Check that the web server can have its port.

    :raises CannotRun: somebody else listens there.
    """
    if not is_free(port):
        raise CannotRun(f"port {port} is busy: stop what listens there or set {variable} to another port")
