"""How long tests take: long files are begun first, and `make check` leaves long tests out.

`make test` writes a report; `python -m tests.durations` takes the times of its slow tests over into
durations.json. The list needs no care: a test that is not in it counts as short.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Collection
from itertools import zip_longest
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
LISTED = Path(__file__).with_suffix(".json")
REPORT = ROOT / "build" / "tests.xml"
LISTED_SECONDS = 1.0  # shorter tests are not listed
LONG_SECONDS = 3.0  # too long for `make check`
BROWSER = "e2e"


def listed() -> dict[str, float]:
    """Seconds by the id of a test, such as `tests/cli/test_cli.py::test_x[a]`."""
    return json.loads(LISTED.read_text(encoding="utf-8"))


def long_ones_first(files: Collection[Path]) -> list[Path]:
    """The files, longest first: no long one is left to one process at the end.

    Those of the browser take turns with the others, so that two seldom draw at once.
    """
    seconds: dict[Path, float] = {}
    for test, taken in listed().items():
        path = ROOT / test.split("::")[0]
        seconds[path] = seconds.get(path, 0) + taken
    ordered = sorted(files, key=lambda path: (-seconds.get(path, 0), path))
    drawn = [path for path in ordered if path.parent.name == BROWSER]
    others = [path for path in ordered if path.parent.name != BROWSER]
    return [one for pair in zip_longest(others, drawn) for one in pair if one is not None]


def taken_over(report: Path) -> dict[str, float]:
    """The slow tests of a JUnit report, slowest first."""
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        seconds, parts = float(case.attrib["time"]), case.attrib["classname"].split(".")
        for known in range(len(parts), 0, -1):  # a class may follow the file
            path = "/".join(parts[:known]) + ".py"
            if seconds >= LISTED_SECONDS and (ROOT / path).is_file():
                test = "::".join([path, *parts[known:], case.attrib["name"]])
                found[test] = round(seconds, 1)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


if __name__ == "__main__":
    times = taken_over(Path(sys.argv[1]) if len(sys.argv) > 1 else REPORT)
    LISTED.write_text(json.dumps(times, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(times)} tests of {LISTED_SECONDS:g} s or more, {sum(times.values()):.0f} s in all")
