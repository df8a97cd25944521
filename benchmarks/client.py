"""
The load: one process, keep-alive connections, one request under way on each, epoll and nothing else.

It shares two cores with what it measures, so it does as little as possible: requests are bytes already, and
of an answer it looks at the status and the length.
"""

import gc
import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter

from benchmarks.messages import Message

ANSWER_SECONDS = 10
CHUNK = 65_536
GOOD = b"HTTP/1.1 200"


@dataclass
class Sample:
    """
    What came back.

    `latencies` (seconds, unsorted) are those of the answers that came within `seconds`, after the warm-up;
    `answered` and `failures` are everything, so that nothing goes unnoticed because it was early or late.
    """

    seconds: float
    latencies: list[float] = field(default_factory=list)
    answered: list[Message] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Line:
    """One connection, with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.asked: Message | None = None
        self.asked_at = 0.0
        self.received = b""
        self.is_lost = False

    def ask(self, message: Message) -> None:
        """Send a request; that the server has hung up shows when its answer is waited for."""
        self.asked, self.received, self.asked_at = message, b"", perf_counter()
        with suppress(OSError):
            self.socket.sendall(message.request)

    def take(self) -> None:
        """Take what has arrived."""
        try:
            arrived = self.socket.recv(CHUNK)
        except OSError:
            arrived = b""
        self.received += arrived
        self.is_lost = not arrived


def is_whole(answer: bytes) -> bool:
    """Tell whether an answer, of a known length or in chunks, has arrived to its last byte."""
    head, gap, body = answer.partition(b"\r\n\r\n")
    _, has_length, length = head.lower().partition(b"content-length:")
    if has_length:
        return bool(gap) and len(body) >= int(length.partition(b"\r\n")[0])
    return bool(gap) and body.endswith(b"0\r\n\r\n")


class Load:
    """Sends messages over some connections until they, or the time, are used up."""

    def __init__(
        self, messages: Iterable[Message], *, port: int, warm_seconds: float, seconds: float
    ) -> None:
        self._messages: Iterator[Message] = iter(messages)
        self._port = port
        self._warm_seconds = warm_seconds
        self._sample = Sample(seconds)
        self._poll = select.epoll()
        self._busy: dict[int, Line] = {}

    def run(self, connections: int) -> Sample:
        """Send, and return what came back when the last answer is here."""
        lines = [Line(self._port) for _ in range(connections)]
        gc.collect()
        gc.disable()
        try:
            self._begin_at = perf_counter() + self._warm_seconds
            self._end_at = self._begin_at + self._sample.seconds
            for line in lines:
                self._poll.register(line.socket.fileno(), select.EPOLLIN)
                self._busy[line.socket.fileno()] = line
                self._ask(line)
            self._listen()
        finally:
            gc.enable()
            self._poll.close()
            for line in lines:
                line.socket.close()
        self._sample.seconds = max(0.0, min(perf_counter(), self._end_at) - self._begin_at)
        return self._sample

    def _ask(self, line: Line) -> None:
        message = next(self._messages, None) if perf_counter() < self._end_at else None
        if message is None:
            self._drop(line)
        else:
            line.ask(message)

    def _drop(self, line: Line) -> None:
        self._poll.unregister(line.socket.fileno())
        del self._busy[line.socket.fileno()]

    def _listen(self) -> None:
        while self._busy:
            ready = self._poll.poll(ANSWER_SECONDS)
            if not ready:
                self._sample.failures += ["no answer"] * len(self._busy)
                return
            for descriptor, _ in ready:
                self._hear(self._busy[descriptor])

    def _hear(self, line: Line) -> None:
        line.take()
        if line.is_lost:
            self._sample.failures.append("the server hung up")
            self._drop(line)
        elif is_whole(line.received):
            self._note(line)
            self._ask(line)

    def _note(self, line: Line) -> None:
        now, sample = perf_counter(), self._sample
        assert line.asked is not None
        if not line.received.startswith(GOOD):
            sample.failures.append(line.received.decode(errors="replace"))
            return
        sample.answered.append(line.asked)
        if self._begin_at <= now <= self._end_at:
            sample.latencies.append(now - line.asked_at)


def send(
    messages: Iterable[Message], *, port: int, connections: int, warm_seconds: float = 0, seconds: float
) -> Sample:
    """
    Send messages over a number of connections for some seconds, and return what came back.

    :param warm_seconds: sent before that, and not measured.
    """
    return Load(messages, port=port, warm_seconds=warm_seconds, seconds=seconds).run(connections)
