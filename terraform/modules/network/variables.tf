variable "name" {
  description = "What everything is called, and begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and dashes, and begins with a letter."
  }
}

variable "cidr" {
  description = "The addresses of the network. A /16 has room for 4,091 tasks in each zone."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.cidr, 8, 255)) && tonumber(split("/", var.cidr)[1]) >= 16
    error_message = "The network is an IPv4 CIDR of /16 to /20."
  }
}

variable "zones" {
  description = "The availability zones. Kafka needs two at the least; with three, one of them can be lost."
  type        = list(string)

  validation {
    condition     = length(var.zones) >= 2 && length(var.zones) <= 3 && length(distinct(var.zones)) == length(var.zones)
    error_message = "There are two or three zones, each named once."
  }
}

variable "nat_in_each_zone" {
  description = "Whether each zone has a NAT gateway of its own, so that the loss of one leaves the others their way out."
  type        = bool
}

variable "private_endpoints" {
  description = "The services of AWS that are reached by an address inside the network, and not by the NAT gateways: each costs by the hour and zone."
  type        = set(string)
  default     = []

  validation {
    condition = length(setsubtract(var.private_endpoints, [
      "acm-pca", "ecr.api", "ecr.dkr", "logs", "monitoring", "secretsmanager", "ssm", "ssmmessages", "sts",
    ])) == 0
    error_message = "Only what tasks and nodes really call can be named here."
  }
}

variable "services" {
  description = "The services, as the catalogue has them: from whom to whom there are calls, and who reaches which engine."
  type = map(object({
    engines = list(string)
    calls   = list(string)
    ports   = map(number)
  }))
}

variable "edge" {
  description = "The ports of the edge and the services that it calls, as the catalogue has them."
  type = object({
    ports = map(number)
    calls = list(string)
  })
}

variable "engine_ports" {
  description = "The port of each engine."
  type        = map(number)
}

variable "log_retention_days" {
  description = "How long it is kept who has spoken to whom, in days."
  type        = number

  validation {
    condition     = contains([30, 60, 90, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 30, 60, 90, 180, 365, 400, 545 or 731 days, among others; fewer than 30 are too few to find out what happened."
  }
}

variable "log_key_arn" {
  description = "The KMS key that the log of flows is encrypted with."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.log_key_arn))
    error_message = "This is the ARN of a KMS key."
  }
}
