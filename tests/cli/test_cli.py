"""The command line, as a person or a script meets it: its output, its messages, its exit code.

Most commands run in this process, by the very `main` that the installed command calls; what only
a process can show is asked of real ones at the end.
"""

import contextlib
import filecmp
import hashlib
import io
import json
import subprocess
import sys
from unittest import mock

import pandas as pd
import pytest

from finine_core.cli import main


def finine(*arguments, ok=True):
    """What the command says: its result, or its message where it is to fail."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))  # tables come as bytes
    code = 0
    with (
        mock.patch.object(sys, "argv", ["finine", *map(str, arguments)]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code
    told = []
    for stream in (out, err):
        stream.flush()
        told.append(stream.buffer.getvalue().decode("utf-8"))
    return checked(code, *told, ok)


def process(*arguments, ok=True):
    """The same of a real process, as a shell starts it."""
    command = [sys.executable, "-m", "finine_core.cli", *map(str, arguments)]
    found = subprocess.run(command, capture_output=True, text=True)
    return checked(found.returncode, found.stdout, found.stderr, ok)


def checked(code, out, err, ok):
    assert code in (0, 1), "a problem a person can mend is exit code 1"
    assert (code == 0) == ok, err + out
    assert "Traceback" not in err + out
    return out if ok else err


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("a home with spaces")


@pytest.fixture(scope="module")
def run_id(home):
    """Of a run that a real process was asked for."""
    out = process("run", "sample:breast_cancer_flips", "--epochs", 5, "--home", home)
    return out.strip().splitlines()[-1]


def test_run_prints_one_json_object_with_what_a_machine_needs(tmp_path):
    out = finine(
        "run", "sample:breast_cancer_flips", "--target", "self", "--validation", 0.1,
        "--model", "logistic", "--epochs", 2, "--batch-size", 16, "--lr", 0.01, "--optimizer",
        "adam", "--seed", 3, "--record-epochs", "all", "--auxiliary", "--home", tmp_path,
        "--json",
    )  # fmt: skip
    (line,) = out.strip().splitlines()
    found = json.loads(line)
    wanted = {"run_id", "home", "state", "rows", "targets", "seconds_train", "seconds_record"}
    assert wanted <= set(found)
    assert (found["state"], found["rows"], found["targets"]) == ("done", 569, ["self"])
    assert "mu_auxiliary" in finine("scores", "latest", "--home", tmp_path).splitlines()[0]


def test_runs_and_show_tell_state_and_settings(home, run_id):
    assert run_id in finine("runs", "--home", home)
    listed = json.loads(finine("runs", "--home", home, "--json"))["runs"]
    assert [one["state"] for one in listed if one["run_id"] == run_id] == ["done"]
    shown = json.loads(finine("show", run_id, "--home", home, "--json"))
    assert shown["resolved"]["epochs"] == 5
    assert "validation_accuracy" in finine("show", "latest", "--home", home)


def test_scores_have_the_promised_columns_in_rank_order(home, run_id, tmp_path):
    finine("scores", run_id, "--home", home, "--top", 7, "--out", tmp_path / "s.csv")
    table = pd.read_csv(tmp_path / "s.csv")
    promised = [
        "row_number", "row_id", "target", "mu", "mu_low", "mu_high", "rank", "mean_loss",
        "label", "predicted", "decision",
    ]  # fmt: skip
    assert set(promised) <= set(table.columns)
    assert table["rank"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert ((table["mu_low"] <= table["mu"]) & (table["mu"] <= table["mu_high"])).all()
    rows = json.loads(finine("scores", run_id, "--home", home, "--where", "mu > 0.5", "--json"))
    assert rows
    assert all(row["mu"] > 0.5 for row in rows)
    finine("scores", run_id, "--home", home, "--target", "validation", "--format", "parquet",
           "--out", tmp_path / "s.parquet")  # fmt: skip
    assert (pd.read_parquet(tmp_path / "s.parquet")["target"] == "validation").all()
    other = finine("scores", run_id, "--home", home, "--estimator", "gaussian", "--top", 1)
    assert other.startswith("row_number,")


def test_curves_come_with_alpha_beta_and_mu(home, run_id):
    top = json.loads(finine("scores", run_id, "--home", home, "--top", 2, "--json"))
    rows = [row["row_number"] for row in top]
    out = finine("curve", run_id, "--row", rows[0], "--row", rows[1], "--home", home, "--json")
    curves = json.loads(out)["curves"]
    assert [one["row_number"] for one in curves] == rows
    assert curves[0]["mu"] == pytest.approx(top[0]["mu"])
    assert len(curves[0]["alpha"]) == len(curves[0]["beta"])
    assert finine("curve", run_id, "--row", rows[0], "--home", home).count("\n") > 100


def test_the_main_job_in_six_commands(tmp_path):
    home, data = tmp_path / "home", tmp_path / "data.csv"
    from finine_sample_data import sample

    data.write_bytes(sample("breast_cancer_flips").path.read_bytes())
    before = hashlib.sha256(data.read_bytes()).hexdigest()

    out = finine("run", data, "--label", "diagnosis", "--id", "sample_id", "--epochs", 5,
                 "--home", home)  # fmt: skip
    run = out.strip().splitlines()[-1]
    finine("scores", run, "--top", 10, "--home", home)
    finine("mark", run, "--top", 12, "--as", "delete", "--reason", "wrong label", "--home", home)
    finine("undo", run, "--home", home)
    finine("redo", run, "--home", home)
    finine("export", run, "--out", tmp_path / "out", "--home", home)
    rebuilt = tmp_path / "again.csv"
    finine("apply", tmp_path / "out" / "manifest.json", "--data", data, "--out", rebuilt)

    assert filecmp.cmp(rebuilt, tmp_path / "out" / "cleaned.csv", shallow=False)
    kept = (tmp_path / "out" / "cleaned.csv").read_bytes().splitlines(keepends=True)
    original = data.read_bytes().splitlines(keepends=True)
    assert len(kept) == len(original) - 12
    assert set(kept) <= set(original)
    assert hashlib.sha256(data.read_bytes()).hexdigest() == before
    sidecar = pd.read_csv(tmp_path / "out" / "removed_scores.csv")
    assert set(sidecar["reason"]) == {"wrong label"}
    assert sorted(sidecar.query("target == 'self'")["rank"]) == list(range(1, 13))

    other = tmp_path / "other.csv"
    other.write_bytes(data.read_bytes() + b"\n")
    message = finine("apply", tmp_path / "out" / "manifest.json", "--data", other, "--out",
                     tmp_path / "no.csv", ok=False)  # fmt: skip
    assert before in message
    assert hashlib.sha256(other.read_bytes()).hexdigest() in message
    assert not (tmp_path / "no.csv").exists()


def test_marks_by_rows_condition_and_top_and_a_dry_run_writes_nothing(home, run_id):
    rows = [one["row_number"] for one in
            json.loads(finine("scores", run_id, "--home", home, "--top", 5, "--json"))]  # fmt: skip
    finine("mark", run_id, "--top", 3, "--as", "delete", "--dry-run", "--home", home)
    assert json.loads(finine("decisions", run_id, "--home", home, "--json"))["events"] == []
    finine("mark", run_id, "--rows", f"{rows[3]},{rows[4]}", "--as", "keep", "--home", home)
    finine("mark", run_id, "--where", "rank <= 2", "--as", "review", "--home", home)
    found = json.loads(finine("decisions", run_id, "--home", home, "--json"))
    assert found["counts"]["keep"] == 2
    assert found["counts"]["review"] == 2
    table = json.loads(finine("scores", run_id, "--home", home, "--top", 4, "--json"))
    assert [one["decision"] for one in table] == ["review", "review", "", "keep"]
    finine("undo", run_id, "--home", home)
    finine("undo", run_id, "--home", home)
    assert "nothing to undo" in finine("undo", run_id, "--home", home)
    assert "undone" in finine("decisions", run_id, "--home", home)


def test_corrected_labels_are_marked_told_exported_and_rebuilt(home, run_id, tmp_path):
    from finine_sample_data import sample

    data = sample("breast_cancer_flips").path
    table = pd.read_csv(data)
    first = json.loads(finine("scores", run_id, "--home", home, "--top", 1, "--json"))[0]
    row, old = first["row_number"], first["label"]
    (new,) = set(table["diagnosis"]) - {old}
    relabel = ["mark", run_id, "--rows", row, "--decision", "relabel", "--home", home]
    message = finine(*relabel, "--label", f"{new}s", "--dry-run", ok=False)
    assert f"'{new}s' is not a class of this run" in message
    assert f"Did you mean '{new}'?" in message
    assert "without a label" in finine(*relabel, ok=False)
    assert f"as relabel to '{new}'" in finine(*relabel, "--label", new, "--reason", "slip")
    log = json.loads(finine("decisions", run_id, "--home", home, "--json"))["events"][-1]
    assert (log["decision"], log["label"], log["rows"]) == ("relabel", new, 1)
    assert f"relabel to '{new}' 1 rows" in finine("decisions", run_id, "--home", home)
    export = ["export", run_id, "--out", tmp_path / "out", "--home", home]
    assert "569 rows kept, 0 removed, 1 label corrected" in finine(*export)
    again = json.loads(finine(*export, "--overwrite", "--spreadsheet-safe", "--json"))
    assert (again["labels_corrected"], again["neutralised_cells"]) == (1, 0)
    assert pd.read_csv(again["spreadsheet"]).loc[row, "diagnosis"] == new
    original = data.read_bytes().splitlines(keepends=True)
    cleaned = (tmp_path / "out" / "cleaned.csv").read_bytes().splitlines(keepends=True)
    differ = [place for place, pair in enumerate(zip(original, cleaned, strict=True))
              if pair[0] != pair[1]]  # fmt: skip
    assert differ == [row + 1]
    assert cleaned[row + 1] == original[row + 1].replace(old.encode(), new.encode())
    finine("apply", again["manifest"], "--data", data, "--out", tmp_path / "again.csv")
    assert filecmp.cmp(tmp_path / "again.csv", again["cleaned"], shallow=False)
    finine("undo", run_id, "--home", home)


WRONG = {
    "a table without the label column": ("text,label\na,x\nb,y\n", ["--label", "lable"], "lable"),
    "a label column with one class": ("a,y\n1.5,x\n1.5,x\n3.5,x\n", ["--label", "y"], "one class"),
    "an empty file": ("", ["--label", "y"], "empty"),
    "a ragged table": ("a,y\n1,x\n2,y,9\n", ["--label", "y"], "3"),
    "a missing file": (None, ["--label", "y"], "There is no file"),
    "no label named": ("a,y\n1,x\n", [], "--label"),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_wrong_input_is_one_clear_line_and_a_failing_exit_code(case, tmp_path):
    content, options, words = WRONG[case]
    path = tmp_path / "data.csv"
    if content is not None:
        path.write_text(content)
    message = finine("run", path, *options, "--home", tmp_path / "home", ok=False)
    line = message.strip().splitlines()[-1]
    assert line.startswith("finine: ")
    assert words in line
    assert message.count("finine: ") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scores", "latest", "--where", "nonsense > 1"], "nonsense"),
        (["scores", "latest", "--target", "nobody"], "It has: self, validation"),
        (["scores", "latest", "--estimator", "magic"], "gaussian"),
        (["curve", "latest", "--row", "99999"], "0 to 568"),
        (["mark", "latest", "--rows", "3,x", "--as", "delete"], "'x'"),
        (["mark", "latest", "--rows", "99999", "--as", "delete"], "There is no row 99999"),
        (["mark", "latest", "--as", "delete"], "No rows were chosen"),
        (["mark", "latest", "--where", "mu > 1e9", "--as", "delete"], "nothing was marked"),
        (["resume", "latest"], "nothing to resume"),
        (["cancel", "latest"], "nothing to cancel"),
        (["show", "nothing-like-it"], "There is no run"),
    ],
)
@pytest.mark.usefixtures("run_id")
def test_wrong_requests_say_what_would_be_right(home, arguments, words):
    message = finine(*arguments, "--home", home, ok=False)
    assert words in message
    assert len(message.strip().splitlines()) == 1


def test_check_tells_warnings_without_failing_and_the_same_as_json(tmp_path):
    data = tmp_path / "data.csv"
    rows = [f"{i * 37 % 101},{'no' if i % 2 else 'Yes'}" for i in range(60)]
    rows += ["500,yes "] * 12 + ["500,no"]
    data.write_text("x,y\n" + "\n".join(rows) + "\n")
    out = finine("check", data, "--label", "y", "--validation", 0.1)
    assert "1 label is written in several ways: 'Yes' (30 rows) / 'yes ' (12 rows)" in out
    assert "rows 60, 61" in out
    assert "Looked for, in 73 rows" in out
    (line,) = finine("check", data, "--label", "y", "--json").strip().splitlines()
    found = json.loads(line)
    assert found["warnings"] == len([o for o in found["findings"] if o["severity"] == "warning"])
    conflict = next(o for o in found["findings"] if o["kind"] == "conflicting_duplicates")
    assert (conflict["count"], conflict["numbers"]["sets"]) == (13, 1)
    assert "No problems found" in finine("check", "sample:breast_cancer_flips")
    assert "lable" in finine("check", data, "--label", "lable", ok=False)


def test_a_run_is_renamed_thrown_away_brought_back_and_deleted_for_good(own_run):
    at = ("--home", own_run.home)
    run = own_run.run_id
    finine("mark", run, "--top", 2, "--as", "delete", *at)
    assert finine("rename", run, "another name", *at).strip() == f"{run} another name"
    assert "another name" in finine("runs", "--search", "ANOTHER done", *at)
    assert "is in the trash" in finine("trash", "latest", *at)
    assert f"finine restore {run}" in finine("scores", run, *at, ok=False)
    assert json.loads(finine("runs", *at, "--json"))["runs"] == []
    listed = json.loads(finine("runs", "--trash", *at, "--json"))["runs"]
    assert [one["name"] for one in listed] == ["another name"]
    assert "2 marked rows" in finine("delete", run, *at, ok=False)
    finine("restore", run, *at)
    assert "no run" in finine("delete", run, "--yes", *at, ok=False)
    assert own_run.folder.path.exists(), "only from the trash is a run deleted"
    finine("trash", run, *at)
    assert "is deleted" in finine("delete", run, "--yes", *at)
    assert not own_run.folder.path.exists()


def test_a_dry_run_tells_settings_and_time_and_starts_nothing(tmp_path):
    told = finine("run", "sample:breast_cancer_flips", "--dry-run", "--home", tmp_path)
    assert "epochs               at most 40, ended where the held-out rows are best" in told
    assert "mlp or logistic, whichever does better on the held-out rows" in told
    fixed = ("--model", "mlp", "--epochs", 7, "--dry-run", "--home", tmp_path)
    told_fixed = finine("run", "sample:breast_cancer_flips", *fixed)
    assert "model                mlp\nepochs               7\n" in told_fixed
    assert "on this machine" in told
    assert not list(tmp_path.iterdir())
    wrong = ("--weight-decay", 2, "--dry-run", "--home", tmp_path)
    assert "weight_decay" in finine("run", "sample:tweets", *wrong, ok=False)


def test_as_a_process_results_and_messages_have_their_streams_and_exit_codes(own_run):
    at = ("--home", own_run.home)
    top = json.loads(process("scores", "latest", "--top", 2, "--json", *at))
    assert top == json.loads(finine("scores", "latest", "--top", 2, "--json", *at))
    message = process("scores", "latest", "--where", "nonsense > 1", *at, ok=False)
    assert message == finine("scores", "latest", "--where", "nonsense > 1", *at, ok=False)
    assert message.startswith("finine: ")
    process("mark", "latest", "--top", 2, "--as", "delete", *at)
    assert own_run.log.counts()["delete"] == 2


def test_as_a_process_a_wrong_file_is_one_line_and_a_failing_exit_code(tmp_path):
    wrong = tmp_path / "empty.csv"
    wrong.write_text("")
    message = process("run", wrong, "--label", "y", "--home", tmp_path / "other", ok=False)
    assert message.strip().splitlines()[-1].startswith("finine: ")
    assert message.count("finine: ") == 1


def test_groups_and_the_latest_rows_are_options_of_check_and_run(tmp_path):
    path = tmp_path / "rows.csv"
    lines = [
        f"u{k % 10},2024-01-{1 + k // 4:02},{k * 7 % 41}.5,{'ab'[k % 3 == 0]}" for k in range(80)
    ]
    path.write_text("user,day,x,label\n" + "\n".join(lines) + "\n")
    grouped = finine("check", path, "--label", "label", "--group", "user")
    assert "2 of 10 groups and 16 rows are held out (20 %; 20 % was asked for)." in grouped
    assert "Nothing is learned from 'user'; it only says which rows belong together." in grouped
    latest = json.loads(finine("check", path, "--label", "label", "--time", "day", "--json"))
    assert "with 'day' from '2024-01-17' on" in latest["file_notes"][0]
    command = ("run", path, "--label", "label", "--home", tmp_path / "home", "--dry-run")
    plan = json.loads(finine(*command, "--group", "user", "--json"))
    assert plan["held_out"] == {"by": "group", "groups_held_out": 2, "group": "user", "groups": 10}
    assert plan["validation_rows"] == 16
    assert "16 rows are held out" in plan["notes"][0]
    told = finine(*command, "--time", "day", "--validation", "0.1")
    assert "by time, column day, from 2024-01-19" in told
    said = finine(*command, "--time", "day", "--group", "user", ok=False)
    assert "Both group ('user') and time ('day') say which rows are held out" in said
    said = finine("check", path, "--label", "label", "--time", "user", ok=False)
    assert "'user' is 'u0' in row 0 (line 2), which is no time" in said
