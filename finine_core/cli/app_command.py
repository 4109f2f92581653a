"""finine app."""

from __future__ import annotations

import os
import signal
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

from finine_core.access import (
    ADDRESS_VARIABLE,
    DATA_ROOTS_VARIABLE,
    SECRETS_NAME,
    is_loopback,
    login_settings,
)
from finine_core.cli.common import Home, cli, say
from finine_core.errors import FinineError
from finine_core.files import make_private
from finine_core.paths import named_path
from finine_core.processes import child_environment, python_module
from finine_core.runs.home import HOME_VARIABLE, check_home, default_home

DEFAULT_PORT = 8501  # Streamlit's own
LOCALHOST = "localhost"  # nobody else can reach it
# An upload is held in memory until it is stored; larger files are chosen by their path.
UPLOAD_MB = 1024
MESSAGE_MB = 50  # to a browser; the largest page sends 4 MB, and each browser costs that much
# What opens something, said once more as flags, which win over Streamlit's variables too.
_CLOSED = (
    "--server.enableCORS", "true",
    "--server.enableXsrfProtection", "true",
    "--server.enableStaticServing", "false",
    "--server.enableAgentApi", "false",
    "--server.scriptHealthCheckEnabled", "false",
    "--server.enableExpensiveMemoryStats", "false",
    "--global.developmentMode", "false",
)  # fmt: skip
START_SECONDS, POLL_SECONDS = 60.0, 0.5  # how long, and how often, the app is waited for
END_SECONDS = 10.0  # a server that is told to end is killed after so long


@cli.command("app")
def app_command(
    home: Home = None,
    port: Annotated[
        int, typer.Option(help="Port on this machine.", min=1, max=65535)
    ] = DEFAULT_PORT,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only serve; open no browser window.")
    ] = False,
    address: Annotated[
        str, typer.Option(help="Where to listen; others can reach anything but localhost.")
    ] = LOCALHOST,
    without_login: Annotated[
        bool,
        typer.Option("--without-login", help="Let anyone in who can reach the address."),
    ] = False,
    data_root: Annotated[
        list[Path] | None,
        typer.Option(help="Folder that data files may be chosen from; may be given again."),
    ] = None,
    first_job: Annotated[
        str | None,
        typer.Option(help="When the home has no runs yet, run this first (sample:tweets)."),
    ] = None,
) -> None:
    """Open the app on a home; only this machine can reach it, unless --address says otherwise."""
    from finine_core import api

    signal.signal(signal.SIGTERM, _end)
    chosen = check_home(named_path(home or default_home()).resolve())
    login = login_settings(chosen) is not None
    _require_guarded(address, login, without_login)
    _require_free(address, port)
    make_private(chosen)
    if first_job and not api.runs(chosen):
        say(f"No runs in {chosen} yet: running a first job on {first_job}.")
        _first_job(first_job, chosen)
    if find_spec("finine_app") is None:
        raise FinineError("The app is not installed.", "Install finine with: pip install finine")
    shown = f"[{address}]" if ":" in address else address
    say(f"finine app: http://{shown}:{port}  (home {chosen}; stop with Ctrl+C)")
    command = [
        *python_module("finine_app.serve"),
        "--server.port", str(port),
        "--server.address", address,
        *_CLOSED,
        "--secrets.files", str(chosen / SECRETS_NAME),
        "--server.showEmailPrompt", "false",
        # Otherwise Streamlit lays an advertisement over the page, which installs things.
        "--server.headless", "true",
        "--browser.gatherUsageStats", "false",
        "--server.fileWatcherType", "none",
        # Else Streamlit ends the answer to a press where it stands when the next one comes, which
        # may be before it has begun.
        "--runner.fastReruns", "false",
        # Its greeting, on another address than localhost, asks a server elsewhere what this one is.
        "--logger.hideWelcomeMessage", "true",
        "--client.toolbarMode", "minimal",
        # A fault of ours is named on the page; its traceback goes to the terminal.
        "--client.showErrorDetails", "type",
        # Widgets here follow the address by way of the session state; that is meant.
        "--global.disableWidgetStateDuplicationWarning", "true",
        "--server.maxUploadSize", str(UPLOAD_MB),
        "--server.maxMessageSize", str(MESSAGE_MB),
        # Streamlit's red says "wrong" where it only means "chosen"; on both, white reads well.
        "--theme.light.primaryColor", "#0072B2",
        "--theme.dark.primaryColor", "#2F86C1",
    ]  # fmt: skip
    if not no_browser:
        threading.Thread(target=_show, args=(port,), daemon=True).start()
    environment = child_environment({HOME_VARIABLE: str(chosen), ADDRESS_VARIABLE: address})
    environment.pop(DATA_ROOTS_VARIABLE, None)
    if data_root or login or not is_loopback(address):
        roots = [str(named_path(one).resolve()) for one in data_root or []]
        environment[DATA_ROOTS_VARIABLE] = os.pathsep.join(roots)
    server = subprocess.Popen(command, env=environment)
    try:
        code = server.wait()
    except KeyboardInterrupt:
        code = 0
    finally:
        _end_server(server)
    raise typer.Exit(code)


def _end(*_: object) -> None:
    """Told to end, as by a service manager or a container: not before the server has ended, too."""
    raise SystemExit(128 + signal.SIGTERM)


def _end_server(server: subprocess.Popen[bytes]) -> None:
    server.terminate()  # nothing, where it is over
    try:
        server.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()


def _require_guarded(address: str, login: bool, without_login: bool) -> None:
    """Others may reach the app only with a login, or when that is said out loud."""
    if is_loopback(address):
        return
    if not login and not without_login:
        raise FinineError(
            f"Anyone who can reach {address} could see the data, decide on it and start runs.",
            "Set up a login (SECURITY.md), or say that you mean it with --without-login.",
        )
    what = "who has an account" if login else "CAN SEE AND CHANGE EVERYTHING: there is no login"
    say(f"WARNING: others can reach this app at {address}. Everyone there {what}.")
    say("WARNING: what they send and see is not encrypted; put a proxy with HTTPS before it.")


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


def _require_free(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise FinineError(
                f"Port {port} cannot be used ({error.strerror}).",
                "Choose another with --port (make app PORT=…).",
            ) from error


def _first_job(data: str, home: Path) -> None:
    command = python_module("finine_core.cli", "run", data, "--home", str(home))
    code = subprocess.call(command, stdout=subprocess.DEVNULL, env=child_environment())
    if code:
        raise typer.Exit(code)  # it has said why
