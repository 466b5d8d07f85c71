output "services" {
  description = "Every service: its ports, which engines and services it reaches, what an instance takes, and what it is scaled on."
  value = {
    for name, service in local.services : name => merge(service, {
      ports = { for port, offset in local.offsets : port => service.port + offset }
    })
  }
}

output "edge" {
  description = "The ports of the edge, and the services that it calls."
  value       = { ports = local.edge, calls = local.edge_calls }
}

output "engine_ports" {
  description = "The port on which each engine takes its clients."
  value       = local.engine_ports
}

output "workloads" {
  description = "Whoever has a certificate in the mesh: the services and the edge. Each has a role and a security group of its own."
  value       = concat(sort(keys(local.services)), ["edge"])
}
