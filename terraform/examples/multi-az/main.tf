# For an installation that people rely on: three zones, three copies of everything that is kept, and two of whatever serves. A zone can be lost.

provider "aws" {
  region = var.region

  default_tags {
    tags = { Application = "elastic-chat", Size = "multi-az" }
  }
}

provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  default_tags {
    tags = { Application = "elastic-chat", Size = "multi-az" }
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

  zones             = var.zones
  nat_in_each_zone  = true
  private_endpoints = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]

  kafka     = { instance_type = "kafka.m7g.large", disk_gib = 500 }
  valkey    = { node_type = "cache.r7g.large", replicas = 2 }
  cassandra = { nodes = 3, instance_type = "r7g.xlarge", disk_gib = 500, heap_gib = 12 }

  instances = {
    edge     = { least = 3, most = 12 }
    gateway  = { least = 3, most = 8 }
    router   = { least = 3, most = 8 }
    presence = { least = 2, most = 6 }
    history  = { least = 3, most = 8 }
    writer   = { least = 2, most = 8 }
    accounts = { least = 2, most = 6 }
    files    = { least = 2, most = 6 }
    search   = { least = 2, most = 6 }
  }

  log_retention_days = 365
}
