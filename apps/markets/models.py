"""Where a player belongs: jurisdiction, licence, brand; and the rule sets that bind there."""

from django.db import models
from django.db.models import Q


class Jurisdiction(models.Model):
    """A place whose law applies (ISO 3166 code, or `demo`)."""

    code = models.TextField(unique=True)

    def __str__(self) -> str:
        return self.code


class Licence(models.Model):
    """
    A permission to operate, and the legal entity that holds it.

    Its time zone and start of day make the business day of every booking; they never change once money moved.
    """

    code = models.TextField(unique=True)
    regulator = models.TextField()
    legal_entity = models.TextField()
    timezone = models.TextField(help_text="IANA name, such as Europe/Malta.")
    day_starts_at = models.TimeField(default="00:00")

    def __str__(self) -> str:
        return self.code


class Brand(models.Model):
    """A site under a name of its own."""

    code = models.TextField(unique=True)
    name = models.TextField()
    hosts = models.JSONField(default=list, blank=True, help_text="Host names that lead to this brand.")
    currencies = models.JSONField(default=list, help_text="Currencies in which an account can be opened.")

    def __str__(self) -> str:
        return self.code


class BrandLicence(models.Model):
    """A brand offers play in a jurisdiction under a licence."""

    brand = models.ForeignKey(Brand, models.PROTECT)
    licence = models.ForeignKey(Licence, models.PROTECT)
    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "licence", "jurisdiction"], name="markets_brandlicence_once"
            )
        ]


class RuleSet(models.Model):
    """One version of the rules of a jurisdiction, or of one brand there; decisions keep the one they used."""

    jurisdiction = models.ForeignKey(Jurisdiction, models.PROTECT)
    brand = models.ForeignKey(Brand, models.PROTECT, null=True, blank=True)
    version = models.IntegerField()
    effective_from = models.DateTimeField()
    content = models.JSONField()
    content_hash = models.TextField()
    approved_by = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["jurisdiction", "brand", "version"],
                nulls_distinct=False,
                name="markets_ruleset_version_once",
            ),
            models.CheckConstraint(condition=Q(version__gt=0), name="markets_ruleset_version"),
        ]
