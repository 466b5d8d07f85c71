# Who issues certificates: a task, once a day, and nobody else. It makes the keys and the requests, has the authority sign, and puts each
# certificate where its workload alone may read it.

locals {
  certified = concat(sort(keys(local.workloads)), ["cassandra=${join(",", var.cassandra_addresses)}"])
}

resource "aws_ecs_task_definition" "certifier" {
  family                   = "${var.name}-certifier"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  task_role_arn            = var.certifier_role_arn
  execution_role_arn       = var.execution_role_arns["certifier"]

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  volume {
    name = "work"
  }

  container_definitions = jsonencode([
    {
      name                   = "requests"
      image                  = var.images.services
      essential              = false
      user                   = "0"
      readonlyRootFilesystem = true
      command                = concat(["python", "-m", "launcher.certificates.requests", "/work"], local.certified)
      mountPoints            = [{ sourceVolume = "work", containerPath = "/work", readOnly = false }]
      logConfiguration       = local.certifier_log
    },
    {
      name                   = "sign"
      image                  = var.images.aws_cli
      essential              = true
      user                   = "0"
      readonlyRootFilesystem = true
      entryPoint             = ["bash", "-c"]
      command                = [file("${path.module}/scripts/sign.sh")]
      environment = [
        { name = "AUTHORITY", value = var.authority_arn },
        { name = "TEMPLATE", value = "arn:${data.aws_partition.here.partition}:acm-pca:::template/EndEntityCertificate/V1" },
        { name = "LIFE_DAYS", value = tostring(var.certificate_life_days) },
        { name = "SECRETS", value = "${var.name}/mesh" },
      ]
      dependsOn        = [{ containerName = "requests", condition = "SUCCESS" }]
      mountPoints      = [{ sourceVolume = "work", containerPath = "/work", readOnly = false }]
      logConfiguration = local.certifier_log
    },
  ])
}

locals {
  certifier_log = {
    logDriver = "awslogs"
    options = {
      awslogs-group         = aws_cloudwatch_log_group.workload["certifier"].name
      awslogs-region        = data.aws_region.here.region
      awslogs-stream-prefix = "certifier"
    }
  }
}

resource "aws_scheduler_schedule" "certifier" {
  # checkov:skip=CKV_AWS_297: What is scheduled has no secret in it.
  name                = "${var.name}-certifier"
  description         = "New certificates for everyone in the mesh"
  schedule_expression = "rate(1 days)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_ecs_cluster.this.arn
    role_arn = aws_iam_role.scheduler.arn

    ecs_parameters {
      task_definition_arn = aws_ecs_task_definition.certifier.arn
      launch_type         = "FARGATE"
      group               = "certifier"

      network_configuration {
        subnets          = var.subnet_ids
        security_groups  = [var.security_group_ids["certifier"]]
        assign_public_ip = false
      }
    }

    retry_policy {
      maximum_retry_attempts       = 10
      maximum_event_age_in_seconds = 21600
    }
  }
}

resource "aws_iam_role" "scheduler" {
  name               = "${var.name}-scheduler"
  assume_role_policy = data.aws_iam_policy_document.scheduler_trust.json
}

data "aws_iam_policy_document" "scheduler_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}

resource "aws_iam_role_policy" "scheduler" {
  name   = "start"
  role   = aws_iam_role.scheduler.id
  policy = data.aws_iam_policy_document.scheduler.json
}

data "aws_iam_policy_document" "scheduler" {
  statement {
    sid       = "Start"
    actions   = ["ecs:RunTask"]
    resources = ["${aws_ecs_task_definition.certifier.arn_without_revision}:*"]
    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [aws_ecs_cluster.this.arn]
    }
  }

  statement {
    sid       = "AsCertifier"
    actions   = ["iam:PassRole"]
    resources = [var.certifier_role_arn, var.execution_role_arns["certifier"]]
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}
