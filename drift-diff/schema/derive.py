"""Derives src/schema/kubernetes.txt from a table of the built-in Kubernetes types.

    python3 derive.py kubernetes-types.json > ../src/schema/kubernetes.txt

Reads the one file named on the command line: JSON of the format `drift-kubernetes-types/1`, in which every built-in type
is written out field by field, as server-side apply knows it (kubernetes/client-go, applyconfigurations/internal).

What a comparison does not need is left out: plain scalar fields, and types of versions that a released version of the same
group and kind replaces. The notation is described at the head of the output and read by src/schema/table.rs.
"""

import json
import re
import sys

HEAD = """\
# The shape of the built-in Kubernetes kinds, as server-side apply knows it. Derived by schema/derive.py; facts of
# kubernetes/client-go {commit} (Apache-2.0).
#
#   kinds <group>/<version> <package>: <Kind> …      the kind `Kind` of this API version is the type `<package>.Kind`
#   [<package>]                                      the types that follow are of this package
#   <Type> <field>:<shape> …                         a struct; a field that is not listed is a plain scalar
#   <Type>! …                                        the same, compared as one value
#   <Type> = <shape>                                 a type that is no struct
#
# A shape is `quantity`, `int-or-string`, `time`, `bytes`, `scalar`, `opaque` (one value, never looked into), `deduced` (nothing is known),
# `@Type` of this package or `@package.Type` (with `~`: its fields are compared one by one, although the type is one value), or a
# collection of shapes: `list(…)` ordered, one value; `set(…)`; `keyed[k,k2=TCP,k3!](…)` known by its keys, with the values that
# absent keys stand for (nothing: the empty string; `!`: none); `map(…)`; `map!(…)` one value. `(scalar)` is not written.
"""


def main(path):
    with open(path, encoding="utf-8") as file:
        facts = json.load(file)
    assert facts["format"] == "drift-kubernetes-types/1"
    types = facts["types"]
    kinds = {name: kind["type"] for name, kind in facts["kinds"].items()}
    kinds = {name: kind for name, kind in kinds.items() if not is_replaced(name, kinds)}
    commit = next(o["commit"] for o in facts["origin"] if o["repo"] == "kubernetes/client-go")
    print(HEAD.format(commit=commit), end="")
    for line in kind_lines(kinds):
        print(line)
    package = None
    for name in sorted(reachable(kinds.values(), types), key=lambda name: name.rpartition(".")[::2]):
        if name.rpartition(".")[0] != package:
            package = name.rpartition(".")[0]
            print(f"[{package}]")
        print(type_line(name, types[name], package))


def is_replaced(name, kinds):
    """Is this a preview of a kind that has been released?"""
    group, version, kind = split(name)
    released = (split(other) for other in kinds)
    return not is_release(version) and any(g == group and k == kind and is_release(v) for g, v, k in released)


def is_release(version):
    return re.fullmatch(r"v\d+", version) is not None


def split(name):
    """`apps/v1/Deployment` as group, version and kind; the core group has no name."""
    *group, version, kind = name.split("/")
    return (group[0] if group else "", version, kind)


def kind_lines(kinds):
    lines = {}
    for name, type_name in kinds.items():
        group, version, kind = split(name)
        package, _, last = type_name.rpartition(".")
        assert last == kind
        lines.setdefault((group, version, package), []).append(kind)
    for (group, version, package), names in sorted(lines.items()):
        yield f"kinds {group}/{version} {package}: {' '.join(sorted(names))}"


def reachable(roots, types):
    seen, todo = set(), list(roots)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo.extend(references(types[name]))
    return seen


def references(shape):
    if isinstance(shape, str):
        return [shape[1:]] if shape.startswith("@") else []
    parts = list(shape.get("fields", {}).values()) + [shape[k] for k in ("list", "map", "ref") if k in shape]
    return [name for part in parts for name in references(part)]


def type_line(name, body, package):
    last = name.rpartition(".")[2]
    if "fields" not in body:
        return f"{last} = {shape_of(body, package)}"
    fields = {field: shape_of(shape, package) for field, shape in body["fields"].items()}
    listed = [f"{field}:{shape}" for field, shape in sorted(fields.items()) if shape != "scalar"]
    return " ".join([last + ("!" if body.get("as") == "atomic" else ""), *listed])


def shape_of(shape, package):
    if isinstance(shape, str):
        if shape.startswith("@"):
            home, _, last = shape[1:].rpartition(".")
            return f"@{last}" if home == package else shape
        return {"string": "scalar", "number": "scalar", "boolean": "scalar", "micro-time": "time"}.get(shape, shape)
    if "ref" in shape:
        assert shape["as"] == "granular"
        return shape_of(shape["ref"], package) + "~"
    if "map" in shape:
        return ("map!" if shape.get("as") == "atomic" else "map") + inner(shape["map"], package)
    head = {"atomic": "list", "set": "set", "keyed": "keyed"}[shape["as"]]
    if head == "keyed":
        head += "[" + ",".join(key_of(key, shape.get("defaults", {})) for key in shape["keys"]) + "]"
    return head + inner(shape["list"], package)


def inner(shape, package):
    text = shape_of(shape, package)
    return "" if text == "scalar" else f"({text})"


def key_of(key, defaults):
    if key not in defaults:
        return key + "!"
    return key if defaults[key] == "" else f"{key}={defaults[key]}"


if __name__ == "__main__":
    main(*sys.argv[1:])
