variable "name" {
  description = "What everything is called, and begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and dashes, and begins with a letter."
  }
}

variable "alarm_addresses" {
  description = "The mail addresses of those who are told when something is wrong; each must confirm that once."
  type        = set(string)

  validation {
    condition     = length(var.alarm_addresses) > 0 && alltrue([for address in var.alarm_addresses : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "Somebody must be told, at an address of mail."
  }
}

variable "cluster_name" {
  description = "The cluster that the tasks are in."
  type        = string
}

variable "cluster_arn" {
  description = "The cluster that the tasks are in."
  type        = string
}

variable "instances" {
  description = "How many tasks each workload has at the least."
  type        = map(object({ least = number, most = number }))
}

variable "kafka_name" {
  description = "The cluster of Kafka."
  type        = string
}

variable "valkey_name" {
  description = "The replication group of Valkey."
  type        = string
}

variable "target_groups" {
  description = "The target groups of the edge, as CloudWatch calls them."
  type        = map(object({ suffix = string }))
}

variable "load_balancer_suffix" {
  description = "What CloudWatch calls the load balancer."
  type        = string
}

variable "signals" {
  description = "At which value of its signal each service is overwhelmed: the metric, how it is put together, and the value."
  type        = map(object({ metric = string, statistic = string, target = number }))
}
