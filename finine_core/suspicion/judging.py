"""From evidence to advice: one list of rows, most suspicious first, that says how good it is.

The mean of the signals' normal scores orders the rows. How often a row at some depth of the list is
wrong is learned from errors planted in a copy of the labels, which the probe alone judges; the
run's own signals only make the list better than that says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from finine_core.suspicion.calibration import Calibration, Share, calibrate
from finine_core.suspicion.evidence import Evidence
from finine_core.suspicion.planted import ENOUGH, MOST_ROUNDS, ROWS_IN_ALL, planted
from finine_core.suspicion.signals import SIGNALS
from finine_core.suspicion.thresholds import likelier_class

SUSPICIOUS = 50.0  # from here on a label is likelier wrong than right
FEW_CAUTION = 2.0  # standard errors that the chance is lowered by, where few could be planted
_PLANTED_STREAM = 11  # keeps planted errors apart from the other random numbers of a seed


@dataclass(frozen=True, eq=False)
class Judgement:
    """What a person is advised about n rows.

    Attributes:
        suspicion: the chance that the label is wrong, 0 … 100, shape (n,).
        order: places of the rows, most suspicious first.
        signals: name → values of the rows, large where the label looks wrong.
        suggested: the class that a row should have instead, −1 where none is suggested.
        hit_rate: the share of suggestions that were right on planted errors; None without any.
        never_predicted: classes that the probe predicts for no row: nothing is suggested away
            from them.
        total: how many labels are wrong in all.
        shares: how many of the first rows of the list are.
        told: the chance that a planted error scores above a right row with the same label; near
            one half the labels cannot be judged.
    """

    suspicion: NDArray[np.float64]
    order: NDArray[np.int64]
    signals: dict[str, NDArray[np.floating]]
    suggested: NDArray[np.int64]
    hit_rate: float | None
    never_predicted: tuple[int, ...]
    total: Share
    shares: tuple[Share, ...]
    told: float


@dataclass
class _Planted:
    """How errors that were planted are judged.

    Attributes:
        signals: names of those that can judge them.
        scores: of the errors, by round.
        right: of those for which another label is suggested, whether it is the one they had.
        told: the chance that one scores above a right row with the same label, by round.
    """

    signals: tuple[str, ...]
    scores: list[NDArray[np.float64]] = field(default_factory=list)
    right: list[NDArray[np.bool_]] = field(default_factory=list)
    told: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(map(len, self.scores))

    @property
    def surely_told(self) -> float:
        """The mean chance; of few errors less, since theirs is far from one half by luck too."""
        if not self.told:
            return 0.5
        found = float(np.mean(self.told))
        deviation = (found * (1 - found) / self.count) ** 0.5
        return found - FEW_CAUTION * deviation if self.count < ENOUGH else found


def judge(evidence: Evidence, seed: int, trusted: NDArray[np.bool_] | None = None) -> Judgement:
    """Judge every row.

    Args:
        trusted: rows whose label is taken as right, shape (n,); none when None.

    Examples:
        >>> from finine_core.suspicion.probe import Probe
        >>> random = np.random.default_rng(0)
        >>> codes = np.repeat([0, 1], 200)
        >>> inputs = random.normal(size=(400, 2)) + 5 * codes[:, None]
        >>> given = np.where(np.arange(400) % 20 == 0, 1 - codes, codes)
        >>> probe = Probe(inputs, given, 2, seed=0)
        >>> found = judge(Evidence(given, probe, probe.opinions(given)), seed=0)
        >>> sorted(found.order[:20].tolist()) == list(range(0, 400, 20))
        True
        >>> bool(found.total.low < 20 < found.total.high), int(found.suggested[20])
        (True, 0)
    """
    codes = evidence.codes
    asked = np.ones(len(codes), dtype=bool) if trusted is None else ~trusted
    values = {one.name: found for one in SIGNALS if (found := one.values(evidence)) is not None}
    score = _combined(values, values)
    errors = _plant(evidence, values, asked, seed)
    cheap = {name: values[name] for name in errors.signals}
    wrong = np.concatenate([np.empty(0), *errors.scores])
    told = errors.surely_told
    calibration = calibrate(_combined(cheap, cheap)[asked], wrong, seed, told)
    suspicion, order = _placed(score, asked, calibration)
    never = _never_predicted(evidence)
    likelier = likelier_class(evidence.opinions.cleaned, codes)
    suggest = (likelier != codes) & (suspicion >= SUSPICIOUS) & ~np.isin(codes, never)
    right = np.concatenate([np.empty(0), *errors.right])
    return Judgement(
        suspicion=suspicion,
        order=order,
        signals=values,
        suggested=np.where(suggest, likelier, -1),
        hit_rate=float(right.mean()) if len(right) else None,
        never_predicted=never,
        told=told,
        total=calibration.total,
        shares=calibration.shares,
    )


def _plant(
    evidence: Evidence, values: dict[str, NDArray[np.floating]], asked: NDArray[np.bool_], seed: int
) -> _Planted:
    """Plant errors in the labels of the asked rows, and have them judged."""
    random = np.random.default_rng([seed, _PLANTED_STREAM])
    found = _Planted(tuple(values))
    for _ in range(max(1, min(MOST_ROUNDS, ROWS_IN_ALL // len(evidence.codes)))):
        new = planted(evidence.codes, evidence.opinions.likelier, evidence.classes, random)
        new[~asked] = evidence.codes[~asked]
        changed = np.flatnonzero(new != evidence.codes)
        if not len(changed):
            break
        copy = evidence.relabelled(new)
        said = {one.name: got for one in SIGNALS if (got := one.values(copy)) is not None}
        found.signals = tuple(said)
        found.scores.append(_combined({name: values[name] for name in said}, said, changed))
        found.told.append(_told_apart(_combined(said, said), new, changed))
        likelier = likelier_class(copy.opinions.cleaned, new)[changed]
        suggests = likelier != new[changed]
        found.right.append((likelier == evidence.codes[changed])[suggests])
        if found.count >= ENOUGH:
            break
    return found


def _told_apart(
    score: NDArray[np.float64], codes: NDArray[np.int64], changed: NDArray[np.int64]
) -> float:
    """The AUC of planted errors against other rows with the same label, mean over errors."""
    from sklearn.metrics import roc_auc_score

    is_planted = np.zeros(len(codes), dtype=bool)
    is_planted[changed] = True
    areas, counts = [], []
    for code in np.unique(codes[changed]):
        here = codes == code
        if not is_planted[here].all():
            areas.append(float(roc_auc_score(is_planted[here], score[here])))
            counts.append(int(is_planted[here].sum()))
    return float(np.average(areas, weights=counts)) if areas else 0.5


def _combined(
    reference: dict[str, NDArray[np.floating]],
    values: dict[str, NDArray[np.floating]],
    places: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """The weighted mean of normal scores of the signals that say something of a row.

    Args:
        reference: whose distribution gives the normal scores.
        places: of which rows; all when None.
    """
    weight = {one.name: one.weight for one in SIGNALS}
    rows = len(next(iter(values.values()))) if places is None else len(places)
    total, weights = np.zeros(rows), np.zeros(rows)
    for name, every in values.items():
        said = every if places is None else every[places]
        known = ~np.isnan(said)
        if not known.any():  # μ that could not be told for a single row
            continue
        total[known] += weight[name] * _normal_scores(reference[name], said[known])
        weights[known] += weight[name]
    return total / np.maximum(weights, 1e-9)


def _normal_scores(
    reference: NDArray[np.floating], values: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Where values lie in the reference's distribution, as deviations of a normal one."""
    from scipy.special import ndtri

    known = np.sort(reference[~np.isnan(reference)])
    below = np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")
    edge = 0.5 / len(known)
    found: NDArray[np.float64] = ndtri(np.clip(below / 2 / len(known), edge, 1 - edge))
    return found


def _placed(
    score: NDArray[np.float64], asked: NDArray[np.bool_], calibration: Calibration
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The chances given out in the order of the scores; trusted rows come last, at 0."""
    order = np.lexsort((np.arange(len(score)), -np.where(asked, score, -np.inf)))
    suspicion = np.zeros(len(score))
    suspicion[order[: asked.sum()]] = 100 * calibration.chances
    return suspicion, order


def _never_predicted(evidence: Evidence) -> tuple[int, ...]:
    predicted = np.bincount(evidence.opinions.chances.argmax(axis=1), minlength=evidence.classes)
    return tuple(np.flatnonzero(predicted == 0).tolist())
