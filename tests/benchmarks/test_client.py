"""The load against a server that answers as it is told to."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from benchmarks.client import is_whole, send
from benchmarks.messages import Message

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
REFUSED = b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 2\r\n\r\n{}"


def asked(count: int) -> list[Message]:
    return [
        Message(f"POST /{number} HTTP/1.1\r\n\r\n".encode(), "p", "r", str(number)) for number in range(count)
    ]


@contextmanager
def server(answer: Callable[[bytes], bytes], *, is_brief: bool = False) -> Iterator[int]:
    """Answer each request with what `answer` returns; hang up where that is nothing, or after each answer."""

    def converse(line: socket.socket) -> None:
        with line:
            while request := line.recv(65_536):
                given = answer(request)
                if not given:
                    return
                line.sendall(given)
                if is_brief:
                    return

    def listen() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=[line], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_every_message_is_sent_once_and_measured():
    with server(lambda request: OK) as port:
        sample = send(asked(50), port=port, connections=4, seconds=30)
    assert sorted(int(message.action) for message in sample.answered) == list(range(50))
    assert (len(sample.latencies), sample.failures) == (50, [])
    assert 0 < sample.seconds < 30


def test_a_refusal_is_a_failure_with_its_text():
    with server(lambda request: REFUSED if b"/3 " in request else OK) as port:
        sample = send(asked(8), port=port, connections=2, seconds=30)
    assert [failure.splitlines()[0] for failure in sample.failures] == ["HTTP/1.1 412 Precondition Failed"]
    assert len(sample.answered) == 7


def test_a_server_that_hangs_up_is_a_failure_and_the_others_go_on():
    with server(lambda request: b"" if b"/0 " in request else OK) as port:
        sample = send(asked(8), port=port, connections=2, seconds=30)
    assert sample.failures == ["the server hung up"]
    assert len(sample.answered) == 7


def test_half_an_answer_is_no_answer():
    with server(lambda request: OK[:-1], is_brief=True) as port:
        sample = send(asked(1), port=port, connections=1, seconds=30)
    assert (sample.answered, sample.failures) == ([], ["the server hung up"])


def test_the_time_ends_what_the_messages_would_not():
    with server(lambda request: OK) as port:
        sample = send(iter(asked(100_000)), port=port, connections=1, seconds=0.2)
    assert 0 < len(sample.answered) < 100_000
    assert sample.seconds == pytest.approx(0.2)


def test_the_warm_up_is_sent_but_not_measured():
    with server(lambda request: OK) as port:
        sample = send(asked(20), port=port, connections=1, warm_seconds=30, seconds=1)
    assert (len(sample.answered), sample.latencies) == (20, [])


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", True),
    ],
)
def test_an_answer_is_whole_with_its_last_byte(answer, whole):
    assert is_whole(answer) is whole
