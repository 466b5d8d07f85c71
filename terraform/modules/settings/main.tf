# What each service is told, by its environment: a test lets the services' own code read it, as a production start does.

locals {
  owners = { kafka = ["writer"], cassandra = ["presence", "writer", "accounts", "files"] }

  engines = {
    for name, service in var.services : name => merge(
      contains(service.engines, "kafka") ? {
        CHAT_KAFKA_BOOTSTRAP = var.kafka.bootstrap
        CHAT_KAFKA_TLS       = "true"
      } : {},
      contains(local.owners.kafka, name) ? { CHAT_KAFKA_REPLICATION_FACTOR = tostring(var.kafka.copies) } : {},
      contains(service.engines, "cassandra") ? {
        CHAT_CASSANDRA_CONTACT_POINTS = join(",", var.cassandra.addresses)
        CHAT_CASSANDRA_DATACENTER     = var.cassandra.datacenter
        CHAT_CASSANDRA_TLS            = "true"
      } : {},
      contains(local.owners.cassandra, name) ? { CHAT_CASSANDRA_REPLICATION_FACTOR = tostring(var.cassandra.copies) } : {},
    )
  }

  own = {
    gateway  = { CHAT_GATEWAY_ALLOWED_ORIGINS = var.origin }
    presence = { CHAT_PRESENCE_PUSH_CONTACT = var.push_contact }
    accounts = { CHAT_ACCOUNTS_REGISTRATION = var.registration }
    files    = { CHAT_FILES_S3_BUCKET = var.files_bucket, CHAT_FILES_S3_REGION = var.region }
    search   = { CHAT_SEARCH_FOLDER = "/elastic-chat/data/search" }
  }

  # The sidecar reaches these over a socket beside its configuration, which costs less than loopback (launcher/topology.py: HAS_ROUTES).
  sockets = { for name in ["gateway", "accounts", "files"] : name => { CHAT_HTTP_SOCKET = "/elastic-chat/run/envoy/${name}-1.sock" } }

  own_secrets = {
    accounts = { CHAT_ACCOUNTS_SIGNING_KEY = var.secret_arns["signing-key"] }
    files    = { CHAT_FILES_LINK_KEY = var.secret_arns["link-key"] }
    presence = { CHAT_PRESENCE_PUSH_KEY = var.secret_arns["push-key"] }
  }
}
