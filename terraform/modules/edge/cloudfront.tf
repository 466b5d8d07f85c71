# CloudFront: the files of the web client from a bucket that only it can read, and everything under /v1 and of gRPC from the edge.

# Policies that CloudFront has for everyone, by the ids that they have everywhere.
locals {
  managed = {
    keep_files   = "658327ea-f89d-4fab-a63d-7e88639e58f6" # CachingOptimized
    keep_nothing = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" # CachingDisabled
    all_but_host = "b689b0a8-53d0-40ab-baf2-68738e2966ac" # AllViewerExceptHostHeader
  }
}

resource "aws_cloudfront_origin_access_control" "web" {
  name                              = "${var.name}-web"
  description                       = "CloudFront alone reads the files of the web client"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_function" "pages" {
  name    = "${var.name}-pages"
  comment = "Which file of the web client a path means"
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/functions/pages.js")
}

# What the edge says to browsers, of pages that do not come from it: launcher/mesh/policy.py, which a test compares.
locals {
  headers = {
    content_security_policy     = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types elastic-chat-worker"
    api_content_security_policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    permissions_policy          = "camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()"
    opener_policy               = "same-origin"
    resource_policy             = "same-origin"
  }

  policies = { pages = local.headers.content_security_policy, api = local.headers.api_content_security_policy }
}

resource "aws_cloudfront_response_headers_policy" "this" {
  # checkov:skip=CKV_AWS_259: It says what the edge says: names below this one may be others' to decide on.
  for_each = local.policies

  name = "${var.name}-${each.key}"

  security_headers_config {
    content_security_policy {
      content_security_policy = each.value
      override                = true
    }
    content_type_options {
      override = true
    }
    frame_options {
      frame_option = "DENY"
      override     = true
    }
    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }
    strict_transport_security {
      access_control_max_age_sec = 31536000
      override                   = true
    }
  }

  custom_headers_config {
    items {
      header   = "permissions-policy"
      value    = local.headers.permissions_policy
      override = true
    }
    items {
      header   = "cross-origin-opener-policy"
      value    = local.headers.opener_policy
      override = true
    }
    items {
      header   = "cross-origin-resource-policy"
      value    = local.headers.resource_policy
      override = true
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  # checkov:skip=CKV_AWS_86: Requests are in the firewall's log; a second log of the same costs by the request.
  # checkov:skip=CKV_AWS_310: There is one edge, in several zones: another origin would be another installation.
  # checkov:skip=CKV_AWS_374: Who may use the chat is not decided by countries.
  # checkov:skip=CKV2_AWS_47: The firewall has the rules against known bad inputs, as a test sees: checkov finds it in another module only.
  enabled             = true
  comment             = var.name
  aliases             = [var.domain]
  default_root_object = "index.html"
  http_version        = "http2and3"
  is_ipv6_enabled     = true
  price_class         = var.price_class
  web_acl_id          = aws_wafv2_web_acl.this.arn

  origin {
    origin_id                = "web"
    domain_name              = aws_s3_bucket.web.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.web.id
  }

  origin {
    origin_id           = "edge"
    domain_name         = local.origin
    connection_attempts = 3
    connection_timeout  = 5

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      # The edge gives up a call after 30 seconds; a download may be silent for as long.
      origin_read_timeout      = 60
      origin_keepalive_timeout = 60
    }
  }

  default_cache_behavior {
    target_origin_id           = "web"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = local.managed.keep_files
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this["pages"].id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.pages.arn
    }
  }

  ordered_cache_behavior {
    path_pattern               = "/api"
    target_origin_id           = "web"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = local.managed.keep_files
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this["api"].id

    function_association {
      event_type   = "viewer-request"
      function_arn = aws_cloudfront_function.pages.arn
    }
  }

  # REST, uploads and downloads, and the WebSocket.
  ordered_cache_behavior {
    path_pattern             = "/v1/*"
    target_origin_id         = "edge"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = local.managed.keep_nothing
    origin_request_policy_id = local.managed.all_but_host
  }

  # gRPC, and gRPC-Web, which is a POST like any other.
  ordered_cache_behavior {
    path_pattern             = "/elastic_chat.*"
    target_origin_id         = "edge"
    viewer_protocol_policy   = "https-only"
    allowed_methods          = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods           = ["GET", "HEAD"]
    cache_policy_id          = local.managed.keep_nothing
    origin_request_policy_id = local.managed.all_but_host

    grpc_config {
      enabled = true
    }
  }

  viewer_certificate {
    acm_certificate_arn      = aws_acm_certificate_validation.domain.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
}

# --- the files of the web client ---
resource "aws_s3_bucket" "web" {
  # checkov:skip=CKV_AWS_18: Everyone may read this, through CloudFront.
  # checkov:skip=CKV_AWS_144: It is made again from an image in a minute.
  # checkov:skip=CKV_AWS_145: What everyone may read needs no key of ours.
  # checkov:skip=CKV2_AWS_62: Nobody waits for events of this bucket.
  bucket        = var.web_bucket
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "web" {
  bucket                  = aws_s3_bucket.web.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "web" {
  bucket = aws_s3_bucket.web.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "web" {
  bucket = aws_s3_bucket.web.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# The files of the version before stay for those whose pages are open: an older page asks for them.
resource "aws_s3_bucket_versioning" "web" {
  bucket = aws_s3_bucket.web.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "web" {
  bucket = aws_s3_bucket.web.id

  rule {
    id     = "older"
    status = "Enabled"
    filter {}
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }
}

resource "aws_s3_bucket_policy" "web" {
  bucket = aws_s3_bucket.web.id
  policy = data.aws_iam_policy_document.web.json

  depends_on = [aws_s3_bucket_public_access_block.web]
}

data "aws_iam_policy_document" "web" {
  statement {
    sid       = "OnlyCloudFront"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.web.arn}/*"]
    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudfront_distribution.this.arn]
    }
  }

  statement {
    sid       = "OnlyOverTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.web.arn, "${aws_s3_bucket.web.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
