"""Do the model, the image encoder and the columns of the data go together? Asked before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finine_core.errors import FinineError, shown
from finine_core.runs.options import IMAGE_ENCODER
from finine_core.training.models.base import PIXELS, TOKENS

if TYPE_CHECKING:
    from finine_core.dataset import Dataset
    from finine_core.runs.config import RunConfig


def require_fitting(model: str, inputs: str | None, image_encoder: str, dataset: Dataset) -> None:
    """Refuse what does not go together.

    Args:
        model: its name.
        inputs: what it takes of a row, see `ModelKind`; None when that is not known.

    Raises:
        FinineError: why, and what to choose instead.
    """
    images = dataset.roles.image is not None
    if inputs == TOKENS:
        _require_texts_alone(model, dataset)
    if inputs == PIXELS and not images:
        raise FinineError(
            f"The model {model} is for images, and no column holds any.",
            "Name the column of images, or choose another model.",
        )
    if image_encoder == IMAGE_ENCODER:
        return
    if not images:
        raise FinineError(
            f"The image encoder {image_encoder} is for images, and no column holds any.",
            "Name the column of images, or leave the encoder out.",
        )
    if inputs == PIXELS:
        raise FinineError(
            f"The model {model} takes pixels, not the numbers that the image encoder "
            f"{image_encoder} gives.",
            "Choose the model logistic or mlp, or leave the encoder out.",
        )


def require_folds_to_fit(config: RunConfig) -> None:
    """Refuse what does not go together with folds.

    Raises:
        FinineError: why, and what to choose instead.

    Examples:
        >>> from finine_core.runs.config import make_config
        >>> make_config(data="a.csv", label="y", folds=3, validation=0.1)
        Traceback (most recent call last):
        finine_core.errors.FinineError: With folds = 3 a third of the rows is held out in turn, \
and validation says what is held out, too. Leave validation out, or folds.
    """
    folds = config.folds
    if folds == 1:
        return
    if config.validation != type(config).model_fields["validation"].default:
        raise FinineError(
            f"With folds = {folds} {_SHARES.get(folds, f'a {folds}th')} of the rows is held out in"
            " turn, and validation says what is held out, too.",
            "Leave validation out, or folds.",
        )
    if config.time is not None:
        raise FinineError(
            f"With folds = {folds} every row is held out in turn, and time ({shown(config.time)})"
            " holds out the latest rows.",
            "Leave time out, or folds.",
        )
    if config.trusted:
        raise FinineError(
            f"With folds = {folds} every row is held out once, and trusted takes the labels of"
            " held-out rows as right: then all of them would be.",
            "Leave trusted out, or folds.",
        )
    if config.auxiliary:
        raise FinineError(
            f"With folds = {folds} the model is trained {folds} times with other random numbers"
            " already; auxiliary would be one more on some rows.",
            "Leave auxiliary out, or folds.",
        )


def require_drawn_anew(folds: int, drawn: bool) -> None:
    """Refuse a model that is an object and not made anew for each fold: it would know all rows.

    Args:
        drawn: whether initial parameters are drawn anew in each training.
    """
    if folds > 1 and not drawn:
        raise FinineError(
            f"With folds = {folds} each training begins with a new model, and this one is a module"
            " that is there already.",
            "Give a function that makes the model, or leave folds out.",
        )


_SHARES = {2: "half", 3: "a third", 4: "a quarter"}


def _require_texts_alone(model: str, dataset: Dataset) -> None:
    roles = dataset.roles
    if not roles.text or roles.features:
        why = f"and {shown(roles.features[0])} is none" if roles.features else "and there is none"
        raise FinineError(
            f"The model {model} reads text columns only, {why}.",
            "Name text columns and ignore the others, or choose another model.",
        )
