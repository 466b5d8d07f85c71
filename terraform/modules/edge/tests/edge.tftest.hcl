# What the way in promises: TLS on every hop, a firewall before everything, and files that only CloudFront reads.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      domain_validation_options = [{ domain_name = "origin.chat.example", resource_record_name = "_1.origin", resource_record_type = "CNAME", resource_record_value = "_2" }]
    }
  }
  mock_resource "aws_cloudfront_distribution" {
    defaults = { arn = "arn:aws:cloudfront::123456789012:distribution/1" }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/chat/1" }
  }
}

mock_provider "aws" {
  alias = "us_east_1"

  mock_resource "aws_acm_certificate" {
    defaults = {
      domain_validation_options = [{ domain_name = "chat.example", resource_record_name = "_1", resource_record_type = "CNAME", resource_record_value = "_2" }]
    }
  }
  mock_resource "aws_wafv2_web_acl" {
    defaults = { arn = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/chat/1" }
  }
}

variables {
  name               = "chat"
  domain             = "chat.example"
  zone_id            = "Z0123456789"
  vpc_id             = "vpc-1"
  subnet_ids         = ["subnet-1", "subnet-2"]
  security_group_id  = "sg-1"
  port               = 8081
  web_bucket         = "chat-web"
  log_retention_days = 90
}

run "tls_on_every_hop" {
  assert {
    condition     = aws_lb_listener.https.protocol == "TLS" && alltrue([for group in aws_lb_target_group.edge : group.protocol == "TLS" && group.port == 8081])
    error_message = "The load balancer is spoken to over TLS, and speaks so with the edge."
  }

  assert {
    condition     = strcontains(aws_lb_listener.https.ssl_policy, "TLS13")
    error_message = "TLS 1.2 is the oldest that is spoken."
  }

  assert {
    condition = alltrue([
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior : contains(["https-only", "redirect-to-https"], behavior.viewer_protocol_policy)
    ]) && aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
    error_message = "Nothing is answered in the clear."
  }

  assert {
    condition = alltrue([
      for origin in aws_cloudfront_distribution.this.origin : one(origin.custom_origin_config).origin_protocol_policy == "https-only" if origin.origin_id == "edge"
    ])
    error_message = "CloudFront speaks with the edge over TLS."
  }
}

run "answers_are_never_kept" {
  assert {
    condition = alltrue([
      for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior :
      behavior.cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" && behavior.origin_request_policy_id == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
      if behavior.target_origin_id == "edge"
    ])
    error_message = "What the edge answers is for who has asked, and needs all that was asked."
  }

  assert {
    condition     = toset([for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior : behavior.path_pattern if behavior.target_origin_id == "edge"]) == toset(["/v1/*", "/elastic_chat.*"])
    error_message = "REST, WebSockets, files and gRPC go to the edge, and everything else is the web client."
  }
}

run "a_firewall_before_everything" {
  assert {
    condition     = aws_cloudfront_distribution.this.web_acl_id == aws_wafv2_web_acl.this.arn
    error_message = "CloudFront asks the firewall."
  }

  assert {
    condition     = toset([for rule in jsondecode(aws_wafv2_web_acl.this.rule_json) : rule.Name]) == toset(["known-bad-addresses", "known-bad-inputs", "credentials", "too-many"])
    error_message = "It stops what is known to be bad, and who asks too often."
  }

  assert {
    condition     = alltrue([for path in ["/v1/auth/login", "/v1/auth/register", "/v1/join", "/elastic_chat.accounts.v1.AccountsService/Login"] : can(regex(local.credential_paths, path))])
    error_message = "Whoever tries passwords is counted apart."
  }

  assert {
    condition     = !can(regex(local.credential_paths, "/v1/conversations"))
    error_message = "Whoever chats is not taken for somebody who tries passwords."
  }

  assert {
    condition     = length([for one in aws_wafv2_web_acl_logging_configuration.this.redacted_fields : one if length(one.single_header) > 0]) == 2
    error_message = "No token is in the firewall's log."
  }
}

run "only_cloudfront_reads_the_files" {
  assert {
    condition     = aws_s3_bucket_public_access_block.web.block_public_acls && aws_s3_bucket_public_access_block.web.block_public_policy && aws_s3_bucket_public_access_block.web.ignore_public_acls && aws_s3_bucket_public_access_block.web.restrict_public_buckets
    error_message = "The bucket can't be made public."
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.web.statement : one(statement.condition).values if statement.sid == "OnlyCloudFront"
    ] == [tolist([aws_cloudfront_distribution.this.arn])]
    error_message = "Only our own distribution reads it."
  }
}

run "an_edge_is_known_by_what_it_answers_itself" {
  assert {
    condition     = alltrue([for group in aws_lb_target_group.edge : group.health_check[0].protocol == "HTTPS" && group.health_check[0].path == "/v1/" && group.health_check[0].matcher == "404"])
    error_message = "The edge answers 404 below /v1 by itself, whatever is wrong behind it."
  }

  assert {
    condition     = alltrue([for group in aws_lb_target_group.edge : tonumber(group.deregistration_delay) >= 90])
    error_message = "Connections have the time that a drain takes."
  }
}

run "a_name_that_is_none_is_refused" {
  command = plan

  variables {
    domain = "https://chat.example"
  }

  expect_failures = [var.domain]
}
