# The firewall at CloudFront. It counts by address, which the edge can't where everything comes through CloudFront, and stops what is known to
# be bad. The rules against scripts and SQL in requests are not among them: people write about such things, and nothing here reads them as code.

locals {
  # Where names, passwords and other secrets can be tried (launcher/mesh/policy.py: CREDENTIAL_PATHS).
  credential_paths = "^(/v1/join|/v1/auth/(register|login|password|delete-account|service-token|oidc)|/elastic_chat\\.(router\\.v1\\.RouterService/Join|history\\.v1\\.HistoryService/GetInvite)|/elastic_chat\\.accounts\\.v1\\.AccountsService/(Register|Login|ChangePassword|DeleteAccount|ExchangeServiceToken|.*Oidc))"
}

resource "aws_wafv2_regex_pattern_set" "credentials" {
  provider = aws.us_east_1

  name        = "${var.name}-credentials"
  description = "Where names, passwords and other secrets can be tried"
  scope       = "CLOUDFRONT"

  regular_expression {
    regex_string = local.credential_paths
  }
}

resource "aws_wafv2_web_acl" "this" {
  provider = aws.us_east_1

  name        = var.name
  description = "What does not get as far as ${var.name}"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  rule {
    name     = "known-bad-addresses"
    priority = 1

    override_action {
      none {}
    }
    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesAmazonIpReputationList"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-known-bad-addresses"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "known-bad-inputs"
    priority = 2

    override_action {
      none {}
    }
    statement {
      managed_rule_group_statement {
        vendor_name = "AWS"
        name        = "AWSManagedRulesKnownBadInputsRuleSet"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-known-bad-inputs"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "credentials"
    priority = 3

    action {
      block {}
    }
    statement {
      rate_based_statement {
        limit                 = var.requests_per_5_minutes.credentials
        evaluation_window_sec = 300
        aggregate_key_type    = "IP"

        scope_down_statement {
          regex_pattern_set_reference_statement {
            arn = aws_wafv2_regex_pattern_set.credentials.arn
            field_to_match {
              uri_path {}
            }
            text_transformation {
              priority = 0
              type     = "URL_DECODE"
            }
          }
        }
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-credentials"
      sampled_requests_enabled   = false
    }
  }

  rule {
    name     = "too-many"
    priority = 4

    action {
      block {}
    }
    statement {
      rate_based_statement {
        limit                 = var.requests_per_5_minutes.all
        evaluation_window_sec = 300
        aggregate_key_type    = "IP"
      }
    }
    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-too-many"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = false
  }
}

resource "aws_cloudwatch_log_group" "firewall" {
  # checkov:skip=CKV_AWS_158: It is in another region than the key, and has no content of messages: the header with tokens is left out below.
  # checkov:skip=CKV_AWS_338: How long is up to the installation; small ones need no year.
  provider = aws.us_east_1

  # AWS wants the name to begin so.
  name              = "aws-waf-logs-${var.name}"
  retention_in_days = var.log_retention_days
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  provider = aws.us_east_1

  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall.arn]

  redacted_fields {
    single_header {
      name = "authorization"
    }
  }
  redacted_fields {
    single_header {
      name = "cookie"
    }
  }
  # A link to a file has what it may be read with in its query.
  redacted_fields {
    query_string {}
  }

  # What was let through is told by the edge, where it fails.
  logging_filter {
    default_behavior = "DROP"
    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"
      condition {
        action_condition {
          action = "BLOCK"
        }
      }
    }
  }
}
