"""Something that goes on in a thread of its own while a block of code runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def meanwhile(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do `work` while the body runs; it is told by an event that the body is over, and waited for.

    Examples:
        >>> with meanwhile(lambda over: print("over:", over.wait(60))):
        ...     print("the body")
        the body
        over: True
    """
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
