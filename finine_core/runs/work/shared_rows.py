"""The encoded rows of each target that all training rows share, and how far each counts."""

from __future__ import annotations

import torch

from finine_core.dataset import Dataset
from finine_core.influence import check_targets
from finine_core.influence.recorder import Rows
from finine_core.runs.config import Resolved
from finine_core.runs.work.judged import Judged
from finine_core.runs.work.target_rows import rows_of
from finine_core.suspicion.trust import DOUBTED
from finine_core.training.trainer import Trainer


def shared_rows(
    dataset: Dataset, resolved: Resolved, trainer: Trainer, before: Judged | None
) -> dict[str, Rows]:
    """Inputs and labels by the target's name.

    Held-out rows weigh by how far their own label is trusted, unless they were asked for by number:
    a target's loss is then Σ w_j ℓ_j / m. A loss of one's own takes classes and no weights, so the
    rows that are doubted are left out.
    """
    inputs = {"train": trainer.train_x, "validation": trainer.validation_x}
    labels = {"train": trainer.train_y, "validation": trainer.validation_y}
    found: dict[str, Rows] = {}
    for target in check_targets(resolved.targets, len(dataset.validation.labels)):
        parts = rows_of(target, dataset)
        if not parts:
            continue
        rows = torch.cat([inputs[one.part][one.places] for one in parts])
        given = torch.cat([labels[one.part][one.places] for one in parts])
        found[target.name] = (rows, given)
        if before is None or not target.needs_validation:
            continue
        judged = before.trust_in(dataset.validation.row_numbers[parts[0].places])
        trust = torch.from_numpy(judged).float().to(rows.device)
        if resolved.own_loss:
            kept = trust >= DOUBTED
            found[target.name] = (rows[kept], given[kept]) if kept.any() else (rows, given)
        else:
            whole = trainer.objective.whole(given, len(dataset.answers))
            found[target.name] = rows, whole.to(trust) * trust[:, None]
    return found
