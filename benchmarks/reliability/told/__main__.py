"""Look for tracebacks: python -m benchmarks.reliability.told commands|damage|pages|calls [word].

Root may read and write everything; as root, begin it so that it may not:
setpriv --bounding-set=-dac_override,-dac_read_search python -m ...
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.reliability.told import calls, commands, damage


def main() -> int:
    """Try; print each that ends wrongly, and how many did."""
    kind, only = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
    with tempfile.TemporaryDirectory() as made:
        folder = prepared(Path(made))
        every = {
            "commands": lambda: commands.tries(folder, only),
            "damage": lambda: damage.tries(folder, only, pages=False),
            "pages": lambda: damage.tries(folder, only, commands=False),
            "calls": lambda: calls.tries(folder, only),
        }[kind]()
        found, tried = Counter(), 0
        for words, wrong in every:
            tried += 1
            if wrong:
                found[wrong.split(": ")[0]] += 1
                print(f"✗ {words}\n    {wrong}", flush=True)
    print(f"\n{tried} tries, {sum(found.values())} end wrongly")
    for wrong, count in found.most_common():
        print(f"{count:6} {wrong}")
    return 1 if found else 0


def prepared(made: Path) -> Path:
    """A folder with data, a finished run in a home with marks and groups, and an export."""
    from tests.trained import trained

    folder = made / "told"
    folder.mkdir()
    data = folder / "data.csv"
    data.write_text("text,x,label\n" + "".join(
        f"these are words {k % 13},{k * 7 % 11}.5,{'ab'[k * 5 % 7 % 2]}\n" for k in range(80)
    ))  # fmt: skip
    run = trained(data, label="label", home=folder / "home", epochs=2)
    rows = run.scores(top=5)["row_number"].tolist()
    run.mark(rows=rows[:2], decision="delete", reviewer="ada")
    run.save_group("odd ones", rows=rows, reviewer="ada")
    run.export(folder / "export")
    run.scores(estimator="gaussian")
    return folder


if __name__ == "__main__":
    sys.exit(main())
