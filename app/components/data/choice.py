"""What did a person say of a file? Its path, the role of its columns, which rows are held out."""

from __future__ import annotations

from dataclasses import dataclass

from finine_core.dataset import named_labels


@dataclass(frozen=True)
class DataChoice:
    """A file and the role of its columns; the names are those of a run's options."""

    data: str
    label: str | tuple[str, ...]  # several: the task multi_label
    text: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    id: str | None = None
    ignore: tuple[str, ...] = ()
    image: str | None = None
    skip_corrupt: bool = False
    validation: float | str = 0.2
    task: str = "auto"
    group: str | None = None
    time: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label columns: mostly one."""
        return named_labels(self.label)
