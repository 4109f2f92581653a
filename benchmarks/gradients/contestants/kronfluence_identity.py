"""kronfluence with the `identity` strategy: influence without a Hessian, hence gradient products.

It tracks Linear and Conv2d layers only. Its scores go to disk and are read back: there is no other
way to have them, so that is on the clock.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable

from cases import Work
from kronfluence.analyzer import Analyzer, prepare_model  # type: ignore[import-not-found]
from kronfluence.arguments import FactorArguments  # type: ignore[import-not-found]
from kronfluence.task import Task as KronfluenceTask  # type: ignore[import-not-found]
from kronfluence.utils.dataset import DataLoaderKwargs  # type: ignore[import-not-found]
from torch import Tensor, nn

from contestants import Task
from contestants.batches import Batch, RowBatches, as_is


class _CrossEntropy(KronfluenceTask):
    def compute_train_loss(self, batch: Batch, model: nn.Module, sample: bool = False) -> Tensor:
        assert not sample, "the identity strategy samples no labels"
        return nn.functional.cross_entropy(model(batch[0]), batch[1], reduction="sum")

    def compute_measurement(self, batch: Batch, model: nn.Module) -> Tensor:
        return self.compute_train_loss(batch, model)


class KronfluenceIdentity:
    """`compute_self_scores`, and `compute_pairwise_scores` with all probes as one query batch."""

    packages = ("kronfluence", "accelerate")
    chooses_batch = False
    computes = True

    def prepare(self, work: Work, task: Task, batch: int) -> Callable[[], Tensor]:
        definition = _CrossEntropy()
        rows = RowBatches(work.inputs, work.labels)
        probes = RowBatches(work.probe_inputs, work.probe_labels)
        folder = tempfile.mkdtemp(prefix="kronfluence-")
        analyzer = Analyzer(
            "benchmark",
            prepare_model(work.model, definition),
            definition,
            cpu=True,
            log_level=logging.ERROR,
            disable_tqdm=True,
            output_dir=folder,
        )
        analyzer.set_dataloader_kwargs(DataLoaderKwargs(collate_fn=as_is))
        analyzer.fit_all_factors("none", rows, batch, factor_args=FactorArguments("identity"))

        def self_scores() -> Tensor:
            analyzer.compute_self_scores("self", "none", rows, batch, overwrite_output_dir=True)
            return analyzer.load_self_scores("self")["all_modules"]

        def pair_scores() -> Tensor:
            analyzer.compute_pairwise_scores(
                "pairs", "none", probes, rows, len(probes), batch, overwrite_output_dir=True
            )
            return analyzer.load_pairwise_scores("pairs")["all_modules"].T

        return self_scores if task == "self" else pair_scores

    def covers(self, layer: nn.Module) -> bool:
        return isinstance(layer, nn.Linear | nn.Conv2d)
