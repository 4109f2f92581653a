"""What a run keeps of how its rows were held out, and how groups bear on the judging of labels."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from finine_core.dataset import load_dataset
from finine_core.encoders import encode
from finine_core.formats import read_table
from finine_core.runs.columns import COPY_GROUP
from finine_core.runs.work.judged import judged
from finine_core.suspicion.probe import Probe
from finine_sample_data import sample
from tests.trained import trained

ROWS, USERS = 320, 40


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Rows of users who have an inclination of their own: who knows a user, knows the label."""
    random = np.random.default_rng(0)
    user = np.repeat(np.arange(USERS), ROWS // USERS)
    place = random.normal(size=(USERS, 3))
    frame = pd.DataFrame(
        place[user] + 0.05 * random.normal(size=(ROWS, 3)), columns=["a", "b", "c"]
    )
    frame["user"] = [f"u{one}" for one in user]
    frame["made"] = np.arange(ROWS) // 2
    frame["label"] = np.where(random.random(USERS)[user] < 0.5, "yes", "no")
    path = tmp_path_factory.mktemp("users") / "rows.csv"
    frame.to_csv(path, index=False)
    return path


def test_a_run_keeps_how_its_rows_were_held_out(path, tmp_path):
    run = trained(path, label="label", home=tmp_path, group="user", ignore=["made"], epochs=2)
    record = run.record()
    assert record["config"]["group"] == "user"
    assert record["dataset"]["roles"]["group"] == "user"
    assert record["dataset"]["held_out"] == {
        "by": "group", "groups_held_out": 8, "group": "user", "groups": 40
    }  # fmt: skip
    held_out = run.scores(by="suspicion", where="mu IS NULL")["row_number"].to_numpy()
    users = read_table(path).table["user"].to_numpy()
    assert len(held_out) == 64
    assert not set(users[held_out]) & set(np.delete(users, held_out))


def test_a_run_keeps_from_when_on_rows_are_held_out(path, tmp_path):
    run = trained(path, label="label", home=tmp_path, time="made", ignore=["user"], epochs=2)
    assert run.record()["dataset"]["held_out"] == {"by": "time", "column": "made", "from": "128"}
    held_out = run.scores(by="suspicion", where="mu IS NULL")["row_number"]
    assert sorted(held_out) == list(range(256, 320))


def test_labels_are_judged_by_rows_of_other_groups(path):
    options = {"label": "label", "features": ["a", "b", "c"]}
    grouped = load_dataset(path, group="user", **options)
    found = judged(grouped, encode(grouped, 0), trusted=False)
    users = np.concatenate(
        [p.table["user"].to_numpy() for p in (grouped.train, grouped.validation)]
    )
    folds = found.probe.folds
    assert all(len(set(folds[users == one])) == 1 for one in np.unique(users))
    assert np.bincount(folds).min() >= 56
    alone = load_dataset(path, **options)
    other = judged(alone, encode(alone, 0), trusted=False)

    def right(one):
        return (one.opinions.chances.argmax(axis=1) == one.codes).mean()

    assert right(other) > 0.95, "rows of the same user give the label away"
    assert right(found) < 0.75, "which says nothing of users that are not known"


def test_copies_that_link_all_groups_do_not_put_all_rows_into_one_fold():
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 10)
    inputs = random.normal(size=(200, 4)).astype(np.float32)
    copies = np.arange(200)
    copies[::10] = 0  # a row of every group is the same
    probe = Probe(inputs, np.tile([0, 1], 100), 2, 0, groups, copies)
    assert np.bincount(probe.folds).tolist() == [40] * 5
    few = np.arange(200)
    few[[0, 10]] = 0  # two groups
    folds = Probe(inputs, np.tile([0, 1], 100), 2, 0, groups, few).folds
    assert len(set(folds[:20])) == 1


def test_images_that_were_changed_a_little_are_listed_as_near_duplicates(tmp_path):
    clothes = read_table(sample("fashion").path).table.slice(0, 300)
    images, labels = clothes["image"].to_pylist(), clothes["label"].to_pylist()
    for place in range(20):
        image = Image.open(io.BytesIO(images[place]))
        stream = io.BytesIO()
        if place % 2:
            image.save(stream, "JPEG", quality=85)
        else:
            image.resize((25, 25)).save(stream, "PNG")
        images.append(stream.getvalue())
        labels.append(labels[place])
    content = pa.table({"image": pa.array(images, pa.binary()), "label": labels})
    pq.write_table(content, tmp_path / "rows.parquet")
    run = trained(
        tmp_path / "rows.parquet", label="label", image="image", home=tmp_path / "home",
        model="logistic", epochs=2,
    )  # fmt: skip
    found = run.scores(by="suspicion", where=f"{COPY_GROUP} IS NOT NULL")
    pairs = found.groupby(COPY_GROUP)["row_number"].apply(lambda rows: tuple(sorted(rows)))
    assert set(pairs) == {(place, 300 + place) for place in range(20)}
    assert run.advice()["copies_across"] == 0, "they were held out together"
