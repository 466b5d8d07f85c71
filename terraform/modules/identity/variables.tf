variable "name" {
  description = "What everything is called, and begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and dashes, and begins with a letter."
  }
}

variable "services" {
  description = "The services, as the catalogue has them: which engines each reaches."
  type = map(object({
    engines = list(string)
  }))
}

variable "workloads" {
  description = "Whoever has a certificate in the mesh."
  type        = list(string)

  validation {
    condition     = contains(var.workloads, "edge") && length(distinct(var.workloads)) == length(var.workloads)
    error_message = "The edge is one of them, and none is named twice."
  }
}

variable "files_bucket" {
  description = "The name of the bucket that the bytes of files are in."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.files_bucket))
    error_message = "This is the name of an S3 bucket."
  }
}

variable "backups_bucket" {
  description = "The name of the bucket that Cassandra's snapshots go to."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.backups_bucket))
    error_message = "This is the name of an S3 bucket."
  }
}

variable "images" {
  description = "The ARNs of the repositories of images in ECR that tasks may pull from; images elsewhere need no permission."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.images : can(regex("^arn:aws[a-z-]*:ecr:[a-z0-9-]+:[0-9]{12}:repository/", arn))])
    error_message = "Each is the ARN of a repository in ECR."
  }
}

variable "deletion_window_days" {
  description = "For how many days a deleted key or secret can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "AWS keeps them for 7 to 30 days."
  }
}
