"""The events of a request."""


def part(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}
