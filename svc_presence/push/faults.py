"""What push could not deal with. It is given up, and counted: whoever is away is not told, and everyone else is."""

from __future__ import annotations

from chatkit.metrics import counter

FAULTS = counter(
    "chat_push_faults_total",
    "What push could not deal with, for a reason that nobody expected and the log of the process tells.",
    where=("message", "reading", "choice", "push", "log"),
)
