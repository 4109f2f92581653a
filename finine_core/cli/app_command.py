"""finine app."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from finine_core.cli.common import Home, cli, say
from finine_core.errors import FinineError
from finine_core.runs.home import HOME_VARIABLE, default_home

DEFAULT_PORT = 8501  # Streamlit's own
START_SECONDS, POLL_SECONDS = 60.0, 0.5  # how long, and how often, the app is waited for


@cli.command("app")
def app_command(
    home: Home = None,
    port: Annotated[
        int, typer.Option(help="Port on this machine.", min=1, max=65535)
    ] = DEFAULT_PORT,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only serve; open no browser window.")
    ] = False,
    first_job: Annotated[
        str | None,
        typer.Option(help="When the home has no runs yet, run this first (sample:tweets)."),
    ] = None,
) -> None:
    """Open the app on a home; it listens on this machine only."""
    from finine_core import api

    chosen = (home or default_home()).expanduser().resolve()
    _require_free(port)
    if first_job and not api.runs(chosen):
        say(f"No runs in {chosen} yet: running a first job on {first_job}.")
        _first_job(first_job, chosen)
    found = find_spec("finine_app.main")
    if found is None or found.origin is None:
        raise FinineError("The app is not installed.", "Install finine with: pip install finine")
    say(f"finine app: http://localhost:{port}  (home {chosen}; stop with Ctrl+C)")
    command = [
        sys.executable, "-m", "streamlit", "run", str(Path(found.origin)),
        "--server.port", str(port),
        "--server.address", "localhost",
        "--server.showEmailPrompt", "false",
        # Otherwise Streamlit lays an advertisement over the page, which installs things.
        "--server.headless", "true",
        "--browser.gatherUsageStats", "false",
        "--server.fileWatcherType", "none",
        "--client.toolbarMode", "minimal",
        # A fault of ours is named on the page; its traceback goes to the terminal.
        "--client.showErrorDetails", "type",
        # Widgets here follow the address by way of the session state; that is meant.
        "--global.disableWidgetStateDuplicationWarning", "true",
        "--server.maxUploadSize", "1024",
        # Streamlit's red says "wrong" where it only means "chosen"; on both, white reads well.
        "--theme.light.primaryColor", "#0072B2",
        "--theme.dark.primaryColor", "#2F86C1",
    ]  # fmt: skip
    if not no_browser:
        threading.Thread(target=_show, args=(port,), daemon=True).start()
    try:
        code = subprocess.call(command, env={**os.environ, HOME_VARIABLE: str(chosen)})
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(code)


def _show(port: int) -> None:
    """Open the app in the person's browser, once it answers."""
    graphical = {"DISPLAY", "WAYLAND_DISPLAY", "BROWSER"} & os.environ.keys()
    if sys.platform.startswith("linux") and not graphical:
        return  # else a browser for terminals might take over this one
    for _ in range(int(START_SECONDS / POLL_SECONDS)):
        with suppress(OSError), socket.create_connection(("localhost", port), POLL_SECONDS):
            webbrowser.open(f"http://localhost:{port}")
            return
        time.sleep(POLL_SECONDS)


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError as error:
            raise FinineError(
                f"Port {port} cannot be used ({error.strerror}).",
                "Choose another with --port (make app PORT=…).",
            ) from error


def _first_job(data: str, home: Path) -> None:
    command = [sys.executable, "-m", "finine_core.cli", "run", data, "--home", str(home)]
    code = subprocess.call(command, stdout=subprocess.DEVNULL)
    if code:
        raise typer.Exit(code)  # it has said why
