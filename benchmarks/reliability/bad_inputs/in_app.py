"""What does the app say to a bad input?

Opens the Data page on the file, as a link with `?data=…` does, with Streamlit's own test client:
the page must show the problem that the command line tells, or be ready to go on, and never fail.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.reliability.bad_inputs.case import Case
from benchmarks.reliability.bad_inputs.command_line import differences, limited, made
from benchmarks.reliability.bad_inputs.outcome import SECONDS, Outcome
from benchmarks.reliability.bad_inputs.sandbox import Sandbox, inside, sandbox
from finine_app.components.messages import APART
from finine_app.state import DataChoice
from finine_core.processes import python_module

MODULE = "benchmarks.reliability.bad_inputs.in_app"
APP = Path(__file__).parents[3] / "app" / "main.py"


def in_app(case: Case) -> Outcome:
    """Open the Data page on a case."""
    with sandbox() as box:
        return page_on(case, made(case, box), box)


def in_app_alone(case: Case) -> Outcome:
    """Open the Data page on a case in a process of its own, under limits."""
    with sandbox() as box:
        path = made(case, box)
        command = python_module(MODULE, case.name, str(path), str(box.root))
        outcome = limited(command, case, path, box)
        try:
            seen = json.loads(outcome.told)
        except ValueError:  # it was ended, or failed
            return replace(outcome, refused=True, told=f"Traceback: {outcome.told}")
        return replace(outcome, refused=seen["refused"], told=seen["told"])


def page_on(case: Case, path: Path, box: Sandbox) -> Outcome:
    """Open the Data page on a path in a sandbox."""
    from streamlit.testing.v1 import AppTest
    from streamlit.util import calc_hash

    logging.getLogger("streamlit").setLevel(logging.ERROR)
    before = box.picture()
    started = time.process_time()
    with inside(box):
        page = AppTest.from_file(str(APP), default_timeout=3 * SECONDS)
        page._page_hash = calc_hash("data")
        if case.options:
            page.session_state["_data"] = str(path)
            page.session_state["_data_choice"] = _choice(case, path, box)
        else:
            page.query_params["data"] = str(path)
        page.run()
        for one in page.selectbox:  # the page may have guessed another label, or none
            is_label = (one.key or "").startswith("label_")
            if is_label and one.value != "label" and "label" in one.options:
                one.set_value("label").run()
    seconds = time.process_time() - started
    failures = [f"Traceback: {one.value}" for one in page.exception]
    errors = [plain(one.value) for one in page.error]
    kinds = (page.info, page.warning, page.success, page.markdown)
    report = [plain(one.value) for kind in kinds for one in kind]
    refused = bool(errors or failures)
    told = "\n".join([*failures, *errors] if refused else report)
    return Outcome(refused, box.tidy(told), seconds, changed=differences(before, box.picture()))


def main() -> None:
    """What `in_app_alone` starts: the page on one case, its outcome as JSON."""
    from benchmarks.reliability.bad_inputs import CASES

    name, path, root = sys.argv[1:]
    (case,) = [one for one in CASES if one.name == name]
    seen = page_on(case, Path(path), Sandbox(Path(root)))
    print(json.dumps({"refused": seen.refused, "told": seen.told}))


def _choice(case: Case, path: Path, box: Sandbox) -> DataChoice:
    """What a person has chosen on the page before this look at it."""
    given = case.options_in(box.input)
    named = (*given.get("features", ()), *given.get("text", ()))
    if (
        named and path.suffix == ".csv"
    ):  # the page suggests a role for every other column: here they have none
        header = path.read_text().splitlines()[0].split(",")
        others = {*header} - {*named, "label", given.get("id")}
        given["ignore"] = tuple(sorted(others))
    return DataChoice(data=str(path), **given)


def plain(markdown: object) -> str:
    """What a person reads of a message: without the signs of markdown that we put there."""
    text = re.sub(r"^\*\*(.*)\*\*(?=  \n|$)", r"\1", str(markdown))
    text = text.replace(APART, "").replace("  \n", " ")
    return re.sub(r"\\([^\w\s]|_)", r"\1", text)


if __name__ == "__main__":
    main()
