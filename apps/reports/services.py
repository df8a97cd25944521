"""Check the books, keep the sheet, and tell a person when something is off."""

from dataclasses import asdict

from apps.cases import services as cases
from apps.core import clock
from apps.core import selectors as core
from apps.core.operations import operation
from apps.core.rules import Measure
from apps.reports import selectors
from apps.reports.models import BookCheck
from apps.wallet import services as wallet


def check_books(*, whole: bool = False) -> list[Measure]:
    """Walk the books, remember what is proven, and return the sheet."""
    lines, proofs = selectors.books(whole=whole)
    wallet.record_proofs(proofs)
    return [*lines, *core.measures()]


@operation("reports.keep_sheet")
def keep_sheet(*, operation_id: int, measures: list[Measure]) -> int:
    """Keep a sheet and return its row's id; a case is opened for every line that is off, one a day."""
    now = clock.now()
    passed = all(measure.passed for measure in measures)
    row = BookCheck.objects.create(
        at=now, passed=passed, measures=[asdict(m) | {"passed": m.passed} for m in measures]
    )
    for measure in measures:
        if not measure.passed:
            cases.open_case(
                kind="reports.books_off",
                subject=f"measure:{measure.name}:{now.date()}",
                queue="finance",
                player=None,
                facts={"book_check_id": row.id, "rows": measure.detail},
            )
    return row.id
