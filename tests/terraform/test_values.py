"""What the schema takes for any text, AWS takes for one of a few words: they are held against AWS's own models of its APIs."""

from __future__ import annotations

import gzip
import json
import re
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terraform import tools
from tests.terraform.tofu import TERRAFORM

pytestmark = pytest.mark.timeout(900)

WORDS: dict[tuple[str, str], tuple[str, str]] = {
    ("acmpca_certificate", "signing_algorithm"): ("acm-pca", "SigningAlgorithm"),
    ("acmpca_certificate", "type"): ("acm-pca", "ValidityPeriodType"),
    ("acmpca_certificate_authority", "key_algorithm"): ("acm-pca", "KeyAlgorithm"),
    ("acmpca_certificate_authority", "signing_algorithm"): ("acm-pca", "SigningAlgorithm"),
    ("acmpca_certificate_authority", "type"): ("acm-pca", "CertificateAuthorityType"),
    ("acmpca_certificate_authority", "usage_mode"): ("acm-pca", "CertificateAuthorityUsageMode"),
    ("acm_certificate", "validation_method"): ("acm", "ValidationMethod"),
    ("appautoscaling_policy", "policy_type"): ("application-autoscaling", "PolicyType"),
    ("appautoscaling_policy", "predefined_metric_type"): ("application-autoscaling", "MetricType"),
    ("appautoscaling_policy", "scalable_dimension"): ("application-autoscaling", "ScalableDimension"),
    ("appautoscaling_policy", "service_namespace"): ("application-autoscaling", "ServiceNamespace"),
    ("appautoscaling_target", "scalable_dimension"): ("application-autoscaling", "ScalableDimension"),
    ("appautoscaling_target", "service_namespace"): ("application-autoscaling", "ServiceNamespace"),
    ("cloudfront_distribution", "event_type"): ("cloudfront", "EventType"),
    ("cloudfront_distribution", "http_version"): ("cloudfront", "HttpVersion"),
    ("cloudfront_distribution", "minimum_protocol_version"): ("cloudfront", "MinimumProtocolVersion"),
    ("cloudfront_distribution", "origin_protocol_policy"): ("cloudfront", "OriginProtocolPolicy"),
    ("cloudfront_distribution", "origin_ssl_protocols"): ("cloudfront", "SslProtocol"),
    ("cloudfront_distribution", "restriction_type"): ("cloudfront", "GeoRestrictionType"),
    ("cloudfront_distribution", "ssl_support_method"): ("cloudfront", "SSLSupportMethod"),
    ("cloudfront_distribution", "viewer_protocol_policy"): ("cloudfront", "ViewerProtocolPolicy"),
    ("cloudfront_distribution", "allowed_methods"): ("cloudfront", "Method"),
    ("cloudfront_distribution", "cached_methods"): ("cloudfront", "Method"),
    ("cloudfront_function", "runtime"): ("cloudfront", "FunctionRuntime"),
    ("cloudfront_origin_access_control", "origin_access_control_origin_type"): ("cloudfront", "OriginAccessControlOriginTypes"),
    ("cloudfront_origin_access_control", "signing_behavior"): ("cloudfront", "OriginAccessControlSigningBehaviors"),
    ("cloudfront_origin_access_control", "signing_protocol"): ("cloudfront", "OriginAccessControlSigningProtocols"),
    ("cloudfront_response_headers_policy", "frame_option"): ("cloudfront", "FrameOptionsList"),
    ("cloudfront_response_headers_policy", "referrer_policy"): ("cloudfront", "ReferrerPolicyList"),
    ("cloudwatch_metric_alarm", "comparison_operator"): ("cloudwatch", "ComparisonOperator"),
    ("cloudwatch_metric_alarm", "statistic"): ("cloudwatch", "Statistic"),
    ("codedeploy_app", "compute_platform"): ("codedeploy", "ComputePlatform"),
    ("codedeploy_deployment_group", "action"): ("codedeploy", "InstanceAction"),
    ("codedeploy_deployment_group", "action_on_timeout"): ("codedeploy", "DeploymentReadyAction"),
    ("codedeploy_deployment_group", "deployment_option"): ("codedeploy", "DeploymentOption"),
    ("codedeploy_deployment_group", "deployment_type"): ("codedeploy", "DeploymentType"),
    ("codedeploy_deployment_group", "events"): ("codedeploy", "AutoRollbackEvent"),
    ("ebs_volume", "type"): ("ec2", "VolumeType"),
    ("ecr_repository", "encryption_type"): ("ecr", "EncryptionType"),
    ("ecr_repository", "image_tag_mutability"): ("ecr", "ImageTagMutability"),
    ("ecs_cluster", "name"): ("ecs", "ClusterSettingName"),
    ("ecs_service", "availability_zone_rebalancing"): ("ecs", "AvailabilityZoneRebalancing"),
    ("ecs_service", "launch_type"): ("ecs", "LaunchType"),
    ("ecs_service", "propagate_tags"): ("ecs", "PropagateTags"),
    ("ecs_service", "type"): ("ecs", "DeploymentControllerType"),
    ("ecs_task_definition", "network_mode"): ("ecs", "NetworkMode"),
    ("ecs_task_definition", "operating_system_family"): ("ecs", "OSFamily"),
    ("ecs_task_definition", "requires_compatibilities"): ("ecs", "Compatibility"),
    ("elasticache_replication_group", "auth_token_update_strategy"): ("elasticache", "AuthTokenUpdateStrategyType"),
    ("elasticache_replication_group", "destination_type"): ("elasticache", "DestinationType"),
    ("elasticache_replication_group", "log_format"): ("elasticache", "LogFormat"),
    ("elasticache_replication_group", "log_type"): ("elasticache", "LogType"),
    ("elasticache_replication_group", "transit_encryption_mode"): ("elasticache", "TransitEncryptionMode"),
    ("flow_log", "log_destination_type"): ("ec2", "LogDestinationType"),
    ("flow_log", "traffic_type"): ("ec2", "TrafficType"),
    ("instance", "http_endpoint"): ("ec2", "InstanceMetadataEndpointState"),
    ("instance", "http_tokens"): ("ec2", "HttpTokensState"),
    ("instance", "volume_type"): ("ec2", "VolumeType"),
    ("lb", "load_balancer_type"): ("elbv2", "LoadBalancerTypeEnum"),
    ("lb_listener", "protocol"): ("elbv2", "ProtocolEnum"),
    ("lb_listener", "type"): ("elbv2", "ActionTypeEnum"),
    ("lb_target_group", "protocol"): ("elbv2", "ProtocolEnum"),
    ("lb_target_group", "target_type"): ("elbv2", "TargetTypeEnum"),
    ("msk_cluster", "client_broker"): ("kafka", "ClientBroker"),
    ("s3_bucket_lifecycle_configuration", "status"): ("s3", "ExpirationStatus"),
    ("s3_bucket_ownership_controls", "object_ownership"): ("s3", "ObjectOwnership"),
    ("s3_bucket_server_side_encryption_configuration", "sse_algorithm"): ("s3", "ServerSideEncryption"),
    ("s3_bucket_versioning", "status"): ("s3", "BucketVersioningStatus"),
    ("scheduler_schedule", "launch_type"): ("scheduler", "LaunchType"),
    ("scheduler_schedule", "mode"): ("scheduler", "FlexibleTimeWindowMode"),
    ("service_discovery_service", "routing_policy"): ("servicediscovery", "RoutingPolicy"),
    ("service_discovery_service", "type"): ("servicediscovery", "RecordType"),
    ("vpc_endpoint", "vpc_endpoint_type"): ("ec2", "VpcEndpointType"),
    ("wafv2_regex_pattern_set", "scope"): ("wafv2", "Scope"),
    ("wafv2_web_acl", "scope"): ("wafv2", "Scope"),
    ("wafv2_web_acl_logging_configuration", "behavior"): ("wafv2", "FilterBehavior"),
    ("wafv2_web_acl_logging_configuration", "default_behavior"): ("wafv2", "FilterBehavior"),
    ("wafv2_web_acl_logging_configuration", "requirement"): ("wafv2", "FilterRequirement"),
    ("wafv2_web_acl_logging_configuration", "action"): ("wafv2", "ActionValue"),
}
"""Of a resource's attribute, in which of AWS's models its words are, and what they are called there."""


OTHERWISE = {
    ("appautoscaling_policy", "metric_name"),
    ("cloudwatch_event_rule", "lastStatus"),
    ("ecs_cluster_capacity_providers", "capacity_providers"),
    ("ecs_service", "capacity_provider"),
    ("lb_target_group", "matcher"),
    ("msk_cluster", "type"),
    ("route53_record", "type"),
}
"""What AWS's models leave open: names, and of MSK's access what the documentation lists (DISABLED, SERVICE_PROVIDED_EIPS)."""

_RESOURCE = re.compile(r'^resource "aws_(\w+)" "\w+" \{\n(.*?)^\}', re.MULTILINE | re.DOTALL)
_WORD = re.compile(r'^ +(\w+) += (?:"([A-Za-z0-9_:.-]+)"|\[((?:"[A-Z_a-z0-9.]+"(?:, )?)+)\])$', re.MULTILINE)
_SHOUTED = re.compile(r"[A-Z][A-Z0-9_]+$")


class Models:
    """AWS's models, of the newest version of each API."""

    def __init__(self, folder: Path) -> None:
        (self._folder,) = folder.glob("lib/python*/site-packages/botocore/data")
        self._read: dict[str, dict[str, Any]] = {}

    def words(self, service: str, shape: str) -> set[str]:
        if service not in self._read:
            newest = max(self._folder.joinpath(service).glob("*/service-2.json.gz"))
            self._read[service] = json.loads(gzip.decompress(newest.read_bytes()))["shapes"]
        return set(self._read[service][shape]["enum"])


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(tools.provide("botocore"))


def said() -> Iterator[tuple[str, str, str]]:
    """Yield every word that a resource's attribute is: the resource's type, the attribute and the word."""
    for path in TERRAFORM.glob("modules/*/*.tf"):
        for kind, body in _RESOURCE.findall(path.read_text(encoding="utf-8")):
            for attribute, word, several in _WORD.findall(body):
                for each in [word] if word else re.findall(r'"([^"]+)"', several):
                    yield kind, attribute, each


def test_every_word_is_one_that_aws_knows(models: Models) -> None:
    seen = set()
    for kind, attribute, word in said():
        if (kind, attribute) in WORDS:
            service, shape = WORDS[kind, attribute]
            assert word in models.words(service, shape), f"{kind}.{attribute} = {word}"
            seen.add((kind, attribute))
    assert WORDS.keys() - seen == set(), "the table has what is nowhere said"


def test_no_word_is_looked_at_by_nobody() -> None:
    """What is written in capitals is one of a few words, or it would not be."""
    unknown = {
        (kind, attribute)
        for kind, attribute, word in said()
        if attribute != "description" and _SHOUTED.match(word) and (kind, attribute) not in WORDS and (kind, attribute) not in OTHERWISE
    }
    assert unknown == set()


def test_the_rules_of_the_firewall_are_what_the_api_takes() -> None:
    text = (TERRAFORM / "modules" / "edge" / "firewall.json.tftpl").read_text(encoding="utf-8")
    arn = "arn:aws:wafv2:us-east-1:123456789012:global/regexpatternset/chat/1"
    rules = json.loads(string.Template(text).substitute(name="chat", credentials=300, all=10000, paths=arn))
    seen = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "chat"}
    acl = {"Name": "chat", "Scope": "CLOUDFRONT", "DefaultAction": {"Allow": {}}, "Rules": rules, "VisibilityConfig": seen}
    look = (
        "import json, sys; from botocore.session import Session; from botocore.validate import ParamValidator;"
        "shape = Session().get_service_model('wafv2').operation_model('CreateWebACL').input_shape;"
        "print(ParamValidator().validate(json.load(sys.stdin), shape).generate_report())"
    )
    python = tools.provide("botocore") / "bin" / "python"
    told = subprocess.run((str(python), "-c", look), input=json.dumps(acl), check=True, capture_output=True, text=True)

    assert told.stdout.strip() == ""
