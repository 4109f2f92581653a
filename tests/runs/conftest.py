"""Small real data files."""

import numpy as np
import pandas as pd
import pytest


def write_table(path, rows=240, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 4))
    label = np.where(x[:, 0] - x[:, 1] + random.normal(size=rows) > 0, "yes", "no")
    frame = pd.DataFrame(x.round(4), columns=["a", "b", "c", "d"])
    frame.insert(0, "name", [f"row-{k}" for k in range(rows)])
    frame["label"] = label
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def table(tmp_path):
    return write_table(tmp_path / "table.csv")


@pytest.fixture(scope="module")
def module_table(tmp_path_factory):
    return write_table(tmp_path_factory.mktemp("data") / "table.csv")


@pytest.fixture(scope="session")
def same_scores():
    """Give `same_scores(one, other)`: both runs have the same scores, bit for bit."""

    def check(one, other):
        for target in one.targets:
            mine, theirs = one.scores(target), other.scores(target)
            for column in ("mu", "mu_low", "mu_high", "mean_loss", "probability"):
                np.testing.assert_array_equal(mine[column], theirs[column])

    return check
