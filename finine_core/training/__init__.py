"""Models, and one deterministic training run that observers may watch step by step.

Import from the modules: `models` and `settings` need no torch (three seconds to import), so that
commands which only look at results start at once; `trainer` and `checkpoints` do.
"""
