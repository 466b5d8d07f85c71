# The whole of it, as the example puts it together: three zones, and copies in each.

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
  mock_data "aws_secretsmanager_random_password" {
    defaults = { random_password = "secret" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:123456789012:key/1" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      domain_validation_options = [{ domain_name = "origin.chat.example", resource_record_name = "_1", resource_record_type = "CNAME", resource_record_value = "_2" }]
    }
  }
}

mock_provider "aws" {
  alias = "us_east_1"

  mock_resource "aws_acm_certificate" {
    defaults = {
      domain_validation_options = [{ domain_name = "chat.example", resource_record_name = "_1", resource_record_type = "CNAME", resource_record_value = "_2" }]
    }
  }
}

variables {
  region          = "eu-central-1"
  zones           = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  domain          = "chat.example"
  zone_id         = "Z0123456789"
  registration    = "invite"
  push_contact    = "mailto:operator@chat.example"
  alarm_addresses = ["operator@chat.example"]
  repository      = "example/chat"
  images = {
    services  = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/elastic-chat/elastic-chat:0.1.0"
    mesh      = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/elastic-chat/elastic-chat-mesh:0.1.0"
    cassandra = "cassandra:5.0.4"
    aws_cli   = "public.ecr.aws/aws-cli/aws-cli:2.31.0"
    collector = "public.ecr.aws/aws-observability/aws-otel-collector:v0.45.0"
  }
  image_repository_arns = [
    "arn:aws:ecr:eu-central-1:123456789012:repository/elastic-chat/elastic-chat",
    "arn:aws:ecr:eu-central-1:123456789012:repository/elastic-chat/elastic-chat-mesh",
  ]
}

run "it_is_put_together" {
  assert {
    condition     = output.url == "https://chat.example"
    error_message = "People find it under its name."
  }

  assert {
    condition     = output.web_bucket == "elastic-chat-web-123456789012"
    error_message = "Buckets have the account in their names, which are the whole world's."
  }

  assert {
    condition     = startswith(output.first_certificates, "aws ecs run-task --cluster ") && strcontains(output.first_certificates, "--task-definition elastic-chat-certifier ")
    error_message = "The first certificates come by a command."
  }
}

run "another_number_of_zones_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a"]
  }

  expect_failures = [var.zones]
}
