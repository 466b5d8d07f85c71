"""What the services share: the rules of conversations (`core`), the engines (`edges`), gRPC in the mesh (`rpc`), settings and logging."""
