"""How one gets to Kafka: in the clear, or over TLS and with a password. The same for producers, consumers and whoever administers."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, TypeAlias

from chatkit.settings import KafkaSettings

Access: TypeAlias = Mapping[str, Any]
"""What every client of aiokafka is given besides the brokers."""

IN_THE_CLEAR: Access = {}


def access(settings: KafkaSettings) -> Access:
    """Return how these settings say that Kafka is reached."""
    protocol = ("SASL_" if settings.kafka_username else "") + ("SSL" if settings.kafka_tls else "PLAINTEXT")
    options: dict[str, Any] = {"security_protocol": protocol}
    if settings.kafka_tls:
        options["ssl_context"] = ssl.create_default_context()
    if settings.kafka_username:
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.kafka_username,
            "sasl_plain_password": settings.kafka_password,
        }
    return options
