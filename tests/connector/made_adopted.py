"""Knows how to make up forms that are changed again and again, and records of all their versions, good and bad."""

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

Json = dict[str, Any]
Content = dict[str, Any]
KINDS = (
    *("integer", "decimal", "text", "date", "time", "dateTime", "select_one", "select_multiple", "geopoint"),
    *("calculate", "range", "image", "note", "hidden", "rank", "acknowledge", "barcode"),
)
CODES = ("a", "b", "c", "d")
NASTY: tuple[Any, ...] = (
    *(
        "x" * 300,
        "-1",
        "99999999999999999999",
        "1.5",
        "nan",
        "1e400",
        "1_0",
        "a b zz",
        "zz",
        " ",
        "",
        "\x00",
        "é\ud800",
    ),
    *("0001-01-01", "2026-02-30", "9999-12-31T23:59:59.000-12:00", "24:00:00", "1 2", "95 200 0 0", "1 2 3 4 5", "-0"),
    *(["x"], [{"a": "b"}], [], {}, {"a": 1}, None, True, 3, 3.7, -(2**70), 0, "NaN", "0x10", "١٢"),
)


class MadeForm:
    """A form that grows older: `contents` are its versions so far, the oldest first."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.number = 0
        tree = [self._question() for _ in range(rng.randint(2, 5))] + [self._group("repeat")]
        self.trees = [tree]

    @property
    def contents(self) -> list[tuple[str, Content]]:
        """Pairs of version uid and content."""
        return [(f"v{number}", _content(tree)) for number, tree in enumerate(self.trees, start=1)]

    def change(self) -> None:
        """Deploy a version with a few changes."""
        tree = copy.deepcopy(self.trees[-1])
        for _ in range(self.rng.randint(1, 3)):
            self._change(tree)
        if self.rng.random() < 0.2:
            _renew_kuids(tree, len(self.trees))
        self.trees.append(tree)

    def record(self, number: int) -> Json:
        """A record of one of the versions, as the server gives it."""
        version = self.rng.randrange(len(self.trees))
        return {
            "_id": number,
            "_uuid": f"uuid-{number}-{self.rng.random()}",
            "meta/rootUuid": f"uuid:root-{number}",
            "__version__": self.rng.choice([f"v{version + 1}"] * 8 + ["vNobodyKnows"]),
            "_submission_time": "2026-11-23T03:30:59",
            "_geolocation": [None, None],
            "_validation_status": {},
            **self._answers(self.trees[version], ""),
        }

    def _answers(self, nodes: list[Json], path: str) -> Json:
        found: Json = {}
        for node in nodes:
            here = f"{path}{node['name']}"
            if node["type"] == "group":
                found |= self._answers(node["children"], f"{here}/")
            elif node["type"] == "repeat":
                rows = [self._answers(node["children"], f"{here}/") for _ in range(self.rng.randint(0, 3))]
                found |= {here: rows} if rows else {}
            elif self.rng.random() < 0.8:
                found[here] = self._answer(node["type"])
        if self.rng.random() < 0.05:
            found[f"{path}surprise"] = self.rng.choice(NASTY)
        return found

    def _answer(self, kind: str) -> Any:
        rng = self.rng
        if rng.random() < 0.08:
            return rng.choice(NASTY)
        made = {
            "integer": str(rng.randint(-5, 20000)),
            "decimal": f"{rng.random() * 100:.3f}",
            "calculate": f"{rng.random():.2f}",
            "range": str(rng.randint(0, 10)),
            "date": f"2026-11-{rng.randint(1, 28):02d}",
            "time": f"{rng.randint(0, 23):02d}:30:00.000+02:00",
            "dateTime": f"2026-11-{rng.randint(1, 28):02d}T{rng.randint(0, 23):02d}:15:20.123+02:00",
            "select_one": rng.choice(CODES),
            "select_multiple": " ".join(rng.sample(CODES, rng.randint(1, 3))),
            "rank": " ".join(rng.sample(CODES, 4)),
            "geopoint": f"-1.5 {rng.randint(0, 100)}.25 12.0 4.5",
        }
        return made.get(kind, f"text {rng.randint(0, 99)} é")

    def _name(self) -> str:
        self.number += 1
        return self.rng.choice([f"q{self.number}", f"Q {self.number}-é", f"age{self.number}", f"select{self.number}"])

    def _question(self) -> Json:
        kind = self.rng.choice(KINDS)
        return {"type": kind, "name": self._name(), "$kuid": f"k{self.number}", "label": f"Question {self.number}?"}

    def _group(self, kind: str) -> Json:
        children = [self._question() for _ in range(self.rng.randint(1, 3))]
        if self.rng.random() < 0.3:
            children.append(self._group(self.rng.choice(["group", "repeat"])))
        return {"type": kind, "name": self._name(), "$kuid": f"k{self.number}", "children": children}

    def _change(self, tree: list[Json]) -> None:
        siblings, node = self.rng.choice(list(_walk(tree)))
        change = self.rng.choice(["rename", "retype", "remove", "add", "move", "turn", "swap"])
        if change == "rename":
            node["name"] = self._name()
        elif change == "retype" and "children" not in node:
            node["type"] = self.rng.choice(KINDS)
        elif change == "remove" and len(siblings) > 1:
            siblings.remove(node)
        elif change == "add":
            siblings.append(self.rng.choice([self._question(), self._group("group"), self._group("repeat")]))
        elif change == "move" and "children" not in node and len(siblings) > 1:
            siblings.remove(node)
            self.rng.choice([tree, *(each["children"] for _, each in _walk(tree) if "children" in each)]).append(node)
        elif change == "turn" and "children" in node:
            node["type"] = "group" if node["type"] == "repeat" else "repeat"
        elif change == "swap" and len(siblings) > 1 and (other := self.rng.choice(siblings)) is not node:
            node["name"], other["name"] = other["name"], node["name"]


def _walk(nodes: list[Json]) -> Iterator[tuple[list[Json], Json]]:
    for node in nodes:
        yield nodes, node
        yield from _walk(node.get("children", []))


def _renew_kuids(tree: list[Json], number: int) -> None:
    """What an upload of the form as a workbook does."""
    for _, node in _walk(tree):
        node["$kuid"] += f"-{number}"


def _content(tree: list[Json]) -> Content:
    choices = [{"list_name": "letters", "name": code, "label": [code.upper()]} for code in CODES]
    return {"translations": [None], "survey": list(_rows(tree)), "choices": choices}


def _rows(nodes: list[Json]) -> Iterator[Json]:
    for node in nodes:
        row = {key: value for key, value in node.items() if key != "children"}
        if "children" not in node:
            is_choice = node["type"].startswith("select") or node["type"] == "rank"
            yield row | {"label": [node["label"]]} | ({"select_from_list_name": "letters"} if is_choice else {})
            continue
        yield row | {"type": f"begin_{node['type']}"}
        yield from _rows(node["children"])
        yield {"type": f"end_{node['type']}"}
