# What is watched: that everything runs, that nothing is full, and that what happens once is told, too.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name                 = "chat"
  alarm_addresses      = ["operator@chat.example"]
  cluster_name         = "chat"
  cluster_arn          = "arn:cluster"
  instances            = { edge = { least = 2, most = 4 }, gateway = { least = 3, most = 9 } }
  kafka_name           = "chat"
  valkey_name          = "chat"
  target_groups        = { blue = { suffix = "targetgroup/chat-blue/1" }, green = { suffix = "targetgroup/chat-green/2" } }
  load_balancer_suffix = "net/chat/1"
  signals              = { gateway = { metric = "chat_gateway_connections", statistic = "Average", target = 8000 } }
}

run "somebody_is_told" {
  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.engine), values(aws_cloudwatch_metric_alarm.signal), values(aws_cloudwatch_metric_alarm.missing), values(aws_cloudwatch_metric_alarm.edge)) :
      alarm.alarm_actions == toset([aws_sns_topic.alarms.arn]) && length(alarm.alarm_description) > 20
    ])
    error_message = "Every alarm is told, and says what it means."
  }

  assert {
    condition     = aws_sns_topic.alarms.kms_master_key_id == aws_kms_key.alarms.arn
    error_message = "What is told is encrypted."
  }
}

run "what_does_not_run_is_noticed" {
  assert {
    condition     = aws_cloudwatch_metric_alarm.missing["gateway"].threshold == 3 && aws_cloudwatch_metric_alarm.missing["gateway"].treat_missing_data == "breaching"
    error_message = "Fewer than there should be, or no word of them, is an alarm."
  }

  assert {
    condition     = toset(output.edge_alarm_names) == toset(["chat-edge-blue", "chat-edge-green"])
    error_message = "A new edge that does not answer is taken back, whichever group it is in."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.signal["gateway"].threshold == 40000 && aws_cloudwatch_metric_alarm.signal["gateway"].namespace == "chat"
    error_message = "Five times what a service is scaled on is too much."
  }
}

run "what_happens_once_is_told" {
  assert {
    condition     = toset(keys(aws_cloudwatch_event_target.failed)) == toset(["certifier", "deployment"])
    error_message = "A renewal that failed, and a version that was taken back."
  }
}

run "nobody_to_tell_is_refused" {
  command = plan

  variables {
    alarm_addresses = []
  }

  expect_failures = [var.alarm_addresses]
}
