"""What is traced in a stack, and who takes it."""

from __future__ import annotations

from dataclasses import dataclass

from launcher.topology import HOST, Topology


@dataclass(frozen=True, slots=True)
class Tracing:
    """A share of what comes in, from 0 to 1 and more than 0, and where the collector is that every process tells its steps."""

    share: float
    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def is_own(self, topology: Topology) -> bool:
        """Tell whether the collector is the stack's own, which `elastic-chat trace` reads."""
        return (self.host, self.port) == (HOST, topology.collector_port)
