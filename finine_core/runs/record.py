"""Is a run's record what a run writes? The kinds of its values, before anybody uses them.

A record can be damaged by a disk, a program or a person who edits it. What is checked here is what
lists and pages take of it; what only a worker needs is checked by `RunConfig`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from finine_core.errors import FinineError, shown

if TYPE_CHECKING:
    from finine_core.runs.config import RunConfig

Kind = Callable[[object], bool]
GONE = frozenset({"record_steps"})  # options that only an earlier finine had


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return _is_whole(value) and value >= 0  # type: ignore[operator]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_label(value: object) -> bool:
    return bool(value) and (_is_text(value) or _is_texts(value))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _holds(**fields: Kind) -> Kind:
    """An object with at least these fields, each of its kind."""
    return lambda value: (
        isinstance(value, dict)
        and all(name in value and fits(value[name]) for name, fits in fields.items())
    )


_is_share = _holds(rows=_is_number, wrong=_is_number, low=_is_number, high=_is_number)
_is_quality = _holds(accuracy=_is_number, balanced_accuracy=_is_number)


def _is_shares(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_share, value))


_is_judged = _holds(
    total=_is_share,
    shares=_is_shares,
    told=_is_number,
    doubted=_is_count,
    held_out=_is_count,
    never_predicted=_is_texts,
)
_has_copies = _holds(copies=_is_count, copies_disagree=_is_count, copies_across=_is_count)


def _is_advice(value: object) -> bool:
    return _is_judged(value) and ("copies" not in value or _has_copies(value))  # type: ignore[operator]


_is_model_check = _holds(
    rows=_is_count,
    model=_is_quality,
    given=_is_quality,
    probe=_is_quality,
    training=_is_quality,
    never_predicted=_is_texts,
    rarest=_is_number,
)

_is_tried_model = _holds(model=_is_text, epochs=_is_count, trained=_is_count)


def _is_tried(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_tried_model, value))


WORDS: dict[Kind, str] = {
    _is_text: "a text",
    _is_whole: "a whole number",
    _is_count: "a number of things",
    _is_number: "a number",
    _is_object: "an object",
    _is_texts: "a list of texts",
    _is_advice: "what a run says of wrong labels",
    _is_model_check: "what a run says of its model",
    _is_tried: "a list of the models that were tried",
}
TEXT, WHOLE, COUNT, NUMBER, OBJECT, TEXTS, ADVICE, CHECK, TRIED = ((kind,) for kind in WORDS)
# Which fields must be there, and what each may be. Others are of a later finine, or nobody's.
NEEDED = {
    "": ("schema", "run_id", "created_at", "config", "fingerprint", "seed", "versions"),
    "config": ("data", "label", "targets"),
    "fingerprint": ("sha256",),
    "resolved": ("targets",),
    "dataset": ("rows", "train_rows", "classes", "roles"),
    "results": ("estimator",),
}
FIELDS: dict[str, dict[str, tuple[Kind, ...]]] = {
    "": {
        "schema": WHOLE,
        "run_id": TEXT,
        "created_at": TEXT,
        "seed": WHOLE,
        "config": OBJECT,
        "fingerprint": OBJECT,
        "versions": OBJECT,
        "name": TEXT,
        "tried": TRIED,
    },
    "config": {
        "data": TEXT,
        "label": TEXT + TEXTS,
        "targets": TEXTS,
        "text": TEXTS,
        "features": TEXTS,
        "ignore": TEXTS,
        "task": TEXT,
        "loss": TEXT,
        "model": TEXT,
        "validation": NUMBER + TEXT,
    },
    "fingerprint": {"sha256": TEXT, "bytes": COUNT},
    "resolved": {
        "targets": TEXTS,
        "model": TEXT,
        "optimizer": TEXT,
        "objective": TEXT,
        "epochs": COUNT,
        "batch_size": COUNT,
        "lr": NUMBER,
    },
    "dataset": {
        "rows": COUNT,
        "train_rows": COUNT,
        "validation_rows": COUNT,
        "classes": TEXTS,
        "answers": TEXTS,
        "task": TEXT,
        "roles": OBJECT,
        "notes": TEXTS,
    },
    "results": {
        "estimator": TEXT,
        "untested": OBJECT,
        "seconds_total": NUMBER,
        "seconds_expected": NUMBER,
        "advice": ADVICE,
        "check": CHECK,
    },
}
# A part, or a field, that may be null: it was not yet known, or there is none.
NULLABLE = {
    "resolved",
    "dataset",
    "results",
    "seconds_total",
    "seconds_expected",
    "advice",
    "check",
    "tried",
    "task",
    "lr",
    "epochs",
    "loss",
}
MEASURED = ("train_", "validation_")  # measures of how good the model is; numbers, or null


def check_record(record: object) -> dict[str, Any]:
    """The record itself, when its values have the kinds that a run writes.

    Raises:
        FinineError: the first value that has not, and what it should be.

    Examples:
        >>> check_record({"schema": "2"})
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: 'schema' is '2', not a whole number.
    """
    if not isinstance(record, dict):
        raise FinineError(f"It is {shown(record)}, not an object.")
    _check(record, "")
    for part in NEEDED:
        found = record.get(part)
        if not part or (found is None and part in NULLABLE):
            continue
        if not isinstance(found, dict):
            raise FinineError(f"'{part}' is {shown(found)}, not an object.")
        _check(found, part)
    dataset = record.get("dataset")
    if dataset and not _is_label(dataset["roles"].get("label")):
        raise FinineError("'dataset.roles' names no label.")
    return record


def require_results(record: dict[str, Any]) -> dict[str, Any]:
    """The record of a run that is done, which says of every part what came of it.

    Raises:
        FinineError: a part is missing, or no target was recorded.
    """
    for part in ("resolved", "dataset", "results"):
        if not record.get(part):
            raise FinineError(
                f"The record of run {record['run_id']} has results, but '{part}' is missing.",
                "Put its run.json back from a copy; else start a new run.",
            )
    if not record["resolved"]["targets"]:
        raise FinineError(f"The record of run {record['run_id']} names no target.")
    return record


def _check(found: Mapping[str, Any], part: str) -> None:
    where = f"{part}." if part else ""
    fields = dict(FIELDS[part])
    if part == "results":
        fields |= {name: NUMBER for name in found if name.startswith(MEASURED)}
    for name, kinds in fields.items():
        value = found.get(name)
        nothing = value is None and (name in NULLABLE or name.startswith(MEASURED))
        if name not in found or nothing or any(fits(value) for fits in kinds):
            continue
        wanted = " or ".join(WORDS[kind] for kind in kinds)
        raise FinineError(f"'{where}{name}' is {shown(value)}, not {wanted}.")
    for name in NEEDED[part]:
        if name not in found:
            raise FinineError(f"'{where}{name}' is missing.")


def config_of(record: Mapping[str, Any]) -> RunConfig:
    """What the run was told; what only an earlier finine was told is left out.

    Examples:
        >>> config_of({"config": {"data": "rows.csv", "label": "y", "record_steps": 32}}).label
        'y'
    """
    from finine_core.runs.config import RunConfig

    told = {name: value for name, value in record["config"].items() if name not in GONE}
    return RunConfig.model_validate(told)
