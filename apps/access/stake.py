"""What access adds to the stake path: the facts of the decision, from the gates below it."""

from apps.accounts.stake import RESTRICTIONS
from apps.responsible_gaming.stake import EXCLUSIONS

FACTS = {"restrictions": RESTRICTIONS, "exclusions": EXCLUSIONS}
