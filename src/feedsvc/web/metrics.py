"""What Prometheus is told. Labels are statuses and jobs, never feeds or articles: both grow."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from feedsvc.store.jobs import Job
from feedsvc.store.overview import Overview


class Watch(Collector):
    """One moment of the store as metrics."""

    def __init__(self, found: Overview) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        """Return every metric."""
        found = self._found
        for name, (value, text) in _numbers(found).items():
            yield GaugeMetricFamily(f"feedsvc_{name}", text, value)
        articles = GaugeMetricFamily("feedsvc_articles", "Articles by status.", labels=["status"])
        for status, number in found.articles.items():
            articles.add_metric([status.value], number)
        yield articles
        yield _beat(found)
        yield from _jobs(list(found.jobs.values()))


def _numbers(found: Overview) -> dict[str, tuple[float, str]]:
    pulse = found.pulse
    late = pulse.late_by.total_seconds()
    return {
        "documents": (found.documents, "Documents that are served."),
        "documents_bytes": (found.document_bytes, "Bytes of all documents that are served."),
        "feeds_due": (pulse.due, "Feeds that are due and not being built."),
        "feed_due_oldest_seconds": (late, "How long the feed that is due the longest has been."),
        "feeds_unavailable": (len(found.unavailable), "Feeds that are not served."),
        "read_backs_due": (found.read_backs, "Feeds that wait to be read back whole."),
        "finishes_due": (found.finishes, "Feeds that wait for better compression and deltas."),
        "archive_pages_due": (found.pages, "Archive pages that are to be built."),
        "articles_quarantined": (found.quarantined, "Articles held out of feeds."),
        "problems_open": (len(found.problems), "Findings that keep something from being served."),
        "rejections_open": (found.rejections, "Submissions refused and not accepted since."),
        "store_bytes": (found.store_bytes, "Size of the database."),
    }


def _beat(found: Overview) -> Metric:
    """How old the clock's last beat is; no sample when there never was one."""
    text = "Seconds since the clock was last heard of."
    metric = GaugeMetricFamily("feedsvc_clock_beat_age_seconds", text, labels=[])
    silent_for = found.pulse.silent_for
    if silent_for is not None:
        metric.add_metric([], silent_for.total_seconds())
    return metric


def _jobs(done: list[Job]) -> Iterator[Metric]:
    labels = ["job"]
    runs = CounterMetricFamily("feedsvc_job_runs", "How often a job was done.", labels=labels)
    failures = CounterMetricFamily("feedsvc_job_failures", "How often a job failed.", labels=labels)
    text = "How long a job took, all its runs together."
    seconds = CounterMetricFamily("feedsvc_job_seconds", text, labels=labels)
    name = "feedsvc_job_last_start_timestamp_seconds"
    began = GaugeMetricFamily(name, "When a job last began.", labels=labels)
    for job in done:
        runs.add_metric([job.name], job.runs)
        failures.add_metric([job.name], job.failures)
        seconds.add_metric([job.name], job.total_seconds)
        began.add_metric([job.name], job.started_at.timestamp())
    yield from (runs, failures, seconds, began)
