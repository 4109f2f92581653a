from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finine_core.curation.decisions import DecisionLog
from finine_core.curation.expressions import contains_text, literal, quoted
from finine_core.curation.review import SCORE_COLUMNS, ReviewTable
from finine_core.errors import FinineError

from .conftest import RUN_ID, TEXTS, TRAINING_ROWS, FinishedRun, score_table


@pytest.fixture
def review(finished_run: FinishedRun) -> ReviewTable:
    return ReviewTable(finished_run.folder, finished_run.home, finished_run.run_id)


@pytest.fixture
def log(finished_run: FinishedRun) -> DecisionLog:
    return DecisionLog(finished_run.home, finished_run.run_id)


def test_a_page_has_the_score_columns_then_the_decision_in_rank_order(review: ReviewTable) -> None:
    page = review.query(target="self", limit=3, offset=2)
    assert page.column_names == [*SCORE_COLUMNS, "probability", "decision", "new_label"]
    assert page["rank"].to_pylist() == [3, 4, 5]
    assert page["decision"].to_pylist() == ["", "", ""]
    assert page.schema.field("row_number").type == pa.int64()
    assert page.schema.field("mu").type == pa.float64()


def test_with_data_brings_the_input_under_names_that_are_unique(review: ReviewTable) -> None:
    page = review.query(target="self", with_data=True)
    assert page.column_names[-4:] == ["text", "data_Label", 'odd "name"; --', "data_TEXT"]
    assert page["text"].to_pylist() == [TEXTS[row % len(TEXTS)] for row in range(TRAINING_ROWS)]
    assert page["data_TEXT"].to_pylist() == ["upper"] * TRAINING_ROWS
    assert page['odd "name"; --'].to_pylist() == list(range(TRAINING_ROWS))


def test_columns_lists_exactly_what_a_condition_may_use(review: ReviewTable) -> None:
    columns = dict(review.columns())
    assert columns["mu"] == "DOUBLE"
    assert columns["decision"] == "VARCHAR"
    for name in columns:
        assert review.count(target="self", where=f"{quoted(name)} IS NOT NULL") == TRAINING_ROWS


@pytest.mark.parametrize(
    "where",
    ["TEXT = 'one, two'", '"ODD ""name""; --" = 1', "review.text = 'one, two'",
     "len(text) = 8 AND row_number = 1"],
)  # fmt: skip
def test_a_column_of_the_input_is_known_however_it_is_written(
    review: ReviewTable, where: str
) -> None:
    assert review.row_numbers(target="self", where=where, top=1).tolist() == [1]
    assert review.tally({"asked": where, "all": "true"}, target="self")["all"] == TRAINING_ROWS


def test_a_table_in_memory_gives_the_same_lines(finished_run: FinishedRun) -> None:
    run = (finished_run.folder, finished_run.home, finished_run.run_id)
    asked = [7, 2, 99, 0]
    kept, read = (ReviewTable(*run, in_memory=one) for one in (True, False))
    lines = read.lines(asked, target="self", with_data=True)
    assert lines["row_number"].to_pylist() == [7, 2, 0]
    assert kept.lines(asked, target="self", with_data=True).equals(lines)


def test_targets_are_kept_apart(review: ReviewTable) -> None:
    assert review.count(target="self") == TRAINING_ROWS
    assert review.count(target="self' OR true --") == 0
    validation = review.query(target="validation")
    assert set(validation["target"].to_pylist()) == {"validation"}
    assert max(validation["mu"].to_pylist()) <= 0


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("mu > 2.5", [0, 1]),
        ("MU > 2.5 and label = 'cat'", [1]),
        ("text = 'café'", [4]),
        ('"odd ""name""; --" = 7', [7]),
        ("row_number in (3, 1) -- a comment; with a semicolon", [1, 3]),
        ("text LIKE '%;%' OR row_number = 2", [2]),
        ("label = 'dog' /* and */ AND mu BETWEEN 0 AND 2.1", [3, 6, 9]),
        ("data_Label <> label", []),
        ("  ", list(range(TRAINING_ROWS))),
        (" OR ".join(f"row_number = {row}" for row in range(2, 2000)), list(range(2, 10))),
        ("list_contains([1, 2], row_number)", [1, 2]),
    ],
)
def test_a_condition_chooses_rows(review: ReviewTable, where: str, rows: list[int]) -> None:
    assert review.row_numbers(target="self", where=where).tolist() == rows
    assert review.count(target="self", where=where) == len(rows)


def test_an_or_in_the_condition_does_not_leave_the_target(review: ReviewTable) -> None:
    assert set(review.query(target="self", where="mu > 0 OR true")["target"].to_pylist()) == {
        "self"
    }


HOSTILE = [
    "1=1); DROP TABLE marks; --",
    "1=1; DROP TABLE marks",
    "1=1;",
    "1=1) OR (1=1",
    "true) UNION SELECT 1 --",
    "true, false",
    "true LIMIT 1",
    "true ORDER BY mu",
    "SELECT 1",
    "FROM marks",
    "EXISTS (SELECT * FROM read_csv('/etc/passwd'))",
    "EXISTS (FROM '/etc/passwd')",
    "row_number IN (SELECT row_number FROM marks)",
    "(SELECT count(*) FROM glob('/etc/*')) > 0",
    "mu > (SELECT 1 FROM read_text('/etc/passwd'))",
    "read_csv('/etc/passwd')",
    "1 IN read_csv('/etc/passwd')",
    "ATTACH '/tmp/other.db'",
    "COPY marks TO '/tmp/stolen.csv'",
    "true) TO '/tmp/stolen.csv' --",
    "SET enable_external_access = true",
    "row_number() OVER () > 0",
    "mu > ?",
    "mu > $1",
    "true /*",
    "'unclosed",
    "$$unclosed",
    "count(*) > 1",
    "*",
    "no_such_column = 1",
    "label = cat",
    "CAST(label AS INTEGER) = 1",
    "repeat('x', 100000000000) = text",
    "true \0 OR true",
    "label = '\ud800'",
    "NOT " * 900 + "true",
    "(" * 5000 + "true" + ")" * 5000,
]


@pytest.mark.parametrize("where", HOSTILE)
def test_a_condition_that_is_none_is_refused_with_help(review: ReviewTable, where: str) -> None:
    for ask in (review.query, review.count, review.row_numbers, review.classes):
        with pytest.raises(FinineError) as refusal:
            ask(target="self", where=where)
        assert repr(where)[:80].rstrip("'") in str(refusal.value)
        assert "SQL condition" in refusal.value.mend
    assert review.count(target="self") == TRAINING_ROWS


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM glob('{folder}/*')",
        "ATTACH '{folder}/other.db'",
        "COPY (SELECT 1) TO '{folder}/stolen.csv'",
        "COPY (SELECT 1) TO '{folder}/scores.parquet'",
        "EXPORT DATABASE '{folder}/stolen'",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
        "SELECT * FROM secret_of_ours",
    ],
)
def test_even_a_whole_statement_could_not_leave_the_two_files(
    review: ReviewTable, finished_run: FinishedRun, statement: str
) -> None:
    """The second wall: what the connection itself refuses, were a condition to slip through."""
    secret_of_ours = pa.table({"x": [1]})
    assert secret_of_ours.num_rows == 1
    secret = finished_run.folder / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    before = sorted(finished_run.folder.iterdir())
    scores = (finished_run.folder / "scores.parquet").read_bytes()
    with pytest.raises(
        duckdb.Error, match=r"disabled|has been locked|secret_of_ours does not exist"
    ):
        review._database.execute(statement.format(secret=secret, folder=finished_run.folder))
    assert sorted(finished_run.folder.iterdir()) == before
    assert (finished_run.folder / "scores.parquet").read_bytes() == scores


def test_an_error_quotes_the_first_line_of_duckdb_and_lists_the_columns(
    review: ReviewTable,
) -> None:
    with pytest.raises(FinineError) as refusal:
        review.count(target="self", where="lable = 'cat'")
    assert 'Binder Error: Referenced column "lable" not found' in refusal.value.problem
    assert "\n" not in refusal.value.problem
    assert "Columns: row_number, row_id, target, mu" in refusal.value.mend
    assert "data_Label" in refusal.value.mend


def test_sorting_is_by_any_column_with_ties_in_rank_order(review: ReviewTable) -> None:
    by_label = review.query(target="self", order_by="LABEL", descending=True)
    assert by_label["label"].to_pylist() == ["dog"] * 4 + ["cat"] * 6
    assert by_label["rank"].to_pylist() == [1, 4, 7, 10, 2, 3, 5, 6, 8, 9]
    by_input = review.query(target="self", order_by='odd "name"; --', descending=True, limit=2)
    assert by_input["row_number"].to_pylist() == [9, 8]


@pytest.mark.parametrize("order_by", ["nothing", "mu DESC", "1", 'mu"; DROP TABLE marks; --'])
def test_sorting_by_what_is_no_column_is_refused(review: ReviewTable, order_by: str) -> None:
    with pytest.raises(FinineError, match=r"to sort by.*Columns: row_number"):
        review.query(target="self", order_by=order_by)


def test_the_top_rows_are_the_first_in_order(review: ReviewTable) -> None:
    top = review.row_numbers(target="self", where="label = 'cat'", top=2)
    assert top.tolist() == [1, 2]
    assert top.dtype == np.int64
    with pytest.raises(FinineError, match="top -1"):
        review.row_numbers(target="self", top=-1)


def test_decisions_are_seen_at_once_and_can_be_filtered(
    review: ReviewTable, log: DecisionLog
) -> None:
    log.mark([1, 2], "delete")
    log.mark([3], "keep")
    assert review.query(target="self")["decision"].to_pylist()[:5] == [
        "", "delete", "delete", "keep", "",
    ]  # fmt: skip
    assert review.row_numbers(target="validation", where="decision = 'delete'").tolist() == [1, 2]
    log.undo()
    log.undo()
    assert review.count(target="self", where="decision <> ''") == 0


def test_classes_count_rows_and_those_marked_for_deletion(
    review: ReviewTable, log: DecisionLog
) -> None:
    log.mark([0, 1, 2], "delete")
    log.mark([2], "review")
    assert review.classes(target="self").to_pylist() == [
        {"label": "cat", "rows": 6, "marked": 1},
        {"label": "dog", "rows": 4, "marked": 1},
    ]
    assert review.classes(target="self", where="label = 'dog'").num_rows == 1


def test_scores_of_another_estimator_can_take_the_place(finished_run: FinishedRun) -> None:
    other = finished_run.folder / "scores_other.parquet"
    pq.write_table(score_table(3), other)
    review = ReviewTable(finished_run.folder, finished_run.home, RUN_ID, scores=other)
    assert review.count(target="self") == 3


def test_many_threads_may_ask_one_table(review: ReviewTable, log: DecisionLog) -> None:
    def ask(step: int) -> int:
        if step % 5 == 0:
            log.mark([step], "delete")
        return review.count(target="self", where=f"mu > 0 OR {step} > 0 OR row_number >= 0")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(40))) == [TRAINING_ROWS] * 40


def test_folders_with_wildcards_and_quotes_in_their_name_work(
    tmp_path: Path, finished_run: FinishedRun
) -> None:
    odd = tmp_path / "it's [a] *run?* k=1"
    finished_run.folder.rename(odd)
    review = ReviewTable(odd, finished_run.home, RUN_ID)
    assert review.count(target="self", where="text IS NOT NULL") == TRAINING_ROWS


def test_a_missing_or_damaged_file_is_named(finished_run: FinishedRun) -> None:
    scores = finished_run.folder / "scores.parquet"
    scores.write_bytes(b"PAR1 not really")
    with pytest.raises(FinineError, match=r"scores\.parquet cannot be read as Parquet"):
        ReviewTable(finished_run.folder, finished_run.home, RUN_ID)
    pq.write_table(pa.table({"row_number": [1], "mu": [0.5]}), scores)
    with pytest.raises(FinineError, match="begins with the columns row_number, mu"):
        ReviewTable(finished_run.folder, finished_run.home, RUN_ID)
    scores.unlink()
    with pytest.raises(FinineError, match="does not exist"):
        ReviewTable(finished_run.folder, finished_run.home, RUN_ID)


def test_searching_text_ignores_case_and_takes_every_sign_literally(
    finished_run: FinishedRun,
) -> None:
    needles = ['NO"', "E, T", "CAFÉ", "%", "o", "'", "=1+1", "two\nlines", "\\", ""]
    review = ReviewTable(finished_run.folder, finished_run.home, RUN_ID)
    for needle in needles:
        expected = [
            row for row in range(TRAINING_ROWS) if needle.lower() in TEXTS[row % len(TEXTS)].lower()
        ]
        found = review.row_numbers(target="self", where=contains_text(["text"], needle))
        assert found.tolist() == expected, needle


def test_searching_takes_columns_of_any_type_and_name(review: ReviewTable) -> None:
    where = contains_text(['odd "name"; --', "label"], "7")
    assert review.row_numbers(target="self", where=where).tolist() == [7]
    with pytest.raises(FinineError, match="no column to search"):
        contains_text([], "x")


def test_a_search_can_be_joined_with_a_condition_of_ones_own(review: ReviewTable) -> None:
    where = f"({contains_text(['text', 'label'], 'dog')}) AND mu > 1.5"
    assert review.row_numbers(target="self", where=where).tolist() == [0, 3]


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_survives_as_a_literal_and_as_a_name(text: str) -> None:
    with duckdb.connect(":memory:") as connection:
        assert connection.execute(f"SELECT {literal(text)}").fetchone() == (text,)
        if text:
            connection.execute(f"SELECT 1 AS {quoted(text)}")
            assert connection.description is not None
            assert connection.description[0][0] == text


def test_pages_of_100k_rows_come_within_a_second(tmp_path: Path) -> None:
    rows = 100_000
    pq.write_table(score_table(rows), tmp_path / "scores.parquet")
    data = pa.table({"text": [f"word {row}" for row in range(rows)], "row_number": range(rows)})
    pq.write_table(data, tmp_path / "dataset.parquet")
    DecisionLog(tmp_path, RUN_ID).mark(np.arange(0, rows, 2), "delete")
    review = ReviewTable(tmp_path, tmp_path, RUN_ID)
    review.count(target="self")  # the first query also reads the decisions
    started = time.process_time()
    page = review.query(
        target="self", where=contains_text(["text"], "WORD"), offset=50_000, limit=50,
        with_data=True,
    )  # fmt: skip
    assert page["text"].to_pylist() == [f"word {row}" for row in range(50_000, 50_050)]
    assert time.process_time() - started < 2  # about 0.15 s; the margin is for slow machines


def test_a_value_becomes_a_condition_of_its_type(tmp_path: Path) -> None:
    values = [[0, 1, 2], ["a", "b", "c"], ["self"] * 3, [1.0] * 3, [0.0] * 3, [2.0] * 3, [1, 2, 3],
              [0.1] * 3, ["x"] * 3, ["x"] * 3]  # fmt: skip
    pq.write_table(pa.table(values, names=list(SCORE_COLUMNS)), tmp_path / "scores.parquet")
    data = {"kind": ["it's", "b", None], "good": [True, False, True], "number": [5, 6, 6],
            "label": ["p", "q", "q"], "row_number": [0, 1, 2]}  # fmt: skip
    pq.write_table(pa.table(data), tmp_path / "dataset.parquet")
    table = ReviewTable(tmp_path, tmp_path, "run-1")
    for column, value, rows in [
        ("kind", "it's", [0]),
        ("kind", None, [2]),
        ("good", "False", [1]),
        ("number", "6", [1, 2]),
        ("label", "q", [1, 2]),  # the input's, not the score's of the same name
        ("cluster", "1", None),
    ]:
        if rows is None:
            with pytest.raises(FinineError, match="no column 'cluster'"):
                table.condition(column, value)
            continue
        found = table.row_numbers(target="self", where=table.condition(column, value))
        assert found.tolist() == rows, (column, value)
