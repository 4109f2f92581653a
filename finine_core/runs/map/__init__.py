"""The map of a run's training rows: where the trained model puts them, and who lies beside whom.

`embedding` holds the positions (stored when a run is scored), `layout` the flat picture that UMAP
makes of them, `job` the process that computes it.
"""

NEIGHBOURS = 6  # of a row, shown at once: what fits beside it
