"""Who may use the app, and which files of the machine may its users choose?

On the machine of one person the answer is: that person, and any file. When others can reach the
app, a login can be required (`secrets.toml` in the home, see SECURITY.md), and paths are confined
to the folders that whoever started the app has named. Takes the home, an account, a path; gives
yes or no, in words. Nothing here knows of the app.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from finine_core.errors import FinineError

SECRETS_NAME = "secrets.toml"
# What the command tells the app: folders that files may be chosen from, joined as in PATH. Unset:
# any file, for the one person at this machine.
DATA_ROOTS_VARIABLE = "FININE_DATA_ROOTS"
ADDRESS_VARIABLE = "FININE_ADDRESS"  # where the app listens
WILDCARDS = ("0.0.0.0", "::")  # every address of the machine


def login_settings(home: Path) -> dict[str, Any] | None:
    """What the home's secrets.toml says of the login; None where there is no such file.

    Returns:
        The table `finine` of the file, with `allowed` as a list of addresses and @domains.

    Raises:
        FinineError: the file cannot be read or has no login in it. A login that somebody meant to
            require is never left out because of a slip in a file.
    """
    path = home / SECRETS_NAME
    if not path.exists():
        return None
    mend = "Mend it as SECURITY.md shows, or take it away to have no login."
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FinineError(f"The login in {path} cannot be read ({error}).", mend) from error
    settings = found.get("finine", {})
    allowed = settings.get("allowed") if isinstance(settings, dict) else None
    if not isinstance(found.get("auth"), dict):
        raise FinineError(f"{path} has no section [auth].", mend)
    if (
        not isinstance(allowed, list)
        or not allowed
        or not all(isinstance(one, str) and "@" in one for one in allowed)
    ):
        raise FinineError(
            f"{path} does not say who may log in.",
            'Add: [finine] and allowed = ["ada@example.org", "@example.org"]',
        )
    return settings


def login_origin(home: Path) -> str | None:
    """The pages' address as the login's provider leads back to it: `scheme://host:port`.

    None without a login, and where its file has a slip: then nobody gets in.
    """
    try:
        if login_settings(home) is None:
            return None
        found = tomllib.loads((home / SECRETS_NAME).read_text(encoding="utf-8"))
    except (FinineError, OSError, ValueError):
        return None
    parts = urlsplit(str(found["auth"].get("redirect_uri", "")))
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else None


def may_enter(account: Mapping[str, Any], allowed: Iterable[str]) -> bool:
    """Whether an account that the provider vouches for is one of those allowed.

    Args:
        account: what the provider says: `email`, and `email_verified` where it says so.
        allowed: addresses, and domains with an @ before them.

    Examples:
        >>> may_enter({"email": "Ada@Example.org"}, ["ada@example.org"])
        True
        >>> may_enter({"email": "eve@evil-example.org"}, ["@example.org"])
        False
        >>> may_enter({"email": "ada@example.org", "email_verified": False}, ["@example.org"])
        False
    """
    email = str(account.get("email") or "").strip().casefold()
    if email.count("@") != 1 or account.get("email_verified", True) is not True:
        return False
    domain = email[email.index("@") :]
    return any(one.strip().casefold() in (email, domain) for one in allowed)


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach a server at the address.

    Examples:
        >>> [is_loopback(one) for one in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "box.lan")]
        [True, True, True, False, False]
    """
    if address.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def require_choosable(path: Path, roots: Iterable[Path]) -> None:
    """Refuse a file outside the folders that users may choose files from.

    Args:
        path: links in it are followed before it is judged.
        roots: the folders that are always allowed (uploads, samples); those of the command come
            to them.

    Raises:
        FinineError: it lies elsewhere. Whether it exists is not said.
    """
    named = os.environ.get(DATA_ROOTS_VARIABLE)
    if named is None:
        return
    every = [*roots, *(Path(one) for one in named.split(os.pathsep) if one)]
    try:
        real = path.expanduser().resolve()
        inside = any(real.is_relative_to(root.resolve()) for root in every)
    except (OSError, ValueError, RuntimeError):  # too long, a loop of links, no such user
        inside = False
    if not inside:
        where = ", ".join(str(root) for root in every[len(list(roots)) :]) or "none"
        raise FinineError(
            "This app does not read files from that place.",
            f"Upload the file, or ask whoever started the app (folders to choose from: {where}; "
            "more with finine app --data-root FOLDER).",
        )
