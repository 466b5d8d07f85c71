# What the mesh promises: every task has a sidecar that outlives its service, health that is asked for, and room to drain; and it is scaled on
# what its service exports.

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

run "given" {
  module {
    source = "./tests/given"
  }
}

variables {
  name                  = "chat"
  vpc_id                = "vpc-1"
  subnet_ids            = ["subnet-1", "subnet-2"]
  key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/1"
  trust_secret_arn      = "arn:trust"
  authority_arn         = "arn:authority"
  certifier_role_arn    = "arn:certifier"
  cassandra_addresses   = ["10.0.16.10", "10.0.32.10"]
  log_retention_days    = 90
  edge_target_group_arn = "arn:blue"
  origin                = "https://chat.example"
  images                = { services = "elastic-chat:1.0.0", mesh = "elastic-chat-mesh:1.0.0", aws_cli = "aws-cli:2.31.0", collector = "collector:0.45.0" }

  services                = run.given.services
  edge_ports              = run.given.edge_ports
  security_group_ids      = run.given.security_group_ids
  instances               = run.given.instances
  environment             = run.given.environment
  secrets                 = run.given.secrets
  task_role_arns          = run.given.task_role_arns
  execution_role_arns     = run.given.execution_role_arns
  certificate_secret_arns = run.given.certificate_secret_arns
}

run "each_service_has_a_sidecar" {
  assert {
    condition = alltrue([
      for name, task in aws_ecs_task_definition.this :
      join(" ", [for container in jsondecode(task.container_definitions) : container.name])
      == (name == "edge" ? "identity edge" : "identity sidecar service collector")
    ])
    error_message = "A task has its certificate, its Envoy, its service and the collector of what it is scaled on, which the edge has not."
  }

  assert {
    condition = alltrue(flatten([
      for task in aws_ecs_task_definition.this : [
        for container in jsondecode(task.container_definitions) :
        container.readonlyRootFilesystem && !container.privileged && (container.name == "identity" || container.name == "collector" || container.user == "10001")
      ]
    ]))
    error_message = "Nothing that strangers talk to runs as root, and no program can be written over."
  }

  assert {
    condition = alltrue([
      for name in keys(var.services) : {
        for container in jsondecode(aws_ecs_task_definition.this[name].container_definitions) : container.name => try(one(container.dependsOn), null)
        } == {
        identity  = null
        sidecar   = { containerName = "identity", condition = "HEALTHY" }
        service   = { containerName = "sidecar", condition = "HEALTHY" }
        collector = { containerName = "sidecar", condition = "HEALTHY" }
      }
    ])
    error_message = "A sidecar starts before its service, and stops after it: a service that drains has its calls to make."
  }

  assert {
    condition = alltrue([
      for name, service in var.services :
      [for container in jsondecode(aws_ecs_task_definition.this[name].container_definitions) : container.portMappings if can(container.portMappings)]
      == [[{ containerPort = service.ports.ingress, protocol = "tcp" }]]
    ])
    error_message = "A task is reached at the ingress of its sidecar, and at nothing else."
  }
}

run "health_is_asked_for" {
  assert {
    condition = alltrue([
      for name, service in var.services : [
        for container in jsondecode(aws_ecs_task_definition.this[name].container_definitions) : container.healthCheck.command
        if container.name == "service"
      ] == [["CMD", "healthy", "http", tostring(service.ports.http), "/readyz"]]
    ])
    error_message = "A service is asked whether it takes work."
  }

  assert {
    condition = alltrue([
      for service in aws_ecs_service.this :
      service.deployment_minimum_healthy_percent == 100 && one(service.deployment_circuit_breaker).enable && one(service.deployment_circuit_breaker).rollback
    ])
    error_message = "A new task serves before an old one goes, and a version that does not come up is taken back."
  }

  assert {
    condition     = alltrue([for service in concat(values(aws_ecs_service.this), [aws_ecs_service.edge]) : !service.network_configuration[0].assign_public_ip && !service.enable_execute_command])
    error_message = "No task has a public address, or a door for commands."
  }
}

run "there_is_time_to_drain" {
  assert {
    condition = alltrue([
      for name, service in var.services : [
        for container in jsondecode(aws_ecs_task_definition.this[name].container_definitions) : container.stopTimeout if container.name == "service"
      ] == [service.stop_s]
    ])
    error_message = "A service has as long as its catalogue says."
  }

  assert {
    condition     = alltrue([for service in values(var.services) : service.stop_s <= 120])
    error_message = "Fargate waits for 120 seconds at the most."
  }
}

run "they_are_found_by_dns" {
  assert {
    condition     = aws_service_discovery_private_dns_namespace.mesh.name == "mesh" && toset([for one in aws_service_discovery_service.this : one.name]) == toset(keys(var.services))
    error_message = "gateway.mesh is where gateways are: so launcher/containers asks."
  }

  assert {
    condition     = alltrue([for one in aws_service_discovery_service.this : one.dns_config[0].dns_records[0].type == "A" && one.dns_config[0].dns_records[0].ttl <= 5])
    error_message = "Addresses are looked up, and are forgotten soon."
  }
}

run "they_are_scaled_on_their_signals" {
  assert {
    condition = alltrue([
      for name, policy in aws_appautoscaling_policy.signal :
      one(one(policy.target_tracking_scaling_policy_configuration).customized_metric_specification).metric_name == var.services[name].scales_on.metric
      && one(one(policy.target_tracking_scaling_policy_configuration).customized_metric_specification).namespace == "chat"
    ])
    error_message = "A service is scaled on the signal that the catalogue names, where its collector puts it."
  }

  assert {
    condition = alltrue(flatten([
      for name, service in var.services : [
        for container in jsondecode(aws_ecs_task_definition.this[name].container_definitions) :
        one(yamldecode(container.environment[0].value).exporters.awsemf.metric_declarations).metric_name_selectors == ["^${service.scales_on.metric}$"]
        if container.name == "collector"
      ]
    ]))
    error_message = "The collector hands on the signal of its service."
  }

  assert {
    condition = alltrue(flatten([
      for name, service in var.services : [
        for container in jsondecode(aws_ecs_task_definition.this[name].container_definitions) :
        yamldecode(container.environment[0].value).service.pipelines.metrics.processors
        == concat(length(service.scales_on.labels) > 0 ? ["metricstransform"] : [], ["cumulativetodelta", "batch"])
        if container.name == "collector"
      ]
    ]))
    error_message = "What is seen is told as of the last time, and what has labels as one number."
  }

  assert {
    condition = [
      for container in jsondecode(aws_ecs_task_definition.this["gateway"].container_definitions) :
      one(one(yamldecode(container.environment[0].value).processors.metricstransform.transforms).operations)
      if container.name == "collector"
    ] == [{ action = "aggregate_labels", aggregation_type = "sum", label_set = ["service"] }]
    error_message = "A gateway has as many connections as all its doors together."
  }

  assert {
    condition     = !contains(keys(aws_appautoscaling_target.this), "files") && aws_appautoscaling_target.this["router"].max_capacity == 8
    error_message = "What has as many at the most as at the least is not scaled, and nothing beyond what it can use."
  }
}

run "certificates_are_renewed" {
  assert {
    condition     = strcontains(aws_ecs_task_definition.certifier.container_definitions, "cassandra=10.0.16.10,10.0.32.10")
    error_message = "The certificate of Cassandra's nodes is for their addresses."
  }

  assert {
    condition     = aws_scheduler_schedule.certifier.schedule_expression == "rate(1 days)" && var.certificate_life_days >= 2
    error_message = "There is a day to find out why a renewal has failed."
  }
}

run "latest_is_no_version" {
  command = plan

  variables {
    images = { services = "elastic-chat:latest", mesh = "elastic-chat-mesh:1.0.0", aws_cli = "aws-cli:2.31.0", collector = "collector:0.45.0" }
  }

  expect_failures = [var.images]
}

run "more_than_are_found_are_refused" {
  command = plan

  variables {
    instances = run.given.too_many_instances
  }

  expect_failures = [var.instances]
}

run "a_certificate_of_a_month_is_refused" {
  command = plan

  variables {
    certificate_life_days = 30
  }

  expect_failures = [var.certificate_life_days]
}
