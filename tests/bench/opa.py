"""Open Policy Agent's side of the comparison of URL verdicts: its Go library, called directly.

The policy is that of regorus, and the inputs are encoded beforehand. Prints what
`src/sides.rs` calls `Answers`.
"""

import ctypes
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from opa_bindings import OpaEngine, _native  # noqa: E402

directory, bench = Path(sys.argv[2]), Path(__file__).parent
BATCH, BATCHES = 64, 100


def resident_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def names_above(host):
    labels = host.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]


domains = (directory / "list").read_text().splitlines()
hosts = (directory / "hosts").read_text().splitlines()
policy = (bench / "urls.rego").read_text()

before, start = resident_kib(), time.perf_counter()
engine = OpaEngine()
engine.add_policy("urls.rego", policy)
engine.add_data({"blocked": dict.fromkeys(domains, True)})
engine.eval_document("urls.block", {"names": ["x.example"]})
ready_ms = (time.perf_counter() - start) * 1e3
added_kib = max(0, resident_kib() - before)

library = _native.load()
path = b"urls.block"
inputs = [json.dumps({"names": names_above(host)}).encode() for host in hosts]


def ask(question):
    pointer = library.OpaEvalDocument(engine._handle, path, question, 0, 0)
    answer = ctypes.string_at(pointer)
    library.OpaFreeString(pointer)
    return answer


def is_blocked(answer):
    return json.loads(answer)["result"][0]["expressions"][0]["value"]


verdicts = "".join("b" if is_blocked(ask(question)) else "-" for question in inputs)
batches_ns = []
for number in range(BATCHES):
    at = number * BATCH % (len(inputs) - BATCH)
    batch = inputs[at : at + BATCH]
    start = time.perf_counter_ns()
    for question in batch:
        ask(question)
    batches_ns.append((time.perf_counter_ns() - start) / BATCH)

answers = {
    "ready_ms": ready_ms,
    "added_kib": added_kib,
    "verdicts": verdicts,
    "batches_ns": batches_ns,
}
print(json.dumps(answers))
