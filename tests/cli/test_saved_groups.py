"""Saving groups of rows and choosing by them, as a person or a script does."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from finine_core.cli import cli
from finine_core.errors import FinineError
from finine_core.influence import SignalStore


@pytest.fixture
def finine(own_run):
    """A command on a copy of the finished run; gives its result."""

    def command(name, *arguments):
        found = CliRunner().invoke(
            cli, [name, own_run.run_id, *map(str, arguments), "--home", str(own_run.home)]
        )
        if found.exception is not None:
            raise found.exception
        return found

    return command


def test_rows_are_saved_listed_renamed_trashed_and_restored(finine, own_run):
    said = finine("group", "--where", "label <> predicted", "--save", "doubtful")
    wanted = own_run.select(where="label <> predicted", target="validation")
    assert f"saved {len(wanted)} rows as group 'doubtful'" in said.stderr
    assert f"{len(wanted)} rows, μ =" in said.stdout
    listed = finine("groups").stdout
    assert f"{len(wanted)} rows  doubtful" in listed
    assert "90% interval" in listed
    (one,) = json.loads(finine("groups", "--json").stdout)["groups"]
    assert one["selection"] == "where label <> predicted"
    assert one["influence"]["mu"] == own_run.group(group="doubtful").mu

    assert "look again" in finine("groups", "--rename", "doubtful", "look again").stdout
    assert "No group was saved yet" in finine("groups", "--trash", "look again").stderr
    assert "look again" in finine("groups", "--trashed").stdout
    assert "look again" in finine("groups", "--restore", "look again").stdout


def test_a_saved_group_selects_rows_for_every_command(finine, own_run):
    rows = own_run.scores("validation", top=6)["row_number"].tolist()
    own_run.save_group("worst", rows=rows)
    scores = finine("scores", "--group", "worst").stdout.splitlines()
    assert {int(line.split(",")[0]) for line in scores[1:]} == set(rows)
    found = json.loads(finine("group", "--group", "worst", "--json").stdout)
    assert found["mu"] == own_run.group(rows=rows).mu
    assert found["beta_low"][10] <= found["beta"][10] <= found["beta_high"][10]
    finine("mark", "--as", "delete", "--group", "worst", "--top", 2, "--target", "validation")
    event = own_run.decisions()[-1]
    assert (event.rows, event.selection) == (2, "group 'worst', top 2 by validation")
    assert set(own_run.log.rows_of(event.event_id).tolist()) == set(rows[:2])


def test_curves_are_printed_with_their_band(finine, own_run):
    row = own_run.scores(top=1)["row_number"][0]
    header, *lines = finine("curve", "--row", row).stdout.splitlines()
    assert header.endswith("beta,gaussian_beta,beta_low,beta_high")
    beta, _, low, high = (float(part) for part in lines[20].split(",")[3:])
    assert low <= beta <= high


def test_a_condition_asks_for_a_saved_group_by_name(own_run):
    rows = own_run.scores(top=4)["row_number"].tolist()
    own_run.save_group("it's odd", rows=rows)
    assert own_run.select(where="in_group('it''s odd')").tolist() == rows, "in rank order"
    assert own_run.select(group="it's odd").tolist() == rows
    inside = own_run.select(where=f"row_number > {min(rows)} -- a note", group="it's odd")
    assert sorted(inside) == sorted(rows)[1:]
    table = own_run.review()
    assert table.count(target="self", where="NOT IN_GROUP('it''s odd')") == len(
        own_run.scores()
    ) - len(rows)
    one = own_run.groups.named("it's odd")
    own_run.groups.rename(one.group_id, "odd")
    assert table.count(target="self", where="in_group('odd')") == len(rows), "seen at once"
    own_run.groups.trash(one.group_id)
    with pytest.raises(FinineError, match="no saved group odd in use"):
        table.count(target="self", where="in_group('odd')")


def test_signals_of_a_group_are_those_of_its_rows_against_all_others(own_run):
    rows = own_run.scores(top=3)["row_number"].tolist()
    found = own_run.group_signals(rows=rows)
    every = SignalStore(own_run.folder.signals).target("validation").signal.sum(axis=1)
    own = np.mean([own_run.signals(row, "validation") for row in rows], axis=0)
    columns = own_run.signals(rows[0], "validation").columns.tolist()
    signal, loss = own[:, columns.index("signal")], own[:, columns.index("loss")]
    rest = (every - 3 * signal) / (len(own_run.scores()) - 3)
    assert found["signal"].to_numpy() == pytest.approx(signal - rest, rel=1e-3)
    assert found["loss"].to_numpy() == pytest.approx(loss, rel=1e-4)
    with pytest.raises(FinineError, match="Ask for target validation"):
        own_run.group_signals(rows=rows, target="self")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scores", "--group", "nobody"], "no saved group 'nobody'.*none yet"),
        (["groups", "--restore", "nobody"], "no saved group 'nobody' in the trash"),
        (["group", "--rows", "1", "--group", "nobody"], "both by list and by condition"),
        (["group", "--where", "mu > 1e9", "--save", "none"], "nothing was saved"),
        (["group", "--rows", "99999", "--save", "none"], "no row 99999"),
    ],
)
def test_wrong_requests_about_groups_say_what_would_be_right(finine, arguments, words):
    with pytest.raises(FinineError, match=words):
        finine(*arguments)
