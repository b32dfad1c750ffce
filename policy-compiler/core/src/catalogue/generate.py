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

firefox-versions.tsv, beside this file, says which version of Firefox a policy came with: that
schema does not. It names its own sources, and is written by hand.

Only facts are carried over: names, types, enums, bounds and support. No descriptions.
Each line of a table: ENGINE.NAME, its standing, the versions that know it, its JSON schema, divided
by tabs, in byte order. Versions are written SINCE, SINCE/ESR where an extended release knew it
earlier, SINCE-LAST where it was removed, or nothing if not known. `member` is no policy of its
own: the versions of one member of a policy's table.
"""

import json
import sys
from pathlib import Path

CHROMIUM = ("# Names, types, support and versions of Chromium's policies on Linux. Source: chromium/src,"
            " BSD-3-Clause.\n")
FIREFOX = ("# Names, types and versions of Firefox's policies. Sources: mozilla-firefox, MPL-2.0, and"
           " firefox-versions.tsv.\n")
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
    on_linux = versions(policy)
    if "-" in on_linux:
        return "removed"
    if not policy.get("in_browser") or not on_linux or "schema" not in policy:
        return "elsewhere"
    if features.get("cloud_only") or features.get("user_only"):
        return "cloud"
    if features.get("internal_only"):
        return "internal"
    return "deprecated" if policy.get("deprecated") else "file"


def versions(policy):
    """Which versions on Linux know the policy: `14`, `98-144`, or nothing."""
    for platform in policy.get("supported_on", []):
        if platform.startswith(("chrome.*:", "chrome.linux:")):
            return platform.split(":")[1].strip().removesuffix("-")
    return ""


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


def line(name, standing, versions, schema):
    text = json.dumps(schema, separators=(",", ":"), sort_keys=True)
    return f"{name}\t{standing}\t{versions}\t{text}\n"


def table(engine, rows):
    return "".join(sorted(line(f"{engine}.{name}", *rest) for name, *rest in rows))


def firefox_versions():
    for row in (Path(__file__).parent / "firefox-versions.tsv").read_text().splitlines():
        if not row.startswith("#"):
            name, *versions = row.split("\t")
            yield name, "/".join(versions)


def main():
    chromium, firefox, domains = (json.loads(Path(p).read_text()) for p in sys.argv[1:4])
    out = Path(sys.argv[4])
    rows = [(f"#{name}", "shared", "", facts(schema))
            for name, schema in chromium["common_schemas"].items()]
    for name, policy in chromium["policies"].items():
        stands = standing(name, policy)
        usable = stands in ("file", "deprecated")
        rows.append((name, stands, versions(policy), facts(policy["schema"]) if usable else {}))
    (out / "chromium.tsv").write_text(CHROMIUM + table("chromium", rows))

    since = dict(firefox_versions())
    rows = [(f"#{name}", "shared", "", facts(schema))
            for name, schema in firefox["definitions"].items()]
    rows += [(name, "file", since.pop(name, ""), facts(schema))
             for name, schema in firefox["properties"].items()]
    rows += [(name, "member", versions, {}) for name, versions in since.items()]
    (out / "firefox.tsv").write_text(FIREFOX + table("firefox", rows))

    (out / "google-domains.txt").write_text(GOOGLE + "".join(f"{d}\n" for d in domains["google"]))


if __name__ == "__main__":
    main()
