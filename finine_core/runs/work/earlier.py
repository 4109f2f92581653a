"""What may a resumed run keep of its earlier worker? Everything, while the software is the same.

A run is made by one set of versions (`versions` in run.json): a number begun with one and ended
with another would be neither's. So when a package that can change a run's numbers was exchanged
meanwhile, the run starts over, and is what an uninterrupted run of the new versions gives.
"""

from __future__ import annotations

import shutil

from finine_core.runs.folder import RunFolder, now
from finine_core.runs.home import versions
from finine_core.runs.record import config_of


def drop_what_others_made(folder: RunFolder) -> dict[str, tuple[str, str]]:
    """Remove what another set of versions left unfinished; gives each package's old and new one.

    The input file, the run's settings and its marks are not touched.
    """
    record = folder.read()
    made_with = record.get("versions") or {}
    here = versions(config_of(record))
    changed = {
        name: (made_with.get(name, "unknown"), found)
        for name, found in here.items()
        if made_with.get(name) != found
    }
    if not changed:
        return {}
    words = ", ".join(f"{name} {old} -> {new}" for name, (old, new) in changed.items())
    print(f"{now()} starts over, since versions have changed: {words}", flush=True)
    for path in (folder.dataset, folder.encoded):
        path.unlink(missing_ok=True)
    for path in (folder.checkpoints, folder.signals):
        shutil.rmtree(path, ignore_errors=True)
    folder.update(versions=here, resolved=None, dataset=None)
    return changed
