# The mesh: a service of ECS for each of ours and for the edge. They find each other by DNS, under the names that launcher/containers asks for.

data "aws_region" "here" {}
data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}

locals {
  workloads = merge({ for name, service in var.services : name => service }, {
    edge = { cpu = 1024, memory = 4096 }
  })
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_service_discovery_private_dns_namespace" "mesh" {
  name        = "mesh"
  description = "Where the instances of each service are"
  vpc         = var.vpc_id
}

resource "aws_service_discovery_service" "this" {
  for_each = var.services

  name = each.key

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.mesh.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      # Sidecars look every second, and by health checks notice what DNS still has.
      ttl = 2
    }
  }

  # ECS says who is healthy.
  health_check_custom_config {}
}

resource "aws_cloudwatch_log_group" "workload" {
  # checkov:skip=CKV_AWS_338: How long is up to the installation; small ones need no year.
  for_each = toset(concat(keys(local.workloads), ["certifier", "metrics"]))

  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}

# --- services ---
resource "aws_ecs_service" "this" {
  for_each = var.services

  name                   = each.key
  cluster                = aws_ecs_cluster.this.id
  task_definition        = aws_ecs_task_definition.this[each.key].arn
  desired_count          = var.instances[each.key].least
  enable_execute_command = false
  propagate_tags         = "SERVICE"
  # An upgrade goes service by service, and each only when the one before is done: docs/aws.md.
  wait_for_steady_state = true

  # A new one serves before an old one goes.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  availability_zone_rebalancing      = "ENABLED"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    base              = 1
    weight            = 100 - var.spot_share
  }

  dynamic "capacity_provider_strategy" {
    for_each = var.spot_share > 0 ? [1] : []
    content {
      capacity_provider = "FARGATE_SPOT"
      weight            = var.spot_share
    }
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_ids[each.key]]
    assign_public_ip = false
  }

  service_registries {
    registry_arn = aws_service_discovery_service.this[each.key].arn
  }

  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

# The edge is replaced as a whole, by CodeDeploy: its clients come back to the new one, and the old one stays until that is seen to be good.
resource "aws_ecs_service" "edge" {
  name                              = "edge"
  cluster                           = aws_ecs_cluster.this.id
  task_definition                   = aws_ecs_task_definition.this["edge"].arn
  desired_count                     = var.instances["edge"].least
  launch_type                       = "FARGATE"
  enable_execute_command            = false
  propagate_tags                    = "SERVICE"
  health_check_grace_period_seconds = 120

  deployment_controller {
    type = "CODE_DEPLOY"
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_ids["edge"]]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = var.edge_target_group_arn
    container_name   = "edge"
    container_port   = var.edge_ports["tls"]
  }

  lifecycle {
    # Which of the two target groups, and which version, is CodeDeploy's to say from here on.
    ignore_changes = [desired_count, load_balancer, task_definition]
  }
}
