"""The stand-in as a plugin: it answers what `tofu` asks a provider before there is anything to reach."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
from grpc_tools import protoc

from tests.terraform.stand_in import schema
from tests.terraform.stand_in.bindings import Bindings

SOURCE = "registry.terraform.io/hashicorp/aws"
PROTOCOL = 5
LARGEST = 256 * 1024 * 1024
REGION = schema.Block({"region": schema.Attribute("string", required=False, optional=True, computed=False)})
"""What our configurations say of the provider itself, whose bindings are not made like those of its types."""

TAGS = schema.Block({"tags": schema.Attribute(["map", "string"], required=False, optional=True, computed=False)})
PROVIDER = schema.Block(REGION.attributes, {"default_tags": (schema.ONE, TAGS, False)})


def stubs(proto: Path, folder: Path) -> ModuleType:
    """Return the messages of the plugin protocol, compiled of the contract that comes with `tofu` itself."""
    folder.mkdir(parents=True, exist_ok=True)
    name = proto.stem.replace(".", "_")
    (folder / f"{name}.proto").write_bytes(proto.read_bytes())
    code = protoc.main(["protoc", f"-I{folder}", f"-I{Path(protoc.__file__).parent / '_proto'}", f"--python_out={folder}", f"{name}.proto"])
    if code:
        raise ValueError(f"{proto} could not be compiled")
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(f"{name}_pb2")
    finally:
        sys.path.remove(str(folder))


@contextmanager
def serve(messages: ModuleType, bindings: Bindings, types: Mapping[str, bool], socket: Path) -> Iterator[dict[str, str]]:
    """Serve the schema of `types` (of each, whether it is a source of data) and yield what tells `tofu` of it, for the environment."""
    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", LARGEST)])
    server.add_generic_rpc_handlers((_handlers(messages, _schema(messages, bindings, types)),))
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    try:
        address = {"Network": "unix", "String": str(socket)}
        plugin = {"Protocol": "grpc", "ProtocolVersion": PROTOCOL, "Pid": os.getpid(), "Test": True, "Addr": address}
        yield {"TF_REATTACH_PROVIDERS": json.dumps({SOURCE: plugin, SOURCE.replace("terraform.io", "opentofu.org"): plugin})}
    finally:
        server.stop(None).wait()


def _schema(messages: Any, bindings: Bindings, types: Mapping[str, bool]) -> Any:
    answer = messages.GetProviderSchema.Response(provider=messages.Schema(block=_block(messages, PROVIDER)))
    for name, is_data in types.items():
        block = schema.read(bindings.module(schema.module_of(name.removeprefix("data."), data=is_data)))
        told = answer.data_source_schemas if is_data else answer.resource_schemas
        told[name.removeprefix("data.")].block.CopyFrom(_block(messages, block))
    return answer


def _block(messages: Any, block: schema.Block) -> Any:
    made = messages.Schema.Block()
    for name, one in block.attributes.items():
        if one.type == "dynamic":
            continue  # what nests without an end, such as the statements of a firewall, has no type in the bindings, and is refused here
        type_ = json.dumps(one.type).encode()
        made.attributes.add(name=name, type=type_, required=one.required, optional=one.optional, computed=one.computed)
    for name, (nesting, content, required) in block.blocks.items():
        # Only this one is not a list of one: its members are looked up by name.
        shape = "SINGLE" if name == "timeouts" else "LIST" if nesting == schema.ONE else nesting.upper()
        nested = made.block_types.add(type_name=name, nesting=messages.Schema.NestedBlock.NestingMode.Value(shape))
        nested.min_items = int(required and shape != "SINGLE")
        nested.max_items = int(nesting == schema.ONE and shape != "SINGLE")
        nested.block.CopyFrom(_block(messages, content))
    return made


def _handlers(messages: Any, answer: Any) -> grpc.GenericRpcHandler:
    def method(name: str, request: Any, reply: Callable[[Any], Any]) -> tuple[str, Any]:
        return name, grpc.unary_unary_rpc_method_handler(
            lambda asked, _: reply(asked), request.FromString, lambda said: said.SerializeToString()
        )

    def kept(asked: Any) -> Any:
        state = messages.DynamicValue(json=asked.raw_state.json)
        return messages.UpgradeResourceState.Response(upgraded_state=state)

    return grpc.method_handlers_generic_handler(
        f"tfplugin{PROTOCOL}.Provider",
        dict(
            [
                method("GetSchema", messages.GetProviderSchema.Request, lambda _: answer),
                method(
                    "PrepareProviderConfig",
                    messages.PrepareProviderConfig.Request,
                    lambda asked: messages.PrepareProviderConfig.Response(prepared_config=asked.config),
                ),
                method(
                    "ValidateResourceTypeConfig",
                    messages.ValidateResourceTypeConfig.Request,
                    lambda _: messages.ValidateResourceTypeConfig.Response(),
                ),
                method(
                    "ValidateDataSourceConfig",
                    messages.ValidateDataSourceConfig.Request,
                    lambda _: messages.ValidateDataSourceConfig.Response(),
                ),
                method("UpgradeResourceState", messages.UpgradeResourceState.Request, kept),
                method("Configure", messages.Configure.Request, lambda _: messages.Configure.Response()),
                method("Stop", messages.Stop.Request, lambda _: messages.Stop.Response()),
            ]
        ),
    )
