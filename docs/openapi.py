"""Describe the REST side of the contracts as OpenAPI 3.0, in web/public/openapi.json. With `--check`, only tell if it is not current.

What a person reads there is what the contracts say: their comments, their `google.api.http` annotations, and the table of errors.
The JSON is that of proto3 (https://protobuf.dev/programming-guides/json/), as the edge's transcoder speaks it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from google.api import annotations_pb2
from google.api.http_pb2 import HttpRule
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)

from chatkit.core.errors import DOMAIN, TABLE, Reason
from launcher.mesh.calls import ANYONE, DESCRIPTORS, USERS, service_name
from svc_accounts.core import cookie

OUTPUT = Path(__file__).resolve().parent.parent / "web" / "public" / "openapi.json"

HTTP = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ALREADY_EXISTS": 409,
    "ABORTED": 409,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""The HTTP status of a gRPC status, as google/rpc/code.proto maps them."""

ALWAYS = (Reason.OVERLOADED, Reason.UNAVAILABLE, Reason.DEADLINE_EXCEEDED)
"""What any call may fail with."""

OF_CALLERS = (Reason.UNAUTHENTICATED, Reason.TOKEN_EXPIRED)
OF_ADMINISTRATORS = (Reason.PERMISSION_DENIED,)
OF_ARGUMENTS = (Reason.INVALID_ARGUMENT,)
OF_BODIES = (Reason.BAD_FRAME, Reason.FRAME_TOO_LARGE)
"""What calls may fail with that need a token, that are for administrators, that take anything, and that take a body."""

ADMINISTRATIVE = "/v1/admin/"
TOO_LARGE = 413

WITH_COOKIE = {
    f"{service_name('accounts')}/{method}"
    for method in ("Register", "Login", "FinishOidcLogin", "Refresh", "Logout", "EndSession", "DeleteAccount")
}
"""What keeps, shows or clears the cookie of a browser, if it is asked to."""

COOKIE_HEADER = {
    "name": cookie.ASKED_BY,
    "in": "header",
    "description": "For browsers: has the refresh token in a cookie that no script reads, and never in the answer.",
    "schema": {"type": "string", "enum": [cookie.ASKED_AS]},
}

WELL_KNOWN: dict[str, dict[str, Any]] = {
    ".google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    ".google.protobuf.Duration": {"type": "string", "example": "1.5s"},
}

Field = FieldDescriptorProto
INTEGERS_32 = (Field.TYPE_INT32, Field.TYPE_SINT32, Field.TYPE_SFIXED32, Field.TYPE_UINT32, Field.TYPE_FIXED32)
INTEGERS_64 = (Field.TYPE_INT64, Field.TYPE_SINT64, Field.TYPE_SFIXED64, Field.TYPE_UINT64, Field.TYPE_FIXED64)
SCALARS: dict[int, dict[str, Any]] = {
    Field.TYPE_BOOL: {"type": "boolean"},
    Field.TYPE_STRING: {"type": "string"},
    Field.TYPE_BYTES: {"type": "string", "format": "byte"},
    Field.TYPE_DOUBLE: {"type": "number", "format": "double"},
    Field.TYPE_FLOAT: {"type": "number", "format": "float"},
    **{number: {"type": "integer", "format": "int32"} for number in INTEGERS_32},
    # As text, for JavaScript's numbers can't hold them.
    **{number: {"type": "string", "format": "int64"} for number in INTEGERS_64},
}

ERROR = {
    "type": "object",
    "description": "Why a call failed: google.rpc.Status with google.rpc.ErrorInfo.",
    "required": ["code", "message", "details"],
    "additionalProperties": False,
    "properties": {
        "code": {"type": "integer", "description": "The number of the gRPC status."},
        "message": {"type": "string", "description": "What is wrong, and what to do."},
        "details": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "reason": {"type": "string", "enum": [str(reason) for reason in Reason]},
                    "domain": {"type": "string", "enum": [DOMAIN]},
                },
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class Contracts:
    """All that the contracts define, by full name with a leading dot, and the comment on each."""

    messages: dict[str, DescriptorProto]
    enums: dict[str, EnumDescriptorProto]
    methods: dict[str, MethodDescriptorProto]
    comments: dict[str, str]
    services: dict[str, str]
    """The comment on each service."""

    @classmethod
    def of(cls, files: FileDescriptorSet) -> Contracts:
        """Read a descriptor set with its source information."""
        made = cls({}, {}, {}, {}, {})
        for file in files.file:
            at = {tuple(one.path): one.leading_comments for one in file.source_code_info.location}
            for number, message in enumerate(file.message_type):
                made._add_message(f".{file.package}.{message.name}", message, (4, number), at)
            for number, enum in enumerate(file.enum_type):
                made.enums[f".{file.package}.{enum.name}"] = enum
                made.comments[f".{file.package}.{enum.name}"] = _text(at.get((5, number), ""))
            for number, service in enumerate(file.service):
                name = f"{file.package}.{service.name}"
                made.services[name] = _text(at.get((6, number), ""))
                for index, method in enumerate(service.method):
                    made.methods[f"{name}/{method.name}"] = method
                    made.comments[f"{name}/{method.name}"] = _text(at.get((6, number, 2, index), ""))
        return made

    def _add_message(self, name: str, message: DescriptorProto, path: tuple[int, ...], at: dict[tuple[int, ...], str]) -> None:
        self.messages[name] = message
        self.comments[name] = _text(at.get(path, ""))
        for number, field in enumerate(message.field):
            self.comments[f"{name}.{field.name}"] = _text(at.get((*path, 2, number), ""))
        for number, nested in enumerate(message.nested_type):
            self._add_message(f"{name}.{nested.name}", nested, (*path, 3, number), at)
        for number, enum in enumerate(message.enum_type):
            self.enums[f"{name}.{enum.name}"] = enum
            self.comments[f"{name}.{enum.name}"] = _text(at.get((*path, 4, number), ""))


def _reasons(text: str) -> Iterator[Reason]:
    return (Reason(word) for word in re.findall(r"[A-Z][A-Z_]{3,}", text) if word in Reason.__members__)


def _last(name: str) -> str:
    return "".join(part for part in name.split(".") if part[:1].isupper())


class Document:
    """An OpenAPI document that grows with what its paths need."""

    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts
        self._schemas: dict[str, Any] = {"Error": ERROR}
        self._names: dict[str, str] = {}

    def build(self) -> dict[str, Any]:
        """Return the whole document."""
        paths: dict[str, dict[str, Any]] = {}
        tags = []
        for service in dict.fromkeys((*ANYONE, *USERS)):
            tag = service_name(service).rsplit(".", 1)[1].removesuffix("Service")
            found = list(self._operations(service, tag))
            for path, verb, operation in found:
                paths.setdefault(path, {})[verb] = operation
            if found:
                tags.append({"name": tag, "description": self._contracts.services[service_name(service)]})
        return {
            "openapi": "3.0.3",
            "info": {
                "title": "Elastic-Chat",
                "version": version("elastic-chat"),
                "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
                "description": "Everything but live delivery, which is a WebSocket at `/v1/connect` or a gRPC stream. "
                "Log in, and send the access token as `authorization: Bearer TOKEN`.",
            },
            "servers": [{"url": "/"}],
            "tags": tags,
            "paths": paths,
            "components": {
                "schemas": dict(sorted(self._schemas.items())),
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
            },
        }

    def _operations(self, service: str, tag: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        nothing: list[dict[str, list[str]]] = []
        token: list[dict[str, list[str]]] = [{"token": []}]
        for methods, security in ((ANYONE, nothing), (USERS, token)):
            for name in methods.get(service, ()):
                full = f"{service_name(service)}/{name}"
                method = self._contracts.methods[full]
                if method.options.HasExtension(annotations_pb2.http):
                    rule = method.options.Extensions[annotations_pb2.http]
                    for number, binding in enumerate((rule, *rule.additional_bindings)):
                        path, verb, operation = self._operation(
                            method, self._contracts.comments[full], binding, (*self._named(full), *(OF_CALLERS if security else ()))
                        )
                        if full in WITH_COOKIE:
                            operation.setdefault("parameters", []).append(COOKIE_HEADER)
                        suffix = str(number + 1) if number else ""
                        yield (
                            path,
                            verb,
                            {"operationId": self._operation_id(service, name) + suffix, "tags": [tag], "security": security, **operation},
                        )

    def _operation_id(self, service: str, name: str) -> str:
        """Return a method's name, with that of its service if another service has one that is called the same."""
        alike = [one for other in USERS | ANYONE for one in (*ANYONE.get(other, ()), *USERS.get(other, ())) if one == name]
        return name[0].lower() + name[1:] if len(alike) == 1 else service + name

    def _operation(
        self, method: MethodDescriptorProto, comment: str, rule: HttpRule, reasons: tuple[Reason, ...]
    ) -> tuple[str, str, dict[str, Any]]:
        verb = rule.WhichOneof("pattern")
        path = getattr(rule, verb)
        request = self._contracts.messages[method.input_type]
        fields = {field.name: field for field in request.field}
        inside = re.findall(r"{(\w+)}", path)
        parameters = [self._parameter(method.input_type, fields.pop(name), "path") for name in inside]
        operation: dict[str, Any] = {"summary": comment.split(". ", maxsplit=1)[0].rstrip("."), "description": comment}
        if rule.body == "*":
            schema = self._object(method.input_type, fields.values())
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
        else:
            if rule.body:
                schema = self._schema(fields.pop(rule.body))
                operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
            parameters += [self._parameter(method.input_type, field, "query") for field in fields.values()]
        if parameters:
            operation["parameters"] = parameters
        reasons += OF_ADMINISTRATORS if path.startswith(ADMINISTRATIVE) else ()
        reasons += OF_ARGUMENTS
        reasons += OF_BODIES if rule.body else ()
        answer = {"application/json": {"schema": self._reference(method.output_type)}}
        description = self._contracts.comments[method.output_type]
        operation["responses"] = {"200": {"description": description, "content": answer}, **self._failures(reasons)}
        return re.sub(r"{(\w+)}", lambda found: "{" + _camel(found[1]) + "}", path), verb, operation

    def _named(self, method: str) -> set[Reason]:
        """Return the reasons that the comment of a method names, and those of the methods that it says it fails as."""
        comment = self._contracts.comments[method]
        service, _, _ = method.partition("/")
        alike = [one for words in re.findall(r"\bas (\w+(?: and \w+)*)", comment) for one in words.split(" and ")]
        theirs = {reason for one in alike if (other := f"{service}/{one}") in self._contracts.methods for reason in self._named(other)}
        but = [reason for words in re.findall(r"but for ([A-Z_]+(?:(?:, | and )[A-Z_]+)*)", comment) for reason in _reasons(words)]
        return (theirs | set(_reasons(comment))) - set(but)

    def _failures(self, reasons: tuple[Reason, ...]) -> dict[str, Any]:
        by_status: dict[int, list[Reason]] = {}
        for reason in sorted({*reasons, *ALWAYS}):
            status = TOO_LARGE if reason is Reason.FRAME_TOO_LARGE else HTTP[TABLE[reason].status]
            by_status.setdefault(status, []).append(reason)
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        return {
            str(status): {"description": "\n\n".join(f"`{reason}`: {TABLE[reason].cure}" for reason in reasons), "content": content}
            for status, reasons in sorted(by_status.items())
        } | {"default": {"description": "Any other error.", "content": content}}

    def _parameter(self, message: str, field: FieldDescriptorProto, place: str) -> dict[str, Any]:
        comment = self._contracts.comments[f"{message}.{field.name}"]
        parameter = {"name": _camel(field.name), "in": place, "description": comment, "schema": self._schema(field)}
        return {**parameter, "required": True} if place == "path" else parameter

    def _reference(self, name: str) -> dict[str, Any]:
        """Return a reference to the schema of a message or enum, which is added if it is not there yet."""
        if name in WELL_KNOWN:
            return WELL_KNOWN[name]
        if name not in self._names:
            short = self._short(name)
            if short in self._schemas:
                raise ValueError(f"two messages would be called {short}")
            self._names[name] = short
            self._schemas[short] = {}
            if name in self._contracts.enums:
                values = [value.name for value in self._contracts.enums[name].value]
                self._schemas[short] = {"type": "string", "enum": values, "description": self._contracts.comments[name]}
            else:
                self._schemas[short] = self._object(name, self._contracts.messages[name].field)
        return {"$ref": f"#/components/schemas/{self._names[name]}"}

    def _short(self, name: str) -> str:
        """Return a name without its package, but for what another package calls the same."""
        short = _last(name)
        alike = [one for one in (*self._contracts.messages, *self._contracts.enums) if _last(one) == short]
        return short if len(alike) == 1 else name.split(".")[2].capitalize() + short

    def _object(self, name: str, fields: Iterable[FieldDescriptorProto]) -> dict[str, Any]:
        properties = {}
        for field in fields:
            schema = self._schema(field)
            comment = self._contracts.comments[f"{name}.{field.name}"]
            # Beside a reference nothing else counts.
            properties[_camel(field.name)] = (
                {"allOf": [schema], "description": comment} if "$ref" in schema else {**schema, "description": comment}
            )
        return {"type": "object", "description": self._contracts.comments[name], "properties": properties}

    def _schema(self, field: FieldDescriptorProto) -> dict[str, Any]:
        one = self._reference(field.type_name) if field.type_name else SCALARS[field.type]
        if field.label != Field.LABEL_REPEATED:
            return one
        entry = self._contracts.messages.get(field.type_name)
        if entry is not None and entry.options.map_entry:
            return {"type": "object", "additionalProperties": self._schema(entry.field[1])}
        return {"type": "array", "items": one}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _text(comment: str) -> str:
    return " ".join(comment.split())


def main(*, check: bool) -> int:
    """Rewrite or check the document; return whether it was not current."""
    document = Document(Contracts.of(FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()))).build()
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    if OUTPUT.exists() and OUTPUT.read_text(encoding="utf-8") == text:
        return 0
    if not check:
        OUTPUT.write_text(text, encoding="utf-8")
    print(f"{OUTPUT.name} is not current{'' if check else ': rewritten'}")
    return int(check)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
