"""Retraining as a person meets it: real processes, really killed, and the answer they give."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from finine_core import api
from finine_core.errors import FinineError
from finine_core.runs.checksums import seal
from finine_core.verification import (
    MARKED_LOSS,
    VALIDATION_LOSS,
    Arm,
    read_verification,
    sentences,
    verify,
)
from finine_core.verification.plan import make_plan, planned
from finine_core.verification.result import summarise
from finine_core.verification.store import store_of

REPEATS = 8
FININE = [sys.executable, "-m", "finine_core.cli"]


def marked_rows(run):
    current = run.log.current().to_pandas()
    return current.loc[current["decision"] == "delete", "row_number"].tolist()


def the_store(run):
    return store_of(run.folder, make_plan(run.folder, marked_rows(run)))


def lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


def training_processes(store):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it may have ended meanwhile
            if str(store.plan).encode() in path.read_bytes():
                found.append(path)
    return found


@pytest.fixture(scope="module")
def uninterrupted(marked_home, tmp_path_factory):
    """The same run, verified in one go, while its input file was away; and the progress seen."""
    home = tmp_path_factory.mktemp("uninterrupted") / "home"
    shutil.copytree(marked_home, home)
    run, seen = api.open_run("latest", home), []
    data = Path(run.record()["config"]["data"])
    moved = data.rename(data.with_name("moved.csv"))
    try:
        run.verify(repeats=REPEATS, processes=1, on_progress=seen.append)
    finally:
        moved.rename(data)
    return run, seen


def test_removing_injected_flips_helps_more_than_removing_random_rows(uninterrupted):
    run, seen = uninterrupted
    found = read_verification(the_store(run).result)
    assert (seen[0].done, seen[-1].done, seen[-1].total) == (0, 3 * REPEATS, 3 * REPEATS)
    assert found.removed_rows == sum(found.removed_by_label.values()) == 57
    assert found.change("validation_accuracy", Arm.WITHOUT).low > 0
    assert found.change("validation_accuracy", Arm.WITHOUT, Arm.RANDOM).low > 0
    assert found.change(VALIDATION_LOSS, Arm.WITHOUT).high < 0
    assert found.influence_of(Arm.WITHOUT).mu_high < -2, "removing them lowers the loss"
    assert abs(found.influence_of(Arm.RANDOM).mu) < 2
    assert found.change(MARKED_LOSS, Arm.WITHOUT).low > 0
    said = sentences(found)
    assert said[0].startswith("Removing these 57 rows raised validation accuracy by")
    assert "points better than removing random rows" in said[1]
    assert said[-1].startswith("What this does not show")


def test_a_second_call_trains_only_what_is_missing_and_leaves_the_input_alone(
    uninterrupted, tmp_path
):
    shutil.copytree(uninterrupted[0].home, tmp_path / "home")
    run = api.open_run("latest", tmp_path / "home")
    data = Path(run.record()["config"]["data"])
    before = hashlib.sha256(data.read_bytes()).hexdigest()
    first = read_verification(the_store(run).result)
    seen = []
    more = run.verify(repeats=REPEATS + 1, processes=2, on_progress=seen.append)
    assert [one.done for one in seen] == [3 * REPEATS + k for k in range(4)]
    for arm, values in more.arms.items():
        for measure, measured in values.items():
            assert measured[:REPEATS] == first.arms[arm][measure]
    seen.clear()
    assert run.verify(repeats=REPEATS, on_progress=seen.append) == first
    assert len(seen) == 1, "fewer repeats are a matter of reading"
    assert hashlib.sha256(data.read_bytes()).hexdigest() == before


def test_a_killed_verification_leaves_no_process_and_resumes_to_the_same_bits(
    marked_run, uninterrupted, wait_for
):
    store = the_store(marked_run)
    command = [*FININE, "verify", "latest", "--home", str(marked_run.home), "--json"]
    command += ["--repeats", str(REPEATS), "--processes", "1"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE)
    wait_for(lambda: lines(store.trainings) >= 4)
    assert training_processes(store)
    first.kill()
    first.communicate()
    wait_for(lambda: not training_processes(store))
    assert lines(store.trainings) < 3 * REPEATS
    with store.trainings.open("ab") as stream:
        stream.write(b'{"repeat": 2, "ar')  # as a kill in the middle of a line leaves it

    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 0, again.stderr
    assert lines(store.trainings) == 3 * REPEATS
    whole, _ = uninterrupted
    assert store.result.read_bytes() == the_store(whole).result.read_bytes()
    printed = json.loads(again.stdout)
    command.remove("--json")
    plain = subprocess.run(command, capture_output=True, text=True)
    assert plain.stdout.splitlines() == printed.pop("conclusion")
    assert printed == json.loads(store.result.read_text())


def heeds_ctrl_c():
    """As in a terminal, also where the tests themselves run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_two_at_once_are_refused_and_an_interrupt_says_what_is_kept(marked_run, wait_for):
    store = the_store(marked_run)
    command = [*FININE, "verify", "latest", "--home", str(marked_run.home), "--repeats", "300"]
    first = subprocess.Popen(
        [*command, "--processes", "1"], stderr=subprocess.PIPE, text=True, preexec_fn=heeds_ctrl_c
    )
    wait_for(lambda: lines(store.trainings) >= 1)
    with pytest.raises(FinineError, match="Another process is verifying"):
        marked_run.verify()
    first.send_signal(signal.SIGINT)
    wait_for(lambda: first.poll() is not None)
    _, told = first.communicate()
    assert first.returncode == 130
    assert "the same command goes on from there" in told
    assert "Traceback" not in told
    assert not training_processes(store)


def test_a_training_process_that_is_killed_is_told_and_its_work_is_kept(marked_run, monkeypatch):
    started = []

    class Recorded(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr("finine_core.verification.pool.subprocess.Popen", Recorded)

    def kill_one(progress):
        if progress.done == 2:
            os.kill(started[0].pid, signal.SIGKILL)

    with pytest.raises(FinineError, match=r"killed by SIGKILL.*are kept.*--processes"):
        marked_run.verify(repeats=20, processes=1, on_progress=kill_one)
    assert all(process.poll() is not None for process in started)
    assert lines(the_store(marked_run).trainings) >= 2


@pytest.fixture
def trainings_here(monkeypatch):
    """Give the class that trains, for use in this process: torch keeps its global settings."""
    import torch

    from finine_core.verification import worker

    monkeypatch.setattr(worker, "make_torch_repeatable", lambda: None)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield worker.Trainings
    torch.set_num_threads(threads)


def test_arms_with_the_same_rows_agree_bit_for_bit(marked_run, trainings_here):
    plan = make_plan(marked_run.folder, marked_rows(marked_run))
    trainings = trainings_here(marked_run.folder, plan)
    whole = trainings.measure(1, Arm.WITH)
    assert whole == trainings.measure(1, Arm.WITH)
    assert (
        whole.values["validation_loss"] != trainings.measure(2, Arm.WITH).values["validation_loss"]
    )
    trainings.plan = replace(plan, marked=plan.marked[:0])  # the difference is empty
    for arm in (Arm.WITHOUT, Arm.RANDOM):
        same = trainings.measure(1, arm)
        assert same.values["validation_loss"] == whole.values["validation_loss"]
        assert same.values["validation_accuracy"] == whole.values["validation_accuracy"]


def test_random_rows_have_the_classes_of_the_marked_ones_and_are_fresh_each_time(marked_run):
    plan = make_plan(marked_run.folder, marked_rows(marked_run))
    wanted = np.bincount(plan.labels[plan.marked])
    draws = [plan.left_out(Arm.RANDOM, repeat) for repeat in range(1, 6)]
    for draw in draws:
        assert len(np.unique(draw)) == len(plan.marked)
        np.testing.assert_array_equal(np.bincount(plan.labels[draw]), wanted)
    assert len({draw.tobytes() for draw in draws}) == 5
    assert len({plan.training_seed(repeat) for repeat in range(1, 50)}) == 49
    other = make_plan(marked_run.folder, marked_rows(marked_run), seed=1)
    assert other.training_seed(1) != plan.training_seed(1)
    assert other.key != plan.key


def test_corrected_labels_are_trained_on_and_random_rows_change_alike(marked_run, trainings_here):
    rows = marked_rows(marked_run)
    scores = marked_run.scores("self").set_index("row_number")
    other = {"benign": "malignant", "malignant": "benign"}
    corrected = {int(row): other[scores.loc[row, "label"]] for row in rows[:6]}
    plan = make_plan(marked_run.folder, rows[6:9], corrected=corrected)
    assert len(plan.touched) == 9
    assert len(plan.relabelled(Arm.WITH, 1)[0]) == 0
    places, labels = plan.relabelled(Arm.WITHOUT, 1)
    assert (labels != plan.labels[places]).all()
    swaps = sorted(zip(plan.labels[places], labels, strict=True))
    for repeat in (1, 2):
        drawn, new = plan.relabelled(Arm.RANDOM, repeat)
        assert sorted(zip(plan.labels[drawn], new, strict=True)) == swaps
        assert len(np.unique(drawn)) == 6
        assert not np.isin(drawn, plan.left_out(Arm.RANDOM, repeat)).any()
    assert planned(marked_run.folder, json.loads(json.dumps(plan.content))).key == plan.key
    assert plan.key != make_plan(marked_run.folder, rows[6:9]).key

    trainings = trainings_here(marked_run.folder, plan)
    whole, marked = trainings.measure(1, Arm.WITH), trainings.measure(1, Arm.WITHOUT)
    assert marked.values["marked_loss"] > whole.values["marked_loss"], (
        "their own labels are not what was learned"
    )
    trainings.plan = replace(plan, marked=plan.marked[:0], new_labels=plan.labels[plan.corrected])
    assert (
        trainings.measure(1, Arm.WITHOUT).values["validation_loss"]
        == whole.values["validation_loss"]
    )


def test_marks_of_a_run_are_verified_with_the_labels_it_corrects(marked_run):
    rows = marked_rows(marked_run)
    scores = marked_run.scores("self").set_index("row_number")
    wrong = next(int(row) for row in rows if scores.loc[row, "label"] == "malignant")
    marked_run.mark(rows=[wrong], decision="relabel", label="benign")
    same = next(int(row) for row in rows if scores.loc[row, "label"] == "benign")
    marked_run.mark(rows=[same], decision="relabel", label="benign")  # what it is already
    assert marked_run.corrected() == {wrong: "benign"}
    assert marked_run.verification() is None
    found = marked_run.verify(repeats=2, processes=1)
    assert (found.removed_rows, found.corrected_labels) == (len(rows) - 2, 1)
    assert "and correcting 1 label" in " ".join(sentences(found))
    assert marked_run.verification() == found
    marked_run.undo()
    marked_run.undo()
    assert marked_run.verification() is None, "it is about other marks"


def test_without_validation_rows_the_marked_rows_own_loss_is_what_is_told(
    marked_run, trainings_here
):
    folder = marked_run.folder
    inputs = load_file(folder.encoded)
    for name in ("validation_x", "validation_y"):
        inputs[name] = inputs[name][:0]
    save_file(inputs, folder.encoded)
    seal(folder.path)
    folder.update(dataset={**folder.read()["dataset"], "validation_rows": 0})
    plan = make_plan(folder, marked_rows(marked_run)[:1])
    trainings = trainings_here(folder, plan)
    measured = {(r, arm): trainings.measure(r, arm) for r in (1, 2) for arm in Arm}
    found = summarise(plan, measured, 2, targets=["self"])
    assert found.statistic == MARKED_LOSS
    assert set(found.arms[Arm.WITH]) == {MARKED_LOSS}
    assert "has no validation rows" in sentences(found)[0]
    assert "this row" in sentences(found)[0]
    with pytest.raises(FinineError, match="validation_accuracy"):
        found.change("validation_accuracy", Arm.WITHOUT)


def test_what_cannot_be_verified_is_said_with_its_mend(marked_run):
    folder = marked_run.folder
    training = marked_run.scores()
    one_label = training["label"].iloc[0]
    of_one_class = training.loc[training["label"] == one_label, "row_number"].tolist()
    held_out = sorted(set(range(569)) - set(training["row_number"]))
    for rows, words in [
        ([], "finine mark"),
        (of_one_class, f"All {len(of_one_class)} training rows with the label '{one_label}'"),
        (training["row_number"].tolist()[:-1], "1 would be left"),
        (held_out[:1], "held out for validation"),
        ([100_000], "There is no row 100000"),
    ]:
        with pytest.raises(FinineError, match=words):
            verify(folder, rows)
    for wrong, words in [
        ({"repeats": 1}, "repeats = 1"),
        ({"processes": 0}, "processes = 0"),
        ({"seed": -1}, "seed = -1"),
    ]:
        with pytest.raises(FinineError, match=words):
            marked_run.verify(**wrong)

    store = the_store(marked_run)
    store.path.mkdir(parents=True)
    store.trainings.write_text("nonsense\n")
    with pytest.raises(FinineError, match=r"Line 1 of .* is damaged"):
        marked_run.verify(repeats=2)
    folder.encoded.write_bytes(b"nonsense")
    with pytest.raises(FinineError, match="is damaged"):
        marked_run.verify()
    folder.encoded.unlink()
    with pytest.raises(FinineError, match="is gone"):
        marked_run.verify()
    folder.update(results=None)
    with pytest.raises(FinineError, match="has no scores"):
        marked_run.verify()
