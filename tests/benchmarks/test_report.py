"""What a run tells, and when it fails."""

import json

import pytest

from benchmarks import report
from benchmarks.figures import Figures

AT_SIXTEEN = Figures("stake", "players", 16, 9_600, 0, 1_200.0, 12.0, 22.0, 29.0, 4_000.0)
WIN = Figures("win", "players", 16, 8_000, 0, 1_000.0, 13.0, 24.0, 33.0)
STATEMENTS = {"stake": ["BEGIN", "COMMIT"], "win": ["BEGIN", "COMMIT"], "undo": ["BEGIN", "COMMIT"]}
SOUND = report.Proof(acknowledged=10, kept=10, books_agree=True, failures=[])


@pytest.mark.parametrize(
    "proof",
    [
        report.Proof(acknowledged=10, kept=9, books_agree=True, failures=[]),
        report.Proof(acknowledged=10, kept=10, books_agree=False, failures=[]),
        report.Proof(acknowledged=10, kept=10, books_agree=True, failures=["no answer"]),
    ],
)
def test_a_broken_promise_wrong_books_or_a_failure_breaks_the_proof(proof):
    assert SOUND.holds
    assert not proof.holds


def test_a_line_stands_under_the_head():
    assert len(report.line(AT_SIXTEEN)) == len(report.line(WIN)) == len(report.HEAD)
    assert report.line(AT_SIXTEEN).split()[-3:] == ["4,000", "0.30", "0"]


def test_the_file_says_what_was_measured_and_what_is_wanted(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "FILE", tmp_path / "build" / "bench.json")
    report.write(
        [AT_SIXTEEN, WIN], SOUND, statements=STATEMENTS, settings={"seconds": 8}, machine={"cores": 2}
    )
    content = json.loads(report.FILE.read_text())
    assert [row["share"] for row in content["measurements"]] == [0.3, None]
    assert content["wanted"]["p99_ms"] == {"wanted": 40.0, "measured": 29.0, "is_met": True}
    assert (content["proof"]["failures"], content["statements"]) == (0, STATEMENTS)
