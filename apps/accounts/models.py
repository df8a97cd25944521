"""Who: a person, their players (one per brand), credentials, sessions and restrictions."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q

from apps.accounts.rules import PlayerStatus, RestrictionKind, Scope


class Person(models.Model):
    """A human being; every personal field of theirs is encrypted under their own key."""

    identity_key = models.TextField(
        null=True, unique=True, help_text="Blind index of the proven identity; null until it is proven."
    )
    created_at = models.DateTimeField()


class PersonKey(models.Model):
    """The person's data key, wrapped. Deleting this row is erasure."""

    person = models.OneToOneField(Person, models.CASCADE)
    wrapped_key = models.TextField()


class Player(models.Model):
    """
    An account at a brand. Brand, licence, jurisdiction and currency never change: moving is a new account.

    This row is the lane: whatever is decided about the player is decided while it is locked.
    """

    person = models.ForeignKey(Person, models.PROTECT, null=True)
    public_id = models.CharField(max_length=64, unique=True)
    brand = models.ForeignKey("markets.Brand", models.PROTECT)
    licence = models.ForeignKey("markets.Licence", models.PROTECT)
    jurisdiction = models.ForeignKey("markets.Jurisdiction", models.PROTECT)
    currency = models.CharField(max_length=8)
    status = models.CharField(max_length=16, default=PlayerStatus.ACTIVE, choices=PlayerStatus.choices())
    is_test = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(public_id__regex=r"^[A-Za-z0-9._|-]{1,64}$"), name="accounts_player_public_id"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in PlayerStatus]),
                name="accounts_player_status",
            ),
        ]
        permissions = [
            ("restrict_player", "Can restrict players"),
            ("lift_restriction", "Can lift restrictions"),
            ("end_player_sessions", "Can end players' sessions"),
            ("change_player_status", "Can change a player's status"),
        ]

    def __str__(self) -> str:
        return self.public_id


class Profile(models.Model):
    """A player's personal data, encrypted under the person's key; `email_index` finds it again."""

    encrypted: ClassVar[tuple[str, ...]] = ("email", "first_name", "last_name")

    player = models.OneToOneField(Player, models.CASCADE)
    brand = models.ForeignKey("markets.Brand", models.PROTECT)
    email = models.TextField()
    email_index = models.CharField(max_length=64)
    first_name = models.TextField(blank=True)
    last_name = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "email_index"], name="accounts_profile_email_once")
        ]


class UserManager(BaseUserManager["User"]):
    """Find a user by the internal name, and make the first member of staff."""

    def create_superuser(self, username: str, password: str) -> "User":
        """Make the one user that can give others their groups (`manage.py createsuperuser`)."""
        user = self.model(username=username, is_staff=True, is_superuser=True)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Credentials, of staff (no player) or of a player. `username` is internal and unique."""

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    username = models.CharField(max_length=150, unique=True)
    player = models.OneToOneField(Player, models.PROTECT, null=True, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(player=None) | Q(is_staff=False, is_superuser=False),
                name="accounts_user_one_side",
            )
        ]
        permissions = [
            ("open_staff_account", "Can open staff accounts"),
            ("change_staff_groups", "Can change the groups of other staff"),
            ("switch_staff_account", "Can switch other staff accounts on and off"),
            ("reset_staff_access", "Can reset password and devices of other staff"),
        ]

    def get_full_name(self) -> str:
        return self.username

    def get_short_name(self) -> str:
        return self.username


class Session(models.Model):
    """A player's log-in. This row is the truth of it: ended here is ended at the next request."""

    player = models.ForeignKey(Player, models.PROTECT)
    token_hash = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    end_reason = models.TextField(default="", blank=True)
    ip_address = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(default="", blank=True)

    class Meta:
        indexes = [models.Index(fields=["player"], condition=Q(ended_at=None), name="accounts_session_open")]


class Restriction(models.Model):
    """Staff or a rule stops some acts of a player or of a person, for a time or until lifted."""

    player = models.ForeignKey(Player, models.PROTECT, null=True, blank=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True)
    scope = models.CharField(max_length=16, choices=Scope.choices())
    scope_id = models.BigIntegerField(help_text="The brand's or licence's id; 0 for the group.")
    kind = models.CharField(max_length=16, choices=RestrictionKind.choices())
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    source = models.TextField(help_text="Who or what restricts: staff:4, rule:chargeback.")
    reason = models.TextField()
    operation_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(player=None) ^ Q(person=None), name="accounts_restriction_one_subject"
            )
        ]
        indexes = [
            models.Index(fields=["player"], name="accounts_restriction_player"),
            models.Index(fields=["person"], name="accounts_restriction_person"),
        ]
