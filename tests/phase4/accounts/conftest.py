"""Engines that run, for the checks of accounts that several servers share."""

from tests.kit.engine_fixtures import hub, postgres_process, redis_process  # noqa: F401 - fixtures
