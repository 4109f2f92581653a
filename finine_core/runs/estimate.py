"""How long will a run take, and what exactly will it do? Told before anything is started.

The time is first worked out from what is to be done: `seconds = start + encoding + steps × a step
+ recorded epochs × (windows × a window + steps × more a step + rows × a row) + scoring`, with the
cost of each measured once. Each finished run keeps that figure beside the time it really took, so
that the next estimate is corrected by the earlier runs of the same home; the range is how far those
were off.
"""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.types as kinds

from finine_core.dataset import Dataset
from finine_core.influence.signal_plan import WINDOW_STEPS, recorded_epochs
from finine_core.runs.config import Resolved, RunConfig
from finine_core.runs.options import IMAGE_ENCODER, TEXT_ENCODER
from finine_core.runs.results.listing import run_lines
from finine_core.runs.state import State
from finine_core.runs.work.reading import checked_input

# Seconds on one core of an ordinary server, measured on both samples and on 20,000 tweets. Only
# their proportions matter once there is an earlier run.
START = 5.0  # Python, torch and scikit-learn come up
TEXT_ROW = 1.0e-3  # TF-IDF and its decomposition, a row and text column
EMBEDDED_TEXT = 2e-2  # a text of twenty words through MiniLM, where it is not stored yet
EMBEDDED_IMAGE = 4e-2  # an image through EfficientNet-Lite0, where it is not stored yet
# An optimiser step with its bookkeeping.
STEP = {"logistic": 0.5e-3, "mlp": 1.1e-3, "bag": 3e-3, "cnn": 8e-3}
OTHER_STEP = 2e-3  # of a model that is not listed
VECTOR_MODELS = ("logistic", "mlp")  # which see a row as one vector
# What recording adds to it, and to each of its rows: of vectors with text's width, and of others.
RECORDED_STEP, RECORDED_ROW, OTHER_RECORDED_ROW = 0.1e-3, 8e-6, 1e-4
# What a window takes beside, and about how many rows are looked at there that are not its own.
RECORDED_WINDOW, WINDOW_ROWS = 0.01, 500
EXTRA_TARGET = 0.1  # of recording, for each target beyond the first two
TRIED_SHARE = 0.7  # of the most epochs, that each candidate is trained until it gets no better
SCORED_ROW = 2e-4  # intervals and clusters, a row and target
JUDGED, JUDGED_ROW = 0.6, 4e-4  # the labels of classes by a probe, and a row of them
TEXT_WIDTH = 256  # numbers that text is encoded as
IMAGE_WIDTH = 1280  # numbers that an image's vector has
CATEGORY_WIDTH = 8  # numbers that a column of categories comes to, about

# The range: without an earlier run this machine may be half or twice as fast as the one measured;
# with some it is as wide as they were off, and never narrower than other programs make it.
UNKNOWN_RANGE = 2.2
NARROWEST_RANGE = 1.4
BUSY = 0.5  # other programs for each core, from where on they are felt
COMPARED_RUNS, LATEST_RUNS = 5, 30  # the most alike of the latest runs correct the estimate


@dataclass(frozen=True)
class Estimate:
    """Seconds a run will take from its turn to its end: most likely, and from where to where.

    `runs` counts the earlier runs of this home that it rests on.
    """

    seconds: float
    low: float
    high: float
    runs: int

    @property
    def words(self) -> str:
        """As a person says it.

        Examples:
            >>> Estimate(30, 18, 47, 0).words, Estimate(200, 100, 330, 2).words
            ('about 15–50 s', 'about 1.5–5.5 min')
            >>> Estimate(60, 15.5, 170, 2).words
            'about 15 s to 3 min'
        """
        unit, size = (
            ("s", 1) if self.high < 100 else ("min", 60) if self.high < 6000 else ("h", 3600)
        )
        low, high = self.low / size, self.high / size
        fine = 1 if unit == "s" else 0.5
        low, high = (
            turned(value / step) * step
            for value, turned in ((low, math.floor), (high, math.ceil))
            for step in (fine if value < 10 else fine * 5,)
        )
        if unit == "min" and not low:
            return f"about {max(math.floor(self.low), 1)} s to {high:g} min"
        return f"about {low:g}–{high:g} {unit}" if low else f"up to {high:g} {unit}"

    @property
    def basis(self) -> str:
        """What it rests on."""
        if not self.runs:
            return "no run has been finished in this home yet: it may be far off"
        times = "an earlier run" if self.runs == 1 else f"{self.runs} earlier runs"
        return f"from {times} in this home"


@dataclass(frozen=True)
class Plan:
    """What a run would do, every `auto` decided."""

    config: RunConfig
    resolved: Resolved
    rows: int
    train_rows: int
    validation_rows: int
    classes: tuple[str, ...]
    estimate: Estimate
    held_out: Mapping[str, int | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def folds_words(self) -> str:
        """What folds do, and their price; empty without them."""
        return folds_words(self.config.folds)


def folds_words(folds: int) -> str:
    """What folds do, and their price; empty for a run that trains once.

    Examples:
        >>> folds_words(3)
        'The model is trained 3 times, each time without another third of the rows: every row gets \
an influence; takes about 3 × as long.'
    """
    if folds == 1:
        return ""
    part = {2: "half", 3: "third", 4: "quarter", 5: "fifth"}.get(folds, f"{folds}th")
    return (
        f"The model is trained {folds} times, each time without another {part} of the rows:"
        f" every row gets an influence; takes about {folds} × as long."
    )


def plan_run(home: Path, config: RunConfig) -> Plan:
    """Read and check the input as a run would, and start nothing.

    Raises:
        FinineError: the run would be refused, and why.
    """
    dataset, resolved = checked_input(config)
    return Plan(
        config=config,
        resolved=resolved,
        rows=len(dataset.table),
        train_rows=len(dataset.train),
        validation_rows=len(dataset.validation),
        classes=dataset.classes,
        estimate=estimate_run(home, config, resolved, dataset),
        held_out=dataset.held_out,
        notes=dataset.notes,
    )


def estimate_run(home: Path, config: RunConfig, resolved: Resolved, dataset: Dataset) -> Estimate:
    """How long a run with these settings on this dataset will take; reads nothing of the data."""
    expected = expected_seconds(config, resolved, dataset)
    lines = run_lines(home)
    known = [
        (one.expected_seconds, one.seconds)
        for one in lines
        if one.expected_seconds is not None and one.seconds is not None
    ]
    going_on = sum(one.state is State.RUNNING for one in lines)
    return corrected(expected, known[:LATEST_RUNS], busy=_busy(going_on))


def _busy(going_on: int) -> float:
    """Programs that want a core now, for each core there is; this home's runs give theirs up."""
    return max(0.0, os.getloadavg()[0] - going_on) / (os.cpu_count() or 1)


def corrected(
    expected: float, known: Sequence[tuple[float, float]], *, busy: float = 0
) -> Estimate:
    """An expected time, corrected by what others took: the most alike of them count.

    Args:
        known: (expected, taken) seconds of earlier runs.
        busy: other programs at work for each core; a run has to share with them, if they stay.

    Examples:
        >>> corrected(10, [(10, 20), (12, 24)])
        Estimate(seconds=20.0, low=14.285714285714286, high=28.0, runs=2)
    """
    alike = sorted(known, key=lambda one: abs(math.log(one[0] / expected)))[:COMPARED_RUNS]
    if not alike:
        slowest = expected * UNKNOWN_RANGE * (1 + busy)
        return Estimate(expected, expected / UNKNOWN_RANGE, slowest, 0)
    ratios = [taken / foreseen for foreseen, taken in alike]
    seconds = expected * statistics.median(ratios)
    # One that is much shorter or longer says less: other parts of the work made up its time.
    apart = abs(math.log(alike[0][0] / expected))
    wide = min(NARROWEST_RANGE * math.exp(apart / 4), UNKNOWN_RANGE)
    low = min(seconds / wide, expected * min(ratios))
    high = max(seconds * wide, expected * max(ratios))
    if busy >= BUSY:  # who shares now may leave; and the earlier runs may have had less to share
        low, high = min(low, expected), max(high, expected * (1 + busy))
    return Estimate(seconds, low, high, len(alike))


def expected_seconds(config: RunConfig, resolved: Resolved, dataset: Dataset) -> float:
    """The time by the measured costs alone, before the earlier runs have their say."""
    rows = len(dataset.train)
    steps = resolved.epochs * resolved.settings().steps_per_epoch(rows)
    every = config.record_epochs == "all"
    recorded = resolved.epochs if every else len(recorded_epochs(resolved.epochs, steps))
    targets = len(resolved.targets)
    vectors = config.image_encoder != IMAGE_ENCODER
    recording = _recorded_epoch(config, resolved, dataset) * recorded
    recording *= 1 + EXTRA_TARGET * max(targets - 2, 0)
    training = steps * STEP.get(resolved.model, OTHER_STEP) + recording
    here = rows + len(dataset.validation)
    texts = here * len(dataset.roles.text)
    terms = config.text_encoder == TEXT_ENCODER
    if terms:  # fitted anew in each training
        training += TEXT_ROW * texts
    tried = resolved.candidates if resolved.undecided else ()
    choosing = TRIED_SHARE * steps * sum(STEP.get(one, OTHER_STEP) for one in tried)
    return (
        START
        + (0 if terms else EMBEDDED_TEXT * texts)
        + (EMBEDDED_IMAGE * here if vectors else 0)
        + choosing
        + training * trainings(config)
        + SCORED_ROW * rows * targets * config.folds
        + (JUDGED + JUDGED_ROW * len(dataset.table) if dataset.task == "classification" else 0)
    )


def _recorded_epoch(config: RunConfig, resolved: Resolved, dataset: Dataset) -> float:
    """What recording adds to an epoch."""
    rows = len(dataset.train)
    steps = resolved.settings().steps_per_epoch(rows)
    row = OTHER_RECORDED_ROW
    if resolved.model in VECTOR_MODELS:
        row = RECORDED_ROW * (0.5 + 0.5 * _width(dataset, config) / TEXT_WIDTH)
    windows = math.ceil(steps / WINDOW_STEPS)
    return windows * (RECORDED_WINDOW + WINDOW_ROWS * row) + steps * RECORDED_STEP + rows * row


def trainings(config: RunConfig) -> int:
    """How many recorded trainings a run is."""
    return 2 if config.auxiliary else config.folds


def _width(dataset: Dataset, config: RunConfig) -> int:
    """About how many numbers a row is encoded as."""
    schema = dataset.table.schema
    numbers = sum(
        1 if kinds.is_floating(kind) or kinds.is_integer(kind) else CATEGORY_WIDTH
        for kind in (schema.field(name).type for name in dataset.roles.features)
    )
    vectors = config.image_encoder != IMAGE_ENCODER
    return (
        numbers
        + (TEXT_WIDTH if dataset.roles.text else 0)
        + (IMAGE_WIDTH if vectors and dataset.roles.image is not None else 0)
    )
