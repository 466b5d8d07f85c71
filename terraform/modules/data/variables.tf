variable "name" {
  description = "What everything is called, and begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and dashes, and begins with a letter."
  }
}

variable "subnet_ids" {
  description = "A subnet in each zone that the internet can't reach."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Kafka lives in two zones at the least."
  }
}

variable "subnet_cidrs" {
  description = "The addresses of each of these subnets, in the same order."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.subnet_cidrs : can(cidrhost(cidr, 10))])
    error_message = "Each is an IPv4 CIDR with room for ten addresses and more."
  }
}

variable "security_group_ids" {
  description = "The security group of each engine: kafka, redis and cassandra."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["kafka", "redis", "cassandra"], keys(var.security_group_ids))) == 0
    error_message = "Each of kafka, redis and cassandra has one."
  }
}

variable "key_arn" {
  description = "The KMS key that everything at rest is encrypted with."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.key_arn))
    error_message = "This is the ARN of a KMS key."
  }
}

variable "secret_arns" {
  description = "Where it is written how to get to each engine: kafka, redis and cassandra."
  type        = map(string)

  validation {
    condition     = length(setsubtract(["kafka", "redis", "cassandra"], keys(var.secret_arns))) == 0
    error_message = "Each of kafka, redis and cassandra has one."
  }
}

variable "kafka" {
  description = "The brokers: as many in each zone, of which type, with how many GiB of disk each, and of which version."
  type = object({
    brokers_in_each_zone = optional(number, 1)
    instance_type        = string
    disk_gib             = number
    version              = optional(string, "3.9.x.kraft")
  })

  validation {
    condition     = can(regex("^kafka\\.(t3\\.small|m[57]g?\\.(large|[0-9]*xlarge))$", var.kafka.instance_type))
    error_message = "A broker is a kafka.t3.small, or of the families m5 and m7g."
  }

  validation {
    condition     = var.kafka.disk_gib >= 10 && var.kafka.disk_gib <= 16384 && var.kafka.brokers_in_each_zone >= 1
    error_message = "There is a broker in each zone, with 10 to 16,384 GiB."
  }

  validation {
    condition     = can(regex("^(3\\.[7-9]|4\\.[0-9]+)\\.x\\.kraft$", var.kafka.version))
    error_message = "Versions are 3.7.x.kraft and newer: Kafka without ZooKeeper."
  }
}

variable "valkey" {
  description = "The live view: of which type a node is, and how many replicas stand by, one of which takes over."
  type = object({
    node_type = string
    replicas  = number
    version   = optional(string, "8.2")
  })

  validation {
    condition     = can(regex("^cache\\.[a-z0-9]+\\.[a-z0-9]+$", var.valkey.node_type))
    error_message = "A node type begins with cache., such as cache.r7g.large."
  }

  validation {
    condition     = var.valkey.replicas >= 0 && var.valkey.replicas <= 5
    error_message = "There are up to five replicas."
  }
}

variable "cassandra" {
  description = "The nodes: how many in each zone's turn, of which type, with how many GiB of disk, which image runs on them and with how many GiB of heap."
  type = object({
    nodes         = number
    instance_type = string
    disk_gib      = number
    image         = string
    heap_gib      = number
  })

  validation {
    condition     = contains([1, 3, 6, 9], var.cassandra.nodes)
    error_message = "There is one node, which is one copy, or as many in each of three zones: 3, 6 or 9."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*g[a-z]*\\.[a-z0-9]+$", var.cassandra.instance_type))
    error_message = "Nodes are of a family with Graviton processors, such as r7g.large: the machine image is of that architecture."
  }

  validation {
    condition     = var.cassandra.disk_gib >= 20 && var.cassandra.disk_gib <= 16384 && var.cassandra.heap_gib >= 1 && var.cassandra.heap_gib <= 31
    error_message = "A node has 20 to 16,384 GiB of disk and 1 to 31 GiB of heap."
  }

  validation {
    condition     = can(regex("^[a-z0-9.-]+(:[0-9]+)?/?[a-z0-9._/-]*(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]{64})$", var.cassandra.image))
    error_message = "An image has a tag or a digest."
  }
}

variable "cassandra_instance_profile" {
  description = "The instance profile of Cassandra's nodes."
  type        = string
}

variable "certificate_secret_arns" {
  description = "Where nodes of Cassandra find their certificate, and whose they accept."
  type        = object({ cassandra = string, trust = string })
}

variable "files_bucket" {
  description = "The name of the bucket that the bytes of files are in."
  type        = string
}

variable "backups_bucket" {
  description = "The name of the bucket that Cassandra's snapshots go to."
  type        = string
}

variable "backups_kept_days" {
  description = "How long a backup is kept, in days."
  type        = number
  default     = 35

  validation {
    condition     = var.backups_kept_days >= 7 && var.backups_kept_days <= 3650
    error_message = "A backup is kept for a week at the least."
  }
}

variable "log_retention_days" {
  description = "How long logs of Kafka and Valkey are kept, in days."
  type        = number
}

variable "deletion_protection" {
  description = "Whether what holds data refuses to be deleted."
  type        = bool
  default     = true
}
