"""A graph says in which order steps run, and what each waits for."""

from __future__ import annotations

import re

from sopctl.actions.catalog import CATALOG as ACTIONS
from sopctl.checks.catalog import CATALOG as CHECKS
from sopctl.facts.snapshot import SHAPES
from sopctl.runbook import lint
from sopctl.views import graph

KNOWN = lint.Known(actions=ACTIONS, checks=CHECKS, facts=SHAPES)
TEXT = """\
apiVersion: sopctl/v1
kind: Runbook
metadata: {name: drawn, title: 'Odd "title": #1'}
parameters: {really: {type: bool, default: true}}
guardrails: {max_objects: {k8s.node: {count: 50, percent: 100}}}
before:
  - {id: room, check: k8s.nodes.ready}
steps:
  - {id: cordon, uses: k8s.node.cordon, with: {zone: us-east-1a}}
  - {id: told, notify: 'Look <here> & "there"; end', on_failure: stop}
  - {id: go, gate: Go on?, when: params.really}
  - {id: drain, uses: k8s.node.drain, with: {zone: us-east-1a}, approve: {by: self}}
  - {id: early, uses: k8s.node.drain, with: {zone: us-east-1a}, needs: [cordon]}
after:
  - {id: ready, check: k8s.nodes.ready}
return:
  - {restore: [cordon], canary: 1}
"""


def drawn():
    book = lint.load(TEXT, KNOWN)
    return book, graph.nodes(book, ACTIONS)


def texts(lines):
    return [each.text for each in lines]


def test_the_tree_says_what_each_step_waits_for():
    shown = texts(graph.tree(*drawn()))
    assert shown[0] == 'drawn: Odd "title": #1'
    assert shown[3:] == [
        "`-- room  check: k8s.nodes.ready",
        "",
        "Steps",
        "|-- cordon  k8s.node.cordon",
        '|-- told  notify: Look <here> & "there"; end',
        "|       on failure: stop",
        "|-- go  gate: Go on?",
        "|       when params.really",
        "|       waits for every effect before it",
        "|-- drain  k8s.node.drain",
        "|       waits for every effect before it",
        "|       somebody has to approve it",
        "`-- early  k8s.node.drain",
        "        needs cordon",
        "",
        "After",
        "`-- ready  check: k8s.nodes.ready",
        "        waits for every effect before it",
        "",
        "Way back",
        "`-- restore cordon, 1 first",
    ]


def test_without_a_way_back_of_its_own_it_is_newest_first():
    book = lint.load(TEXT.partition("return:")[0], KNOWN)
    assert texts(graph.tree(book, graph.nodes(book, ACTIONS)))[-1] == "`-- everything, newest first"


def test_the_drawing_has_every_step_in_order_and_what_is_needed():
    text = graph.mermaid(*drawn())
    order = re.findall(r"^  (n\d+) --> (n\d+)$", text, re.MULTILINE)
    assert order == [(f"n{n}", f"n{n + 1}") for n in range(6)]
    assert re.findall(r"^  (n\d+) -\.-> (n\d+)$", text, re.MULTILINE) == [("n1", "n5")]
    assert '    n3{{"go  gate: Go on?<br/>when params.really' in text
    assert text.startswith('---\ntitle: "drawn: Odd \\"title\\": #1"\n---\nflowchart TD\n')


def test_no_text_of_a_runbook_is_drawn_as_anything_but_text():
    label = next(row for row in graph.mermaid(*drawn()).splitlines() if "told" in row)
    assert label.strip() == (
        'n2[/"told  notify: Look #60;here#62; #38; #34;there#34;; end<br/>on failure: stop"/]'
    )


def test_programs_get_it_as_data():
    found = graph.data(*drawn())
    assert found["schema"] == "sopctl.graph/1"
    early = next(node for node in found["nodes"] if node["id"] == "early")
    assert early == {
        "id": "early",
        "section": "steps",
        "kind": "action",
        "what": "k8s.node.drain",
        "when": "",
        "needs": ["cordon"],
        "barrier": False,
        "approve": False,
    }
