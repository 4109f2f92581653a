"""The life of a worker process: started, queued, watched, cancelled, resumed."""

from finine_core.runs.jobs.control import cancel, observe, resume, settle, start, wait

__all__ = ["cancel", "observe", "resume", "settle", "start", "wait"]
