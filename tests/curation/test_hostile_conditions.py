"""A condition answers with rows or is refused with advice, whatever somebody writes into it."""

from __future__ import annotations

import time

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.reliability.attacks import BOUNDED, REFUSED, conditions
from benchmarks.reliability.filters import ask, table_of
from finine_core.curation import joined, locked_database
from finine_core.curation.allowed import MOST_DEEP
from finine_core.curation.expressions import LONGEST
from finine_core.curation.locked_database import interrupted_after
from finine_core.curation.review import ReviewTable
from finine_core.errors import FinineError

SLOWEST = 10.0  # seconds on ten rows: all of it is parsing, on a busy machine
LONGEST_MESSAGE = 4_000


@pytest.fixture
def review(finished_run):
    return ReviewTable(finished_run.folder, finished_run.home, finished_run.run_id)


def test_the_catalogue_is_large():
    assert sum(map(len, REFUSED.values())) >= 80


@pytest.mark.parametrize("aim", REFUSED)
def test_what_is_no_harmless_condition_is_refused_with_advice(review, finished_run, aim):
    files = sorted(finished_run.folder.iterdir())
    for where in REFUSED[aim]:
        started = time.perf_counter()
        with pytest.raises(FinineError) as refusal:
            review.count(target="self", where=where)
        assert time.perf_counter() - started < SLOWEST, where[:100]
        assert refusal.value.mend, where[:100]
        assert len(str(refusal.value)) < LONGEST_MESSAGE, where[:100]
    assert sorted(finished_run.folder.iterdir()) == files


def test_the_heaviest_that_is_allowed_is_answered_or_refused_in_time(review):
    for where in BOUNDED:
        outcome, seconds = ask(review, where)
        assert outcome in ("rows", "refused"), where[:100]
        assert seconds < SLOWEST, where[:100]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(where=conditions())
def test_made_up_conditions_give_rows_or_a_refusal(review, where):
    outcome, seconds = ask(review, where)
    assert outcome in ("rows", "refused")
    assert seconds < SLOWEST


def test_a_filter_is_stopped_when_its_time_is_over(tmp_path, monkeypatch):
    table = table_of(tmp_path / "run", 50_000)
    powers = " AND ".join(f"power(mu + 2, mu + {k}) >= 0" for k in range(80))
    monkeypatch.setattr(joined, "QUERY_SECONDS", 0.001)
    monkeypatch.setattr(locked_database, "AGAIN_SECONDS", 0.001)  # however quick the machine
    with pytest.raises(FinineError, match=r"takes longer than 0\.001 seconds") as refusal:
        table.count(target="self", where=powers)
    assert "Ask for less" in refusal.value.mend
    monkeypatch.undo()
    assert table.count(target="self", where="mu >= 0") == 50_000  # the next is none the worse


def test_an_interrupt_reaches_a_query_that_runs():
    cursor = locked_database.locked_database([]).cursor()
    started = time.perf_counter()
    with pytest.raises(duckdb.InterruptException), interrupted_after(cursor, 0.2):
        cursor.sql("SELECT sum(a.range * b.range) FROM range(10000000) a, range(1000000) b")\
            .fetchall()  # fmt: skip
    assert time.perf_counter() - started < SLOWEST


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("sleep_ms(9) IS NULL", "contains the function sleep_ms, which a filter may not"),
        ("(" * (MOST_DEEP + 1), f"more than {MOST_DEEP} brackets within each other"),
        ("mu > 1 OR " * 6_000 + "true", f"more than {LONGEST:,} letters outside quotes"),
        ("text.lower() = 'x'", "write lower(…)"),
        ("label = 'a' COLLATE nocase", "ILIKE compares without regard to case"),
        ("text::BIT IS NULL", "contains the type BIT"),
    ],
)
def test_a_refusal_says_what_is_too_much(review, where, said):
    with pytest.raises(FinineError) as refusal:
        review.count(target="self", where=where)
    assert said in refusal.value.problem


@pytest.mark.parametrize(
    "where",
    [
        "label = 'cat' AND mu > 1 AND NOT (text ILIKE '%no%')",
        "coalesce(nullif(trim(lower(label)), ''), 'none') LIKE 'c_t%'",
        r"regexp_matches(text, '^\d{4}-\d{2}-\d{2}$') OR text ~ '[a-z]+@[a-z]+\.org'",
        "abs(mu_high - mu_low) / greatest(abs(mu), 0.1) < 2 AND isfinite(mu)",
        "label || '/' || predicted IN ('cat/dog', 'dog/cat')",
        "CASE label WHEN 'cat' THEN mu > 1 ELSE mu > 2 END",
        "CAST(row_id AS VARCHAR) LIKE 'id-%' AND length(text) BETWEEN 1 AND 9",
        "try_cast(text AS DATE) < DATE '2020-01-01' + INTERVAL 3 DAY",
        "len(string_split(text, ' ')) > 3 AND replace(label, 'c', 'k') LIKE label || '%'",
        "levenshtein(label, predicted) < 2 OR reverse(label) = 'tac'",
        "len(list_filter(string_split(text, ' '), lambda w: length(w) > 30)) = 0",
        "year(now()) > 2000 AND text[1:1] = 'p' AND list_contains(['a'], label) IS NOT NULL",
    ],
)
def test_what_people_ask_is_answered(review, where):
    assert 0 <= review.count(target="self", where=where) <= 10
