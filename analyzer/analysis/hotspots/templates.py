"""Message templates of a service, with its free words found: "user anna not found" is one event.

Reading has masked numbers, ids and quotes; what varies otherwise (names, hosts, words) is found
by Drain (He et al., ICWS 2017; the library drain3) over the distinct masked messages. A place
counts as varying only where at least `MIN_MEMBERS` messages differ in it: "declined by the bank"
and "refused by the bank" are two causes.
"""

from __future__ import annotations

from typing import Final

import polars as pl
from drain3.drain import Drain

SIMILARITY: Final = 0.7
MIN_MEMBERS: Final = 4
MOST_TEMPLATES: Final = 5_000
"""So many of a service's most frequent messages are clustered; the others stay as they are."""
_MOST_CLUSTERS: Final = 1_000


def with_mined_templates(records: pl.DataFrame) -> pl.DataFrame:
    """`records` with the column `template` made general, service by service.

    Depends on which messages there are and how often, not on the order of rows.
    """
    counted = (
        records.drop_nulls("template")
        .group_by("service_name", "template")
        .len()
        .with_columns(pl.col("service_name", "template").cast(pl.String))
        .sort(["service_name", "len", "template"], descending=[False, True, False])
    )
    found = [
        (service, before, after)
        for (service,), part in counted.group_by("service_name", maintain_order=True)
        for before, after in _mined(part["template"].head(MOST_TEMPLATES).to_list()).items()
    ]
    if not found:
        return records
    names = {"service_name": pl.String, "template": pl.String, "mined": pl.String}
    mined = pl.DataFrame(found, schema=names, orient="row")
    return (
        records.with_columns(pl.col("service_name", "template").cast(pl.String))
        .join(mined, on=["service_name", "template"], how="left", maintain_order="left")
        .with_columns(pl.coalesce("mined", "template").alias("template"))
        .drop("mined")
    )


def _mined(messages: list[str]) -> dict[str, str]:
    """The messages that a more general template stands for, with it."""
    drain = Drain(sim_th=SIMILARITY, max_clusters=_MOST_CLUSTERS, param_str="<*>")
    cluster_of = {message: drain.add_log_message(message)[0] for message in messages}
    members: dict[int, int] = {}
    for cluster in cluster_of.values():
        members[cluster.cluster_id] = members.get(cluster.cluster_id, 0) + 1
    return {
        message: cluster.get_template()
        for message, cluster in cluster_of.items()
        if members[cluster.cluster_id] >= MIN_MEMBERS
    }
