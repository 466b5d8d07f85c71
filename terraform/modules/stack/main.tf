# A whole stack, put together. The examples are two sizes of it; whoever wants it otherwise puts the modules together in a way of their own.

data "aws_caller_identity" "here" {}
data "aws_region" "here" {}

locals {
  # Names of buckets are the whole world's: the account makes them ours.
  buckets = { for use in ["files", "backups", "web"] : use => "${var.name}-${use}-${data.aws_caller_identity.here.account_id}" }

  instances = { for name in module.catalogue.workloads : name => lookup(var.instances, name, { least = 1, most = 1 }) }
}

module "catalogue" {
  source = "../catalogue"
}

module "identity" {
  source = "../identity"

  name                 = var.name
  services             = module.catalogue.services
  workloads            = module.catalogue.workloads
  files_bucket         = local.buckets.files
  backups_bucket       = local.buckets.backups
  images               = var.image_repository_arns
  deletion_window_days = var.deletion_protection ? 30 : 7
}

module "network" {
  source = "../network"

  name               = var.name
  cidr               = var.cidr
  zones              = var.zones
  nat_in_each_zone   = var.nat_in_each_zone
  private_endpoints  = var.private_endpoints
  services           = module.catalogue.services
  edge               = module.catalogue.edge
  engine_ports       = module.catalogue.engine_ports
  log_retention_days = var.log_retention_days
  log_key_arn        = module.identity.key_arn
}

module "data" {
  source = "../data"

  name                       = var.name
  subnet_ids                 = module.network.private_subnet_ids
  subnet_cidrs               = module.network.private_subnet_cidrs
  security_group_ids         = module.network.engine_security_group_ids
  key_arn                    = module.identity.key_arn
  secret_arns                = module.identity.secret_arns
  certificate_secret_arns    = { cassandra = module.identity.certificate_secret_arns["cassandra"], trust = module.identity.trust_secret_arn }
  cassandra_instance_profile = module.identity.cassandra_instance_profile
  files_bucket               = local.buckets.files
  backups_bucket             = local.buckets.backups
  kafka                      = var.kafka
  valkey                     = var.valkey
  cassandra                  = merge(var.cassandra, { image = var.images.cassandra })
  log_retention_days         = var.log_retention_days
  deletion_protection        = var.deletion_protection
}

module "settings" {
  source = "../settings"

  services     = module.catalogue.services
  origin       = "https://${var.domain}"
  registration = var.registration
  push_contact = var.push_contact
  region       = data.aws_region.here.region
  files_bucket = module.data.files_bucket
  kafka        = module.data.kafka
  cassandra    = module.data.cassandra
  secret_arns  = module.identity.secret_arns
  chosen       = var.chosen
}

module "edge" {
  source    = "../edge"
  providers = { aws = aws, aws.us_east_1 = aws.us_east_1 }

  name                = var.name
  domain              = var.domain
  zone_id             = var.zone_id
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.public_subnet_ids
  security_group_id   = module.network.load_balancer_security_group_id
  port                = module.catalogue.edge.ports.tls
  web_bucket          = local.buckets.web
  log_retention_days  = var.log_retention_days
  deletion_protection = var.deletion_protection
}

module "mesh" {
  source = "../mesh"

  name                    = var.name
  vpc_id                  = module.network.vpc_id
  subnet_ids              = module.network.private_subnet_ids
  security_group_ids      = merge(module.network.task_security_group_ids, { certifier = module.network.certifier_security_group_id })
  services                = module.catalogue.services
  edge_ports              = module.catalogue.edge.ports
  instances               = local.instances
  images                  = var.images
  environment             = module.settings.environment
  secrets                 = module.settings.secrets
  origin                  = "https://${var.domain}"
  task_role_arns          = module.identity.task_role_arns
  execution_role_arns     = module.identity.execution_role_arns
  certifier_role_arn      = module.identity.certifier_role_arn
  certificate_secret_arns = module.identity.certificate_secret_arns
  trust_secret_arn        = module.identity.trust_secret_arn
  authority_arn           = module.identity.authority_arn
  cassandra_addresses     = module.data.cassandra.addresses
  key_arn                 = module.identity.key_arn
  log_retention_days      = var.log_retention_days
  edge_target_group_arn   = module.edge.target_groups["blue"].arn
  spot_share              = var.spot_share
}

module "observability" {
  source = "../observability"

  name                 = var.name
  alarm_addresses      = var.alarm_addresses
  cluster_name         = module.mesh.cluster_name
  cluster_arn          = module.mesh.cluster_arn
  instances            = local.instances
  kafka_name           = module.data.kafka.name
  valkey_name          = module.data.valkey.name
  target_groups        = module.edge.target_groups
  load_balancer_suffix = module.edge.load_balancer_suffix
  signals              = { for name, service in module.catalogue.services : name => service.scales_on }
}

module "deploy" {
  source = "../deploy"

  name              = var.name
  repository        = var.repository
  cluster_name      = module.mesh.cluster_name
  edge_service_name = module.mesh.edge_service_name
  listener_arn      = module.edge.listener_arn
  target_groups     = module.edge.target_groups
  alarm_names       = module.observability.edge_alarm_names
  pass_role_arns    = concat(values(module.identity.task_role_arns), values(module.identity.execution_role_arns))
  web_bucket        = module.edge.web_bucket
  distribution_arn  = module.edge.distribution.arn
  key_arn           = module.identity.key_arn
}
