"""Which options does a run have? Declared once, as the keywords of `finine_core.run` and `plan`.

`RunConfig` holds the same, checked, with the defaults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from finine_core.dataset.options import DataOptions

ClassWeights = Literal["none", "balanced"]
Optimizer = Literal["sgd", "adam"]
Device = Literal["auto", "cpu", "cuda"]
RecordedEpochs = Literal["late", "all"]
# Of fewer held-out rows, chance decides which model and how many epochs look best.
FEWEST_TO_CHOOSE = 30
# Fields of `config.Resolved` that say what was chosen from; training does not need them.
HOW_CHOSEN = ("candidates", "early_stopping")
TEXT_ENCODER, IMAGE_ENCODER = "tfidf", "pixels"  # unless others are named


class RunOptions(DataOptions, total=False):
    """What a run does, beside how its data is read, which `DataOptions` tells.

    Attributes:
        targets: what the influence is on: self (the row itself), validation, class:LABEL, classes
            (each class) or rows:3,17,40-45 [default: ('self', 'validation')].
        model: auto, logistic, mlp, bag (of texts) or cnn (of images); auto takes cnn for images,
            and of logistic and mlp what does better on the held-out rows; 'package.module:name', a
            function of (shape, outputs) that gives a module; or that function, or a module, itself
            [default: 'auto'].
        loss: of numbers: squared or huber; of anything: 'package.module:name', a function of
            (outputs, targets) that gives the loss of each row, or that function itself; auto takes
            what belongs to the task [default: 'auto'].
        class_weights: none; or balanced: every class counts alike, however rare [default: 'none'].
        text_encoder: tfidf; minilm; or the folder of a transformer [default: 'tfidf'].
        image_encoder: pixels; or efficientnet, frozen, with a head learned on its numbers
            [default: 'pixels'].
        epochs: passes over the training rows, from 1 to 100,000; None takes as many as the held-out
            rows are best with (early stopping) [default: None].
        batch_size: rows in an optimiser step, from 2 to 1,000,000 [default: 32].
        lr: learning rate, the length of a step, above 0; None takes the model's [default: None].
        optimizer: sgd or adam [default: 'sgd'].
        weight_decay: how strongly each step pulls the parameters to 0, from 0 to below 1
            [default: 0.001].
        trusted: take the held-out labels as right; else each held-out row weighs by how far its own
            label can be trusted [default: False].
        record_epochs: which epochs signals are recorded in: late (one early and the last three
            tenths, at least four; of a run of few steps all) or all, which makes rankings a little
            steadier and recording take up to three times as long [default: 'late'].
        auxiliary: train and record a second run on the same rows with the next seed
            [default: False].
        folds: train so many times, from 2 to 10, each time with another part of the rows held out,
            drawn by class: every row gets a μ, the mean of those of the trainings that learned from
            it. Takes about so many times as long; 1 trains once [default: 1].
        device: auto, cpu or cuda [default: 'auto'].
    """

    targets: Sequence[str]
    model: str | Callable[..., object]
    loss: str | Callable[..., object]
    class_weights: ClassWeights
    text_encoder: str
    image_encoder: str
    epochs: int | None
    batch_size: int
    lr: float | None
    optimizer: Optimizer
    weight_decay: float
    trusted: bool
    record_epochs: RecordedEpochs
    auxiliary: bool
    folds: int
    device: Device
