# How a new version gets here: workflows on GitHub, known by a token of theirs and by no stored key, push images, put the files of the web client
# into their bucket, and have CodeDeploy replace the edge.

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  account   = data.aws_caller_identity.here.account_id
  partition = data.aws_partition.here.partition
  region    = data.aws_region.here.region
  arn       = "arn:${local.partition}:%s:${local.region}:${local.account}:%s"
}

# --- images: a tag never means another image than it did ---
resource "aws_ecr_repository" "this" {
  for_each = toset(["elastic-chat", "elastic-chat-mesh"])

  name                 = "${var.name}/${each.key}"
  image_tag_mutability = "IMMUTABLE"

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Fifty versions to go back to"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 50 }
      action       = { type = "expire" }
    }]
  })
}

# --- blue and green ---
resource "aws_codedeploy_app" "edge" {
  name             = "${var.name}-edge"
  compute_platform = "ECS"
}

resource "aws_codedeploy_deployment_group" "edge" {
  app_name              = aws_codedeploy_app.edge.name
  deployment_group_name = "edge"
  service_role_arn      = aws_iam_role.codedeploy.arn
  # Behind a network load balancer there is no other way than all at once.
  deployment_config_name = "CodeDeployDefault.ECSAllAtOnce"

  ecs_service {
    cluster_name = var.cluster_name
    service_name = var.edge_service_name
  }

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  blue_green_deployment_config {
    deployment_ready_option {
      action_on_timeout = "CONTINUE_DEPLOYMENT"
    }
    terminate_blue_instances_on_deployment_success {
      action                           = "TERMINATE"
      termination_wait_time_in_minutes = var.old_edge_minutes
    }
  }

  load_balancer_info {
    target_group_pair_info {
      prod_traffic_route {
        listener_arns = [var.listener_arn]
      }
      target_group {
        name = var.target_groups["blue"].name
      }
      target_group {
        name = var.target_groups["green"].name
      }
    }
  }

  alarm_configuration {
    enabled = true
    alarms  = var.alarm_names
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
  }
}

resource "aws_iam_role" "codedeploy" {
  name               = "${var.name}-codedeploy"
  assume_role_policy = data.aws_iam_policy_document.codedeploy_trust.json
}

data "aws_iam_policy_document" "codedeploy_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["codedeploy.amazonaws.com"]
    }
  }
}

# What AWS grants CodeDeploy for ECS, without the right to pass any role: that is said below, by name.
resource "aws_iam_role_policy_attachment" "codedeploy" {
  role       = aws_iam_role.codedeploy.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/AWSCodeDeployRoleForECSLimited"
}

resource "aws_iam_role_policy" "codedeploy" {
  name   = "as-workloads"
  role   = aws_iam_role.codedeploy.id
  policy = data.aws_iam_policy_document.pass.json
}

data "aws_iam_policy_document" "pass" {
  statement {
    sid       = "AsWorkloads"
    actions   = ["iam:PassRole"]
    resources = var.pass_role_arns
    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# --- GitHub ---
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

data "aws_iam_policy_document" "github_trust" {
  for_each = {
    deploy = "environment:${var.github_environment}"
    plan   = "pull_request"
  }

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = ["repo:${var.repository}:${each.value}"]
    }
  }
}

resource "aws_iam_role" "deploy" {
  name               = "${var.name}-deploy"
  assume_role_policy = data.aws_iam_policy_document.github_trust["deploy"].json
  # Eight services one after the other, gateways that drain, and an edge of before that stays for a while.
  max_session_duration = 7200
}

resource "aws_iam_role_policy" "deploy" {
  name   = "deploy"
  role   = aws_iam_role.deploy.id
  policy = data.aws_iam_policy_document.deploy.json
}

data "aws_iam_policy_document" "deploy" {
  # checkov:skip=CKV_AWS_111: A definition of a task has no ARN before it is registered: what it may become is bound by the roles below.
  # checkov:skip=CKV_AWS_356: What gives a token for ECR, and what registers a task, can't be limited to a resource.
  source_policy_documents = [data.aws_iam_policy_document.pass.json]

  statement {
    sid       = "Registry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid = "Images"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [for repository in aws_ecr_repository.this : repository.arn]
  }

  statement {
    sid       = "Tasks"
    actions   = ["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
    resources = ["*"]
  }

  statement {
    sid       = "Services"
    actions   = ["ecs:DescribeServices", "ecs:UpdateService"]
    resources = [format(local.arn, "ecs", "service/${var.cluster_name}/*")]
  }

  statement {
    sid = "Edge"
    actions = [
      "codedeploy:CreateDeployment", "codedeploy:GetApplicationRevision", "codedeploy:GetDeployment", "codedeploy:GetDeploymentConfig",
      "codedeploy:RegisterApplicationRevision", "codedeploy:StopDeployment",
    ]
    resources = [
      aws_codedeploy_app.edge.arn,
      aws_codedeploy_deployment_group.edge.arn,
      format(local.arn, "codedeploy", "deploymentconfig:CodeDeployDefault.ECSAllAtOnce"),
    ]
  }

  statement {
    sid       = "WebClient"
    actions   = ["s3:DeleteObject", "s3:PutObject"]
    resources = ["arn:${local.partition}:s3:::${var.web_bucket}/*"]
  }

  statement {
    sid       = "ListWebClient"
    actions   = ["s3:ListBucket"]
    resources = ["arn:${local.partition}:s3:::${var.web_bucket}"]
  }

  statement {
    sid       = "NewPages"
    actions   = ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]
    resources = [var.distribution_arn]
  }
}

# A pull request is shown what it would change, and changes nothing. It reads no secret, and no state: a plan for it is made without one.
# What a plan looks up and that policy of AWS's leaves out is below: which image a machine has, a password that nobody keeps, and CloudFront's
# addresses.
resource "aws_iam_role" "plan" {
  name                 = "${var.name}-plan"
  assume_role_policy   = data.aws_iam_policy_document.github_trust["plan"].json
  max_session_duration = 3600
}

resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.plan.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/job-function/ViewOnlyAccess"
}

resource "aws_iam_role_policy" "plan" {
  name   = "look-up"
  role   = aws_iam_role.plan.id
  policy = data.aws_iam_policy_document.plan.json
}

data "aws_iam_policy_document" "plan" {
  # checkov:skip=CKV_AWS_356: What makes a password up and keeps it nowhere can't be limited to a resource.
  statement {
    sid       = "MachineImages"
    actions   = ["ssm:GetParameter"]
    resources = ["arn:${local.partition}:ssm:${local.region}::parameter/aws/service/*"]
  }

  statement {
    sid       = "Passwords"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"]
  }

  statement {
    sid       = "CloudFront"
    actions   = ["ec2:GetManagedPrefixListEntries"]
    resources = ["arn:${local.partition}:ec2:${local.region}:aws:prefix-list/*"]
  }
}
