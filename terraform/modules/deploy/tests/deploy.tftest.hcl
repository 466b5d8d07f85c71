# Who may deploy, and what: workflows of one repository in one environment, by a token and no stored key.

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

variables {
  name              = "chat"
  repository        = "example/chat"
  cluster_name      = "chat"
  edge_service_name = "edge"
  listener_arn      = "arn:listener"
  target_groups     = { blue = { name = "chat-blue" }, green = { name = "chat-green" } }
  alarm_names       = ["chat-edge-blue", "chat-edge-green"]
  pass_role_arns    = ["arn:aws:iam::123456789012:role/chat-edge"]
  web_bucket        = "chat-web"
  distribution_arn  = "arn:distribution"
  key_arn           = "arn:aws:kms:eu-central-1:123456789012:key/1"
}

run "one_repository_may_deploy" {
  assert {
    condition = [
      for condition in one(data.aws_iam_policy_document.github_trust["deploy"].statement).condition : condition.values
      if condition.test == "StringEquals" && endswith(condition.variable, ":sub")
    ] == [tolist(["repo:example/chat:environment:production"])]
    error_message = "Only workflows of our repository, in the environment that somebody approves."
  }

  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.github_trust : anytrue([
        for condition in one(document.statement).condition : endswith(condition.variable, ":aud") && condition.values == tolist(["sts.amazonaws.com"])
      ])
    ])
    error_message = "A token that was made for somebody else does not count."
  }

  assert {
    condition     = one(one(data.aws_iam_policy_document.pass.statement).resources) == "arn:aws:iam::123456789012:role/chat-edge"
    error_message = "What is deployed may become a workload, and nothing else."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.deploy.statement :
      !contains(statement.resources, "*") || contains(["Registry", "Tasks"], statement.sid)
    ])
    error_message = "What a deployment may touch is named, but for what AWS gives no name."
  }

  assert {
    condition     = endswith(aws_iam_role_policy_attachment.plan.policy_arn, "/ViewOnlyAccess")
    error_message = "A pull request changes nothing, and reads no data."
  }

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.plan.statement : one(statement.actions) => one(statement.resources)
      } == {
      "ssm:GetParameter"                 = "arn:aws:ssm:eu-central-1::parameter/aws/service/*"
      "secretsmanager:GetRandomPassword" = "*"
      "ec2:GetManagedPrefixListEntries"  = "arn:aws:ec2:eu-central-1:aws:prefix-list/*"
    }
    error_message = "A plan looks up what AWS tells everyone, and nothing of ours."
  }
}

run "a_bad_edge_is_taken_back" {
  assert {
    condition     = aws_codedeploy_deployment_group.edge.deployment_style[0].deployment_type == "BLUE_GREEN" && aws_codedeploy_deployment_group.edge.auto_rollback_configuration[0].enabled
    error_message = "The old edge stays until the new one is seen to be good."
  }

  assert {
    condition     = aws_codedeploy_deployment_group.edge.blue_green_deployment_config[0].terminate_blue_instances_on_deployment_success[0].termination_wait_time_in_minutes == 10
    error_message = "Whoever deploys waits for half an hour, and the old edge is gone long before that."
  }

  assert {
    condition     = aws_iam_role.deploy.max_session_duration == 7200
    error_message = "A deployment of everything is allowed two hours."
  }

  assert {
    condition     = toset(aws_codedeploy_deployment_group.edge.alarm_configuration[0].alarms) == toset(var.alarm_names) && aws_codedeploy_deployment_group.edge.alarm_configuration[0].enabled
    error_message = "At these alarms it is taken back."
  }
}

run "a_tag_means_one_image" {
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "A tag never means another image, and images are looked through."
  }
}

run "an_old_edge_that_outlives_the_wait_is_refused" {
  command = plan

  variables {
    old_edge_minutes = 30
  }

  expect_failures = [var.old_edge_minutes]
}

run "a_star_is_refused" {
  command = plan

  variables {
    repository = "example/*"
  }

  expect_failures = [var.repository]
}
