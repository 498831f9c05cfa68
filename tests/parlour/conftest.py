from tests.parlour.cast import ann, ben, conf, diary, gus, hurried, lobby, own_limits  # noqa: F401
