"""The UMAP of a run: made once, in a process of its own, for any run that is done."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from typer.testing import CliRunner

from finine_core import api
from finine_core.cli import cli
from finine_core.errors import FinineError
from finine_core.runs.map.job import MapState


def test_one_process_makes_it_also_for_a_run_without_an_embedding(own_run, wait_for):
    folder, before = own_run.folder, own_run.projection("pca")
    folder.embedding.unlink()  # as in a run from before embeddings were kept
    folder.projection.unlink()
    assert own_run.map_status().state is MapState.NONE
    for kind, words in (("pca", "has no map"), ("umap", "has no map"), ("tsne", "Known")):
        with pytest.raises(FinineError, match=words):
            own_run.projection(kind)
    with ThreadPoolExecutor(3) as pool:
        started = list(pool.map(lambda _: own_run.start_map(), range(3)))
    assert sorted(started) == [False, False, True]
    assert own_run.map_status().state is MapState.RUNNING
    wait_for(lambda: own_run.map_status().state is not MapState.RUNNING)
    assert own_run.map_status().state is MapState.DONE
    made = own_run.projection("umap")
    assert made["row_number"].tolist() == before["row_number"].tolist()
    assert np.isfinite(made[["x", "y"]].to_numpy()).all()
    # the same model's activations, summed by another process: bits are not promised
    np.testing.assert_allclose(own_run.projection("pca"), before, rtol=1e-3, atol=1e-3)
    told = json.loads((folder.path / "map" / "progress.json").read_text())
    assert told["done"] == told["total"] > 0
    # the command shows it, and makes nothing again
    found = CliRunner().invoke(cli, ["map", own_run.run_id, "--home", str(own_run.home), "--json"])
    assert json.loads(found.stdout) == {
        "run": own_run.run_id, "made": False, "rows": len(before)
    }  # fmt: skip


def test_it_is_stopped_and_a_failure_is_told_with_its_mend(own_run, wait_for):
    assert own_run.start_map()
    own_run.stop_map()
    assert own_run.map_status().state is MapState.STOPPED
    own_run.folder.embedding.unlink()
    shutil.rmtree(own_run.folder.checkpoints)
    assert own_run.start_map()
    wait_for(lambda: own_run.map_status().state is not MapState.RUNNING)
    status = own_run.map_status()
    assert status.state is MapState.FAILED
    assert "new run" in status.problem.mend


def test_an_unfinished_run_has_no_map(table, tmp_path):
    run = api.run(table, label="label", home=tmp_path, epochs=4000, batch_size=8, block=False)
    with pytest.raises(FinineError, match="no scores"):
        run.start_map()
    run.cancel()
    assert not (run.folder.path / "map").exists()
