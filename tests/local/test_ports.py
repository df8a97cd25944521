"""Ports are found, remembered, and different for different checkouts."""

import socket
from pathlib import Path

import pytest

from local import ports
from local.failures import CannotRun


def test_a_port_is_remembered() -> None:
    assert ports.port_of("postgres") == ports.port_of("postgres")


def test_two_servers_get_two_ports() -> None:
    assert ports.port_of("postgres") != ports.port_of("valkey")


def test_a_remembered_port_that_somebody_took_is_replaced() -> None:
    first = ports.port_of("postgres")
    with socket.create_server(("127.0.0.1", first)):
        assert ports.port_of("postgres") != first


def test_two_checkouts_begin_at_different_ports() -> None:
    assert ports.start_of(Path("/home/a/pam")) != ports.start_of(Path("/home/b/pam"))


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    assert all(20_000 <= ports.start_of(Path(f"/checkout/{number}")) < 30_000 for number in range(1000))


def test_a_busy_port_is_named_with_the_variable_that_changes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CannotRun, match=f"port {port} is busy: .* DEMO_PORT"):
            ports.ensure_free(port, variable="DEMO_PORT")


def test_a_port_that_is_busy_on_every_interface_is_busy() -> None:
    with socket.create_server(("", 0)) as server:
        assert not ports.is_free(server.getsockname()[1])
