"""Serves the app with our settings alone.

`python -P -m finine_app.serve FLAGS` is what `finine app` starts; the flags are Streamlit's own. No
`config.toml` has a say, in whatever folder it lies: such a file is somebody's data.
"""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit import config
from streamlit.web import cli

from finine_core.heard import heard


def main() -> None:
    """Run Streamlit's own command with the flags of this process, and without files of settings."""
    if not callable(getattr(config, "get_config_files", None)):
        raise SystemExit("This version of Streamlit reads its settings in a way unknown to finine.")
    vars(config)["get_config_files"] = _no_files
    with heard(lambda said: print(said, file=sys.stderr), libraries=False):
        cli.main(["run", str(Path(__file__).with_name("served.py")), *sys.argv[1:]])


def _no_files(_name: str) -> list[str]:
    return []


if __name__ == "__main__":
    main()
