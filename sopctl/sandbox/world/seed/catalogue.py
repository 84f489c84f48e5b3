"""The workloads of the sandbox cluster, as a table that one can read."""

from __future__ import annotations

from typing import Literal, NamedTuple

# How pods are spread. Every style but "none" and "soft" holds the zone constraint that has to be
# relaxed when a zone fails.
Style = Literal[
    "none",  # nothing said: the scheduler's own defaults
    "zone",  # DoNotSchedule, maxSkew 1
    "domains",  # the same with minDomains 3
    "host",  # zone, and softly one to a node
    "hosts",  # zone, and never two more on one node than on another
    "soft",  # ScheduleAnyway only
    "both",  # a hard and a soft constraint on the same key
    "honor",  # zone with nodeTaintsPolicy: Honor, which a cordoned zone leaves
    "revision",  # zone, each revision for itself (matchLabelKeys)
    "purchase",  # zone, and evenly over spot and on-demand
]
Budget = Literal["", "one", "quarter", "half", "all-but-one", "always"]
# "absent": no behavior; "up": behavior without scaleDown; the rest: scaleDown.selectPolicy.
Scaling = Literal["", "absent", "up", "Max", "Min", "Disabled"]


class Row(NamedTuple):
    """One Deployment: CPU in millicores a pod; twice as many MiB of memory."""

    name: str
    replicas: int
    cpu: int
    style: Style = "zone"
    budget: Budget = "one"
    scaling: Scaling = ""


DEPLOYMENTS: dict[str, tuple[Row, ...]] = {
    "shop": (
        Row("web", 6, 700, "zone", "quarter", "absent"),
        Row("cart", 6, 600, "both", "one", "absent"),
        Row("checkout", 6, 700, "domains", "all-but-one", "up"),
        Row("pricing", 3, 600, "zone", "one", "Max"),
        Row("inventory", 3, 600, "host", "one", "absent"),
        Row("promotions", 3, 500, "zone", "one"),
        Row("recommendations", 4, 700, "soft", "half", "Min"),
        Row("reviews", 3, 500, "zone", "one"),
        Row("wishlist", 2, 400, "soft", ""),
    ),
    "payments": (
        Row("api", 6, 700, "domains", "all-but-one", "Disabled"),
        Row("ledger", 3, 700, "hosts", "one"),
        Row("fraud", 3, 900, "zone", "one", "absent"),
        Row("refunds", 3, 400, "zone", "one"),
        Row("webhooks", 3, 400, "both", "one", "up"),
        Row("tokens", 3, 500, "honor", "one"),
        Row("statements", 2, 400, "zone", ""),
    ),
    "catalog": (
        Row("products", 6, 600, "zone", "quarter", "absent"),
        Row("images", 3, 600, "revision", "one", "up"),
        Row("taxonomy", 3, 400, "zone", "one"),
        Row("importer", 2, 500, "none", ""),
        Row("pim", 3, 500, "zone", "one"),
        Row("feeds", 3, 400, "host", "half"),
    ),
    "search": (
        Row("query", 6, 700, "zone", "quarter", "Max"),
        Row("suggest", 3, 500, "both", "one", "absent"),
        Row("indexer", 3, 600, "zone", "one"),
        Row("ranking", 3, 800, "domains", "one"),
        Row("synonyms", 2, 300, "soft", ""),
    ),
    "media": (
        Row("resizer", 4, 700, "purchase", "half", "absent"),
        Row("transcoder", 4, 800, "purchase", "half", "up"),
        Row("player", 3, 500, "zone", "one", "absent"),
        Row("subtitles", 3, 400, "zone", "one"),
    ),
    "accounts": (
        Row("login", 6, 500, "zone", "always", "absent"),
        Row("profile", 3, 500, "zone", "one", "absent"),
        Row("sessions", 3, 500, "honor", "one", "Min"),
        Row("mail", 3, 300, "zone", "one"),
        Row("audit", 2, 300, "zone", ""),
        Row("consent", 3, 300, "both", "one"),
    ),
    "platform": (
        Row("gateway", 6, 700, "hosts", "quarter", "absent"),
        Row("flags", 3, 300, "zone", "one"),
        Row("config", 3, 300, "zone", "one"),
        Row("notifier", 3, 400, "revision", "one"),
        Row("scheduler", 2, 300, "none", "one"),
        Row("metrics-relay", 3, 400, "soft", "one"),
        Row("traces", 3, 500, "zone", "one"),
        Row("logs", 3, 600, "zone", "one", "absent"),
    ),
    "batch": (
        Row("exporter", 3, 1050, "zone", "one"),
        Row("mailer", 3, 1050, "zone", ""),
        Row("reports", 3, 1050, "zone", "one"),
        Row("crawler", 3, 1050, "soft", "half"),
        Row("thumbnails", 3, 1050, "zone", "one"),
        Row("cleanup", 3, 1050, "zone", ""),
    ),
}

STATEFUL_SETS: dict[str, tuple[Row, ...]] = {
    "data": (
        Row("orders-db", 3, 900, "zone", "one"),
        Row("kafka", 3, 1000, "domains", "one"),
        Row("redis", 3, 600, "host", "one"),
    ),
}
