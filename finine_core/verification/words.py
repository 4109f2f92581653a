"""A verification in plain sentences: what the marks did, and what that does not show."""

from __future__ import annotations

from math import floor, log10

from finine_core.dataset.tasks import MULTI_LABEL, REGRESSION
from finine_core.measures import Measure
from finine_core.verification.plan import Arm
from finine_core.verification.result import Change, Influence, Verification, validation_of
from finine_core.verification.verdict import has_verdict, verdict_words

SHARE_DIGITS, LOSS_DIGITS = 1, 4  # behind the point: of percentage points, of a loss
TOLD_DIGITS = 2  # of the larger end of an interval of numbers, such as 1.3 or 0.013
MOST_DIGITS = 8  # of an end of an interval that is near 0
WHOLES = {REGRESSION.name: "a range of values", MULTI_LABEL.name: "a set of labels"}
NOTED_OVERLAP = 0.2  # from here on random rows are so often marked ones that it must be said


def sentences(found: Verification) -> list[str]:
    """The conclusion first, what it does not show last; one sentence or two each."""
    said = _about_quality(found) if found.validation_rows else []
    said += _about_loss(found)
    said.append(_about_mu(found))
    if found.random_overlap >= NOTED_OVERLAP:
        whole = WHOLES.get(found.task, "a class")
        said.append(
            f"The random rows share {found.random_overlap:.0%} with the marked ones on average,"
            f" because so much of {whole} is marked; their effects are alike as far as that goes."
        )
    said.append(_what_it_does_not_show(found))
    return said


def headline(found: Verification) -> str:
    """The verdict in a line, and what to do; never more than the intervals show."""
    if not found.validation_rows:
        return "Whether the model gets better cannot be told without validation rows."
    if has_verdict(found):
        return verdict_words(found, list(found.removed_by_label))
    gain = found.gain(Arm.WITHOUT)
    beyond = found.gain(Arm.WITHOUT, Arm.RANDOM)
    loss = found.change(found.statistic, Arm.WITHOUT)
    loss_beyond = found.change(found.statistic, Arm.WITHOUT, Arm.RANDOM)
    than, measure = _than_random(found), found.qualities[0]
    name = _begun(measure.words)
    rose, fell = ("rose", "fell") if measure.higher_is_better else ("fell", "rose")
    if gain.low > 0 and beyond.low > 0:
        worse = " But the validation loss rose." if loss.low > 0 else ""
        return f"{name} {rose}, more than {than}.{worse}"
    if gain.high < 0:
        return f"{name} {fell}: look at the marks again before you export."
    if loss.low > 0 and loss_beyond.low > 0:
        return (
            f"The validation loss rose, more than {than}, and {measure.words} is not shown to"
            " have changed: look at the marks again, and at the labels of the held-out rows."
        )
    if loss.high < 0 and loss_beyond.high < 0:
        return (
            f"The validation loss fell, more than {than}; {measure.words} is not shown to have"
            " changed."
        )
    if gain.low > 0:
        return f"The model got better, but not shown to be better than {than}."
    return "No clear gain and no clear harm. More retrainings make it surer; so may more marks."


def _about_quality(found: Verification) -> list[str]:
    measure, *others = found.qualities
    marked = found.change(validation_of(measure), Arm.WITHOUT)
    random = found.change(validation_of(measure), Arm.RANDOM)
    deed, trainings = _deed(found), f"{found.repeats} retrainings each"
    points = " points" if measure.a_share else ""
    if marked.shown:
        verb = "raised" if marked.mean > 0 else "lowered"
        size, interval = _size(marked, measure)
        conclusion = f"{_begun(deed)} {verb} validation {measure.words} by {size}{points}"
    else:
        interval = _interval(marked, measure)
        conclusion = (
            f"No effect of {deed} on validation {measure.words} could be shown:"
            f" {_mean(marked, measure)}{points}"
        )
    said = [
        f"{conclusion} (95 % interval {interval}, {trainings}); {_random_deed(found)}:"
        f" {_mean(random, measure)} ({_interval(random, measure)}).",
        _against_random(
            found,
            "the same with random rows" if found.corrected_labels else "removing random rows",
        ),
    ]
    for other in others:
        marked = found.change(validation_of(other), Arm.WITHOUT)
        random = found.change(validation_of(other), Arm.RANDOM)
        said.append(
            f"Validation {other.words} ({_direction(other)}) changed by {_mean(marked, other)}"
            f" ({_interval(marked, other)}); {_than_random(found)} by {_mean(random, other)}"
            f" ({_interval(random, other)})."
        )
    return said


def _direction(measure: Measure) -> str:
    return f"{'higher' if measure.higher_is_better else 'lower'} is better"


def _against_random(found: Verification, random: str) -> str:
    measure = found.qualities[0]
    change = found.change(validation_of(measure), Arm.WITHOUT, Arm.RANDOM)
    points = " points" if measure.a_share else ""
    if not change.shown:
        return (
            f"This is not shown to differ from {random}: by"
            f" {_mean(change, measure)}{points} ({_interval(change, measure)})."
        )
    better = "better" if found.gain(Arm.WITHOUT, Arm.RANDOM).mean > 0 else "worse"
    size, interval = _size(change, measure)
    return f"That is {size}{points} {better} than {random} ({interval})."


def _size(change: Change, measure: Measure) -> tuple[str, str]:
    """A change that was shown, and its interval, without its sign."""
    low, high = sorted((abs(change.low), abs(change.high)))
    digits = _digits(change, measure)
    ends = (_edge(_unit(value, measure), digits) for value in (low, high))
    return _signed(_unit(abs(change.mean), measure), digits), " to ".join(ends)


def _about_loss(found: Verification) -> list[str]:
    marked = found.change(found.statistic, Arm.WITHOUT)
    random = found.change(found.statistic, Arm.RANDOM)
    whose = "Validation loss" if found.validation_rows else "Mean loss of the marked rows"
    told = [
        f"{whose} (lower is better) changed by {_mean(marked)} ({_interval(marked)});"
        f" {_than_random(found)} by {_mean(random)} ({_interval(random)})."
    ]
    if found.validation_rows:
        quality = found.gain(Arm.WITHOUT)
        beyond_random = found.change(found.statistic, Arm.WITHOUT, Arm.RANDOM)
        rose = marked.low > 0 and beyond_random.low > 0
        if rose and not has_verdict(found) and found.qualities[0].a_share and quality.mean >= 0:
            told.append(
                f"Loss rose although {found.qualities[0].words} did not fall, and rose more than"
                f" {_than_random(found)}: a model that is surer of itself pays more for each"
                " validation row whose label it contradicts. Wrong labels among the validation"
                " rows can do that; look for them."
            )
        return told
    return [
        f"Run {found.run_id} has no validation rows: whether the model gets better by"
        f" {_deed(found)} cannot be told, only how much it depended on these rows.",
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
            told += f", so {_deed(found)} raises it"
        elif marked.mu_high < 0:
            told += f", so {_deed(found)} lowers it"
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
    if has_verdict(found):
        told += (
            "; the verdict leaves out those that are doubted, by the same probe that makes rows"
            " suspicious, which flatters marks that follow suspicion"
        )
    if found.chosen_with_validation:
        told += (
            "; marks that were chosen with the target validation saw these same rows, which"
            " flatters them"
        )
    return f"{told}."


def _deed(found: Verification) -> str:
    """What the marks do, as a noun: removing these 12 rows and correcting 5 labels."""
    parts = []
    if found.removed_rows:
        rows = "this row" if found.removed_rows == 1 else f"these {found.removed_rows} rows"
        parts.append(f"removing {rows}")
    if found.corrected_labels:
        one = "this label" if not parts else "1 label"
        many = f"{'' if parts else 'these '}{found.corrected_labels} labels"
        parts.append(f"correcting {one if found.corrected_labels == 1 else many}")
    return " and ".join(parts)


def _begun(deed: str) -> str:
    return deed[0].upper() + deed[1:]


def _random_deed(found: Verification) -> str:
    """What the same marks do to random rows."""
    parts = []
    if found.removed_rows:
        one = found.removed_rows == 1
        like = _like(found, one)
        rows = "a random row" if one else f"{found.removed_rows} random rows"
        parts.append(f"removing {rows} {like}")
    if found.corrected_labels:
        one = found.corrected_labels == 1
        rows = "a random row" if one else f"{found.corrected_labels} random rows"
        parts.append(f"giving {rows} {_like(found, one)} these other labels")
    return " and ".join(parts)


def _like(found: Verification, one: bool) -> str:
    if found.task == REGRESSION.name:
        return "with a like value" if one else "with like values"
    if found.task == MULTI_LABEL.name:
        return "with the same labels"
    return "of the same class" if one else "of the same classes"


def _than_random(found: Verification) -> str:
    """Where rows are removed, without random ones; where labels change, with them changed alike."""
    return "with random rows treated alike" if found.corrected_labels else "without random rows"


def _mu(influence: Influence) -> str:
    if influence.mu is None:
        return "unknown"
    text = _signed(influence.mu, 2)
    if influence.mu_low is None or influence.mu_high is None:
        return f"{text} (too few retrainings for an interval)"
    return f"{text} ({_signed(influence.mu_low, 2)} to {_signed(influence.mu_high, 2)})"


def _unit(value: float, measure: Measure | None) -> float:
    """Shares are told in points."""
    return 100 * value if measure is not None and measure.a_share else value


def _digits(change: Change, measure: Measure | None) -> int:
    """Of a share one, of a loss four; of a number so many as tell its interval."""
    if measure is None:
        return LOSS_DIGITS
    if measure.a_share:
        return SHARE_DIGITS
    largest = max(abs(change.low), abs(change.high))
    if largest == 0:
        return 0
    return min(max(TOLD_DIGITS - 1 - floor(log10(largest)), 0), MOST_DIGITS)


def _mean(change: Change, measure: Measure | None = None) -> str:
    return _signed(_unit(change.mean, measure), _digits(change, measure))


def _interval(change: Change, measure: Measure | None = None) -> str:
    digits = _digits(change, measure)
    ends = (_edge(_unit(value, measure), digits) for value in (change.low, change.high))
    return " to ".join(ends)


def _edge(value: float, digits: int) -> str:
    """An end of an interval: what is not 0 is not printed as 0, for the interval may hang on it."""
    while value and round(value, digits) == 0 and digits < MOST_DIGITS:
        digits += 1
    return _signed(value, digits)


def _signed(value: float, digits: int) -> str:
    """A number with a true minus sign, and no minus before 0.

    Examples:
        >>> _signed(-1.26, 1), _signed(-0.01, 1)
        ('−1.3', '0.0')
    """
    rounded = round(value, digits) + 0.0  # -0.0 + 0.0 is 0.0
    return f"{rounded:.{digits}f}".replace("-", "−")
