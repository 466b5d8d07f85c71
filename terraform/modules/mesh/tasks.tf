# What is in a task: the container that keeps its certificate fresh, the Envoy, the service, and the collector of what it is scaled on. At a stop
# they go the other way round, so that a service that drains still has its sidecar. The edge is an Envoy alone, and is scaled on CPU.

locals {
  user = "10001"

  mounts = {
    identity = { sourceVolume = "identity", containerPath = "/elastic-chat/identity", readOnly = true }
    run      = { sourceVolume = "run", containerPath = "/elastic-chat/run", readOnly = false }
    data     = { sourceVolume = "data", containerPath = "/elastic-chat/data", readOnly = false }
    scratch  = { sourceVolume = "scratch", containerPath = "/tmp", readOnly = false }
  }

  # Every WebSocket is a file, at the edge two.
  files = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]

  log = {
    for name in keys(local.workloads) : name => {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.workload[name].name
        awslogs-region        = data.aws_region.here.region
        awslogs-stream-prefix = name
        # Nobody waits for CloudWatch: what it does not take in is lost, and not the message that somebody sends.
        mode            = "non-blocking"
        max-buffer-size = "4m"
      }
    }
  }

  base = {
    for name in keys(local.workloads) : name => {
      readonlyRootFilesystem = true
      privileged             = false
      logConfiguration       = local.log[name]
    }
  }

  identity = {
    for name in keys(local.workloads) : name => merge(local.base[name], {
      name        = "identity"
      image       = var.images.aws_cli
      essential   = true
      user        = "0"
      entryPoint  = ["bash", "-c"]
      command     = [file("${path.module}/scripts/identity.sh")]
      stopTimeout = 10
      environment = [
        { name = "ENVOY", value = name == "edge" ? "edge" : "${name}-1-sidecar" },
        { name = "IDENTITY_SECRET", value = var.certificate_secret_arns[name] },
        { name = "TRUST_SECRET", value = var.trust_secret_arn },
        { name = "OUTSIDE", value = tostring(name == "edge") },
        { name = "LOOK_S", value = "900" },
      ]
      mountPoints = [for mount in values(local.mounts) : merge(mount, { readOnly = false })]
      healthCheck = {
        command     = ["CMD-SHELL", "test -s /elastic-chat/identity/$ENVOY.json"]
        interval    = 5
        timeout     = 3
        retries     = 3
        startPeriod = 60
      }
    })
  }

  envoy = {
    for name in keys(local.workloads) : name => merge(local.base[name], {
      name      = name == "edge" ? "edge" : "sidecar"
      image     = var.images.mesh
      essential = true
      user      = local.user
      command   = concat(["python", "-m", "launcher.containers.workload", name], name == "edge" ? [] : ["--sidecar"])
      # Longer than it takes: it has nothing left to do once its service is gone.
      stopTimeout = 30
      environment = [
        { name = "ELASTIC_CHAT_ENVIRONMENT", value = "production" },
        { name = "ELASTIC_CHAT_ORIGINS", value = var.origin },
      ]
      dependsOn    = [{ containerName = "identity", condition = "HEALTHY" }]
      portMappings = [{ containerPort = name == "edge" ? var.edge_ports["tls"] : var.services[name].ports["ingress"], protocol = "tcp" }]
      mountPoints  = [local.mounts.identity, local.mounts.run, local.mounts.scratch]
      ulimits      = local.files
      healthCheck = {
        command     = ["CMD", "healthy", "http", tostring(name == "edge" ? var.edge_ports["admin"] : var.services[name].ports["admin"]), "/ready"]
        interval    = 5
        timeout     = 4
        retries     = 3
        startPeriod = 30
      }
    })
  }

  service = {
    for name, service in var.services : name => merge(local.base[name], {
      name        = "service"
      image       = var.images.services
      essential   = true
      user        = local.user
      entryPoint  = ["sh", "-c"]
      command     = [file("${path.module}/scripts/service.sh")]
      stopTimeout = service.stop_s
      environment = concat(
        [{ name = "SERVICE", value = name }],
        [for key in sort(keys(var.environment[name])) : { name = key, value = var.environment[name][key] }],
      )
      secrets     = [for key in sort(keys(var.secrets[name])) : { name = key, valueFrom = var.secrets[name][key] }]
      dependsOn   = [{ containerName = "sidecar", condition = "HEALTHY" }]
      mountPoints = [local.mounts.identity, local.mounts.run, local.mounts.data, local.mounts.scratch]
      ulimits     = local.files
      healthCheck = {
        command     = ["CMD", "healthy", "http", tostring(service.ports["http"]), "/readyz"]
        interval    = 10
        timeout     = 4
        retries     = 3
        startPeriod = 120
      }
    })
  }

  # Only what is scaled on goes to CloudWatch, where each series costs: the rest is for a Prometheus (modules/observability).
  collector = {
    for name in keys(var.services) : name => merge(local.base[name], {
      name        = "collector"
      image       = var.images.collector
      essential   = false
      stopTimeout = 10
      environment = [{ name = "AOT_CONFIG_CONTENT", value = yamlencode(local.collection[name]) }]
      dependsOn   = [{ containerName = "sidecar", condition = "HEALTHY" }]
      memory      = 128
    })
  }

  collection = {
    for name, service in var.services : name => {
      receivers = {
        prometheus = { config = { scrape_configs = [{
          job_name        = "elastic-chat"
          scrape_interval = "15s"
          metrics_path    = "/metrics"
          static_configs  = [{ targets = ["127.0.0.1:${service.ports["metrics"]}"], labels = { service = name } }]
        }] } }
      }
      processors = merge(local.processors[name], {
        # Of a histogram CloudWatch is to know what was seen since the last time, and not since the start: an average over a day moves no more.
        cumulativetodelta = { include = { metrics = [service.scales_on.metric], match_type = "strict" } }
        batch             = { timeout = "15s" }
      })
      exporters = {
        awsemf = {
          namespace                        = var.name
          region                           = data.aws_region.here.region
          log_group_name                   = aws_cloudwatch_log_group.workload["metrics"].name
          log_stream_name                  = "{TaskId}"
          resource_to_telemetry_conversion = { enabled = false }
          dimension_rollup_option          = "NoDimensionRollup"
          metric_declarations = [{
            dimensions            = [["service"]]
            metric_name_selectors = ["^${service.scales_on.metric}$"]
          }]
        }
      }
      service = { pipelines = { metrics = {
        receivers  = ["prometheus"]
        processors = concat(keys(local.processors[name]), ["cumulativetodelta", "batch"])
        exporters  = ["awsemf"]
      } } }
    }
  }

  # A signal with labels is several series, whose average would be a part of what the task has: it is their sum that counts.
  processors = {
    for name, service in var.services : name => length(service.scales_on.labels) == 0 ? {} : {
      metricstransform = { transforms = [{
        include    = service.scales_on.metric
        action     = "update"
        operations = [{ action = "aggregate_labels", label_set = ["service"], aggregation_type = "sum" }]
      }] }
    }
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.workloads

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  task_role_arn            = var.task_role_arns[each.key]
  execution_role_arn       = var.execution_role_arns[each.key]

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  container_definitions = jsonencode(concat(
    [local.identity[each.key], local.envoy[each.key]],
    each.key == "edge" ? [] : [local.service[each.key]],
    each.key == "edge" ? [] : [local.collector[each.key]],
  ))

  dynamic "volume" {
    for_each = local.mounts
    content {
      name = volume.key
    }
  }

  dynamic "ephemeral_storage" {
    # An index is about 800 bytes for each message: this is room for 50 million on each instance.
    for_each = each.key == "search" ? [60] : []
    content {
      size_in_gib = ephemeral_storage.value
    }
  }
}
