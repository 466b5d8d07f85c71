# The way from the internet to the edge: CloudFront and its firewall, then a load balancer that lets only CloudFront in, then our own Envoy.
# Both hops speak TLS. It is a network load balancer, because everything that it could understand (HTTP/2, gRPC, WebSockets) the edge does.

locals {
  origin = "origin.${var.domain}"
  colors = ["blue", "green"]
}

# --- certificates ---
resource "aws_acm_certificate" "origin" {
  domain_name       = local.origin
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate" "domain" {
  provider = aws.us_east_1

  domain_name       = var.domain
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = { domain = aws_acm_certificate.domain, origin = aws_acm_certificate.origin }

  zone_id         = var.zone_id
  name            = one(each.value.domain_validation_options).resource_record_name
  type            = one(each.value.domain_validation_options).resource_record_type
  records         = [one(each.value.domain_validation_options).resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "origin" {
  certificate_arn         = aws_acm_certificate.origin.arn
  validation_record_fqdns = [aws_route53_record.validation["origin"].fqdn]
}

resource "aws_acm_certificate_validation" "domain" {
  provider = aws.us_east_1

  certificate_arn         = aws_acm_certificate.domain.arn
  validation_record_fqdns = [aws_route53_record.validation["domain"].fqdn]
}

# --- the load balancer ---
resource "aws_lb" "this" {
  # checkov:skip=CKV_AWS_150: It is protected, unless an installation is there to be tried and taken down.
  # checkov:skip=CKV_AWS_91: It would log connections of CloudFront and nobody else; requests are in the firewall's log, failures in the edge's.
  # checkov:skip=CKV2_AWS_28: A firewall can't be put before a network load balancer: it is at CloudFront.
  name                             = var.name
  load_balancer_type               = "network"
  internal                         = false
  subnets                          = var.subnet_ids
  security_groups                  = [var.security_group_id]
  enable_cross_zone_load_balancing = true
  enable_deletion_protection       = var.deletion_protection
}

resource "aws_lb_target_group" "edge" {
  for_each = toset(local.colors)

  name        = "${var.name}-${each.key}"
  vpc_id      = var.vpc_id
  port        = var.port
  protocol    = "TLS"
  target_type = "ip"

  # So long the connections of an edge that leaves may last: their clients reconnect by themselves, to one that stays.
  deregistration_delay   = 120
  connection_termination = true

  # What the edge answers by itself: that it is there says nothing of the services behind it, for whose failures it must not be replaced.
  health_check {
    protocol            = "HTTPS"
    path                = "/v1/"
    matcher             = "404"
    interval            = 10
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 2
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "TLS"
  certificate_arn   = aws_acm_certificate_validation.origin.certificate_arn
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  # HTTP/2 for gRPC, and HTTP/1.1 for WebSockets.
  alpn_policy = "HTTP2Optional"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.edge["blue"].arn
  }

  lifecycle {
    # Which of the two it is, CodeDeploy says.
    ignore_changes = [default_action]
  }
}

# --- names ---
resource "aws_route53_record" "origin" {
  zone_id = var.zone_id
  name    = local.origin
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "domain" {
  for_each = toset(["A", "AAAA"])

  zone_id = var.zone_id
  name    = var.domain
  type    = each.key

  alias {
    name                   = aws_cloudfront_distribution.this.domain_name
    zone_id                = aws_cloudfront_distribution.this.hosted_zone_id
    evaluate_target_health = false
  }
}
