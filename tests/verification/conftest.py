"""A real run on the sample with injected flips, its flipped training rows marked for deletion."""

import shutil

import numpy as np
import pandas as pd
import pytest

from finine_core import api
from finine_sample_data import SAMPLES
from tests.trained import trained


@pytest.fixture(scope="package")
def marked_home(tmp_path_factory):
    """Its home, and the file it read: the sample with a split whose validation labels are right."""
    sample = SAMPLES["breast_cancer_flips"]
    frame = pd.read_csv(sample.path, dtype={sample.id: str})
    reference = pd.read_csv(sample.reference_path, dtype={sample.reference_id: str})
    flips = reference.set_index(sample.reference_id)[sample.reference_column].astype(bool)
    flipped = frame[sample.id].map(flips).to_numpy(dtype=bool)
    held_out = ~flipped & (np.arange(len(frame)) % 3 == 0)
    frame["part"] = np.where(held_out, "validation", "train")
    folder = tmp_path_factory.mktemp("verification")
    frame.to_csv(folder / "flips.csv", index=False)
    run = trained(
        folder / "flips.csv",
        label=sample.label,
        id=sample.id,
        validation="column:part",
        home=folder / "home",
        epochs=8,
    )
    run.mark(rows=np.flatnonzero(flipped).tolist(), reason="injected")
    return folder / "home"


@pytest.fixture(scope="module")
def verified_home(marked_home, tmp_path_factory):
    """A copy of that home in which the marks are verified, by two retrainings of each kind."""
    home = tmp_path_factory.mktemp("verified") / "home"
    shutil.copytree(marked_home, home)
    api.open_run("latest", home).verify(repeats=2, processes=1)
    return home


@pytest.fixture
def verified_run(verified_home, tmp_path):
    """A copy of the verified run in a home of this test."""
    shutil.copytree(verified_home, tmp_path / "verified")
    return api.open_run("latest", tmp_path / "verified")


@pytest.fixture
def marked_run(marked_home, tmp_path):
    """A copy of that run in a home of this test."""
    shutil.copytree(marked_home, tmp_path / "home")
    return api.open_run("latest", tmp_path / "home")
