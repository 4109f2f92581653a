"""Does the advice hold? Suspicion beside every simpler ranking, at the defaults of `finine run`."""
