# Who is told of what. These alarms are what AWS itself can see, and the signals that services are scaled on. The rules for a Prometheus
# (monitoring/alerts.yml), which see more, hold here as everywhere: docs/aws.md says how one is put beside the tasks.

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

resource "aws_kms_key" "alarms" {
  description             = "Alarms of ${var.name} on their way"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.key.json
}

data "aws_iam_policy_document" "key" {
  # checkov:skip=CKV_AWS_109: A key's policy is about that key alone, and without its account a key can never be changed again.
  # checkov:skip=CKV_AWS_111: As above.
  # checkov:skip=CKV_AWS_356: In a key's policy, * is the key.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.here.account_id}:root"]
    }
  }

  statement {
    sid       = "Senders"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}

resource "aws_sns_topic" "alarms" {
  name              = "${var.name}-alarms"
  kms_master_key_id = aws_kms_key.alarms.arn
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.topic.json
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "Senders"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.here.account_id]
    }
  }
}

resource "aws_sns_topic_subscription" "mail" {
  for_each = var.alarm_addresses

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

locals {
  # Of each: where it is counted, what of it, and when it is too much.
  engines = {
    kafka-disk = {
      about      = "A broker of Kafka has used 70 % of its disk: give it more, before it takes no more records"
      namespace  = "AWS/Kafka", metric = "KafkaDataLogsDiskUsed", statistic = "Maximum", above = 70
      dimensions = { "Cluster Name" = var.kafka_name }
    }
    kafka-offline = {
      about      = "A part of the log has no broker: its conversations wait"
      namespace  = "AWS/Kafka", metric = "OfflinePartitionsCount", statistic = "Maximum", above = 0
      dimensions = { "Cluster Name" = var.kafka_name }
    }
    valkey-memory = {
      about      = "Valkey has used 75 % of its memory: what is full refuses"
      namespace  = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", statistic = "Maximum", above = 75
      dimensions = { ReplicationGroupId = var.valkey_name }
    }
    valkey-busy = {
      about      = "The one core of Valkey that counts is nearly full: docs/scaling.md says what then"
      namespace  = "AWS/ElastiCache", metric = "EngineCPUUtilization", statistic = "Average", above = 80
      dimensions = { ReplicationGroupId = var.valkey_name }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "engine" {
  for_each = local.engines

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  period              = 300
  evaluation_periods  = 2
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# More than five times what a service is scaled on, for a quarter of an hour: more instances have not helped.
resource "aws_cloudwatch_metric_alarm" "signal" {
  for_each = var.signals

  alarm_name          = "${var.name}-${each.key}-overwhelmed"
  alarm_description   = "${each.key} is overwhelmed: ${each.value.metric} is five times what it is scaled on"
  namespace           = var.name
  metric_name         = each.value.metric
  dimensions          = { service = each.key }
  statistic           = each.value.statistic
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.target * 5
  period              = 300
  evaluation_periods  = 3
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

resource "aws_cloudwatch_metric_alarm" "missing" {
  for_each = var.instances

  alarm_name          = "${var.name}-${each.key}-missing"
  alarm_description   = "Fewer tasks of ${each.key} run than there should be at the least"
  namespace           = "ECS/ContainerInsights"
  metric_name         = "RunningTaskCount"
  dimensions          = { ClusterName = var.cluster_name, ServiceName = each.key }
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = each.value.least
  period              = 60
  evaluation_periods  = 5
  treat_missing_data  = "breaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# Of the two groups the one that is not in use is empty: an edge that is there and does not answer is what counts.
resource "aws_cloudwatch_metric_alarm" "edge" {
  for_each = var.target_groups

  alarm_name          = "${var.name}-edge-${each.key}"
  alarm_description   = "The load balancer finds an edge that does not answer"
  namespace           = "AWS/NetworkELB"
  metric_name         = "UnHealthyHostCount"
  dimensions          = { LoadBalancer = var.load_balancer_suffix, TargetGroup = each.value.suffix }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]
}

# --- what happens once, and is no number ---
resource "aws_cloudwatch_event_rule" "failed" {
  for_each = {
    certifier = {
      about = "Certificates were not renewed: those that are there end within days"
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Task State Change"]
        detail = {
          clusterArn = [var.cluster_arn]
          group      = ["certifier"]
          lastStatus = ["STOPPED"]
          containers = { exitCode = [{ anything-but = 0 }] }
        }
      }
    }
    deployment = {
      about = "A new version did not come up, and was taken back"
      pattern = {
        source      = ["aws.ecs"]
        detail-type = ["ECS Deployment State Change"]
        detail      = { eventName = ["SERVICE_DEPLOYMENT_FAILED"] }
      }
    }
  }

  name          = "${var.name}-${each.key}-failed"
  description   = each.value.about
  event_pattern = jsonencode(each.value.pattern)
}

resource "aws_cloudwatch_event_target" "failed" {
  for_each = aws_cloudwatch_event_rule.failed

  rule = each.value.name
  arn  = aws_sns_topic.alarms.arn
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = concat(
      [for index, name in sort(keys(var.signals)) : {
        type = "metric", x = index % 3 * 8, y = floor(index / 3) * 6, width = 8, height = 6
        properties = {
          title   = "${name}: ${var.signals[name].metric}"
          region  = data.aws_region.here.region
          period  = 60
          stat    = var.signals[name].statistic
          metrics = [[var.name, var.signals[name].metric, "service", name]]
        }
      }],
      [{
        type = "metric", x = 0, y = (floor(length(var.signals) / 3) + 1) * 6, width = 24, height = 6
        properties = {
          title   = "Tasks that run"
          region  = data.aws_region.here.region
          period  = 60
          stat    = "Minimum"
          metrics = [for name in sort(keys(var.instances)) : ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", var.cluster_name, "ServiceName", name]]
        }
      }],
    )
  })
}
