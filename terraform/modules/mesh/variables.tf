variable "name" {
  description = "What everything is called, and begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and dashes, and begins with a letter."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "The subnets of tasks: a private one in each zone."
  type        = list(string)
}

variable "security_group_ids" {
  description = "The security group of each workload's tasks, and of the certifier."
  type        = map(string)

  validation {
    condition     = contains(keys(var.security_group_ids), "edge") && contains(keys(var.security_group_ids), "certifier")
    error_message = "The edge and the certifier have one, too."
  }
}

variable "services" {
  description = "The services, as the catalogue has them."
  type = map(object({
    ports     = map(number)
    cpu       = number
    memory    = number
    stop_s    = number
    scales_on = object({ metric = string, labels = list(string), statistic = string, target = number })
    most      = number
  }))
}

variable "edge_ports" {
  description = "The ports of the edge, as the catalogue has them."
  type        = map(number)
}

variable "instances" {
  description = "How many tasks each workload has at the least and at the most."
  type        = map(object({ least = number, most = number }))

  validation {
    condition     = contains(keys(var.instances), "edge")
    error_message = "The edge has tasks, too."
  }

  validation {
    condition     = alltrue([for name, one in var.instances : one.least >= 1 && one.most >= one.least])
    error_message = "There is a task of each at the least, and no fewer at the most than at the least."
  }

  validation {
    condition     = alltrue([for name, service in var.services : var.instances[name].least <= service.most])
    error_message = "Of no service are there more at the least than it can use: nobody would find them."
  }
}

variable "images" {
  description = "The images: of the services, of the services with an Envoy (mesh), and of the tools that come from elsewhere: the AWS CLI, and the collector of metrics."
  type        = object({ services = string, mesh = string, aws_cli = string, collector = string })

  validation {
    condition     = alltrue([for image in values(var.images) : can(regex(":[A-Za-z0-9._-]+$|@sha256:[0-9a-f]{64}$", image))])
    error_message = "Each image has a tag or a digest."
  }

  validation {
    condition     = alltrue([for image in values(var.images) : !endswith(image, ":latest")])
    error_message = "What is latest tomorrow nobody knows today: name a version."
  }
}

variable "architecture" {
  description = "For which processors the images are built: X86_64 or ARM64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.architecture)
    error_message = "Fargate knows X86_64 and ARM64."
  }
}

variable "environment" {
  description = "What each service finds in its environment."
  type        = map(map(string))
}

variable "secrets" {
  description = "What each service is given of secrets: the variable, and where its value is."
  type        = map(map(string))
}

variable "origin" {
  description = "Under which address people see the web client."
  type        = string
}

variable "task_role_arns" {
  description = "The role that each workload has while it runs."
  type        = map(string)
}

variable "execution_role_arns" {
  description = "The role by which ECS starts each workload, and the certifier."
  type        = map(string)
}

variable "certifier_role_arn" {
  description = "The role of the task that issues certificates."
  type        = string
}

variable "certificate_secret_arns" {
  description = "Where each workload finds its certificate."
  type        = map(string)
}

variable "trust_secret_arn" {
  description = "Where everyone finds whose certificates to accept."
  type        = string
}

variable "authority_arn" {
  description = "The private authority that signs the certificates of the mesh."
  type        = string
}

variable "cassandra_addresses" {
  description = "The addresses that the certificate of Cassandra's nodes is for."
  type        = list(string)
}

variable "certificate_life_days" {
  description = "How long a certificate is good for, in days. A new one comes every day; the authority signs for seven at the most."
  type        = number
  default     = 4

  validation {
    condition     = var.certificate_life_days >= 2 && var.certificate_life_days <= 7
    error_message = "A certificate lives for 2 to 7 days."
  }
}

variable "key_arn" {
  description = "The KMS key that logs are encrypted with."
  type        = string
}

variable "log_retention_days" {
  description = "How long the logs of tasks are kept, in days."
  type        = number
}

variable "edge_target_group_arn" {
  description = "The target group of the load balancer that the tasks of the edge are in when the first of them start."
  type        = string
}

variable "spot_share" {
  description = "Which share of tasks, in percent, runs on spare capacity, which costs a third and is taken away with two minutes of warning: a drain takes less."
  type        = number
  default     = 0

  validation {
    condition     = var.spot_share >= 0 && var.spot_share <= 80
    error_message = "At least a fifth of the tasks stays, whatever happens to spare capacity."
  }
}
