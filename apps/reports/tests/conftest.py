"""A world with right books, for tests that damage them."""

from collections.abc import Iterator

import pytest

from apps.reports.tests.faults import World, a_world
from conftest import erase_everything


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    """Yield a world, and take it away before the books are checked for everybody."""
    yield a_world()
    erase_everything()
