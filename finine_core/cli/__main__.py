"""`python -m finine_core.cli`: the same as `finine`."""

from finine_core.cli import main

main()
