variable "name" {
  description = "What everything is called, and begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and dashes, and begins with a letter."
  }
}

variable "repository" {
  description = "The repository on GitHub whose workflows deploy, as OWNER/NAME."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", var.repository))
    error_message = "This is OWNER/NAME, without a star: whoever it means may deploy."
  }
}

variable "github_environment" {
  description = "The environment of that repository whose workflows may deploy: on GitHub it is said who approves."
  type        = string
  default     = "production"

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]+$", var.github_environment))
    error_message = "The name of an environment has letters, digits, dashes and underscores."
  }
}

variable "cluster_name" {
  description = "The cluster that the tasks are in."
  type        = string
}

variable "edge_service_name" {
  description = "The service of the edge."
  type        = string
}

variable "listener_arn" {
  description = "The listener that is turned from one target group to the other."
  type        = string
}

variable "target_groups" {
  description = "The two target groups of the edge, by color."
  type        = map(object({ name = string }))

  validation {
    condition     = toset(keys(var.target_groups)) == toset(["blue", "green"])
    error_message = "There are two: blue and green."
  }
}

variable "alarm_names" {
  description = "The alarms at which a new edge is taken back."
  type        = list(string)
}

variable "old_edge_minutes" {
  description = "How long the edge of before stays, in minutes, so that one can go back to it at once. A deployment ends only then, and is waited for by delivery/deploy.py for 30 minutes."
  type        = number
  default     = 10

  validation {
    condition     = var.old_edge_minutes >= 5 && var.old_edge_minutes <= 20
    error_message = "It stays for 5 to 20 minutes: whoever deploys waits for no more than 30, in which the new edge has to start, too."
  }
}

variable "pass_role_arns" {
  description = "The roles that a deployed task may have: those of the workloads, and no others."
  type        = list(string)
}

variable "web_bucket" {
  description = "The bucket for the files of the web client."
  type        = string
}

variable "distribution_arn" {
  description = "The distribution of CloudFront, whose copies of pages a new version makes void."
  type        = string
}

variable "key_arn" {
  description = "The KMS key that images are encrypted with."
  type        = string
}
