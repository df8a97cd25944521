"""What players have, and every movement that made it so."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.wallet.rules import HOUSE, PURSES, Account, Kind

_ACCOUNTS = [account.value for account in Account]
_HOUSE = [account.value for account in HOUSE]


class Wallet(models.Model):
    """What one player has in one currency, by purse in ledger units, and how far its chain has come."""

    player = models.ForeignKey("accounts.Player", models.PROTECT, db_index=False)
    currency = models.CharField(max_length=8)
    cash = models.BigIntegerField(default=0)
    bonus = models.BigIntegerField(default=0)
    in_play_cash = models.BigIntegerField(default=0)
    in_play_bonus = models.BigIntegerField(default=0)
    pending = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    debt = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    head = models.BinaryField(default=b"")
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["player", "currency"], name="wallet_wallet_once"),
            *[
                models.CheckConstraint(
                    condition=Q(**{f"{purse.value}__gte": 0}), name=f"wallet_{purse.value}_floor"
                )
                for purse in PURSES
            ],
        ]
        permissions = [
            ("propose_adjustment", "Can propose adjustments"),
            ("approve_adjustment", "Can approve adjustments of others"),
        ]

    def purses(self) -> list[int]:
        """Return the balances in the order of `after`."""
        return [getattr(self, purse.value) for purse in PURSES]


class Transfer(models.Model):
    """
    Money that moved, once. One row has two sides and one amount: it cannot be unbalanced.

    `after` holds every purse after it, so that any past moment is one look-up; `hash` chains the wallet's
    rows. `counterparty_id`, `grant_id` and `cause_id` are numbers of rooms above; the wallet does not look
    there.
    """

    append_only = True

    player = models.ForeignKey("accounts.Player", models.PROTECT, db_index=False, db_constraint=False)
    currency = models.CharField(max_length=8)
    seq = models.BigIntegerField()
    operation_id = models.BigIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices())
    debit = models.CharField(max_length=24, choices=Account.choices())
    credit = models.CharField(max_length=24, choices=Account.choices())
    amount = models.BigIntegerField()
    counterparty_id = models.BigIntegerField(default=0)
    grant_id = models.BigIntegerField(null=True)
    cause_id = models.BigIntegerField(null=True)
    reverses_id = models.BigIntegerField(null=True)
    business_date = models.DateField()
    at = models.DateTimeField()
    after = ArrayField(models.BigIntegerField())
    version = models.SmallIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["player", "currency", "seq"], name="wallet_transfer_gapless"),
            models.UniqueConstraint(
                fields=["player", "reverses_id"],
                condition=~Q(reverses_id=None),
                name="wallet_transfer_reversed_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="wallet_transfer_amount"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="wallet_transfer_two_sides"),
            models.CheckConstraint(
                condition=Q(debit__in=_ACCOUNTS) & Q(credit__in=_ACCOUNTS), name="wallet_transfer_accounts"
            ),
        ]
        indexes = [models.Index(fields=["player", "operation_id"], name="wallet_transfer_operation")]


class HouseTransfer(models.Model):
    """Money that moved between house accounts alone, in the book of one legal entity and currency."""

    append_only = True

    book = models.TextField(help_text="Legal entity.")
    currency = models.CharField(max_length=8)
    seq = models.BigIntegerField()
    operation_id = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    debit = models.CharField(max_length=24)
    credit = models.CharField(max_length=24)
    amount = models.BigIntegerField()
    counterparty_id = models.BigIntegerField(default=0)
    cause_id = models.BigIntegerField(null=True)
    reverses_id = models.BigIntegerField(null=True)
    business_date = models.DateField()
    at = models.DateTimeField()
    version = models.SmallIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "currency", "seq"], name="wallet_housetransfer_gapless"),
            models.UniqueConstraint(
                fields=["reverses_id"],
                condition=~Q(reverses_id=None),
                name="wallet_housetransfer_reversed_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="wallet_housetransfer_amount"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="wallet_housetransfer_two_sides"),
            models.CheckConstraint(
                condition=Q(debit__in=_HOUSE) & Q(credit__in=_HOUSE), name="wallet_housetransfer_accounts"
            ),
        ]


class HouseBook(models.Model):
    """The head of a house book's chain; locked while something is posted to it."""

    book = models.TextField()
    currency = models.CharField(max_length=8)
    seq = models.BigIntegerField(default=0)
    head = models.BinaryField(default=b"")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["book", "currency"], name="wallet_housebook_once")]


class Proof(models.Model):
    """How far a wallet's chain was walked and found right: the next check starts there."""

    player = models.ForeignKey("accounts.Player", models.PROTECT, db_index=False)
    currency = models.CharField(max_length=8)
    seq = models.BigIntegerField()
    head = models.BinaryField()
    after = ArrayField(models.BigIntegerField())
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["player", "currency"], name="wallet_proof_once")]
