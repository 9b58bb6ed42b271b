"""Names and fully qualified names: check, quote, join, split. Pure.

A fully qualified name (FQN) joins quoted names with dots; a name that holds a dot stands in double quotes, so a
double quote cannot be part of a name. Rules: contract, "FQN rules" and "Shared scalar types".
"""

from __future__ import annotations

from brokerbook.errors import BadRequest

LONGEST_NAME = 256
LONGEST_FQN = 3072
DEEPEST = 64
"""The most entities one below the other, so that whoever walks a tree may recurse."""


def check(name: str) -> None:
    """Refuses a name that no entity may have, with the contract's sentence for each fault."""
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadRequest(f"[query param name size must be between 1 and {LONGEST_NAME}]")
    if "::" in name or (not name.isprintable() and _has_control(name)):
        raise BadRequest('[query param name must match "^((?!::).)*$"]')
    if '"' in name:
        raise BadRequest(f"Invalid name {name}")


def _has_control(name: str) -> bool:
    # `.` of the contract's pattern does not match line ends; control characters cannot be typed or seen either.
    return any(ord(c) < 0x20 or ord(c) in (0x7F, 0x85, 0x2028, 0x2029) for c in name)


def quoted(name: str) -> str:
    """The name as one part of an FQN: `a.b` becomes `"a.b"`, `ab` stays."""
    if '"' in name:
        raise BadRequest(f"Invalid name {name}")
    return f'"{name}"' if "." in name else name


def check_fqn(fqn: str) -> None:
    """Refuses a fully qualified name that is too long or nested too deep."""
    if fqn.count(".") >= DEEPEST and len(split(fqn)) > DEEPEST:
        raise BadRequest(f"{fqn[:80]}… would be nested deeper than {DEEPEST} levels.")
    if len(fqn) > LONGEST_FQN:
        raise BadRequest(f"[query param fullyQualifiedName size must be between 1 and {LONGEST_FQN}]")


def join(parent_fqn: str | None, name: str) -> str:
    """The FQN of `name` below `parent_fqn`, or at the top; refuses one longer than 3072 characters."""
    fqn = quoted(name) if parent_fqn is None else f"{parent_fqn}.{quoted(name)}"
    check_fqn(fqn)
    return fqn


def split(fqn: str) -> list[str]:
    """The names in an FQN, unquoted: the inverse of joining them one by one. Bad quoting is a BadRequest."""
    if '"' not in fqn:
        return fqn.split(".")
    names: list[str] = []
    rest = fqn
    while True:
        if rest.startswith('"'):
            name, closing, after = rest[1:].partition('"')
            if not closing or not name or (after and not after.startswith(".")):
                raise BadRequest(f"Invalid name {fqn}")
            names.append(name)
            if not after:
                return names
            rest = after[1:]
        else:
            name, dot, rest = rest.partition(".")
            if '"' in name:
                raise BadRequest(f"Invalid name {fqn}")
            names.append(name)
            if not dot:
                return names
