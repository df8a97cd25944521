"""Every address of the product, asked for by every kind of caller, answers as docs/permissions.md says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_static.models import StaticDevice

from apps.access import services as access
from apps.accounts import services as accounts
from apps.accounts.models import Player
from apps.backoffice.rules import GROUPS
from apps.games.providers.softswiss import wire
from tests.factories import StaffFactory, asked, new_player, provider

MATRIX = Path(settings.ROOT) / "docs" / "permissions.md"
CALLERS = ("nobody", "player", "staff, no code", "staff, no rights", "provider")
CONVERTER = re.compile(r"<[^>]+>|\(\?P<[^>]+>[^)]*\)")
KNOWN = {"<str:game>": "slots:fruit", "<slug:account>": "slots"}

Row = tuple[str, re.Pattern[str], list[set[int]]]


def rows() -> Iterator[Row]:
    """Yield the matrix: method, address as a pattern, and the statuses that each caller may get."""
    for method, address, cells in re.findall(
        r"^\| `(GET|POST) (\S+)` \|(.+)\|$", MATRIX.read_text(encoding="utf-8"), re.MULTILINE
    ):
        pattern = re.escape(address).replace(r"\*\*", ".*").replace(r"\*", "[^/]+")
        yield method, re.compile(pattern), [set(map(int, cell.split())) for cell in cells.split("|")]


def addresses(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Yield every address of the product, with something in the place of its variables."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern).removeprefix("^").removesuffix("$")
        if isinstance(pattern, URLPattern):
            yield CONVERTER.sub(lambda found: KNOWN.get(found.group(), "1"), route)
        else:
            yield from addresses(pattern, route)


def expected(method: str, address: str) -> list[set[int]] | None:
    """Return the statuses of the first row that fits, by caller."""
    fitting = (cells for verb, pattern, cells in rows() if verb == method and pattern.fullmatch(address))
    return next(fitting, None)


def test_every_address_has_a_row() -> None:
    assert [a for a in addresses() if not expected("GET", a) and not expected("POST", a)] == []


def test_every_row_has_an_address_and_a_cell_for_each_caller() -> None:
    known = list(addresses())
    for _, pattern, cells in rows():
        assert any(pattern.fullmatch(address) for address in known), pattern.pattern
        assert len(cells) == len(CALLERS)


@pytest.mark.django_db
@pytest.mark.parametrize("caller", CALLERS)
def test_every_caller_gets_what_the_matrix_says(caller: str) -> None:
    player, _ = new_player(), provider(launch_required=False)
    client, wrong = log_in(caller, player), []
    for method, address in questions(caller):
        allowed = expected(method, address)
        status = ask(client, caller, player, method, address) if allowed else 0
        if allowed and status not in allowed[CALLERS.index(caller)]:
            wrong.append(f"{method} {address}: {status}")
        if "log" in address:
            client = log_in(caller, player)
    assert not wrong, "\n".join(wrong)


def questions(caller: str) -> Iterator[tuple[str, str]]:
    """Yield what to ask as a caller. Staff's pages know only cookies, so that others try the door alone."""
    for address in addresses():
        is_inside = address.startswith("/admin/") and address != "/admin/"
        if not is_inside or caller not in ("player", "provider"):
            yield "GET", address
            yield "POST", address


def ask(client: Client, caller: str, player: Player, method: str, address: str) -> int:
    """Ask for an address as a caller and return the status."""
    if method == "GET":
        return client.get(address).status_code
    body = body_for(address, player)
    signature = {wire.SIGNATURE_HEADER: wire.sign(b"secret", body)} if caller == "provider" else None
    return client.post(address, body, content_type="application/json", headers=signature).status_code


def body_for(address: str, player: Player) -> bytes:
    """Return a well-formed body: a log-in with a wrong password, or a balance query of a provider."""
    if address.endswith("/login"):
        return b'{"brand": "brand", "email": "ada@example.test", "password": "wrong"}'
    if address.startswith("/games/"):
        return b'{"user_id": "%s", "currency": "EUR", "actions": []}' % player.public_id.encode()
    return b"{}"


def log_in(caller: str, player: Player) -> Client:
    """Return a client with what a caller has to show for themselves."""
    if caller == "player":
        token, token_hash = accounts.new_token()
        who = {"player_id": player.id, "ip_address": None, "user_agent": ""}
        access.log_in(asked=asked(), token_hash=token_hash, **who)
        return Client(headers={"Authorization": f"Bearer {token}"})
    client = Client()
    if caller.startswith("staff"):
        staff: Any = StaffFactory.create()
        client.force_login(staff)
        if caller == "staff, no rights":
            device = StaticDevice.objects.create(user=staff, name="backup codes")
            session = client.session
            session[DEVICE_ID_SESSION_KEY] = device.persistent_id
            session.save()
    return client


def test_the_rights_of_groups_are_those_of_the_matrix() -> None:
    written: dict[str, set[str]] = {group: set() for group in GROUPS}
    for right, cells in re.findall(r"^\| `(\w+\.\w+)` \|(.+)\|$", MATRIX.read_text("utf-8"), re.MULTILINE):
        for group, cell in zip(GROUPS, cells.split("|"), strict=True):
            written[group] |= {right} if cell.strip() else set()
    assert written == {group: set(rights) for group, rights in GROUPS.items()}
