from tests.parlour.fixtures import ann, ben, conf, fast_clocks, gus, lobby, log_lines, reset_limits  # noqa: F401
