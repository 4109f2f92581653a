"""Is the model good enough to judge rows by? Its quality per class beside simple baselines."""

from __future__ import annotations

import numpy as np

from finine_core.dataset import Dataset
from finine_core.runs.work.class_quality import class_quality, recall_of
from finine_core.runs.work.judged import Judged
from finine_core.training.trainer import Trainer, predict

MOST_CLASSES = 30  # whose recall is kept; of more nobody reads them


def model_check(dataset: Dataset, trainer: Trainer, before: Judged) -> dict[str, object] | None:
    """What run.json says of it; None without held-out rows.

    `model` holds accuracy, balanced accuracy and AUC on the held-out rows whose label is not
    doubted, and `recall` the recall of each class there; `training` is of its own rows. On all
    held-out rows, since it is the probe that doubts, are `given` (the model), `probe` (kernel ridge
    regression, out of fold) and `majority`, the accuracy of always saying the most frequent class.
    """
    if not len(trainer.validation_x):
        return None
    believed = before.believed
    codes = before.codes[before.rows :]
    chances = trainer.objective.chances(predict(trainer.model, trainer.validation_x))
    own = trainer.objective.chances(predict(trainer.model, trainer.train_x))
    if chances is None or own is None:
        return None
    said, trained = chances.double().cpu().numpy(), own.double().cpu().numpy()
    probe = before.opinions.chances[before.rows :].astype(np.float64)
    counts = np.bincount(before.codes[: before.rows], minlength=len(dataset.answers))
    recalls = recall_of(said[believed], codes[believed])
    few = len(dataset.answers) <= MOST_CLASSES
    return {
        "rows": int(believed.sum()),
        "model": class_quality(said[believed], codes[believed]),
        "given": class_quality(said, codes),
        "probe": class_quality(probe, codes),
        "training": class_quality(trained, before.codes[: before.rows]),
        "majority": float((codes == counts.argmax()).mean()),
        "recall": {dataset.answers[code]: one for code, one in recalls.items()} if few else {},
        "never_predicted": [
            dataset.answers[code] for code in recalls if not (said.argmax(axis=1) == code).any()
        ],
        "rarest": float(counts[counts > 0].min() / counts.max()),
    }
