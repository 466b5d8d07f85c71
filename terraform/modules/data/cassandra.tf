# Cassandra on machines of our own: docs/adr/0042 says why it is not Keyspaces. Each node has an address and a disk that stay when the machine
# is replaced, so that a new one goes on where the old one was.

data "aws_region" "here" {}

# The newest Amazon Linux, by the name under which AWS publishes it. Nodes that are there keep theirs until they are replaced by hand.
data "aws_ssm_parameter" "machine_image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

locals {
  nodes = {
    for number in range(var.cassandra.nodes) : "cassandra-${number + 1}" => {
      subnet_id = var.subnet_ids[number % local.zones]
      address   = cidrhost(var.subnet_cidrs[number % local.zones], 10 + floor(number / local.zones))
      rack      = "rack${number % local.zones + 1}"
    }
  }
  addresses  = [for name in sort(keys(local.nodes)) : local.nodes[name].address]
  seeds      = slice(local.addresses, 0, min(3, length(local.addresses)))
  copies     = min(3, var.cassandra.nodes)
  datacenter = data.aws_region.here.region
}

resource "aws_network_interface" "cassandra" {
  for_each = local.nodes

  subnet_id       = each.value.subnet_id
  private_ips     = [each.value.address]
  security_groups = [var.security_group_ids["cassandra"]]
  description     = "${var.name} ${each.key}"
  tags            = { Name = "${var.name}-${each.key}" }
}

data "aws_subnet" "of_node" {
  for_each = local.nodes

  id = each.value.subnet_id
}

resource "aws_ebs_volume" "cassandra" {
  for_each = local.nodes

  availability_zone = data.aws_subnet.of_node[each.key].availability_zone
  type              = "gp3"
  size              = var.cassandra.disk_gib
  encrypted         = true
  kms_key_id        = var.key_arn
  tags              = { Name = "${var.name}-${each.key}", Backup = var.name }
}

resource "aws_instance" "cassandra" {
  # checkov:skip=CKV2_AWS_41: It has a role, by the profile that the identity module makes.
  for_each = local.nodes

  ami                     = data.aws_ssm_parameter.machine_image.insecure_value
  instance_type           = var.cassandra.instance_type
  iam_instance_profile    = var.cassandra_instance_profile
  ebs_optimized           = true
  monitoring              = true
  disable_api_termination = var.deletion_protection
  tags                    = { Name = "${var.name}-${each.key}" }

  primary_network_interface {
    network_interface_id = aws_network_interface.cassandra[each.key].id
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
    # One hop is the machine itself.
    http_put_response_hop_limit = 1
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 30
    encrypted   = true
    kms_key_id  = var.key_arn
  }

  user_data = templatefile("${path.module}/cassandra/node.sh.tftpl", {
    region             = data.aws_region.here.region
    image              = var.cassandra.image
    heap_gib           = var.cassandra.heap_gib
    certificate_secret = var.certificate_secret_arns.cassandra
    trust_secret       = var.certificate_secret_arns.trust
    volume             = replace(aws_ebs_volume.cassandra[each.key].id, "-", "")
    rackdc             = "dc=${local.datacenter}\nrack=${each.value.rack}\n"
    configuration = templatefile("${path.module}/cassandra/cassandra.yaml.tftpl", {
      name    = var.name
      seeds   = join(",", local.seeds)
      address = each.value.address
      copies  = local.copies
    })
  })

  lifecycle {
    # A newer image is taken in by replacing a node when somebody decides so, one after the other.
    ignore_changes = [ami]
  }
}

resource "aws_volume_attachment" "cassandra" {
  for_each = local.nodes

  device_name                    = "/dev/sdf"
  instance_id                    = aws_instance.cassandra[each.key].id
  volume_id                      = aws_ebs_volume.cassandra[each.key].id
  stop_instance_before_detaching = true
}

data "aws_secretsmanager_random_password" "cassandra" {
  password_length     = 40
  exclude_punctuation = true
}

# docs/aws.md says how Cassandra is told of it.
resource "aws_secretsmanager_secret_version" "cassandra" {
  secret_id     = var.secret_arns["cassandra"]
  secret_string = jsonencode({ username = "elastic_chat", password = data.aws_secretsmanager_random_password.cassandra.random_password })

  lifecycle {
    ignore_changes = [secret_string]
  }
}
