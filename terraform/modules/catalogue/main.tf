# What there is to run: a table that tests compare with the code, and that everything else here is made from.

locals {
  services = jsondecode(file("${path.module}/services.json"))

  # An instance has a block of ten ports, the same on every address (launcher/topology.py).
  offsets = { grpc = 0, http = 1, ingress = 2, egress = 3, admin = 4, metrics = 5 }

  edge = { plain = 8080, tls = 8081, admin = 8082, metrics = 8090 }

  engine_ports = { kafka = 9096, redis = 6379, cassandra = 9042 }

  # Whom the edge calls: every service but those that only others ask (launcher/mesh/calls.py).
  edge_calls = ["accounts", "files", "gateway", "history", "presence", "router"]
}
