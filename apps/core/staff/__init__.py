"""What every app's staff pages share: read-only pages, acts with a reason, and how values look."""

from apps.core.staff import show
from apps.core.staff.acts import Act, ActForm, act
from apps.core.staff.filters import EitherFilter, TypedFilter
from apps.core.staff.once import once
from apps.core.staff.pages import page
from apps.core.staff.readonly import ReadOnlyAdmin, ReadOnlyInline

__all__ = [
    "Act",
    "ActForm",
    "EitherFilter",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "TypedFilter",
    "act",
    "once",
    "page",
    "show",
]
