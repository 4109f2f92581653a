"""Where the trained model puts the rows, and which lie next to each other."""

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from finine_core.cli import cli
from finine_core.errors import FinineError
from finine_core.runs.config import Resolved
from finine_core.runs.map.embedding import nearest, read_embedding, reduced
from finine_core.runs.work.pipeline import make_trainer, stored_inputs
from finine_core.runs.work.scoring import embed
from finine_core.training.checkpoints import load_checkpoint
from finine_core.training.models import MODELS, model_kind


def brute_force(embedding, row, k):
    """The same by every distance, sorted."""
    points = embedding.points.astype(np.float64)
    here = points[embedding.rows == row]
    frame = pd.DataFrame(
        {"row_number": embedding.rows, "distance": np.hypot.reduce(points - here, axis=1)}
    )
    others = frame[frame["row_number"] != row]
    return others.sort_values("distance", kind="stable")[:k].reset_index(drop=True)


def test_neighbours_are_those_of_every_distance_sorted(finished_run):
    embedding = read_embedding(finished_run.folder)
    for row in embedding.rows[[0, 7, -1]]:
        found, exact = finished_run.neighbours(row, k=9), brute_force(embedding, row, 9)
        assert found["row_number"].tolist() == exact["row_number"].tolist()
        np.testing.assert_allclose(found["distance"], exact["distance"], rtol=1e-9)


def test_equal_rows_are_neighbours_in_the_order_of_their_places():
    points = np.array([[1.0, 1.0]] * 4 + [[9.0, 9.0]], dtype=np.float32)
    places, distances = nearest(points, place=2, k=3)
    assert (places.tolist(), distances.tolist()) == ([0, 1, 3], [0.0, 0.0, 0.0])
    assert len(nearest(points, place=0, k=99)[0]) == 4
    assert len(nearest(points[:1], place=0, k=3)[0]) == 0


def test_who_has_no_neighbours_is_told_why(own_run):
    trained = set(own_run.scores()["row_number"])
    held_out = next(row for row in range(569) if row not in trained)
    for row, words in ((held_out, "held out"), (10**25, "too large"), (-1, "no row")):
        with pytest.raises(FinineError, match=words):
            own_run.neighbours(row)
    with pytest.raises(FinineError, match="0 neighbours"):
        own_run.neighbours(min(trained), k=0)
    own_run.folder.embedding.write_bytes(b"not a tensor")
    with pytest.raises(FinineError, match="finine map"):
        own_run.neighbours(min(trained))
    own_run.folder.embedding.unlink()
    with pytest.raises(FinineError, match="finine map"):
        own_run.neighbours(min(trained))


def test_the_command_prints_what_the_call_gives(finished_run):
    row = int(finished_run.scores(top=1)["row_number"].iloc[0])
    home = ["--home", str(finished_run.home)]
    found = CliRunner().invoke(cli, ["neighbours", finished_run.run_id, str(row), "-k", "3", *home])
    assert found.exit_code == 0, found.output
    lines = [line.split(",") for line in found.stdout.splitlines()]
    expected = finished_run.neighbours(row, 3)
    assert lines[0] == ["row_number", "distance"]
    assert [int(line[0]) for line in lines[1:]] == expected["row_number"].tolist()


def test_the_embedding_is_what_comes_before_the_last_layer_and_the_same_when_made_again(own_run):
    folder = own_run.folder
    before = folder.embedding.read_bytes()
    resolved = Resolved.model_validate(own_run.record()["resolved"])
    torch.set_num_threads(1)
    trainer = make_trainer(stored_inputs(folder.encoded), resolved, 2, "cpu")
    trainer.restore(load_checkpoint(folder.checkpoints / "latest.safetensors"))
    embed(
        folder,
        own_run.scores().sort_values("row_number")["row_number"].to_numpy(),
        trainer,
        model_kind(resolved.model),
        resolved.seed,
    )
    assert folder.embedding.read_bytes() == before
    # distances are those of the activations, which were only turned: 32 are fewer than 50
    with torch.no_grad():
        activations = trainer.model[:-1](trainer.train_x).numpy()
    points = read_embedding(folder).points
    apart = np.linalg.norm(activations[0] - activations[5])
    assert np.linalg.norm(points[0] - points[5]) == pytest.approx(apart, rel=1e-4)


@pytest.mark.parametrize("kind", MODELS.values(), ids=lambda kind: kind.name)
def test_every_kind_of_model_gives_its_body(kind):
    shape = (1, 8, 8) if kind.inputs == "pixels" else (7,)
    model = kind.seeded(shape, 3, seed=0)
    inputs = torch.randn(5, *shape, generator=torch.Generator().manual_seed(0))
    if kind.inputs == "tokens":
        inputs = torch.arange(35).view(5, 7)
    last = list(model.modules())[-1]
    assert torch.equal(last(kind.body(model)(inputs)), model(inputs))


def test_the_first_dimensions_hold_the_most_and_large_values_stay_finite():
    random = np.random.default_rng(0)
    values = random.normal(size=(300, 80)) * np.geomspace(1, 0.01, 80)
    points = reduced(values * 1e28, seed=0)
    assert points.shape == (300, 50)
    assert np.isfinite(points).all()
    spread = (points / 1e28).std(axis=0)
    assert (np.diff(spread) <= 1e-6).all()
    assert np.isfinite(nearest(points, 0, 3)[1]).all()
