"""Acts for the tests of the ground: what happens is a note, and a note is an event."""

from dataclasses import dataclass
from typing import ClassVar

import msgspec

from apps.accounts import services as accounts
from apps.core.errors import DomainError
from apps.core.events import publish
from apps.core.models import Event, Operation
from apps.core.operations import operation
from apps.core.rules import Announcement
from tests.factories import asked


class Refused(DomainError):
    """The act is refused after it wrote."""

    code = "test.refused"


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody noted something."""

    type: ClassVar[str] = "test.text.noted"
    version: ClassVar[int] = 1
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A subscriber answered a note."""

    type: ClassVar[str] = "test.note.answered"
    version: ClassVar[int] = 1
    text: str


class Note(msgspec.Struct, frozen=True):
    """What the author of a note gets."""

    text: str
    length: int


@operation("test.note")
def note(*, operation_id: int, text: str) -> Note:
    publish(Noted(text))
    return Note(text, len(text))


@operation("test.note_secretly", secrets=("secret",))
def note_secretly(*, operation_id: int, text: str, secret: str) -> int:
    publish(Noted(text))
    return len(secret)


@operation("test.note_and_refuse")
def note_and_refuse(*, operation_id: int, text: str, is_refused: bool) -> None:
    publish(Noted(text))
    if is_refused:
        raise Refused(text=text)


@operation("test.note_of_player", lock=accounts.lane)
def note_of_player(*, operation_id: int, player_id: int, text: str) -> str:
    publish(Noted(text))
    return text


@operation("test.note_inside")
def note_inside(*, operation_id: int, text: str) -> None:
    """Ask for another operation inside this one, which nobody may."""
    publish(Noted(text))
    note(asked=asked(), text="inside")


def notes(announcement: type[Announcement] = Noted) -> list[str]:
    """Return every note there is, in the order of their rows."""
    rows = Event.objects.filter(type=announcement.type).order_by("id")
    return [payload["text"] for payload in rows.values_list("payload", flat=True)]


def claims() -> int:
    """Return how many notes were claimed."""
    return Operation.objects.filter(kind__startswith="test.").count()
