"""A small TCP proxy before Postgres that cuts the connection when it sees COMMIT pass."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto

from django.db import connections

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"


class Cut(Enum):
    """Before the server gets the COMMIT, or after it has done it and before the client hears of it."""

    BEFORE = auto()
    AFTER = auto()


@contextmanager
def cut_at_commit(cut: Cut) -> Iterator[None]:
    """Let this thread's connection go through the proxy while the block runs."""
    wrapper = connections["default"]
    wrapper.close()
    direct = wrapper.settings_dict
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = (direct["HOST"], int(direct["PORT"]))
        threading.Thread(target=_accept, args=(listener, server, cut), daemon=True).start()
        options = {**direct["OPTIONS"], "sslmode": "disable"}
        wrapper.settings_dict = {**direct, "HOST": "127.0.0.1", "PORT": port, "OPTIONS": options}
        try:
            yield
        finally:
            wrapper.close()
            wrapper.settings_dict = direct


def _accept(listener: socket.socket, server: tuple[str, int], cut: Cut) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        upstream = socket.create_connection(server)
        is_cut = threading.Event()
        threading.Thread(target=_upwards, args=(client, upstream, cut, is_cut), daemon=True).start()
        threading.Thread(target=_downwards, args=(client, upstream, is_cut), daemon=True).start()


def _upwards(client: socket.socket, upstream: socket.socket, cut: Cut, is_cut: threading.Event) -> None:
    while sent := _received(client):
        if COMMIT in sent:
            is_cut.set()
            if cut is Cut.BEFORE:
                break
        upstream.sendall(sent)
    _end(client, upstream)


def _downwards(client: socket.socket, upstream: socket.socket, is_cut: threading.Event) -> None:
    """Carry answers down, but not the one that says that the commit is done."""
    while answered := _received(upstream):
        if is_cut.is_set():
            break
        client.sendall(answered)
    _end(client, upstream)


def _received(end: socket.socket) -> bytes:
    try:
        return end.recv(65536)
    except OSError:
        return b""


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
