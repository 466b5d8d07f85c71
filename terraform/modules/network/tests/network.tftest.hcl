# What the network promises: only sidecars are called, only by those who call them, and nobody gets past CloudFront.

mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name               = "chat"
  zones              = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  nat_in_each_zone   = true
  log_retention_days = 90
  log_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/1"
  edge               = { ports = { plain = 8080, tls = 8081, admin = 8082, metrics = 8090 }, calls = ["gateway", "router"] }
  engine_ports       = { kafka = 9096, redis = 6379, cassandra = 9042 }
  services = {
    gateway = { engines = ["redis"], calls = ["router"], ports = { grpc = 8180, http = 8181, ingress = 8182, egress = 8183, admin = 8184, metrics = 8185 } }
    router  = { engines = ["kafka", "redis"], calls = ["router"], ports = { grpc = 8280, http = 8281, ingress = 8282, egress = 8283, admin = 8284, metrics = 8285 } }
  }
}

run "only_sidecars_are_called" {
  command = plan

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.call)) == toset(["edge-gateway", "edge-router", "gateway-router", "router-router"])
    error_message = "There is a rule for each call that the catalogue has, and no other."
  }

  assert {
    condition = alltrue([
      for key, rule in aws_vpc_security_group_ingress_rule.call :
      rule.from_port == rule.to_port && rule.from_port == (endswith(key, "-router") ? 8282 : 8182) && rule.ip_protocol == "tcp"
    ])
    error_message = "A task is called at its sidecar's ingress, and at no other port."
  }

  assert {
    condition = alltrue([
      for rule in concat(values(aws_vpc_security_group_ingress_rule.call), values(aws_vpc_security_group_ingress_rule.use)) :
      rule.cidr_ipv4 == null && rule.cidr_ipv6 == null && rule.prefix_list_id == null
    ])
    error_message = "Who calls is known by its security group, and not by an address."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.use)) == toset(["gateway-redis", "router-kafka", "router-redis"])
    error_message = "An engine takes those who use it, and no others."
  }

  assert {
    condition     = alltrue([for key, rule in aws_vpc_security_group_ingress_rule.use : rule.from_port == var.engine_ports[split("-", key)[1]] && rule.to_port == rule.from_port])
    error_message = "An engine is reached at its port of TLS, and at no other."
  }
}

run "nobody_gets_past_cloudfront" {
  command = plan

  assert {
    condition     = aws_vpc_security_group_ingress_rule.cloudfront.cidr_ipv4 == null && aws_vpc_security_group_ingress_rule.cloudfront.to_port == 443
    error_message = "The load balancer lets in CloudFront's own addresses alone."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.edge.from_port == 8081 && aws_vpc_security_group_ingress_rule.edge.to_port == 8081
    error_message = "The edge is reached over TLS, by the load balancer."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443 && rule.to_port == 443])
    error_message = "What leaves the network leaves by HTTPS."
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : subnet.map_public_ip_on_launch == false])
    error_message = "Nothing gets a public address by itself."
  }
}

run "a_zone_can_be_lost" {
  command = plan

  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_subnet.private) == 3
    error_message = "Each zone has its own way out."
  }

  assert {
    condition     = length(distinct([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private)) : subnet.cidr_block])) == 6
    error_message = "Subnets have addresses of their own."
  }
}

run "a_small_one_has_one_way_out" {
  command = plan

  variables {
    zones            = ["eu-central-1a", "eu-central-1b"]
    nat_in_each_zone = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.by_nat) == 2
    error_message = "Both zones go out by the one gateway."
  }
}

run "a_zone_named_twice_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a", "eu-central-1a"]
  }

  expect_failures = [var.zones]
}

run "a_network_too_small_is_refused" {
  command = plan

  variables {
    cidr = "10.0.0.0/26"
  }

  expect_failures = [var.cidr]
}
