"""The ledger's staff pages: adjustments by two people, and money that nobody types into."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.backoffice.tests.desk import desk, desk_of, filled, member, refusal, send
from apps.cases.models import Approval
from apps.core.models import Event, Operation
from apps.core.money import of
from apps.wallet import selectors, services
from apps.wallet.models import Transfer, Wallet
from tests.factories import asked, funded, new_player

pytestmark = pytest.mark.django_db


def cash(player) -> str:
    return str(selectors.balance(player_id=player.id, currency=player.currency)["cash"])


def propose_url(player) -> str:
    return reverse("admin:propose_adjustment", args=[player.id])


def decide_url(approval: Approval) -> str:
    return reverse("admin:decide_wallet_adjust", args=[approval.id])


def proposed(player, maker, amount: str = "12.50", **more) -> Approval:
    fields = {"direction": "credit", "amount": amount, "reason_code": "goodwill", **more}
    response = send(desk(maker), propose_url(player), **fields)
    assert "a second person decides" in response.content.decode()
    return Approval.objects.latest("id")


def test_two_people_adjust_a_balance() -> None:
    player, maker, checker = funded(new_player(), "100.00 EUR"), member("payments"), member("finance")
    approval = proposed(player, maker)
    assert cash(player) == "100.00 EUR"

    page = desk(checker).get(decide_url(approval)).content.decode()
    for shown in (player.public_id, "12.50", "100.00", "112.50", maker.username, "ticket 4711", "goodwill"):
        assert shown in page
    response = send(desk(checker), decide_url(approval))

    assert "the money has moved" in response.content.decode()
    assert cash(player) == "112.50 EUR"
    approval.refresh_from_db()
    assert (approval.state, approval.maker, approval.checker) == ("approved", maker, checker)
    posted = Event.objects.get(type="wallet.adjustment.posted")
    assert (posted.actor, posted.player_id) == (f"staff:{checker.id}", player.id)
    assert Operation.objects.get(id=posted.operation_id).reason == "ticket 4711"


def test_who_proposed_it_cannot_approve_it() -> None:
    player, both = funded(new_player(), "100.00 EUR"), member("finance")
    approval = proposed(player, both)
    assert "You proposed this" in desk(both).get(decide_url(approval)).content.decode()

    sent = {"reference": "6e2fd2a4-7a4c-4a55-9c0b-5a1c1f6b2c7d", "reason": "ticket 4711"}
    response = desk(both).post(decide_url(approval), {**sent, "shown": approval.payload_hash})

    assert (response.status_code, refusal(response)) == (403, "cases.same_person")
    assert cash(player) == "100.00 EUR"
    assert Approval.objects.get().state == "waiting"


def test_a_form_sent_twice_proposes_and_moves_once() -> None:
    player, maker, checker = funded(new_player(), "100.00 EUR"), desk_of("payments"), desk_of("finance")
    form = filled(maker, propose_url(player), direction="credit", amount="5.00", reason_code="correction")
    first, second = (maker.post(propose_url(player), form, follow=True) for _ in range(2))
    assert "Nothing has moved" in first.content.decode()
    assert "it was done once" in second.content.decode()
    approval = Approval.objects.get()

    form = filled(checker, decide_url(approval))
    for _ in range(2):
        checker.post(decide_url(approval), form, follow=True)
    assert cash(player) == "105.00 EUR"
    assert Transfer.objects.filter(kind="adjustment").count() == 1


def test_the_same_form_with_other_content_is_refused() -> None:
    player, maker = funded(new_player(), "100.00 EUR"), desk_of("payments")
    form = filled(maker, propose_url(player), direction="credit", amount="5.00", reason_code="correction")
    maker.post(propose_url(player), form)
    response = maker.post(propose_url(player), {**form, "amount": "500.00"})
    assert (response.status_code, refusal(response)) == (409, "core.reference_reused")
    assert Approval.objects.count() == 1


def test_a_decision_is_about_what_was_shown() -> None:
    player, checker = funded(new_player(), "100.00 EUR"), desk_of("finance")
    approval = proposed(player, member("payments"))
    response = checker.post(
        decide_url(approval), {**filled(checker, decide_url(approval)), "shown": "0" * 64}
    )
    assert refusal(response) == "cases.proposal_changed"
    assert cash(player) == "100.00 EUR"


def test_a_debit_beyond_what_is_there_is_shown_red_and_refused() -> None:
    player, checker = funded(new_player(), "10.00 EUR"), desk_of("finance")
    approval = proposed(player, member("payments"), "25.00", direction="debit")
    assert "not enough there" in checker.get(decide_url(approval)).content.decode()
    response = send(checker, decide_url(approval))
    assert refusal(response) == "wallet.insufficient_funds"
    assert "10.00 EUR" in response.content.decode()
    assert (cash(player), Approval.objects.get().state) == ("10.00 EUR", "waiting")


@pytest.mark.parametrize("amount", ["12.345", "1e3", "-5", "٣", "1_000", "0.00", "", "999999999.00"])
def test_an_amount_is_read_strictly(amount: str) -> None:
    player, maker = new_player(), desk_of("payments")
    send(maker, propose_url(player), direction="credit", amount=amount, reason_code="goodwill")
    assert Approval.objects.count() == 0


def test_adjusting_needs_the_right_that_is_named_like_it() -> None:
    player = funded(new_player(), "10.00 EUR")
    approval = proposed(player, member("payments"))
    assert desk_of("support").get(propose_url(player)).status_code == 403
    assert desk_of("auditor").post(propose_url(player), {}).status_code == 403
    assert desk_of("auditor").get(decide_url(approval)).status_code == 200
    assert desk_of("payments").post(decide_url(approval), {}).status_code == 403
    assert desk_of("support").get(decide_url(approval)).status_code == 403


@pytest.mark.parametrize("model", ["wallet", "transfer", "housetransfer"])
def test_nobody_types_into_money_not_even_a_superuser(model: str) -> None:
    player = funded(new_player(), "10.00 EUR")
    row = {"wallet": Wallet.objects.get(), "transfer": Transfer.objects.get()}.get(model)
    god = desk(member(is_superuser=True))
    assert god.get(reverse(f"admin:wallet_{model}_add")).status_code == 403
    listed = reverse(f"admin:wallet_{model}_changelist")
    marked = {"action": "delete_selected", "_selected_action": [row.pk if row else 1], "post": "yes"}
    god.post(listed, marked)
    if row is not None:
        page = reverse(f"admin:wallet_{model}_change", args=[row.pk])
        assert god.get(page).status_code == 200
        assert god.post(page, {"cash": 1, "amount": 1}).status_code == 403
        assert (
            god.post(reverse(f"admin:wallet_{model}_delete", args=[row.pk]), {"post": "yes"}).status_code
            == 403
        )
    assert cash(player) == "10.00 EUR"
    assert Transfer.objects.count() == 1


def test_transfers_are_found_by_player_and_by_operation() -> None:
    mine, other = funded(new_player(), "10.00 EUR"), funded(new_player(), "77.00 EUR")
    operation = Operation.objects.get(kind="wallet.fund_test_player", player_id=mine.id)
    client, url = desk_of("finance"), reverse("admin:wallet_transfer_changelist")
    for term in (mine.public_id, str(operation.id)):
        page = client.get(url, {"q": term}).content.decode()
        assert "10.00" in page
        assert "77.00" not in page
    assert other.public_id in client.get(url, {"account": "test_funding"}).content.decode()
    assert other.public_id not in client.get(url, {"account": "debt"}).content.decode()


def test_why_explains_every_purse() -> None:
    player = funded(funded(new_player(), "100.00 EUR"), "23.00 EUR")
    wallet, client = Wallet.objects.get(), desk_of("finance")
    url = reverse("admin:why", args=[wallet.id])
    page = client.get(url).content.decode()
    for shown in (player.public_id, "123.00", "100.00", "23.00", "wallet.fund_test_player", "test funding"):
        assert shown in page
    assert "The last transfer says what the wallet says" in page
    assert "wallet.test_money.funded" in page

    first = Transfer.objects.earliest("seq")
    earlier = client.get(url, {"at": f"{first.at:%Y-%m-%dT%H:%M:%S}", "purse": "debt"}).content.decode()
    assert "it is zero" in earlier
    assert desk_of("security").get(url).status_code == 403


@pytest.mark.parametrize("model", ["wallet", "transfer"])
def test_a_list_asks_as_often_for_many_rows_as_for_few(model: str) -> None:
    client, url = desk_of("finance"), reverse(f"admin:wallet_{model}_changelist")
    counts = []
    for number in (2, 6):
        for _ in range(number):
            funded(new_player(), "10.00 EUR")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_no_list_of_the_ledger_counts_its_table() -> None:
    funded(new_player(), "10.00 EUR")
    client = desk_of("finance")
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:wallet_transfer_changelist"))
    assert [q["sql"] for q in queries if "count(" in q["sql"].lower() and "wallet_transfer" in q["sql"]] == []


def test_an_adjustment_of_a_player_without_a_wallet_can_be_proposed() -> None:
    player, checker = new_player(), desk_of("finance")
    approval = proposed(player, member("payments"), "7.00")
    send(checker, decide_url(approval))
    assert cash(player) == "7.00 EUR"


def test_money_of_the_wrong_scale_never_reaches_the_ledger() -> None:
    player = new_player(currency="JPY")
    page = send(
        desk_of("payments"), propose_url(player), direction="credit", amount="5.5", reason_code="goodwill"
    )
    assert "at most 0 decimals in JPY" in page.content.decode()
    services.fund_test_player(asked=asked(), player_id=player.id, amount=of("5 JPY"))
    assert cash(player) == "5 JPY"
