"""A process with hard limits answers conditions: it is bounded, replaced, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from benchmarks.reliability.conditions import Here, ask, of_letters, of_words, table_of
from benchmarks.reliability.worst import WORST
from finine_core.curation.conditions import asking
from finine_core.curation.conditions.asking import Answerers
from finine_core.curation.conditions.question import ANSWER_SECONDS
from finine_core.curation.decisions import DecisionLog
from finine_core.curation.expressions import checked_condition
from finine_core.curation.locked_database import locked_database
from finine_core.curation.review import ReviewTable
from finine_core.errors import FinineError
from finine_core.processes import child_environment, python_code

MOST_MB = 1_000
MOST_MB_HERE = 400  # of a plain condition, beside what the process has anyway
HEAVY = "length(reverse(text)) > 0"  # not plain, and quick
PATIENCE = 60.0  # for a process to begin or to end, on a busy machine
COLUMNS = {"mu", "text", "label"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run with 3,000 texts of 2,000 letters."""
    folder = tmp_path_factory.mktemp("run") / "run"
    table_of(folder, 3_000, of_letters(3_000, 2_000), ReviewTable)
    return folder


@pytest.fixture
def texts(folder):
    """Its table, of which nothing was asked yet."""
    return ReviewTable(folder, folder, "asked", in_memory=True)


@pytest.fixture
def own(monkeypatch):
    """Processes of this test's own."""
    answerers = Answerers()
    monkeypatch.setattr("finine_core.curation.joined.ANSWERERS", answerers)
    yield answerers
    answerers.end()


def until(condition):
    over = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < over
        time.sleep(0.02)


def copied(where):
    return checked_condition(where, duckdb.connect(":memory:"), COLUMNS).copied


def test_there_are_two_hundred_of_the_worst():
    assert len({where for some in WORST.values() for where in some}) >= 200


@pytest.mark.parametrize("aim", WORST)
def test_the_worst_conditions_stay_within_their_memory_and_time(texts, aim, monkeypatch):
    monkeypatch.setattr("finine_core.curation.joined.ANSWER_SECONDS", 3.0)
    for where in WORST[aim][::9]:
        found = ask(texts, where)
        assert found["outcome"] in ("rows", "seconds", "of memory", "does not work"), found
        assert found["there_mb"] < MOST_MB, found
        assert found["here_mb"] < MOST_MB_HERE, found
        assert found["seconds"] < ANSWER_SECONDS, found
    assert texts.count(target="self", where=HEAVY) == 3_000


@pytest.mark.parametrize(
    "where",
    [
        "reverse(text) = 'x' OR mu > 0",
        "NOT (left(text, 6) = 'word 7' AND mu > 0)",
        "nullif(label, 'cat') IS NULL",
        "coalesce(decision, '') = 'delete' AND len(string_split(text, ' ')) > 3",
        "len(list_filter(string_split(text, ' '), lambda w: w = '7')) > 0",
        "nullif(mu > 0, true)",
    ],
)
def test_the_process_finds_the_rows_that_would_be_found_here(tmp_path, own, where):
    folder, words = tmp_path / "run", of_words(500)
    there, here = (table_of(folder, 500, words, kind) for kind in (ReviewTable, Here))
    expected = here.row_numbers(target="self", where=where).tolist()
    assert there.row_numbers(target="self", where=where).tolist() == expected
    assert there.count(target="self", where=where) == len(expected)
    assert there.tally({"a": where, "b": "true"}, target="self") == {"a": len(expected), "b": 500}
    assert there.classes(target="self", where=where) == here.classes(target="self", where=where)
    assert len(own.numbers()) == 1  # it did answer, and all of them


def test_a_condition_that_is_too_large_for_all_rows_is_answered_in_parts(texts, own):
    where = "length(repeat(text, 1000)) > 0 AND row_number % 3 = 1"
    found = texts.row_numbers(target="self", where=where)
    assert sorted(found) == list(range(1, 3_000, 3))
    assert len(own.numbers()) == 1


def test_what_takes_too_long_is_ended_and_the_next_is_answered(texts, own, monkeypatch):
    assert texts.count(target="self", where=HEAVY) == 3_000
    (first,) = own.numbers()
    monkeypatch.setattr("finine_core.curation.joined.ANSWER_SECONDS", 0.5)
    with pytest.raises(FinineError, match=r"takes longer than 0\.5 seconds") as refusal:
        texts.count(target="self", where="levenshtein(text, reverse(text)) < 0")
    assert "Ask for less" in refusal.value.mend
    assert not Path(f"/proc/{first}").exists()
    monkeypatch.undo()
    assert texts.count(target="self", where=f"{HEAVY} AND true") == 3_000


def test_the_time_that_parsing_took_counts(texts, own):
    question = texts._question("self", HEAVY)
    assert len(own.rows(question, HEAVY, "", seconds=PATIENCE, spent=PATIENCE / 2)) == 3_000
    with pytest.raises(FinineError, match="takes longer than 60 seconds"):
        own.rows(question, HEAVY, "", seconds=PATIENCE, spent=PATIENCE)


def test_a_process_that_is_killed_is_replaced(texts, own):
    assert texts.count(target="self", where=HEAVY) == 3_000
    os.kill(own.numbers()[0], signal.SIGKILL)
    assert texts.count(target="self", where=f"{HEAVY} AND 1 = 1") == 3_000

    def kill_at_work():
        until(own.numbers)
        time.sleep(1)
        for number in own.numbers():
            os.kill(number, signal.SIGKILL)

    own.end()  # the next is new, and dies with its first question
    killer = threading.Thread(target=kill_at_work)
    killer.start()
    with pytest.raises(FinineError, match=r"ended \(killed by SIGKILL\)"):
        texts.count(target="self", where="levenshtein(text, reverse(text)) < 0")
    killer.join()
    assert texts.count(target="self", where=f"{HEAVY} AND 2 = 2") == 3_000


def test_threads_share_at_most_two_processes(texts, own):
    seen: set[int] = set()

    def asked(k):
        count = texts.count(target="self", where=f"length(reverse(text)) > 0 AND row_number > {k}")
        seen.update(own.numbers())
        return count

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(asked, range(40))) == [2_999 - k for k in range(40)]
    assert 1 <= len(seen) <= asking.MOST_PROCESSES


def test_the_same_condition_is_asked_again_after_a_decision(tmp_path, own):
    table = table_of(tmp_path / "run", 90, of_words(90), ReviewTable)
    where = "upper(decision) = 'DELETE'"
    assert table.count(target="self", where=where) == 30
    DecisionLog(tmp_path / "run", "asked").mark([1], "delete")
    assert table.count(target="self", where=where) == 31
    assert len(own.numbers()) == 1


def test_no_process_outlives_the_one_that_asks(folder):
    code = f"""
from pathlib import Path
import threading
from finine_core.curation.conditions.asking import ANSWERERS
from finine_core.curation.locked_database import locked_database
from finine_core.curation.review import ReviewTable
folder = Path({str(folder)!r})
table = ReviewTable(folder, folder, "asked")
table.count(target="self", where="{HEAVY}")
print(*ANSWERERS.numbers(), flush=True)
table.count(target="self", where="levenshtein(text, reverse(text)) < 0")
"""
    asks = subprocess.Popen(
        python_code(code), stdout=subprocess.PIPE, env=child_environment(), text=True
    )
    assert asks.stdout is not None
    number = int(asks.stdout.readline())
    time.sleep(1)  # it is at work on the second
    asks.kill()
    asks.wait()
    asks.stdout.close()
    until(lambda: not Path(f"/proc/{number}").exists())


def test_the_process_may_write_no_file_and_has_a_limit_of_memory(texts, own):
    texts.count(target="self", where=HEAVY)
    limits = Path(f"/proc/{own.numbers()[0]}/limits").read_text().splitlines()
    said = {line[:26].strip(): line[26:].split()[0] for line in limits}
    assert int(said["Max data size"]) < 1_000_000_000
    assert said["Max file size"] == "0"


@pytest.mark.parametrize(
    ("where", "columns"),
    [
        ("mu > 1 AND NOT label = 'cat' OR text IS NULL", []),
        ("mu BETWEEN -1 AND 2 AND label IN ('a', 'b')", []),
        ("text > CAST('x' AS VARCHAR) OR mu = CAST('1' AS DOUBLE)", []),
        ("contains(lower(CAST(text AS VARCHAR)), lower('cat'))", ["text", "text"]),
        ("upper(text) = 'X' OR trim(label) = 'y'", ["label", "text"]),
        ("text LIKE '%cat%' AND length(text) > abs(mu) + 1", []),
        ("in_group('a')", []),
        ("text ILIKE '%cat%' AND label NOT ILIKE 'c%'", ["label", "text"]),
    ],
)
def test_plain_conditions_are_known_with_what_they_copy(where, columns):
    assert sorted(copied(where)) == columns


@pytest.mark.parametrize(
    "where",
    [
        "text || text = 'x'",
        "lower(upper(text)) = 'x'",
        "lower(text || 'x') = 'x'",
        "reverse(text) = 'x'",
        "text LIKE '%c%t%'",
        "text LIKE '%c_t'",
        "text LIKE label",
        "contains(text, label)",
        "contains(text, '" + "a" * 201 + "')",
        "CASE WHEN mu > 1 THEN true END",
        "coalesce(text, 'x') = 'x'",
        "unknown = 1",
        "mu.x = 1",
        "CAST(text AS VARCHAR[]) IS NULL",
        "[text] IS NULL",
        "in_group(label)",
        " OR ".join(f"mu = {k}" for k in range(300)),
    ],
)
def test_what_is_not_plain_is_left_to_the_process(where):
    assert copied(where) is None


def test_long_texts_are_searched_by_the_process(tmp_path, own):
    texts = of_words(20)
    texts[7] = "x" * 20_000_000
    table = table_of(tmp_path / "run", 20, texts, ReviewTable)
    own.end()
    assert table.count(target="self", where="contains(lower(text), 'xx')") == 1
    assert len(own.numbers()) == 1


def test_a_table_that_is_larger_in_memory_than_in_its_file_is_read_from_there(
    tmp_path, own, monkeypatch
):
    """Texts that repeat are stored once in a file. Here it is the memory that is small."""
    monkeypatch.setattr("finine_core.curation.run_tables.locked_database", small_database)
    table = table_of(tmp_path / "run", 3_000, ["x" * 20_000] * 3_000, ReviewTable)
    assert not table._in_memory
    assert table.count(target="self", where="row_number < 7 AND label <> ''") == 7
    assert table.count(target="self", where="row_number < 7 AND reverse(label) <> ''") == 7
    assert len(own.numbers()) == 1


def small_database(readable, kept=None):
    return locked_database(readable, kept, "50MB")
