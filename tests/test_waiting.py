"""The tests' own waiting: as long as something moves, however long that takes, and no longer."""

import os
import threading
import time

import pytest

from tests.waiting import BEAT, wait_until


def test_it_waits_far_longer_than_nothing_may_move_for_what_goes_on(tmp_path):
    begun = time.monotonic()
    progress = tmp_path / "run" / "events.jsonl"
    progress.parent.mkdir()

    def work():
        for step in range(10):
            time.sleep(0.5)
            progress.write_text("." * step)

    threading.Thread(target=work, daemon=True).start()
    wait_until(lambda: progress.exists() and progress.stat().st_size == 9, tmp_path, still=2.5)
    assert time.monotonic() - begun > 2.5


def test_it_gives_up_on_what_shows_signs_of_life_but_gets_nowhere(tmp_path):
    def alive():
        (tmp_path / BEAT).write_text(os.urandom(8).hex())
        return False

    with pytest.raises(AssertionError, match=r"nothing under .* has moved"):
        wait_until(alive, tmp_path, still=1.5)
