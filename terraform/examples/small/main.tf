# For a team, or to try it: two zones, because Kafka and the load balancer want two, and one of almost everything. What fails is started again by
# itself within minutes; a lost zone is not survived, and Cassandra's one disk is all there is beside its backups.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Application = "elastic-chat", Size = "small" }
  }
}

provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  default_tags {
    tags = { Application = "elastic-chat", Size = "small" }
  }
}

module "chat" {
  source    = "../../modules/stack"
  providers = { aws = aws, aws.us_east_1 = aws.us_east_1 }

  domain                = var.domain
  zone_id               = var.zone_id
  registration          = var.registration
  push_contact          = var.push_contact
  alarm_addresses       = var.alarm_addresses
  repository            = var.repository
  images                = var.images
  image_repository_arns = var.image_repository_arns

  zones            = var.zones
  nat_in_each_zone = false

  kafka     = { instance_type = "kafka.t3.small", disk_gib = 50 }
  valkey    = { node_type = "cache.t4g.small", replicas = 0 }
  cassandra = { nodes = 1, instance_type = "r7g.large", disk_gib = 100, heap_gib = 6 }

  # Two gateways, so that clients have where to go when one is replaced.
  instances  = { gateway = { least = 2, most = 4 } }
  spot_share = 50

  log_retention_days  = 30
  deletion_protection = false
}
