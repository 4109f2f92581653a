"""Small versions of the studies on digits: they run, and what they say is not by chance."""

import json

import pandas as pd
import pytest

from benchmarks.kinds.cases import CASES
from benchmarks.kinds.table import markdown
from tests.benchmarks.studies import BENCHMARKS, study


@pytest.fixture
def small(tmp_path):
    """Give `small(name, *options)`: what a study writes on scikit-learn's digits."""
    return lambda name, *options: study(name, tmp_path / "out.json", "--small", *options)


@pytest.fixture
def small_copies(tmp_path):
    return study("image_copies.py", tmp_path / "out.json", "--only", "digits")


def test_recording_leaves_training_as_it_was_and_its_cost_is_told(small):
    found = small("overhead.py", "--repeats", "1", "--only", "table", "--only", "text")
    assert set(found) == {"table", "text"}
    assert all(one["ratio"] > 1 for one in found.values()), "recording is not free"


def test_another_seed_names_mostly_the_same_rows_and_finds_flipped_labels(small):
    found = small("consistency.py", "--seeds", "2", "--only", "late")["late"]
    for name in ("μ self (gaussian)", "μ self (carried)", "mean loss"):
        assert found[name]["consistency"] > 0.4, "two random fifths share .111"
        assert found[name]["auc"] > 0.85


def test_more_recorded_epochs_name_mostly_the_same_rows(small):
    found = small("sensitivity.py", "--seeds", "2", "--only", "all epochs recorded")
    assert set(found["settings"]) == {"default", "all epochs recorded"}
    changed = found["settings"]["all epochs recorded"]
    for name in ("μ self (carried)", "μ self (gaussian)", "mean loss"):
        assert changed[name]["same rows"] > 0.4, "two random fifths share .111"
        assert found["settings"]["default"][name]["same rows"] == 1.0


def test_influence_on_validation_finds_labels_that_are_wrong_by_class(small):
    case = "digits, class-dependent"
    found = small("noise.py", "--seeds", "1", "--only", case)["cases"][case]
    ours, simple = found["−μ validation (carried)"], found["mean loss"]
    assert ours["average precision"] > simple["average precision"]
    assert ours["recall at 0.2"] > 0.8


def test_shifted_numbers_are_found_and_pull_less_on_a_model_with_hubers_loss(small):
    found = small("regression.py")["cases"]["gross"]
    for loss in ("squared", "huber"):
        assert found[loss]["AUC μ self"]["mean"] > 0.9
        assert found[loss]["AUC mean loss"]["mean"] > 0.9
    assert found["huber"]["RMSE"]["mean"] < found["squared"]["RMSE"]["mean"]
    assert found["squared"]["recall μ self"]["mean"] > found["huber"]["recall μ self"]["mean"]


def test_the_page_on_regression_gives_the_measured_figures():
    found = json.loads((BENCHMARKS / "regression.json").read_text())["cases"]
    page = (BENCHMARKS.parent / "docs" / "regression.md").read_text()
    cells = {
        line.split("|")[1].strip(): [one.strip() for one in line.split("|")[2:-1]]
        for line in page.splitlines()
        if line.startswith("| ")
    }
    measured = [one for losses in found.values() for one in losses.values()]
    for name in measured[0]:
        if (said := cells.get(name.replace("|error|", "error"))) is not None:
            digits = 1 if name.startswith("RMSE") else 3
            assert said == [f"{one[name]['mean']:.{digits}f}" for one in measured]
    assert {"RMSE", "AUC μ self", "recall error"} <= set(cells)


def test_the_page_on_regression_gives_the_measured_agreement_with_retraining():
    found = json.loads((BENCHMARKS / "fidelity" / "results" / "gold_diabetes.json").read_text())
    page = (BENCHMARKS.parent / "docs" / "regression.md").read_text()
    cells = {line.split("|")[1].strip(): line for line in page.splitlines() if "|" in line}
    for said, name in (("carried, the default", "carried"), ("gaussian", "gaussian")):
        for target in ("self", "validation"):
            figures = found["estimators"][f"μ {target} ({name})"]
            assert f"| {figures['pearson']:.2f} | {figures['slope']:.2f} |" in cells[said]
    for kind in ("flipped", "other"):
        assert f"{found[f'median true μ, {kind} rows']:.2f} of" in page


def test_rows_with_one_wrong_label_of_several_are_found(small):
    found = small("multi_label.py")["cases"]["planted"]
    assert found["AUC μ self"]["mean"] > 0.7
    assert found["AUC mean loss"]["mean"] > 0.7
    assert found["recall μ self"]["mean"] > 0.2, "by chance it is 0.1"


def test_the_page_on_several_labels_gives_the_measured_figures():
    found = json.loads((BENCHMARKS / "multi_label.json").read_text())["cases"]
    page = (BENCHMARKS.parent / "docs" / "multi_label.md").read_text()
    for name in found["planted"]:
        cells = [f"{found[case][name]['mean']:.3f}" for case in ("planted", "digits")]
        assert f"| {name} | {' | '.join(cells)} |" in page


def test_the_page_on_images_gives_the_accuracies_of_the_image_encoders():
    found = json.loads((BENCHMARKS / "image_encoders.json").read_text())
    page = (BENCHMARKS.parent / "docs" / "images.md").read_text()
    begins = ("| `efficientnet", "| `cnn", "| support vector machine on the same")
    lines = [line for line in page.splitlines() if line.startswith(begins)]
    cases = [
        found["cases"][name] for name in ("efficientnet, mlp", "efficientnet, logistic", "cnn")
    ]
    accuracies = [*(one["accuracy"] for one in cases), found["svc on pixels"]]
    assert len(lines) == 4
    for line, accuracy in zip(lines, accuracies, strict=True):
        assert f"| {accuracy:.1%} |".replace("%", " %") in line
    for line, case in zip(lines[:3], cases, strict=True):
        assert f"| {case['seconds_total']:.0f}" in line
    assert f"of them {cases[1]['seconds_embedding']:.0f} for the vectors" in page
    assert f"{1000 * cases[1]['seconds_embedding'] / found['images']:.0f} ms an image" in page


def test_the_page_on_images_gives_what_was_found_of_copies():
    found = json.loads((BENCHMARKS / "image_copies.json").read_text())
    page = (BENCHMARKS.parent / "docs" / "images.md").read_text().splitlines()
    changes = ("JPEG", "smaller", "brighter", "all three")
    for case in found.values():
        lines = [line for line in page if line.startswith(f"| {case['images']:,} ")]
        assert len(lines) == len(case["ways"]) == 4
        for line, (name, way) in zip(lines, case["ways"].items(), strict=True):
            cells = [f"{way[change]:.0%}".replace("%", " %") for change in changes]
            assert f"| {name} | {' | '.join(cells)} | {way['false pairs']:,} |" in line


def test_copies_of_images_are_found_by_both_and_by_neither_alone(small_copies):
    ways = small_copies["digits"]["ways"]
    assert ways["finine"]["JPEG"] > 0.95 > 0.5 > ways["distance of encoded inputs"]["JPEG"]
    assert (
        ways["finine"]["false pairs"] == 0 < ways["hash of 64 bits, up to 4 differ"]["false pairs"]
    )


def test_the_page_on_images_gives_the_measured_figures():
    found = json.loads((BENCHMARKS / "images.json").read_text())
    page = " ".join((BENCHMARKS.parent / "docs" / "images.md").read_text().split())
    small, large = found["10000"], found["60000"]
    parts = [
        ", ".join(
            f"{one['seconds_by_part'][f'seconds_{part}'] / 60:.1f}"
            for part in ("train", "record", "score")
        )
        for one in (small, large)
    ]
    rankings = [large["rankings"][name] for name in ("mean loss", "mu self", "-mu validation")]
    aucs = [f"{one['auc']:.3f}" for one in rankings]
    recalls = [f"{one['recall_at_noise_rate']:.0%}".replace("%", " %") for one in rankings]
    for said in (
        f"| minutes, in all | {small['seconds'] / 60:.1f} | {large['seconds'] / 60:.1f} |",
        f"| of them training, recording, scoring | {parts[0]} | {parts[1]} |",
        f"| {small['peak_gb']:.2f} GB | {large['peak_gb']:.2f} GB |",
        f"| {large['run_folder_mb']} MB |",
        f"labels as given {large['validation_accuracy_given_labels']:.1%}".replace("%", " %"),
        f"AUC of mean loss {aucs[0]}, of μ on the row itself {aucs[1]}, of −μ on validation "
        f"{aucs[2]}",
        f"{recalls[0]}, {recalls[1]} and {recalls[2]} of them are",
    ):
        assert said in page


def test_the_page_on_kinds_gives_the_measured_table():
    found = json.loads((BENCHMARKS / "kinds.json").read_text())
    page = (BENCHMARKS.parent / "docs" / "kinds.md").read_text()
    assert markdown(found) in page
    assert set(found) == set(CASES)
    rare, flips = found["1 % positives, missed ones"], found["fashion_10k, class-dependent flips"]
    for line in (rare, flips):
        for ranking in ("−μ validation", "mean loss", "cleanlab"):
            assert f"{line['found'][ranking]['recall']:.2f}".removeprefix("0") in page


@pytest.mark.parametrize("name", ["digits, flips", "diabetes, outliers", "200 classes, flips"])
def test_a_kind_s_file_holds_as_many_bad_rows_as_it_says(tmp_path, name):
    case = CASES[name](tmp_path)
    frame = pd.read_csv(case.path)
    assert len(frame) == len(case.bad)
    held = frame["part"] == "validation"
    assert not case.bad[held].any(), "held-out rows are as they were"
    assert case.bad.sum() == pytest.approx(0.1 * (~held).sum(), abs=1)
