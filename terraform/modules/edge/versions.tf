terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.60, < 7.0"
      # CloudFront's certificates and firewalls are in one region, whichever the rest is in.
      configuration_aliases = [aws.us_east_1]
    }
  }
}
