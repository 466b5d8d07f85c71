output "target_groups" {
  description = "The two target groups of the edge, by color: CodeDeploy moves clients from the one to the other."
  value       = { for color, group in aws_lb_target_group.edge : color => { arn = group.arn, name = group.name, suffix = group.arn_suffix } }
}

output "listener_arn" {
  description = "The listener that CodeDeploy turns from one target group to the other."
  value       = aws_lb_listener.https.arn
}

output "load_balancer_suffix" {
  description = "What CloudWatch calls the load balancer."
  value       = aws_lb.this.arn_suffix
}

output "web_bucket" {
  description = "The bucket for the files of the web client."
  value       = aws_s3_bucket.web.bucket
}

output "distribution" {
  description = "The distribution of CloudFront."
  value       = { id = aws_cloudfront_distribution.this.id, arn = aws_cloudfront_distribution.this.arn }
}
