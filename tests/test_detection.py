"""Does μ find bad rows? Small versions of the figures in docs/detection.md.

The reference files are read here, after the run; no run reads them.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from finine_sample_data import sample
from tests.trained import trained


def scored_sample(name, home):
    chosen = sample(name)
    run = trained(chosen.path, label=chosen.label, text=chosen.text, id=chosen.id, home=home)
    scores = run.scores("self")
    reference = pd.read_csv(chosen.reference_path, dtype={chosen.reference_id: str})
    joined = scores.merge(reference, left_on="row_id", right_on=chosen.reference_id)
    assert len(joined) == len(scores)
    return joined, joined[chosen.reference_column].to_numpy(dtype=bool)


def share_found(values, bad, top=0.2):
    chosen = np.argsort(-np.asarray(values), kind="stable")[: int(top * len(bad))]
    return bad[chosen].sum() / bad.sum()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


def test_injected_flips_of_the_table_rank_high(home):
    scores, flipped = scored_sample("breast_cancer_flips", home)
    assert roc_auc_score(flipped, scores["mu"]) > 0.9


def test_natural_disagreement_of_the_tweets_ranks_far_above_chance(home):
    scores, disagrees = scored_sample("tweets", home)
    assert share_found(scores["mu"], disagrees) > 0.4, "chance is 0.2"
    assert roc_auc_score(disagrees, scores["mu"]) > 0.75
