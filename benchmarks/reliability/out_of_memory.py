"""Is a run that the system kills for lack of memory told as such, and can it go on?

    python benchmarks/reliability/out_of_memory.py [--megabytes 350] [--out FILE.json]

Makes a control group with little memory (as root, on Linux), runs there until the kernel kills the
worker, reads what a person is told, takes the limit away and resumes. What comes out is held, byte
by byte, against a run that had memory enough.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from finine_core import api
from finine_core.errors import FinineError
from finine_core.processes import child_environment, python_code
from finine_sample_data import sample

RESULTS = Path(__file__).parent / "results" / "out_of_memory.json"
UNLIMITED = "-1"
CODE = """
import sys
from pathlib import Path
Path(sys.argv[1], "cgroup.procs").write_text("0")  # this process, and those it starts
from finine_core import cli
sys.argv = ["finine", "run", "sample:tweets", "--home", sys.argv[2]]
cli.main()
"""


def group_folder() -> Path:
    """A control group of our own below the one we are in."""
    for line in Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, kind, path = line.split(":", 2)
        if kind == "memory":
            root = Path("/sys/fs/cgroup/memory")
            parent = root / path.lstrip("/")
            return (parent if parent.exists() else root) / f"finine-{os.getpid()}"
    raise SystemExit("There is no memory control group of version 1 here.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=350)
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    group, tweets = group_folder(), sample("tweets")
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(f"{chosen.megabytes}M")
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            command = python_code(CODE, str(group), str(home))
            subprocess.run(command, env=child_environment(), check=False)
            run = api.open_run("latest", home)
            status = run.status()
            found = {
                "megabytes": chosen.megabytes,
                "kernel_kills": int((group / "memory.oom_control").read_text().split()[-1]),
                "state": str(status.state),
                "message": status.message,
                "doctor": [one.problem for one in api.doctor(home).findings],
            }
            (group / "memory.limit_in_bytes").write_text(UNLIMITED)
            run.resume()
            found["after"] = str(run.wait().state)
            whole = api.run(
                tweets.path, label=tweets.label, text=tweets.text, id=tweets.id, home=home
            )
            found["identical"] = run.folder.scores.read_bytes() == whole.folder.scores.read_bytes()
    except FinineError as error:
        raise SystemExit(str(error)) from None
    finally:
        group.rmdir()
    print(json.dumps(found, indent=1, ensure_ascii=False))
    chosen.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
