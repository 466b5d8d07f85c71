output "environment" {
  description = "What each service finds in its environment, but for its own name in the mesh, which it has when it runs."
  value = {
    for name, service in var.services : name => merge(
      {
        CHAT_ENVIRONMENT = "production"
        CHAT_GRPC_PORT   = tostring(service.ports.grpc)
        CHAT_HTTP_PORT   = tostring(service.ports.http)
        CHAT_MESH        = "127.0.0.1:${service.ports.egress}"
      },
      local.engines[name],
      lookup(local.sockets, name, {}),
      lookup(local.own, name, {}),
      lookup(var.chosen, name, {}),
    )
  }
}

output "secrets" {
  description = "What each service is given of secrets: the variable, and where ECS finds its value."
  value = {
    for name, service in var.services : name => merge(
      contains(service.engines, "redis") ? { CHAT_REDIS_URL = var.secret_arns["redis"] } : {},
      contains(service.engines, "kafka") ? {
        CHAT_KAFKA_USERNAME = "${var.secret_arns["kafka"]}:username::"
        CHAT_KAFKA_PASSWORD = "${var.secret_arns["kafka"]}:password::"
      } : {},
      contains(service.engines, "cassandra") ? {
        CHAT_CASSANDRA_USERNAME = "${var.secret_arns["cassandra"]}:username::"
        CHAT_CASSANDRA_PASSWORD = "${var.secret_arns["cassandra"]}:password::"
      } : {},
      lookup(local.own_secrets, name, {}),
    )
  }
}
