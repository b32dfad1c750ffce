#!/usr/bin/env python3
"""Writes the catalogue's tables from the browsers' own policy definitions.

    generate.py CHROMIUM.json FIREFOX.json GOOGLE-DOMAINS.json OUT-DIRECTORY

CHROMIUM.json   every file of chromium/src components/policy/resources/templates
                (BSD-3-Clause) as one object: {common_schemas, policies: {NAME: {schema,
                supported_on, features, deprecated, in_browser}}}, where `in_browser` says that
                chrome://policy of Chromium 156 on Linux knows the name
FIREFOX.json    mozilla-firefox browser/components/enterprisepolicies/schemas/policies-schema.json
                (MPL-2.0)
GOOGLE-DOMAINS.json   the suffixes of google_util.cc (BSD-3-Clause): {google, youtube}

Only facts are carried over: names, types, enums, bounds and support. No descriptions.
Each line of a table: ENGINE.NAME, its standing, its JSON schema, divided by tabs, in byte order.
"""

import json
import sys
from pathlib import Path

CHROMIUM = "# Names, types and support of Chromium's policies. Source: chromium/src, BSD-3-Clause.\n"
FIREFOX = "# Names and types of Firefox's policies. Source: mozilla-firefox, MPL-2.0.\n"
GOOGLE = "# Domains of Google Search. Source: chromium/src google_util.cc, BSD-3-Clause.\n"

KEEP = {"type", "enum", "minimum", "maximum", "items", "properties", "patternProperties",
        "additionalProperties", "required", "$ref", "pattern", "format", "anyOf", "maxLength"}


# What chrome://policy of Chromium 156 says and the definitions do not.
SEEN = {
    "AutofillAddressEnabled": "deprecated",
    "AutofillCreditCardEnabled": "deprecated",
    "CacheEncryptionEnabled": "cloud",
    "PdfViewerOutOfProcessIframeEnabled": "deprecated",
    "RegisteredProtocolHandlers": "recommended",
}


def standing(name, policy):
    if name in SEEN:
        return SEEN[name]
    features = policy.get("features", {})
    on_linux = any(s.startswith(("chrome.*:", "chrome.linux:")) and s.endswith("-")
                   for s in policy.get("supported_on", []))
    if not policy.get("in_browser") or not on_linux or "schema" not in policy:
        return "elsewhere"
    if features.get("cloud_only") or features.get("user_only"):
        return "cloud"
    if features.get("internal_only"):
        return "internal"
    return "deprecated" if policy.get("deprecated") else "file"


def facts(schema):
    if isinstance(schema, list):
        return [facts(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in ("properties", "patternProperties"):
            kept[key] = {name: facts(each) for name, each in value.items()}
        elif key == "$ref":
            kept[key] = value.rsplit("/", 1)[-1]
        elif key in KEEP:
            kept[key] = facts(value)
    return kept


def line(name, standing, schema):
    text = json.dumps(schema, separators=(",", ":"), sort_keys=True)
    return f"{name}\t{standing}\t{text}\n"


def table(engine, rows):
    return "".join(sorted(line(f"{engine}.{name}", *rest) for name, *rest in rows))


def main():
    chromium, firefox, domains = (json.loads(Path(p).read_text()) for p in sys.argv[1:4])
    out = Path(sys.argv[4])
    rows = [(f"#{name}", "shared", facts(schema))
            for name, schema in chromium["common_schemas"].items()]
    for name, policy in chromium["policies"].items():
        stands = standing(name, policy)
        usable = stands in ("file", "deprecated")
        rows.append((name, stands, facts(policy["schema"]) if usable else {}))
    (out / "chromium.tsv").write_text(CHROMIUM + table("chromium", rows))

    rows = [(f"#{name}", "shared", facts(schema))
            for name, schema in firefox["definitions"].items()]
    rows += [(name, "file", facts(schema)) for name, schema in firefox["properties"].items()]
    (out / "firefox.tsv").write_text(FIREFOX + table("firefox", rows))

    (out / "google-domains.txt").write_text(GOOGLE + "".join(f"{d}\n" for d in domains["google"]))


if __name__ == "__main__":
    main()
