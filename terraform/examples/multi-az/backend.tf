# The state knows two passwords. It is encrypted, versioned, and locked while somebody changes something; which bucket it is in says `tofu init`
# (docs/aws.md), because it is not ours to name.
terraform {
  backend "s3" {
    key          = "elastic-chat/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}
