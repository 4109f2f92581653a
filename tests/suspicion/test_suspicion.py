"""Is the label wrong? The list finds planted and injected errors, and says how many it finds."""

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_classification
from sklearn.metrics import average_precision_score

from finine_core.runs.advice import NOT_TOLD
from finine_core.suspicion import Evidence, Probe, judge, trust_of
from finine_core.suspicion.alike import alike
from finine_core.suspicion.chances import margins
from finine_core.suspicion.features import components
from finine_core.suspicion.folds import folds_of
from finine_core.suspicion.planted import SHARE, planted
from finine_core.suspicion.ridge import FoldedRidge
from finine_core.suspicion.signals import SIGNALS


def flipped(codes, share, random, *, by_class=False):
    classes, wrong = codes.max() + 1, random.random(len(codes)) < share
    away = 1 if by_class else random.integers(1, classes, len(codes))
    return np.where(wrong, (codes + away) % classes, codes), wrong


def judged(x, given, classes, **more):
    probe = Probe(x, given, classes, seed=0)
    return judge(Evidence(given, probe, probe.opinions(given), **more), seed=0)


def precision(found, wrong):
    score = np.empty(len(wrong))
    score[found.order] = -np.arange(len(wrong))
    return average_precision_score(wrong, score)


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.mark.parametrize("by_class", [False, True], ids=["uniform", "class-dependent"])
def test_wrong_digits_come_first_and_their_number_is_said(digits, by_class):
    x, codes = digits
    given, wrong = flipped(codes, 0.2, np.random.default_rng(3), by_class=by_class)
    found = judged(x, given, 10)
    assert precision(found, wrong) > 0.9
    assert found.total.low <= wrong.sum() <= found.total.high
    for share in found.shares:
        assert share.low <= wrong[found.order[: share.rows]].sum() <= share.high
    suggested = found.suggested >= 0
    assert (found.suggested[suggested] == codes[suggested]).mean() > 0.9


def test_right_labels_are_hardly_suspicious(digits):
    x, codes = digits
    found = judged(x, codes, 10)
    assert (found.suspicion >= 50).mean() < 0.02
    assert found.total.wrong < 0.03 * len(codes)


def test_where_nothing_can_be_learned_no_label_is_called_wrong():
    random = np.random.default_rng(0)
    x, codes = random.normal(size=(3000, 8)), (random.random(3000) < 0.1).astype(np.int64)
    found = judged(x, codes, 2)
    assert found.told < 0.65, "planted errors are not told from right rows"
    assert not (found.suspicion >= 50).any()
    assert not (found.suggested >= 0).any()
    assert found.never_predicted == (1,), "nothing is suggested away from a class never predicted"
    assert found.total.low == 0


def test_of_few_rows_with_nothing_to_learn_it_is_not_said_how_many_are_wrong():
    for seed in (0, 4, 6):  # without caution "15 of 60", "18" and "15"
        random = np.random.default_rng(seed)
        x, codes = random.normal(size=(60, 3)), random.integers(0, 2, 60)
        found = judged(x, codes, 2)
        assert found.told < NOT_TOLD
        assert found.total.wrong < 5
    random = np.random.default_rng(0)
    y = np.arange(60) % 2
    given = np.where(random.random(60) < 0.1, 1 - y, y)
    found = judged(random.normal(size=(60, 3)) + 1.5 * y[:, None], given, 2)
    assert found.told > NOT_TOLD, "where there is something to learn, it is said"


def test_missed_rows_of_a_rare_class_are_found_before_hard_rows():
    x, codes = make_classification(
        6000, 12, n_informative=8, weights=[0.97], flip_y=0, class_sep=1.6, random_state=1
    )
    random = np.random.default_rng(2)
    wrong = (codes == 1) & (random.random(len(codes)) < 0.25)
    found = judged(x, np.where(wrong, 0, codes), 2)
    assert wrong[found.order[: wrong.sum()]].mean() > 0.5, "chance is below 0.01"


def test_of_two_copies_that_disagree_the_wrong_one_is_found(digits):
    x, codes = digits
    random = np.random.default_rng(0)
    copied = random.choice(len(codes), 150, replace=False)
    near = x[copied] + 0.01 * random.normal(size=(150, x.shape[1]))
    given = np.concatenate([codes, flipped(codes[copied], 1.0, random)[0]])
    wrong = np.arange(len(given)) >= len(codes)
    assert precision(judged(np.concatenate([x, near]), given, 10), wrong) > 0.9


def test_trusted_rows_are_taken_as_right(digits):
    x, codes = digits
    given, _ = flipped(codes, 0.2, np.random.default_rng(3))
    trusted = np.arange(len(codes)) % 5 == 0
    probe = Probe(x, given, 10, seed=0)
    found = judge(Evidence(given, probe, probe.opinions(given)), 0, trusted)
    assert (found.suspicion[trusted] == 0).all()
    assert not trusted[found.order[: (~trusted).sum()]].any(), "they come last"
    assert found.total.rows == (~trusted).sum()


def test_influence_that_could_not_be_told_of_any_row_says_nothing(digits):
    x, codes = digits[0][:200], digits[1][:200]
    probe = Probe(x, codes, 10, seed=0)
    opinions = probe.opinions(codes)
    unknown = judge(Evidence(codes, probe, opinions, influence=np.full(200, np.nan)), 0)
    without = judge(Evidence(codes, probe, opinions), 0)
    assert np.array_equal(unknown.suspicion, without.suspicion)
    assert np.array_equal(unknown.order, without.order)


def test_the_same_seed_gives_the_same_list(digits):
    x, codes = digits
    given, _ = flipped(codes, 0.1, np.random.default_rng(1))
    first, second = judged(x, given, 10), judged(x, given, 10)
    assert np.array_equal(first.order, second.order)
    assert np.array_equal(first.suspicion, second.suspicion)


def test_a_held_out_row_with_a_wrong_label_hardly_counts(digits):
    x, codes = digits
    given, wrong = flipped(codes, 0.2, np.random.default_rng(5))
    trust = trust_of(Probe(x, given, 10, seed=0).opinions(given), given)
    assert trust[wrong].mean() < 0.2 < 0.8 < trust[~wrong].mean()


def test_out_of_fold_predictions_are_those_of_fitting_without_the_fold():
    random = np.random.default_rng(0)
    seen, answers = random.normal(size=(60, 5)), random.normal(size=(60, 3))
    weights = random.random(60).astype(np.float32)
    seen, answers = seen.astype(np.float32), answers.astype(np.float32)
    folds = np.arange(60) % 5
    found = FoldedRidge(seen, folds, 0.1, weights).predict(answers)
    for fold in range(5):
        others = folds != fold
        scaled = seen[others] * weights[others][:, None]
        gram = (scaled.T @ seen[others]).astype(np.float64)
        gram += 0.1 * np.trace(gram) / 5 * np.eye(5)
        slow = seen[~others] @ np.linalg.solve(gram, scaled.T @ answers[others])
        np.testing.assert_allclose(found[~others], slow, rtol=1e-4, atol=1e-5)


def test_copies_share_a_fold_and_classes_are_spread():
    codes, together = np.repeat([0, 1, 2], 50), np.arange(150)
    together[[3, 60, 120]] = 3
    together = np.unique(together, return_inverse=True)[1]
    folds = folds_of(codes, together, seed=0)
    assert len(set(folds[[3, 60, 120]])) == 1
    for code in range(3):
        assert np.bincount(folds[codes == code], minlength=5).min() >= 8


def test_no_row_is_its_own_neighbour_and_equal_rows_are_copies():
    random = np.random.default_rng(0)
    parts = random.normal(size=(300, 4)).astype(np.float32)
    parts[10] = parts[200]
    found = alike(parts, seed=0)
    assert (found.nearest != np.arange(300)[:, None]).all()
    assert found.nearest[10, 0] == 200
    assert found.copies[10] == found.copies[200]
    assert len(np.unique(found.copies)) == 299


def test_one_far_cell_does_not_outweigh_all_others():
    x = np.random.default_rng(0).normal(size=(200, 6))
    far = x.copy()
    far[0, 0] = 1e6
    assert np.abs(components(far, 0)).max() < 20


def test_planted_errors_keep_the_classes_as_large_as_they_were():
    random = np.random.default_rng(0)
    codes = np.repeat([0, 1, 2], [3000, 600, 60])
    new = planted(codes, codes, 3, random)
    changed = new != codes
    assert 40 < changed.sum() <= SHARE * len(codes)
    before, after = np.bincount(codes), np.bincount(new)
    assert (np.abs(after - before) <= 0.2 * before).all()


def test_margins_and_signals_are_large_where_the_label_looks_wrong(digits):
    assert margins(np.float32([[0.9, 0.1]]), np.array([1]))[0] < 0
    x, codes = digits
    given, wrong = flipped(codes, 0.1, np.random.default_rng(0))
    probe = Probe(x, given, 10, seed=0)
    evidence = Evidence(given, probe, probe.opinions(given))
    for signal in SIGNALS:
        values = signal.values(evidence)
        if values is not None:
            assert values[wrong].mean() > values[~wrong].mean(), signal.name
