output "alarm_topic_arn" {
  description = "The topic that alarms go to."
  value       = aws_sns_topic.alarms.arn
}

output "edge_alarm_names" {
  description = "The alarms at which CodeDeploy takes a new edge back."
  value       = [for alarm in aws_cloudwatch_metric_alarm.edge : alarm.alarm_name]
}
