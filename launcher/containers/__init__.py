"""A stack in containers: what runs in each of them, by the same plan, templates and ports as on one machine.

A container of a service holds one instance and its sidecar (`workload`), so that it can be copied: `--scale gateway=3` makes two more
of the same. They find each other by DNS (`discovery`), and have their certificates and keys from one container that makes them
(`certifier`). docs/containers.md tells how it is run, ADR 43 why it is so.
"""
