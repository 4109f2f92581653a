from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finine_core.curation.manifest import SCHEMA_VERSION, Manifest, config_sha256, read_manifest
from finine_core.errors import FinineError

HASH = "a" * 64


def content() -> dict:
    config = {"label": "label", "lr": 0.1, "targets": ["self"], "id": None}
    return {
        "kind": "finine-manifest",
        "schema_version": SCHEMA_VERSION,
        "verification": {"key": "ab", "repeats": 4, "seed": 0, "conclusion": ["It helped."]},
        "run_id": "run-1",
        "created_at": "2026-01-01T00:00:00Z",
        "input": {"name": "a.csv", "sha256": HASH, "bytes": 100, "rows": 5, "format": "CSV"},
        "outputs": {
            "cleaned": {"name": "cleaned.csv", "sha256": HASH, "rows": 3},
            "removed": {"name": "removed.csv", "sha256": HASH, "rows": 2},
            "removed_scores": {"name": "removed_scores.csv", "sha256": HASH, "rows": 4},
            "corrected_labels": {"name": "corrected_labels.csv", "sha256": HASH, "rows": 1},
            "for_spreadsheets": {
                "name": "cleaned_for_spreadsheets.csv",
                "sha256": HASH,
                "rows": 3,
                "neutralised_cells": 7,
            },
        },
        "removed_rows": [1, 4],
        "corrected_labels": [
            {"row_number": 2, "old_label": "a", "new_label": "b", "reviewer": "ann", "reason": ""},
        ],
        "label_column": "label",
        "label_rows": {"b": 0},
        "decisions": {
            "counts": {"delete": 2, "keep": 1},
            "removed_by_reviewer": {"ann": 2},
            "removed_by_reason": {"wrong": 2},
        },
        "target": "self",
        "estimator": "gaussian",
        "config": config,
        "config_sha256": config_sha256(config),
        "seed": 0,
        "versions": {"finine": "0.1.0"},
    }


def written(tmp_path: Path, changed: object) -> Path:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(changed), encoding="utf-8")
    return path


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = read_manifest(written(tmp_path, content()))
    assert manifest.removed_rows == [1, 4]
    assert manifest.model_dump(mode="json") == content()
    assert Manifest.model_validate_json(manifest.model_dump_json()) == manifest


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema_version",), SCHEMA_VERSION + 1, "knows up to 3.*Upgrade finine"),
        (("schema_version",), "one", "schema_version is 'one'"),
        (("schema_version",), 0, "schema_version is 0"),
        (("kind",), "other", "not a finine manifest"),
        (("surprise",), 1, "surprise: Extra inputs"),
        (("input", "rows"), -5, "input.rows: "),
        (("input", "sha256"), "abc", "input.sha256: "),
        (("input", "name"), "../a.csv", "input.name: "),
        (("outputs", "cleaned", "name"), "/etc/passwd", "outputs.cleaned.name: "),
        (("outputs", "cleaned", "name"), "..\\up", "outputs.cleaned.name: "),
        (("outputs", "cleaned", "name"), "..", "outputs.cleaned.name: "),
        (("outputs", "cleaned", "rows"), 4, "what the removed rows leave"),
        (("outputs", "removed", "rows"), 1, "not the number of removed_rows"),
        (("removed_rows",), [4, 1], "not ascending"),
        (("removed_rows",), [1, 1], "not ascending"),
        (("removed_rows",), [1, 5], "row 5, but the input has 5 rows"),
        (("removed_rows",), [-1, 4], "removed_rows.0: "),
        (("corrected_labels",), [], "not the number of corrected_labels"),
        (("outputs", "corrected_labels"), None, "not the number of corrected_labels"),
        (("corrected_labels", 0, "row_number"), 1, "row 1 is removed and corrected"),
        (("corrected_labels", 0, "row_number"), 5, "corrected in or copied from row 5"),
        (("label_rows",), {"b": 5}, "corrected in or copied from row 5"),
        (("label_rows",), {"a": 0}, "label_rows lacks the label 'b'"),
        (("outputs", "for_spreadsheets", "name"), "a/b", "outputs.for_spreadsheets.name: "),
        (("config", "lr"), 0.2, "config_sha256 is not the hash of config"),
        (("seed",), None, "seed: "),
    ],
)
def test_a_changed_manifest_is_refused_and_says_where(
    tmp_path: Path, path: tuple[str, ...], value: object, message: str
) -> None:
    changed = content()
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(FinineError, match=message) as refusal:
        read_manifest(written(tmp_path, changed))
    assert str(tmp_path / "manifest.json") in str(refusal.value)


NOT_IN_OLD = {"verification", "corrected_labels", "label_column", "label_rows"}


@pytest.mark.parametrize("key", sorted(set(content()) - {"kind", "schema_version", *NOT_IN_OLD}))
def test_a_manifest_without_one_of_its_parts_is_refused(tmp_path: Path, key: str) -> None:
    changed = content()
    del changed[key]
    with pytest.raises(FinineError, match=f"damaged: {key}: Field required"):
        read_manifest(written(tmp_path, changed))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe\x00", json.dumps(content())[:-20].encode()])
def test_a_damaged_file_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(text)
    with pytest.raises(FinineError, match=r"manifest\.json is damaged, it is not JSON"):
        read_manifest(path)


@pytest.mark.parametrize("other", [[], "text", 1, None, {}, {"schema_version": 1}])
def test_json_that_is_no_manifest_is_refused(tmp_path: Path, other: object) -> None:
    with pytest.raises(FinineError, match="not a finine manifest"):
        read_manifest(written(tmp_path, other))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FinineError, match="There is no file"):
        read_manifest(tmp_path / "none.json")
    with pytest.raises(FinineError, match="is a folder"):
        read_manifest(tmp_path)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), VALUES, max_size=4))
def test_the_hash_of_a_config_survives_json_and_does_not_depend_on_order(config: dict) -> None:
    backwards = dict(reversed(config.items()))
    assert config_sha256(json.loads(json.dumps(backwards))) == config_sha256(config)


@pytest.mark.parametrize("version", [1, 2])
def test_a_manifest_of_an_older_schema_is_read(tmp_path: Path, version: int) -> None:
    old = {**content(), "schema_version": version}
    for key in ("corrected_labels", "label_column", "label_rows"):
        del old[key]
    for key in ("corrected_labels", "for_spreadsheets"):
        del old["outputs"][key]
    if version == 1:
        del old["verification"]
    found = read_manifest(written(tmp_path, old))
    assert (found.verification is None) == (version == 1)
    assert (found.removed_rows, found.corrected_labels, found.copied) == ([1, 4], [], None)
    assert [file.name for file in found.outputs.files()] == [
        "cleaned.csv", "removed.csv", "removed_scores.csv",
    ]  # fmt: skip
