"""Forty texts that want to be more than text."""

MARKUP = [
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=/static/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<body onload=alert(1)>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=/hit></object>",
    "<embed src=/hit>",
    "<link rel=stylesheet href=/hit>",
    "<meta http-equiv=refresh content='0;url=/hit'>",
    "<base href=//evil.example/>",
    "<style>*{display:none}</style>",
    "<p style='background:url(/hit)'>styled</p>",
    "<form action=/hit><input name=x><button>Send</button></form>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)>",
    "<math><mtext></mtext><script>alert(1)</script></math>",
    "<a href=javascript:alert(1)>click</a>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "--><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</li></ol><p id='main'>gone</p>",
]
LIVE = [
    "<b hx-get=/hit hx-trigger=load>x</b>",
    "<b hx-post='/hit' hx-trigger='load'>x</b>",
    "<form ws-send hx-trigger=load><input name=kind value=say></form>",
    "<div ws-connect=/ws/hit/></div>",
    '<p id="main" hx-swap-oob="true">swapped</p>',
    '<div hx-swap-oob="innerHTML:body">swapped</div>',
    "x hx-get=/hit hx-trigger=load",
    "<b hx-on:load='alert(1)'>x</b>",
]
TEMPLATES = [
    "{{ request.user }} {% debug %}",
    "[x](javascript:alert(1))",
    "![x](/hit)",
    "<javascript:alert(1)>",
]
ALL = MARKUP + LIVE + TEMPLATES
assert len(ALL) == 40
