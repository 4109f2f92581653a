"""A verification in plain sentences: what removing the rows did, and what that does not show."""

from __future__ import annotations

from finine_core.verification.plan import Arm
from finine_core.verification.result import Change, Influence, Measure, Verification

MOST_DIGITS = 8  # of an end of an interval that is near 0
NOTED_OVERLAP = 0.2  # from here on random rows are so often marked ones that it must be said


def sentences(found: Verification) -> list[str]:
    """The conclusion first, what it does not show last; one sentence or two each."""
    said = _about_accuracy(found) if found.validation_rows else []
    said += _about_loss(found)
    said.append(_about_mu(found))
    if found.random_overlap >= NOTED_OVERLAP:
        said.append(
            f"The random rows share {found.random_overlap:.0%} with the marked ones on average,"
            " because so much of a class is marked; their effects are alike as far as that goes."
        )
    said.append(_what_it_does_not_show(found))
    return said


def headline(found: Verification) -> str:
    """The verdict in a line, and what to do; never more than the intervals show."""
    if not found.validation_rows:
        return "Whether the model gets better cannot be told without validation rows."
    change = found.change(Measure.VALIDATION_ACCURACY, Arm.WITHOUT)
    beyond = found.change(Measure.VALIDATION_ACCURACY, Arm.WITHOUT, Arm.RANDOM)
    loss = found.change(found.statistic, Arm.WITHOUT)
    loss_beyond = found.change(found.statistic, Arm.WITHOUT, Arm.RANDOM)
    if change.low > 0 and beyond.low > 0:
        worse = " But the validation loss rose." if loss.low > 0 else ""
        return f"Accuracy rose, more than without random rows.{worse}"
    if change.high < 0:
        return "Accuracy fell: look at the marks again before you export."
    if loss.low > 0 and loss_beyond.low > 0:
        return (
            "The validation loss rose, more than without random rows, and accuracy is not shown to"
            " have changed: look at the marks again, and at the labels of the held-out rows."
        )
    if loss.high < 0 and loss_beyond.high < 0:
        return (
            "The validation loss fell, more than without random rows; accuracy is not shown to"
            " have changed."
        )
    if change.low > 0:
        return "The model got better, but not shown to be better than without random rows."
    return "No clear gain and no clear harm. More retrainings make it surer; so may more marks."


def _about_accuracy(found: Verification) -> list[str]:
    marked = found.change(Measure.VALIDATION_ACCURACY, Arm.WITHOUT)
    random = found.change(Measure.VALIDATION_ACCURACY, Arm.RANDOM)
    rows, trainings = _rows(found), f"{found.repeats} retrainings each"
    if marked.shown:
        verb = "raised" if marked.mean > 0 else "lowered"
        size, interval = _size(marked)
        conclusion = f"Removing {rows} {verb} validation accuracy by {size} points"
    else:
        interval = _interval(marked, points=True)
        conclusion = (
            f"No effect of removing {rows} on validation accuracy could be shown:"
            f" {_mean(marked, points=True)} points"
        )
    return [
        f"{conclusion} (95 % interval {interval}, {trainings}); removing {_random_rows(found)}:"
        f" {_mean(random, points=True)} ({_interval(random, points=True)}).",
        _against_random(found.change(Measure.VALIDATION_ACCURACY, Arm.WITHOUT, Arm.RANDOM)),
    ]


def _against_random(change: Change) -> str:
    if not change.shown:
        return (
            "This is not shown to differ from removing random rows: by"
            f" {_mean(change, points=True)} points ({_interval(change, points=True)})."
        )
    better = "better" if change.mean > 0 else "worse"
    size, interval = _size(change)
    return f"That is {size} points {better} than removing random rows ({interval})."


def _size(change: Change) -> tuple[str, str]:
    """A change that was shown, and its interval, in points and without its sign."""
    low, high = sorted((abs(change.low), abs(change.high)))
    interval = f"{_edge(low, points=True)} to {_edge(high, points=True)}"
    return _number(abs(change.mean), points=True), interval


def _about_loss(found: Verification) -> list[str]:
    marked = found.change(found.statistic, Arm.WITHOUT)
    random = found.change(found.statistic, Arm.RANDOM)
    whose = "Validation loss" if found.validation_rows else "Mean loss of the marked rows"
    told = [
        f"{whose} (lower is better) changed by {_mean(marked)} ({_interval(marked)});"
        f" without random rows by {_mean(random)} ({_interval(random)})."
    ]
    if found.validation_rows:
        accuracy = found.change(Measure.VALIDATION_ACCURACY, Arm.WITHOUT)
        beyond_random = found.change(found.statistic, Arm.WITHOUT, Arm.RANDOM)
        if marked.low > 0 and beyond_random.low > 0 and accuracy.mean >= 0:
            told.append(
                "Loss rose although accuracy did not fall, and rose more than without random rows:"
                " a model that is surer of itself pays more for each validation row whose label it"
                " contradicts. Wrong labels among the validation rows can do that; look for them."
            )
        return told
    return [
        f"Run {found.run_id} has no validation rows: whether the model gets better without"
        f" {_rows(found)} cannot be told, only how much it depended on them.",
        *told,
    ]


def _about_mu(found: Verification) -> str:
    marked, random = found.influence_of(Arm.WITHOUT), found.influence_of(Arm.RANDOM)
    if marked.mu is None:
        return "μ cannot be told: the losses did not vary between seeds."
    target = "validation loss" if found.validation_rows else "loss of the marked rows"
    told = f"Influence by the definition: μ = {_mu(marked)} on the {target}"
    if marked.mu_low is not None and marked.mu_high is not None:
        if marked.mu_low > 0:
            told += ", so removing the rows raises it"
        elif marked.mu_high < 0:
            told += ", so removing the rows lowers it"
        else:
            told += ", which may be 0"
    return f"{told}; random rows: μ = {_mu(random)}."


def _what_it_does_not_show(found: Verification) -> str:
    told = (
        "What this does not show: the run's encoding and settings were kept (so fewer rows mean"
        " fewer steps, for the random rows too), and the intervals cover the luck of training"
    )
    if not found.validation_rows:
        return f"{told} only."
    told += (
        f", not which {found.validation_rows} rows of this data judge it, nor whether their labels"
        " are right"
    )
    if found.chosen_with_validation:
        told += (
            "; marks that were chosen with the target validation saw these same rows, which"
            " flatters them"
        )
    return f"{told}."


def _rows(found: Verification) -> str:
    return "this row" if found.removed_rows == 1 else f"these {found.removed_rows} rows"


def _random_rows(found: Verification) -> str:
    if found.removed_rows == 1:
        return "a random row of the same class"
    return f"{found.removed_rows} random rows of the same classes"


def _mu(influence: Influence) -> str:
    if influence.mu is None:
        return "unknown"
    text = _signed(influence.mu, 2)
    if influence.mu_low is None or influence.mu_high is None:
        return f"{text} (too few retrainings for an interval)"
    return f"{text} ({_signed(influence.mu_low, 2)} to {_signed(influence.mu_high, 2)})"


def _mean(change: Change, points: bool = False) -> str:
    return _number(change.mean, points)


def _interval(change: Change, points: bool = False) -> str:
    return f"{_edge(change.low, points)} to {_edge(change.high, points)}"


def _edge(value: float, points: bool = False) -> str:
    """An end of an interval: what is not 0 is not printed as 0, for the interval may hang on it."""
    value, digits = (100 * value, 1) if points else (value, 4)
    while value and round(value, digits) == 0 and digits < MOST_DIGITS:
        digits += 1
    return _signed(value, digits)


def _number(value: float, points: bool = False) -> str:
    return _signed(100 * value, 1) if points else _signed(value, 4)


def _signed(value: float, digits: int) -> str:
    """A number with a true minus sign, and no minus before 0.

    Examples:
        >>> _signed(-1.26, 1), _signed(-0.01, 1)
        ('−1.3', '0.0')
    """
    rounded = round(value, digits) + 0.0  # -0.0 + 0.0 is 0.0
    return f"{rounded:.{digits}f}".replace("-", "−")
