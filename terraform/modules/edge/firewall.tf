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
  # checkov:skip=CKV_AWS_175: The rules are in firewall.json.tftpl, where checkov does not look: a test does.
  # checkov:skip=CKV_AWS_192: As above: known-bad-inputs has this one.
  provider = aws.us_east_1

  name        = var.name
  description = "What does not get as far as ${var.name}"
  scope       = "CLOUDFRONT"

  default_action {
    allow {}
  }

  # As AWS itself writes rules: a test holds them against the API.
  rule_json = templatefile("${path.module}/firewall.json.tftpl", {
    name        = var.name
    credentials = var.requests_per_5_minutes.credentials
    all         = var.requests_per_5_minutes.all
    paths       = aws_wafv2_regex_pattern_set.credentials.arn
  })

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
