"""gRPC in the mesh: errors as statuses, who calls, servers that drain, channels through the sidecar, lanes to the routers."""
