"""What a person asks of a run, and what `auto` comes to.

A `RunConfig` is what the CLI's options, the app's form and `finine_core.run` fill in; it is
checked when it is made, before anything is read or started. `Resolved` is the same with every
`auto` decided from the data; both are kept in run.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from finine_core.dataset import AUTO
from finine_core.dataset.config import SEEDS, DataConfig, checked, is_number
from finine_core.errors import FinineError
from finine_core.influence.targets import EACH_CLASS, target_named
from finine_core.paths import absolute
from finine_core.runs.combinations import require_fitting, require_folds_to_fit
from finine_core.runs.options import (
    FEWEST_TO_CHOOSE,
    IMAGE_ENCODER,
    TEXT_ENCODER,
    ClassWeights,
    Device,
    Optimizer,
    RecordedEpochs,
    RunOptions,
)
from finine_core.training.code import is_code, is_object
from finine_core.training.models import MODELS, model_kind
from finine_core.training.models.own import LEARNING_RATES
from finine_core.training.settings import Settings

if TYPE_CHECKING:
    from finine_core.dataset import Dataset

# At most about this many optimiser steps are taken when epochs are left to us: enough for the small
# embedded models to fit, few enough for a first run of a minute. Early stopping ends it before.
AUTO_STEPS = 2000
AUTO_EPOCHS = (10, 40)  # the least and the most that "at most" may be, in epochs
# With Huber's loss a model is less harmed by wrong numbers (RMSE 57 instead of 65 on diabetes with
# a tenth of them far off), but its bounded pull hides them from μ: of so many rows that rank first
# it finds 65 % of the wrong ones instead of 91 % (docs/regression.md).
DEFAULT_LOSS = "squared"
LOSSES = ("auto", "squared", "huber")  # a loss of one's own apart
MOST_FOLDS = 10  # beyond it the rows learned from hardly change, and the time does
WEIGHT_DECAY = 1e-3  # light; keeps small models from growing without bound on wrong labels


class RunConfig(DataConfig):
    """Everything a run is told: how its data is read, and the options of `RunOptions`.

    Examples:
        >>> RunConfig(data="rows.csv", label="y").model
        'auto'
    """

    data: str
    loss: str = "auto"
    class_weights: ClassWeights = "none"
    text_encoder: str = TEXT_ENCODER
    image_encoder: str = IMAGE_ENCODER
    targets: tuple[str, ...] = ("self", "validation")
    model: str = "auto"
    epochs: int | None = Field(default=None, ge=1, le=100_000)
    batch_size: int = Field(default=32, ge=2, le=1_000_000)
    lr: float | None = Field(default=None, gt=0, lt=1e6)
    optimizer: Optimizer = "sgd"
    weight_decay: float = Field(default=WEIGHT_DECAY, ge=0, lt=1)
    trusted: bool = False
    record_epochs: RecordedEpochs = "late"
    auxiliary: bool = False
    folds: int = Field(default=1, ge=1, le=MOST_FOLDS)
    device: Device = "auto"
    code_folder: str | None = None  # where named code lies: the folder the person was in

    @model_validator(mode="before")
    @classmethod
    def _where_code_lies(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("code_folder"):
            names = (values.get("model"), values.get("loss"))
            if any(isinstance(one, str) and is_code(one) for one in names):
                return {**values, "code_folder": str(Path.cwd())}
        return values

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: str) -> str:
        return absolute(value)

    @field_validator("label")
    @classmethod
    def _one_or_several(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if isinstance(value, str):
            return value
        if not value:
            raise ValueError("name at least one column")
        return value[0] if len(value) == 1 else value

    @field_validator("validation")
    @classmethod
    def _absolute_file(cls, value: float | str) -> float | str:
        if isinstance(value, float):
            if not 0 <= value < 1:
                raise ValueError("a fraction is at least 0 and below 1")
            return value
        if value.startswith("column:"):
            return value
        if is_number(value) and not Path(value).exists():
            raise ValueError(f"{value!r} is text: write the fraction as a number, without quotes")
        return absolute(value)

    @field_validator("targets")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name != EACH_CLASS:
                target_named(name)
        return tuple(dict.fromkeys(value))

    @field_validator("task")
    @classmethod
    def _known_task(cls, value: str) -> str:
        from finine_core.dataset.tasks import task_named

        if value != AUTO:
            task_named(value)
        return value

    @field_validator("text_encoder")
    @classmethod
    def _known_encoder(cls, value: str) -> str:
        from finine_core.encoders.texts import TEXT_ENCODERS

        if value in TEXT_ENCODERS:
            return value
        folder = absolute(value)
        if not Path(folder).is_dir():
            known = ", ".join(TEXT_ENCODERS)
            raise ValueError(
                f"there is no such text encoder and no such folder; known: {known}, or the folder"
                " of a transformer model"
            )
        return folder

    @field_validator("image_encoder")
    @classmethod
    def _known_image_encoder(cls, value: str) -> str:
        from finine_core.encoders.pictures import IMAGE_ENCODERS

        if value not in IMAGE_ENCODERS:
            raise ValueError(f"there is no such image encoder; known: {', '.join(IMAGE_ENCODERS)}")
        return value

    @field_validator("model")
    @classmethod
    def _known_model(cls, value: str) -> str:
        if value not in ("auto", *MODELS) and not (is_code(value) or is_object(value)):
            known = ", ".join(("auto", *MODELS))
            raise ValueError(
                f"there is no model '{value}'; known: {known}; or package.module:function"
            )
        return value

    @field_validator("loss")
    @classmethod
    def _known_loss(cls, value: str) -> str:
        if value not in LOSSES and not (is_code(value) or is_object(value)):
            known = ", ".join(LOSSES)
            raise ValueError(
                f"there is no loss '{value}'; known: {known}; or package.module:function"
            )
        return value

    @model_validator(mode="after")
    def _folds_fit(self) -> RunConfig:
        require_folds_to_fit(self)
        return self

    @property
    def code(self) -> tuple[str, ...]:
        """What of it is a person's own code, named or an object."""
        return tuple(one for one in (self.model, self.loss) if is_code(one) or is_object(one))


def validation_file(config: RunConfig) -> Path | None:
    """The second file that holds the validation rows, when there is one.

    Examples:
        >>> validation_file(RunConfig(data="rows.csv", label="y", validation=0.1)) is None
        True
    """
    value = config.validation
    return None if isinstance(value, float) or value.startswith("column:") else Path(value)


def make_config(
    *, data: str, label: str | Sequence[str], **options: Unpack[RunOptions]
) -> RunConfig:
    """A `RunConfig`, with mistakes told as one `FinineError`.

    Raises:
        FinineError: an option is unknown or out of range; the option and value are named.

    Examples:
        >>> make_config(data="rows.csv", label="y", epochs=0)
        Traceback (most recent call last):
        finine_core.errors.FinineError: epochs = 0: Input should be greater than or equal to 1.
    """
    return checked(RunConfig, {"data": data, "label": label, **options})


class Resolved(BaseModel):
    """What the run really uses, every `auto` decided."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    epochs: int
    batch_size: int
    lr: float
    optimizer: str
    weight_decay: float
    seed: int
    targets: tuple[str, ...]
    objective: str = "cross_entropy"  # the only one of an earlier finine
    own_loss: str = ""  # in the place of the objective's: code, or an object
    code_folder: str | None = None
    # What the run chooses from before it records (`work/choosing.py`): models, and whether epochs
    # are chosen too, up to `epochs`. `model` and `epochs` are its choice once it has made one.
    candidates: tuple[str, ...] = ()
    early_stopping: bool = False

    @property
    def undecided(self) -> bool:
        """Whether the run has anything to choose."""
        return self.early_stopping or len(self.candidates) > 1

    def auxiliary(self) -> Resolved:
        """The same for an auxiliary run: the same rows, other initial parameters and batches."""
        return self.model_copy(update={"seed": (self.seed + 1) % SEEDS})

    def of_training(self, number: int) -> Resolved:
        """The same for training 1, 2, … of a run with folds: each has other random numbers."""
        return self.model_copy(update={"seed": (self.seed + number - 1) % SEEDS})

    def settings(self) -> Settings:
        """As the trainer takes them."""
        return Settings(
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.lr,
            optimizer=self.optimizer,
            weight_decay=self.weight_decay,
            seed=self.seed,
        )


def resolve(config: RunConfig, dataset: Dataset) -> Resolved:
    """Decide every `auto` from the data; of models and epochs, what there is to choose from.

    With enough held-out rows these are left to the run (`work/choosing.py`).
    """
    from finine_core.runs.work.target_rows import expanded

    held_out = len(dataset.validation.labels)
    names = _candidates(config, dataset)
    name = names[0]
    kind = None if is_object(name) else model_kind(name)
    require_fitting(name, kind.inputs if kind else None, config.image_encoder, dataset)
    rows = len(dataset.train.labels)
    batch_size = min(config.batch_size, max(2, rows // 4))
    epochs = config.epochs
    if epochs is None:
        fewest, most = AUTO_EPOCHS
        epochs = int(min(max(AUTO_STEPS * batch_size / rows, fewest), most))
    targets = config.targets
    if not held_out and targets == RunConfig.model_fields["targets"].default:
        targets = ("self",)  # left at the default, without validation rows: nothing was asked for
    targets = expanded(targets, dataset)
    return Resolved(
        model=name,
        epochs=epochs,
        batch_size=batch_size,
        lr=config.lr or (kind.learning_rates if kind else LEARNING_RATES)[config.optimizer],
        optimizer=config.optimizer,
        weight_decay=config.weight_decay,
        seed=config.seed,
        targets=targets,
        objective=_objective(config, dataset.task),
        own_loss=config.loss if config.loss in config.code else "",
        code_folder=config.code_folder,
        candidates=names if held_out >= FEWEST_TO_CHOOSE else names[:1],
        early_stopping=config.epochs is None and held_out >= FEWEST_TO_CHOOSE,
    )


def _candidates(config: RunConfig, dataset: Dataset) -> tuple[str, ...]:
    """The models that a run may choose from, the one that is taken without a choice first."""
    if config.model != "auto":
        return (config.model,)
    roles = dataset.roles
    if roles.image is not None and config.image_encoder == IMAGE_ENCODER:
        return ("cnn",)
    texts_alone = bool(roles.text) and not roles.features
    return ("logistic", "mlp") if texts_alone or roles.image is not None else ("mlp", "logistic")


def _objective(config: RunConfig, task: str) -> str:
    """What training makes small, by the task and what the person said about it."""
    own = config.loss in config.code
    if config.loss != "auto" and not own and task != "regression":
        raise FinineError(
            f"loss = {config.loss!r} is for the task regression; this one is {task}.",
            "Leave the loss out, or choose the task regression.",
        )
    if config.class_weights != "none" and task != "classification":
        raise FinineError(
            f"class_weights = {config.class_weights!r} is for the task classification; this one is "
            f"{task}.",
            "Leave the weights out.",
        )
    if task == "classification":
        return "balanced_cross_entropy" if config.class_weights == "balanced" else "cross_entropy"
    if task == "regression":
        return DEFAULT_LOSS if config.loss == "auto" or own else config.loss
    return task
