"""Does a run on an input that was accepted come to its end, and does its export hold?

Takes a case through everything that follows the check: a run by the worker's own code (in this
process: hundreds of workers would take an hour), its scores, one row marked for deletion, an
export, and the rebuilding of the exported file from its manifest.
"""

from __future__ import annotations

import contextlib
import io
import signal
import tempfile
import time
from pathlib import Path

from benchmarks.reliability.bad_inputs.case import Case
from benchmarks.reliability.bad_inputs.command_line import differences, made
from benchmarks.reliability.bad_inputs.outcome import Outcome
from benchmarks.reliability.bad_inputs.sandbox import inside, sandbox
from finine_core import api
from finine_core.api.given import kept_data
from finine_core.errors import FinineError
from finine_core.files import sha256_of
from finine_core.runs import State, create_run
from finine_core.runs.config import make_config
from finine_core.runs.worker import main as work


def run_through(case: Case) -> Outcome:
    """Run on a case; where it is accepted, mark, export and rebuild."""
    with sandbox() as box:
        path = made(case, box)
        before = box.picture()
        started = time.process_time()
        on_terminate = signal.getsignal(signal.SIGTERM)
        printed = io.StringIO()
        with inside(box), contextlib.redirect_stdout(printed):
            try:
                told = _told(case, str(path), box.home)
            except FinineError as error:
                told = str(error), True
            finally:
                signal.signal(signal.SIGTERM, on_terminate)  # the worker has set its own
        seconds = time.process_time() - started
        return Outcome(
            told[1], box.tidy(told[0]), seconds, changed=differences(before, box.picture())
        )


def _told(case: Case, data: str, home: Path) -> tuple[str, bool]:
    given = case.options_in(Path(data).parent)
    config = make_config(data=str(kept_data(data, home)), epochs=1, **given)
    folder = create_run(home, config)
    work(str(folder.path))
    run = api.open_run(folder.run_id, home)
    status = run.status()
    if status.state is not State.DONE:
        return status.message, True
    scores = run.scores()
    row = int(scores["row_number"].iloc[0])
    run.mark(rows=[row], decision="delete", reason="bad")
    with tempfile.TemporaryDirectory() as out:  # neither among the data nor in the home
        exported = run.export(Path(out) / "exported")
        rebuilt = Path(out) / f"rebuilt{exported.cleaned.suffix}"
        api.apply(exported.manifest, data, rebuilt)
        if sha256_of(rebuilt) != sha256_of(exported.cleaned):
            return f"Traceback: the file rebuilt from {exported.manifest} differs", True
    notes = "\n".join(run.record()["dataset"]["notes"])
    return f"{len(scores)} rows scored, 1 of {exported.rows_before} removed\n{notes}", False
