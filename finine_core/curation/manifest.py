"""What exactly did an export take in, take out and correct, and why?

The manifest lies beside an exported file. It names the input and the outputs by hash, the removed
rows, the corrected labels, the configuration and the versions, so that anyone with the input can
rebuild the cleaned file and check that it is the same. `read_manifest` gives it back, checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from finine_core.errors import FinineError, shown
from finine_core.formats import CopiedCells
from finine_core.formats.delimited import CSV, TSV
from finine_core.formats.jsonlines import JSON_LINES
from finine_core.formats.lines.json_line import unique_keys
from finine_core.formats.sources.input_file import check_input_file

MANIFEST_NAME = "manifest.json"
MANIFEST_FORMAT = "finine-manifest"
# 1 could hold neither a verification nor corrected labels, 2 no corrected labels; they are read as
# manifests without.
SCHEMA_VERSION = 3
# A removed row takes some 10 bytes and a corrected label some 200: room for a million of both.
LARGEST_MANIFEST = 256 * 1024**2
LINE_FORMATS = (CSV.name, TSV.name, JSON_LINES.name)  # a row has a byte at least
SHOWN_PROBLEMS = 3  # of a damaged manifest; more would hide the first, which is the cause

_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def _bare_name(name: str) -> str:
    # a manifest from elsewhere must not lead to a path outside its folder
    if not name or name in {".", ".."} or any(sign in name for sign in "/\\\0"):
        raise ValueError("not a bare file name")
    return name


_FileName = Annotated[str, AfterValidator(_bare_name)]
_Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class InputFile(_Strict):
    """The file that was curated."""

    name: _FileName
    sha256: _Hash
    bytes: _Count
    rows: _Count
    format: str

    @model_validator(mode="after")
    def _has_room_for_its_rows(self) -> InputFile:
        if self.format in LINE_FORMATS and self.rows > self.bytes:
            raise ValueError(f"{self.rows:,} rows are more than {self.bytes:,} bytes can hold")
        return self


class OutputFile(_Strict):
    """One exported file; `rows` does not count a header."""

    name: _FileName
    sha256: _Hash
    rows: _Count


class SpreadsheetCopy(OutputFile):
    """A copy of the cleaned file to look at in a spreadsheet.

    An apostrophe was put before `neutralised_cells` of its cells; see `export/spreadsheet.py`.
    """

    neutralised_cells: _Count


class Outputs(_Strict):
    """The exported files: what stays, what was taken out and corrected, and about the latter."""

    cleaned: OutputFile
    removed: OutputFile
    removed_scores: OutputFile
    corrected_labels: OutputFile | None = None
    for_spreadsheets: SpreadsheetCopy | None = None

    def files(self) -> list[OutputFile]:
        """All of them that there are."""
        every = (
            self.cleaned, self.removed, self.removed_scores, self.corrected_labels,
            self.for_spreadsheets,
        )  # fmt: skip
        return [file for file in every if file is not None]


class CorrectedLabel(_Strict):
    """A row that stays, with another label; labels are written as people read them."""

    row_number: _Count
    old_label: str
    new_label: str
    reviewer: str
    reason: str


class DecisionSummary(_Strict):
    """How many rows had each decision, and who removed how many and why."""

    counts: dict[str, _Count]
    removed_by_reviewer: dict[str, _Count]
    removed_by_reason: dict[str, _Count]


class VerifiedEffect(_Strict):
    """What retraining with and without the removed rows found; `key` names its folder in the run.

    `conclusion` is in plain sentences, the first the main one and the last what it does not show.
    """

    key: str
    repeats: _Count
    seed: int
    conclusion: tuple[str, ...]


class Manifest(_Strict):
    """The whole record of an export; see the module.

    `target` is the run's first one, whose training rows are its rows with a score; `estimator` is
    that of the μ in the file of removed rows' scores, which has a line for every target.
    `verification` is of what was done to rows that were trained on, when it was verified: no model
    learned from the others. A corrected label is
    written as the input writes it in the row that `label_rows` names for it: that row's cell in
    `label_column` is copied, byte for byte.
    """

    kind: str = Field(default=MANIFEST_FORMAT, pattern=f"^{MANIFEST_FORMAT}$")
    schema_version: int = SCHEMA_VERSION
    run_id: str
    created_at: datetime
    input: InputFile
    outputs: Outputs
    removed_rows: list[_Count]
    corrected_labels: list[CorrectedLabel] = []
    label_column: str = ""
    label_rows: dict[str, _Count] = {}
    decisions: DecisionSummary
    target: str
    estimator: str
    config: dict[str, JsonValue]
    config_sha256: _Hash
    seed: int
    versions: dict[str, str]
    verification: VerifiedEffect | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Manifest:
        if self.config_sha256 != config_sha256(self.config):
            raise ValueError("config_sha256 is not the hash of config")
        rows = self.removed_rows
        if any(later <= earlier for earlier, later in pairwise(rows)):
            raise ValueError("removed_rows are not ascending and distinct")
        if rows and rows[-1] >= self.input.rows:
            raise ValueError(
                f"removed_rows has row {rows[-1]}, but the input has {self.input.rows} rows"
            )
        if self.outputs.removed.rows != len(rows):
            raise ValueError("outputs.removed.rows is not the number of removed_rows")
        if self.outputs.cleaned.rows != self.input.rows - len(rows):
            raise ValueError("outputs.cleaned.rows is not what the removed rows leave")
        return self

    @model_validator(mode="after")
    def _corrections_agree(self) -> Manifest:
        rows = [one.row_number for one in self.corrected_labels]
        listed = self.outputs.corrected_labels
        if len(rows) != (listed.rows if listed else 0):
            raise ValueError("outputs.corrected_labels.rows is not the number of corrected_labels")
        if any(later <= earlier for earlier, later in pairwise(rows)):
            raise ValueError("the rows of corrected_labels are not ascending and distinct")
        if both := set(rows).intersection(self.removed_rows):
            raise ValueError(f"row {min(both)} is removed and corrected")
        last = max([*rows, *self.label_rows.values()], default=0)
        if last >= self.input.rows:
            raise ValueError(
                f"a label is corrected in or copied from row {last}, "
                f"but the input has {self.input.rows} rows"
            )
        unknown = {one.new_label for one in self.corrected_labels} - self.label_rows.keys()
        if unknown:
            raise ValueError(f"label_rows lacks the label {min(unknown)!r}")
        return self

    @property
    def copied(self) -> CopiedCells | None:
        """The corrected labels, for the writer of the file's format; None when there are none."""
        if not self.corrected_labels:
            return None
        return CopiedCells(
            self.label_column,
            {one.row_number: self.label_rows[one.new_label] for one in self.corrected_labels},
        )


def config_sha256(config: Mapping[str, object]) -> str:
    """The SHA-256 of a configuration as canonical JSON: sorted keys, no spaces, UTF-8.

    Examples:
        >>> config_sha256({"a": 1, "b": 2}) == config_sha256({"b": 2, "a": 1})
        True
    """
    text = json.dumps(
        config, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def read_manifest(path: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        FinineError: the file is missing, damaged, of a newer schema, or no manifest.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "manifest.json"
        >>> _ = path.write_text('{"name": "something else"}')
        >>> read_manifest(path)
        Traceback (most recent call last):
        finine_core.errors.FinineError: ...manifest.json is not a finine manifest...
    """
    again = "Export the run again, or use the manifest.json that finine wrote."
    check_input_file(path, LARGEST_MANIFEST)
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=unique_keys)
    except OSError as error:
        raise FinineError(f"{path} cannot be read: {error.strerror}.", again) from error
    except RecursionError:
        raise FinineError(f"{path} is damaged: it is nested too deep.", again) from None
    except ValueError as error:  # broken JSON and broken UTF-8 alike
        raise FinineError(f"{path} is damaged, it is not JSON: {error}.", again) from error
    if not isinstance(content, dict) or content.get("kind") != MANIFEST_FORMAT:
        raise FinineError(f"{path} is not a finine manifest.", again)
    version = content.get("schema_version")
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise FinineError(
            f"{path} has manifest schema {version}; this finine knows up to {SCHEMA_VERSION}.",
            "Upgrade finine.",
        )
    if isinstance(version, bool) or version not in range(1, SCHEMA_VERSION + 1):
        raise FinineError(f"{path} is damaged: schema_version is {shown(version)}.", again)
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in problem['loc']) or 'manifest'}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()[:SHOWN_PROBLEMS]
        ]
        raise FinineError(f"{path} is damaged: {'; '.join(problems)}.", again) from error
