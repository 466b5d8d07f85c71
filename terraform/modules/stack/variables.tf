variable "name" {
  description = "What everything is called, and begins with. It can't be changed later: what has data would be made anew."
  type        = string
  default     = "elastic-chat"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and dashes, and begins with a letter."
  }
}

variable "domain" {
  description = "The name under which people see the web client, such as chat.example."
  type        = string
}

variable "zone_id" {
  description = "The hosted zone of Route 53 in which that name is."
  type        = string
}

variable "registration" {
  description = "Who may register by themselves: open, invite or closed. It has no default, because somebody has to decide."
  type        = string
}

variable "push_contact" {
  description = "Where those who run a push service reach you: mailto:ADDRESS or an https: page."
  type        = string
}

variable "alarm_addresses" {
  description = "The mail addresses of those who are told when something is wrong."
  type        = set(string)
}

variable "repository" {
  description = "The repository on GitHub whose workflows deploy, as OWNER/NAME."
  type        = string
}

variable "images" {
  description = "The images: of the services, of the services with an Envoy (mesh), of Cassandra, of the AWS CLI and of the collector of metrics."
  type        = object({ services = string, mesh = string, cassandra = string, aws_cli = string, collector = string })
}

variable "image_repository_arns" {
  description = "The repositories in ECR of these images, where they are in ECR."
  type        = list(string)
  default     = []
}

variable "zones" {
  description = "The availability zones: two or three."
  type        = list(string)
}

variable "cidr" {
  description = "The addresses of the network."
  type        = string
  default     = "10.40.0.0/16"
}

variable "nat_in_each_zone" {
  description = "Whether each zone has a NAT gateway of its own."
  type        = bool
}

variable "private_endpoints" {
  description = "The services of AWS that are reached by an address inside the network."
  type        = set(string)
  default     = []
}

variable "kafka" {
  description = "The brokers: see modules/data."
  type = object({
    brokers_in_each_zone = optional(number, 1)
    instance_type        = string
    disk_gib             = number
    version              = optional(string, "3.9.x.kraft")
  })
}

variable "valkey" {
  description = "The live view: see modules/data."
  type = object({
    node_type = string
    replicas  = number
    version   = optional(string, "8.2")
  })
}

variable "cassandra" {
  description = "The nodes of Cassandra: see modules/data."
  type = object({
    nodes         = number
    instance_type = string
    disk_gib      = number
    heap_gib      = number
  })
}

variable "instances" {
  description = "How many tasks each workload has at the least and at the most. What is not named has one."
  type        = map(object({ least = number, most = number }))

  validation {
    condition = length(setsubtract(keys(var.instances), [
      "accounts", "edge", "files", "gateway", "history", "presence", "router", "search", "writer",
    ])) == 0
    error_message = "Only services and the edge can be named here."
  }
}

variable "chosen" {
  description = "What else is set, by service and name, as docs/settings.md lists it."
  type        = map(map(string))
  default     = {}
}

variable "spot_share" {
  description = "Which share of tasks, in percent, runs on spare capacity."
  type        = number
  default     = 0
}

variable "log_retention_days" {
  description = "How long logs are kept, in days."
  type        = number
  default     = 90
}

variable "deletion_protection" {
  description = "Whether what holds data refuses to be deleted."
  type        = bool
  default     = true
}
