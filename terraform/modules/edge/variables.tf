variable "name" {
  description = "What everything is called, and begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and dashes, and begins with a letter."
  }
}

variable "domain" {
  description = "The name under which people see the web client, such as chat.example."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain))
    error_message = "This is a domain name in small letters."
  }
}

variable "zone_id" {
  description = "The hosted zone of Route 53 in which that name is."
  type        = string

  validation {
    condition     = can(regex("^Z[A-Z0-9]+$", var.zone_id))
    error_message = "The id of a hosted zone begins with Z."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "The public subnets, one in each zone."
  type        = list(string)
}

variable "security_group_id" {
  description = "The security group of the load balancer, which lets only CloudFront in."
  type        = string
}

variable "port" {
  description = "The port on which the edge speaks TLS."
  type        = number

  validation {
    condition     = var.port > 0 && var.port < 65536
    error_message = "This is a port."
  }
}

variable "web_bucket" {
  description = "The name of the bucket for the files of the web client."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.web_bucket))
    error_message = "This is the name of an S3 bucket."
  }
}

variable "requests_per_5_minutes" {
  description = "How many requests an address may make in five minutes, and how many of those that try names and passwords."
  type        = object({ all = number, credentials = number })
  default     = { all = 10000, credentials = 300 }

  validation {
    condition     = var.requests_per_5_minutes.all >= 100 && var.requests_per_5_minutes.credentials >= 10 && var.requests_per_5_minutes.credentials <= var.requests_per_5_minutes.all
    error_message = "AWS counts from 10 on; those with passwords are some of all."
  }
}

variable "price_class" {
  description = "From where CloudFront serves: PriceClass_100 is Europe and North America, PriceClass_All everywhere."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "This is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long it is kept what the firewall has stopped, in days."
  type        = number
}
