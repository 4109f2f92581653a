"""The record of a verification: what was measured, μ, its trade-off curve, paired changes.

`summarise` makes it from the finished trainings; the same trainings give the same record, to the
last bit. It is stored as result.json beside them, and `read_verification` gives it back, checked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from finine_core.dataset.tasks import CLASSIFICATION
from finine_core.errors import FinineError
from finine_core.measures import ACCURACY, MEASURES, Measure
from finine_core.tradeoff import dkw_band, empirical_curve
from finine_core.verification.believed import BELIEVED, RECALL
from finine_core.verification.plan import Arm, Plan
from finine_core.verification.statistics import (
    mu_interval,
    paired_change,
    standardised_difference,
)
from finine_core.verification.store import MARKED_LOSS, VALIDATION_LOSS, Training

VERIFICATION_FORMAT = "finine-verification"
SCHEMA_VERSION = 3  # 1 knew no corrected labels, 2 no measure but accuracy
BAND_LEVEL, BAND_POINTS = 0.95, 41
# after − before, for each of the measures
COMPARISONS = ((Arm.WITHOUT, Arm.WITH), (Arm.RANDOM, Arm.WITH), (Arm.WITHOUT, Arm.RANDOM))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Influence(_Strict):
    """How far an arm's losses lie from those of training with all rows.

    Attributes:
        arm: `without` or `random`.
        mu: > 0: leaving the rows out raises the loss of the target; None when the losses differ
            but not between seeds, so that there is no deviation to measure by.
        mu_low, mu_high: a 95 % interval; None with too few repeats for one.
        alpha, beta: corners of the empirical trade-off curve.
        band_alpha, beta_low, beta_high: a 95 % band around it that holds at every α at once,
            whatever the distributions (DKW); wide with few repeats.
    """

    arm: Arm
    mu: float | None
    mu_low: float | None
    mu_high: float | None
    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    band_alpha: tuple[float, ...] = ()
    beta_low: tuple[float, ...] = ()
    beta_high: tuple[float, ...] = ()


class Change(_Strict):
    """The mean of `after` − `before` over repeats, and its 95 % t-interval."""

    measure: str
    after: Arm
    before: Arm
    mean: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low > 0 or self.high < 0


class Verification(_Strict):
    """What the marks of a run do (rows removed, labels corrected), by retraining.

    Attributes:
        key: the name of its folder.
        removed_by_label: marked rows of each class; the random rows have the same counts.
        corrected_labels: rows that get another label, as many random ones of their class do too.
        random_overlap: share of the random rows that are marked or corrected as well.
        chosen_with_validation: the run had the target validation, so the marks may have been
            chosen with the rows that judge them here.
        task: what the run learned; where it is a number, `removed_by_label` counts bands of it.
        statistic: the loss that μ is about: of the validation rows, without any of the marked.
        arms: each measured value, by arm and measure, in the order of the repeats. Measures are
            `validation_loss`, `marked_loss`, and those of the objective (`validation_accuracy`).
    """

    kind: str = Field(default=VERIFICATION_FORMAT, pattern=f"^{VERIFICATION_FORMAT}$")
    schema_version: int = SCHEMA_VERSION
    run_id: str
    key: str
    seed: int
    repeats: int = Field(ge=2)
    training_rows: int
    validation_rows: int
    removed_rows: int
    removed_by_label: dict[str, int]
    corrected_labels: int = 0
    random_overlap: float
    chosen_with_validation: bool
    settings: dict[str, JsonValue]
    task: str = CLASSIFICATION.name
    statistic: str
    arms: dict[Arm, dict[str, tuple[float, ...]]]
    influence: tuple[Influence, ...]
    changes: tuple[Change, ...]

    def influence_of(self, arm: Arm) -> Influence:
        """The influence of what `arm` leaves out."""
        return next(one for one in self.influence if one.arm is arm)

    @property
    def qualities(self) -> tuple[Measure, ...]:
        """How good the model is on the validation rows: what the verdict is about comes first."""
        had = self.arms[Arm.WITH]
        return tuple(one for one in MEASURES.values() if validation_of(one) in had)

    def gain(self, after: Arm, before: Arm = Arm.WITH) -> Change:
        """The paired change of the first quality, its sign turned so that > 0 is better.

        Raises:
            FinineError: as `change`.
        """
        measure = self.qualities[0] if self.qualities else ACCURACY
        one = self.change(validation_of(measure), after, before)
        if measure.higher_is_better:
            return one
        return one.model_copy(update={"mean": -one.mean, "low": -one.high, "high": -one.low})

    def change(self, measure: str, after: Arm, before: Arm = Arm.WITH) -> Change:
        """The paired change of a measure.

        Raises:
            FinineError: the run has no validation rows to measure it on, or nobody compares so.
        """
        for one in self.changes:
            if (one.measure, one.after, one.before) == (measure, after, before):
                return one
        raise FinineError(f"Run {self.run_id} has no {measure} to compare {after} with {before}.")


def summarise(
    plan: Plan, trainings: Mapping[tuple[int, Arm], Training], repeats: int, *, targets: list[str]
) -> Verification:
    """The record of the first `repeats` repeats; all their trainings must be there."""
    numbers = range(1, repeats + 1)
    values = trainings[1, Arm.WITH].values
    measures = [MARKED_LOSS]
    if plan.validation_rows:
        had = [validation_of(one) for one in MEASURES.values()]
        had = [name for name in had if name in values]
        told = set.intersection(*(set(one.values) for one in trainings.values()))
        by_class = [name for name in values if name.startswith(BELIEVED)]
        found = [name for name in (*had, *by_class) if name in told]
        measures = [VALIDATION_LOSS, *found, MARKED_LOSS]
    arms = {
        arm: {
            measure: tuple(_value(trainings[repeat, arm], measure) for repeat in numbers)
            for measure in measures
        }
        for arm in Arm
    }
    statistic = measures[0]
    losses = {arm: np.asarray(values[statistic]) for arm, values in arms.items()}
    return Verification(
        run_id=plan.run_id,
        key=plan.key,
        seed=plan.seed,
        repeats=repeats,
        training_rows=len(plan.labels),
        validation_rows=plan.validation_rows,
        removed_rows=len(plan.marked),
        removed_by_label=plan.removed_by_label(),
        corrected_labels=len(plan.corrected),
        random_overlap=plan.random_overlap(repeats),
        chosen_with_validation="validation" in targets,
        settings=plan.content["settings"],
        task=plan.task,
        statistic=statistic,
        arms=arms,
        influence=tuple(
            _influence(arm, losses[Arm.WITH], losses[arm], plan.seed)
            for arm in (Arm.WITHOUT, Arm.RANDOM)
        ),
        changes=tuple(
            _change(measure, after, before, arms, plan.validation_rows)
            for measure in measures
            for after, before in COMPARISONS
        ),
    )


def read_verification(path: Path) -> Verification:
    """Read and check a result.json.

    Raises:
        FinineError: it is missing, damaged, or written by a newer finine.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content.get("schema_version")
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise FinineError(
                f"{path} has schema {version}; this finine knows up to {SCHEMA_VERSION}.",
                "Upgrade finine.",
            )
        return Verification.model_validate(content)
    except (OSError, ValueError, AttributeError, ValidationError) as error:
        raise FinineError(
            f"{path} is no readable verification ({type(error).__name__}).",
            "Verify again: finished trainings are kept.",
        ) from error


def validation_of(measure: Measure) -> str:
    """The name under which a measure of the validation rows is kept.

    Examples:
        >>> validation_of(ACCURACY)
        'validation_accuracy'
    """
    return f"validation_{measure.name}"


def is_share(measure: str) -> bool:
    """Whether a measure of held-out rows is a share, told in percent.

    Examples:
        >>> is_share("validation_accuracy"), is_share("believed_auc"), is_share("marked_loss")
        (True, False, False)
    """
    name = measure.removeprefix(BELIEVED).removeprefix("validation_")
    return name.startswith(RECALL) or (name in MEASURES and MEASURES[name].a_share)


def _value(training: Training, measure: str) -> float:
    value = training.values[measure]
    if value is None:
        raise FinineError(f"A training told no {measure}.", "Verify again.")
    return float(value)


def _influence(
    arm: Arm, with_rows: NDArray[np.float64], without_rows: NDArray[np.float64], seed: int
) -> Influence:
    mu = float(standardised_difference(with_rows, without_rows))
    interval = mu_interval(with_rows, without_rows, seed)
    curve = empirical_curve(with_rows, without_rows)
    band = dkw_band(with_rows, without_rows, level=BAND_LEVEL, points=BAND_POINTS)
    return Influence(
        arm=arm,
        mu=mu if np.isfinite(mu) else None,
        mu_low=interval[0] if interval else None,
        mu_high=interval[1] if interval else None,
        alpha=tuple(curve.alpha.tolist()),
        beta=tuple(curve.beta.tolist()),
        band_alpha=tuple(band.alpha.tolist()),
        beta_low=tuple(band.low.tolist()),
        beta_high=tuple(band.high.tolist()),
    )


def _change(
    measure: str,
    after: Arm,
    before: Arm,
    arms: Mapping[Arm, Mapping[str, tuple[float, ...]]],
    validation_rows: int,
) -> Change:
    step = 1 / validation_rows if is_share(measure) else 0.0
    mean, low, high = paired_change(arms[before][measure], arms[after][measure], step)
    return Change(measure=measure, after=after, before=before, mean=mean, low=low, high=high)
