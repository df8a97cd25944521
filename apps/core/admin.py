"""Operations, events, tombstones and subscriptions to look at; parked events can be taken again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import action, display

from apps.core import runner, selectors
from apps.core.events import subscribers
from apps.core.models import Event, Operation, ParkedEvent, Subscription, Tombstone
from apps.core.operations import Asked
from apps.core.staff import Act, ActForm, ReadOnlyAdmin, TypedFilter, act, show

SHOWN_EVENTS = 50


class SourceFilter(TypedFilter):
    """Operations that one source asked for."""

    title = "source"
    parameter_name = "source"
    column = "source"


class KindFilter(TypedFilter):
    """Operations of one kind."""

    title = "kind"
    parameter_name = "kind"
    column = "kind"


class TypeFilter(TypedFilter):
    """Events of one type."""

    title = "type"
    parameter_name = "type"
    column = "type"


class ActorFilter(TypedFilter):
    """Events on somebody's behalf."""

    title = "actor"
    parameter_name = "actor"
    column = "actor"


@admin.register(Operation)
class OperationAdmin(ReadOnlyAdmin):
    """Every act, claimed once."""

    list_display = ("id", "kind", "lane", "source", "reference", "actor", "at")
    list_filter = (SourceFilter, KindFilter, ("at", RangeDateFilter))
    search_help_text = "Reference, number, or player"
    fieldsets = (
        (None, {"fields": ("kind", "at", "lane", "source", "reference", "actor", "reason", "message")}),
        ("Answer", {"fields": ("answer", "digest_digits")}),
        ("What happened", {"fields": ("events",)}),
    )

    def numbered(self, typed: int) -> Q:
        """Return the operation with a number, or those whose reference is that number."""
        return Q(pk=typed) | Q(reference=str(typed))

    def spelled(self, term: str) -> Q:
        """Return the operations with a reference."""
        return Q(reference=term)

    @display(description="Player")
    def lane(self, row: Operation) -> SafeString | str:
        """Return whose lane it ran in."""
        return show.lane(row.player_id)

    @display(description="Came with")
    def message(self, row: Operation) -> SafeString | str:
        """Return the first operation of the message it came with."""
        return show.operation(row.message_id)

    @display(description="Result")
    def answer(self, row: Operation) -> SafeString | str:
        """Return the first answer."""
        return show.pretty(row.result)

    @display(description="Digest")
    def digest_digits(self, row: Operation) -> SafeString:
        """Return the digest of what was asked."""
        return show.mono(bytes(row.digest).hex())

    @display(description="Events")
    def events(self, row: Operation) -> SafeString | str:
        """Return what this operation announced."""
        found = Event.objects.filter(player_id=row.player_id, operation_id=row.id).order_by("id")
        links = [(show.link(event.type, "core_event_change", event.id),) for event in found[:SHOWN_EVENTS]]
        return format_html_join("", "<div>{}</div>", links) or show.NOTHING


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What happened: the audit trail."""

    list_display = ("id", "type", "lane", "actor", "occurred_at", "business_date", "operation")
    list_filter = (TypeFilter, ActorFilter, ("occurred_at", RangeDateFilter))
    search_help_text = "Player, type, actor or number"
    fieldsets = (
        (None, {"fields": ("type", "version", "occurred_at", "business_date", "lane", "actor")}),
        ("Content", {"fields": ("content",)}),
        ("Trace", {"fields": ("operation", "cause", "brand_id", "licence_id", "xid")}),
    )

    def spelled(self, term: str) -> Q:
        """Return the events of a type or of an actor."""
        return Q(actor=term) if ":" in term else Q(type=term)

    @display(description="Player")
    def lane(self, row: Event) -> SafeString | str:
        """Return whose event it is."""
        return show.lane(row.player_id)

    @display(description="Operation")
    def operation(self, row: Event) -> SafeString | str:
        """Return the operation that announced it."""
        return show.operation(row.operation_id)

    @display(description="Caused by")
    def cause(self, row: Event) -> SafeString | str:
        """Return the event that led to it."""
        return show.link(row.causation_id, "core_event_change", row.causation_id) if row.causation_id else "-"

    @display(description="Payload")
    def content(self, row: Event) -> SafeString | str:
        """Return the payload."""
        return show.pretty(row.payload)


@admin.register(Tombstone)
class TombstoneAdmin(ReadOnlyAdmin):
    """Undos that came before their originals."""

    list_display = ("id", "lane", "source", "reference", "operation", "at")
    list_filter = (SourceFilter,)
    search_help_text = "Reference, or player"
    fields = ("lane", "source", "reference", "operation", "at")

    def spelled(self, term: str) -> Q:
        """Return the tombstones of a reference."""
        return Q(reference=term)

    @display(description="Player")
    def lane(self, row: Tombstone) -> SafeString | str:
        """Return whose original it waits for."""
        return show.lane(row.player_id)

    @display(description="Operation")
    def operation(self, row: Tombstone) -> SafeString | str:
        """Return the undo that left it."""
        return show.operation(row.operation_id)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Readers of events, and how far behind they are."""

    list_display = ("name", "waiting", "moved_at", "leased_by")
    lane_column = ""
    search_fields = ()
    fields = ("name", "waiting", "types", "moved_at", "leased_by", "leased_until", "xid", "event_id")

    @display(description="Lag", label={"up to date": "success", "gone": "info"})
    def waiting(self, row: Subscription) -> str:
        """Return how many events it has not read, and the age of the oldest."""
        if row.name not in subscribers:
            return "gone"
        count, age = selectors.lag(row.name)
        return f"{count:,} events, {int(age.total_seconds())} s" if count else "up to date"

    @display(description="Reads")
    def types(self, row: Subscription) -> str:
        """Return the types of events it reads."""
        return ", ".join(sorted(subscribers[row.name].types)) if row.name in subscribers else show.NOTHING


@admin.register(ParkedEvent)
class ParkedEventAdmin(ReadOnlyAdmin):
    """Events that a subscriber could not take."""

    list_display = ("id", "subscription", "lane", "event", "why", "attempts", "parked_at", "state")
    list_filter = (("resolved_at", admin.EmptyFieldListFilter),)
    fieldsets = (
        (
            None,
            {"fields": ("state", "subscription", "lane", "event", "attempts", "parked_at", "resolved_at")},
        ),
        ("Error", {"fields": ("whole_error",)}),
    )
    actions_detail = ("take_again",)

    @display(description="State", label={"parked": "danger", "resolved": "success"})
    def state(self, row: ParkedEvent) -> str:
        """Return whether somebody has to look at it."""
        return "resolved" if row.resolved_at else "parked"

    @display(description="Player")
    def lane(self, row: ParkedEvent) -> SafeString | str:
        """Return whose event it is."""
        return show.lane(row.player_id)

    @display(description="Event")
    def event(self, row: ParkedEvent) -> SafeString:
        """Return the event that was not taken."""
        return show.link(row.event_id, "core_event_change", row.event_id)

    @display(description="Why")
    def why(self, row: ParkedEvent) -> str:
        """Return the last line of the error."""
        return row.error.strip().rpartition("\n")[2][:90] or "waits behind another"

    @display(description="Error")
    def whole_error(self, row: ParkedEvent) -> SafeString | str:
        """Return the error as the subscriber left it."""
        return show.block(row.error) if row.error else "It waits behind an earlier event of the same player."

    @action(
        description="Take again",
        icon="replay",
        url_path="take-again",
        permissions=["core.retry_parked_event"],
    )
    def take_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the subscriber take the parked events of this player again, in order."""
        row = get_object_or_404(ParkedEvent, pk=object_id)
        back = reverse("admin:core_parkedevent_change", args=[row.pk])

        def perform(form: dict[str, Any], asked: Asked) -> HttpResponse:
            resolved = runner.retry_by_order(
                asked=asked, subscription=row.subscription, player_id=row.player_id
            )
            level = messages.success if resolved else messages.warning
            level(
                request, f"{resolved} events of the player were taken." + ("" if resolved else _STILL_FAILS)
            )
            return redirect(back)

        look = Act(
            title="Take parked events again",
            button="Take again",
            done="",
            back=back,
            lead="The subscriber gets the parked events of this player once more, in the order in which they "
            "happened. What was taken before is not taken twice.",
            facts=(
                ("Subscription", row.subscription),
                ("Player", show.lane(row.player_id)),
                ("Event", show.link(row.event_id, "core_event_change", row.event_id)),
                ("Error", self.why(row)),
            ),
        )
        return act(request, look, ActForm, perform)


_STILL_FAILS = " The first one still fails; its error is below."
