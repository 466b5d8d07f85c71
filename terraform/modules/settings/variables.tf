variable "services" {
  description = "The services, as the catalogue has them: their ports and the engines that each reaches."
  type = map(object({
    engines = list(string)
    ports   = map(number)
  }))
}

variable "origin" {
  description = "Under which address people see the web client, such as https://chat.example."
  type        = string

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+$", var.origin))
    error_message = "An origin is https:// and a name, and nothing behind it."
  }
}

variable "registration" {
  description = "Who may register by themselves: open, invite or closed."
  type        = string

  validation {
    condition     = contains(["open", "invite", "closed"], var.registration)
    error_message = "This is open, invite or closed."
  }
}

variable "push_contact" {
  description = "Where those who run a push service reach you: mailto:ADDRESS or an https: page."
  type        = string

  validation {
    condition     = can(regex("^(mailto:[^@ ]+@[^@ ]+|https://.+)$", var.push_contact)) && !endswith(var.push_contact, "@localhost")
    error_message = "This is mailto: and an address, or a page over https."
  }
}

variable "region" {
  description = "The region that everything is in."
  type        = string
}

variable "files_bucket" {
  description = "The bucket that the bytes of files are in."
  type        = string
}

variable "kafka" {
  description = "Where Kafka is, and on how many brokers each record lies."
  type        = object({ bootstrap = string, copies = number })
}

variable "cassandra" {
  description = "Where Cassandra is, what its data centre is called, and on how many nodes each row lies."
  type        = object({ addresses = list(string), datacenter = string, copies = number })
}

variable "secret_arns" {
  description = "Where the services' secrets are: kafka, redis, cassandra, signing-key, link-key and push-key."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["kafka", "redis", "cassandra", "signing-key", "link-key", "push-key"], keys(var.secret_arns))) == 0
    error_message = "There is one for each engine, and one for each of the three keys."
  }
}

variable "chosen" {
  description = "What else is set, by service and name, as docs/settings.md lists it: such as { gateway = { CHAT_GATEWAY_MAX_CONNECTIONS = \"5\" } }."
  type        = map(map(string))
  default     = {}

  validation {
    condition     = alltrue([for service, settings in var.chosen : alltrue([for name in keys(settings) : startswith(name, "CHAT_")])])
    error_message = "Settings of services begin with CHAT_."
  }
}
