variable "region" {
  description = "The region that everything is in, but what CloudFront wants in us-east-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "This is a region, such as eu-central-1."
  }
}

variable "zones" {
  description = "The availability zones of that region, such as eu-central-1a: three. Named, because AWS lists them otherwise when it adds one."
  type        = list(string)

  validation {
    condition     = length(var.zones) == 3
    error_message = "This size has three zones."
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
  description = "Who may register by themselves: open, invite or closed."
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
