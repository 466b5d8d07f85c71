"""The mesh as configuration: what every Envoy of a stack is told. Docs/mesh.md explains it, envoy/README.md every listener and route."""
