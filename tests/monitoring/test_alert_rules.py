"""deploy/alerts.yml: Prometheus can read it, and every metric that it names exists."""

import re
import shutil
import subprocess

import pytest
import yaml

from tests.examples import ROOT

FILE = ROOT / "deploy" / "alerts.yml"
RULES = [rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]]
PROMETHEUS = {"up", "scrape_duration_seconds", "process_start_time_seconds"}  # of itself, or of any client
NAME = re.compile(r"\b([a-z][a-z0-9_]*)\{")


def metrics(client, settings):
    settings.METRICS_TOKEN = "t"
    text = client.get("/metrics", headers={"Authorization": "Bearer t"}).content.decode()
    return {*re.findall(r"^# TYPE (\S+)", text, re.MULTILINE), "parlour_database_pool"}  # that is PostgreSQL's


@pytest.mark.django_db
def test_every_metric_that_a_rule_names_is_told(client, settings):
    told = metrics(client, settings)
    named = {name for rule in RULES for name in NAME.findall(rule["expr"])} - PROMETHEUS
    assert len(named) >= 8
    assert {name for name in named if not {name, re.sub("_bucket$", "", name)} & told} == set()


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool, of Debian's package prometheus")
def test_prometheus_itself_can_read_it():
    done = subprocess.run(["promtool", "check", "rules", FILE], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
