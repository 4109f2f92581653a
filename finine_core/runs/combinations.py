"""Do the model, the image encoder and the columns of the data go together? Asked before a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finine_core.errors import FinineError, shown
from finine_core.runs.options import IMAGE_ENCODER
from finine_core.training.models.base import PIXELS, TOKENS

if TYPE_CHECKING:
    from finine_core.dataset import Dataset


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


def _require_texts_alone(model: str, dataset: Dataset) -> None:
    roles = dataset.roles
    if not roles.text or roles.features:
        why = f"and {shown(roles.features[0])} is none" if roles.features else "and there is none"
        raise FinineError(
            f"The model {model} reads text columns only, {why}.",
            "Name text columns and ignore the others, or choose another model.",
        )
