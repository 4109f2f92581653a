"""How do the peers get their batches? Through a `DataLoader` that costs next to nothing.

The default collation of a `TensorDataset` stacks rows one by one, which at MLP speeds would be
most of a peer's time; `__getitems__` hands the whole batch over at once.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.utils.data import DataLoader, Dataset

Batch = tuple[Tensor, Tensor]


class RowBatches(Dataset[Batch]):
    """Rows and labels that answer a list of indices with one batch."""

    def __init__(self, inputs: Tensor, labels: Tensor) -> None:
        self.inputs, self.labels = inputs, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Batch:
        return self.inputs[index], self.labels[index]

    def __getitems__(self, indices: list[int]) -> Batch:
        return self.inputs[indices], self.labels[indices]


def as_is(batch: Any) -> Any:
    """The collation of batches that are whole already."""
    return batch


def loader(inputs: Tensor, labels: Tensor, batch: int) -> DataLoader[Batch]:
    """Unshuffled batches of `batch` rows."""
    return DataLoader(RowBatches(inputs, labels), batch_size=batch, collate_fn=as_is)
