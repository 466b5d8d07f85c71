"""For maintainers: `python -m clients.relock` pins the jars of the Java client again, as `make lock` does."""

from __future__ import annotations

from clients.builds import LOCK
from launcher.engines.jars import PLATFORMS
from launcher.engines.relock import lock_jars

GRPC, PROTOBUF = "1.83.1", "4.35.1"
"""gRPC is the newest whose generator is published; protobuf's runtime may be newer than its generator, never older."""

LIBRARIES = (
    f"io.grpc:grpc-netty-shaded:{GRPC}",
    f"io.grpc:grpc-protobuf:{GRPC}",
    f"io.grpc:grpc-stub:{GRPC}",
    "com.google.guava:guava:33.6.0-android:",  # what gRPC names; the resolver would take an older one, which protobuf's helpers name
    f"com.google.protobuf:protobuf-java:{PROTOBUF}",
    "com.github.f4b6a3:uuid-creator:6.1.1",
    "org.eclipse.jdt:ecj:3.42.0",
)
"""What the client is made of, and the compiler: everything else follows from their own dependencies."""

PROGRAMS = tuple(
    f"{generator}:{platform}:exe:"
    for generator in (f"com.google.protobuf:protoc:{PROTOBUF}", f"io.grpc:protoc-gen-grpc-java:{GRPC}")
    for platform in PLATFORMS.values()
)
"""What its contracts are generated with. The colon at the end says that each part is where it belongs."""

if __name__ == "__main__":
    lock_jars(LOCK, LIBRARIES, PROGRAMS)
