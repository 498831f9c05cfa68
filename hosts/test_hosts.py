"""What another team builds with the wheel, in projects unlike ours. Each test is a feature, seen in a browser."""

import subprocess

import pytest
from playwright.sync_api import expect

from hosts.projects import QuickStart, environment

SECOND = 1000
WITHIN = 15 * SECOND  # without a channel layer pages look every three seconds
BY_POLLING = 40 * SECOND  # without sockets a page looks every eighteen to twenty-three


@pytest.fixture
def within(project):
    """How long a page may take to show what another process did."""
    return BY_POLLING if project.name == "wsgi" else WITHIN


@pytest.fixture
def home(project):
    """A page with the bell on it."""
    return "/helpdesk/dashboard/" if project.name == "helpdesk" else "/"


@pytest.fixture
def poll(project):
    """The page of a new poll."""
    made = "from polls.models import Poll\nprint(Poll.objects.create(question='Tea?').pk)"
    return f"/polls/{project.run(made).strip()}/"


def test_a_vote_is_on_both_pages(poll, signed_in, within):
    sam, kim = signed_in("sam", poll), signed_in("kim", poll)
    sam.get_by_role("button", name="Vote").click()
    expect(sam.get_by_text("Tea?: 1 votes")).to_be_visible()
    expect(kim.get_by_text("Tea?: 1 votes")).to_be_visible(timeout=within)
    sam.keyboard.press("Enter")  # the part was shown anew, and the keyboard is still on its button
    expect(sam.get_by_text("Tea?: 2 votes")).to_be_visible()


def saved_elsewhere(project, page, within):
    """Another process saves the newest poll; how many seconds after its commit the page shows it."""
    page.evaluate(
        "var arrived = null;"
        "new MutationObserver(() => { if (document.body.textContent.includes('Coffee?')) arrived ??= Date.now() })"
        ".observe(document.body, { subtree: true, childList: true, characterData: true })"
    )
    saved = project.run(
        "import time\nfrom polls.models import Poll\npoll = Poll.objects.last()\npoll.question = 'Coffee?'\n"
        "poll.save()\nprint(time.time())"
    )
    expect(page.get_by_text("Coffee?")).to_be_visible(timeout=within)
    return page.evaluate("arrived") / 1000 - float(saved)


def test_what_another_process_saves_is_on_the_page(project, poll, signed_in, within, record_property):
    record_property("from its commit to the page", saved_elsewhere(project, signed_in("sam", poll), within))


@pytest.mark.parametrize("project", [pytest.param("redis", marks=pytest.mark.xdist_group("redis"))], indirect=True)
def test_with_redis_the_page_is_told_at_once(project, poll, signed_in, within, record_property):
    sam = signed_in("sam", poll)
    expect(sam.locator("[name=met]")).to_have_value("1")
    record_property("from its commit to the page", saved_elsewhere(project, sam, within))


def test_people_see_who_is_here(project, signed_in, within):
    if project.name not in ("stock", "uuid_users"):
        pytest.skip("two projects show it")
    sam = signed_in("sam", "/lounge/")
    kim = signed_in("kim", "/lounge/")
    expect(sam.get_by_role("list").get_by_role("listitem")).to_have_text(["kim", "sam (you)"], timeout=within)
    expect(kim.get_by_role("list").get_by_role("listitem")).to_have_text(["kim (you)", "sam"], timeout=within)
    kim.close()
    expect(sam.get_by_text("One person is here")).to_be_visible(timeout=within)


def test_a_list_grows_changes_and_shrinks_in_place(project, signed_in, within):
    project.run("from tasks.models import Task\nTask.objects.create(title='Milk')\nTask.objects.create(title='Bread')")
    sam = signed_in("sam", "/tasks/")
    rows = sam.get_by_role("listitem")
    expect(rows).to_have_text(["Milk", "Bread"])
    project.run(
        "from tasks.models import Task\nTask.objects.create(title='Jam')\nTask.objects.get(title='Milk').delete()\n"
        "bread = Task.objects.get(title='Bread')\nbread.title = 'Rolls'\nbread.save()"
    )
    expect(rows).to_have_text(["Rolls", "Jam"], timeout=within)


def test_staff_are_alerted_on_a_page_and_can_mark_it_read(project, home, signed_in, within):
    sam = signed_in("sam", home)
    bell = sam.locator("#bell-open")
    project.run("from django.contrib.auth import get_user_model\nget_user_model().objects.create_user('ann')")
    if project.name != "wsgi":
        expect(sam.locator(".pl-toast", has_text="ann signed up")).to_be_visible(timeout=within)
    expect(sam.locator("#bell-count .pl-pill")).to_be_visible(timeout=within)
    bell.click()  # in its middle
    line = sam.locator("#bell-lines li", has_text="ann signed up")
    expect(line).to_be_visible()
    if project.name != "wsgi":  # the socket has brought the lines that were seen, and puts no others under the press
        expect(sam.locator("#bell-count .pl-pill")).to_have_count(0, timeout=within)
    line.locator("[id$=-read]").click()
    expect(sam.locator("#bell-lines .pl-unread", has_text="ann signed up")).to_have_count(0, timeout=within)


def test_staff_are_alerted_in_the_admin(project, signed_in, within):
    sam = signed_in("sam", "/admin/")
    project.run("from django.contrib.auth import get_user_model\nget_user_model().objects.create_user('ben')")
    expect(sam.locator("#bell-count .pl-pill")).to_be_visible(timeout=within)
    sam.locator("#bell-open").click()
    expect(sam.locator("#bell-lines li", has_text="ben signed up")).to_be_visible()


def test_a_job_shows_a_bar_and_its_end(project, signed_in, within):
    kim = signed_in("kim", "/bakery/", leads_to="/alerts/jobs/*/")
    expect(kim.get_by_role("progressbar")).to_be_visible()
    done = "Fertig" if project.name == "german" else "Done"
    words = kim.locator(".pl-job-region .pl-job-words")
    expect(words).to_have_text(f"{done}: 100 loaves are ready.", timeout=within + 10 * SECOND)


def test_a_team_talks_on_the_page_of_its_ticket(project, signed_in, within):
    made = project.run(
        "from django.contrib.auth import get_user_model\nfrom tickets.models import Ticket\n"
        "ticket = Ticket.objects.create(title='Kettle leaks')\nticket.team.set(get_user_model().objects.all())\n"
        "print(ticket.pk)"
    )
    path = f"/tickets/{made.strip()}/"
    sam, kim = signed_in("sam", path), signed_in("kim", path)
    if project.name == "wsgi":  # from then on the box is a plain form
        expect(sam.locator(".pl-talk .pl-banner.pl-plain")).to_be_visible(timeout=within)
    else:
        expect(kim.locator(".pl-count")).to_have_text("2", timeout=within)
    expect(kim.get_by_role("button", name="Senden" if project.name == "german" else "Send", exact=True)).to_be_visible()
    sam.get_by_role("textbox", name="Message", exact=True).fill("Who has the *wrench*?")
    sam.get_by_role("button", name="Send", exact=True).click()
    expect(sam.locator(".pl-text")).to_have_text("Who has the wrench?", timeout=within)
    expect(kim.locator(".pl-text")).to_have_text("Who has the wrench?", timeout=within)
    assert sam.url.startswith(f"{project.url}{project.path}{path}")


def test_a_text_is_sent_by_keyboard_and_what_is_refused_stays_in_its_field(project, signed_in, within):
    if project.name not in ("stock", "wsgi"):
        pytest.skip("two projects show it")
    sam, kim = signed_in("sam", "/notes/"), signed_in("kim", "/notes/")
    sam.set_viewport_size({"width": 360, "height": 640})
    field, words = sam.get_by_label("New note"), "Milk " * 41
    field.focus()
    sam.keyboard.insert_text(words)
    sam.keyboard.press("Tab")
    sam.keyboard.press("Enter")
    problem = "A note has at most 200 characters."
    expect(sam.get_by_role("alert").filter(has_text=problem)).to_be_visible()
    expect(field).to_have_accessible_description(problem)
    expect(field).to_have_value(words)
    expect(field).to_be_focused()
    assert sam.evaluate("document.documentElement.scrollWidth <= innerWidth")
    field.fill("Milk")
    kim.get_by_label("New note").fill("Bread, and")  # kim writes while sam's note comes
    sam.get_by_role("button", name="Send").click()
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    for page in (sam, kim):
        expect(page.get_by_role("listitem")).to_have_text(["Milk Done"], timeout=within)
    expect(kim.get_by_label("New note")).to_have_value("Bread, and")
    kim.route("**/parlour/notes/*/", lambda route: (route.fetch(), route.abort()), times=1)
    kim.get_by_role("button", name="Send").click()  # the note is taken, and the line is cut before the answer
    expect(kim.get_by_label("New note")).to_be_enabled()
    expect(kim.get_by_label("New note")).to_have_value("Bread, and")
    kim.get_by_role("button", name="Send").click()
    expect(kim.get_by_label("New note")).to_have_value("")
    expect(kim.get_by_role("listitem")).to_have_text(["Milk Done", "Bread, and Done"], timeout=within)


def test_a_text_is_sent_without_script_and_what_is_refused_comes_back(project, signed_in):
    if project.name not in ("stock", "wsgi"):
        pytest.skip("two projects show it")
    sam = signed_in("sam", "/notes/")
    context = sam.context.browser.new_context(java_script_enabled=False, storage_state=sam.context.storage_state())
    page = context.new_page()
    page.goto(sam.url)
    page.get_by_label("New note").fill("Jam " * 51)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("A note has at most 200 characters.")).to_be_visible()
    expect(page.get_by_label("New note")).to_have_value("Jam " * 51)
    page.get_by_label("New note").fill("Jam")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("listitem").filter(has_text="Jam")).to_be_visible()
    expect(page).to_have_url(sam.url)
    expect(page.get_by_label("New note")).to_have_value("")
    context.close()


def test_our_styles_leave_the_projects_own_elements_alone(project, signed_in):
    sam = signed_in("sam", "/")
    sam.add_style_tag(content="html { display: none }")  # styles as they are set, whatever has been loaded and laid out
    looks = (
        "['body', 'h1', 'main p', 'main button'].map(each => {"
        " const style = getComputedStyle(document.querySelector(each));"
        " return ['font', 'color', 'margin', 'padding', 'background', 'border-radius'].map(name => style[name]) })"
    )
    with_ours = sam.evaluate(looks)
    sam.evaluate("document.querySelectorAll('link[href*=\"/parlour/\"]').forEach(link => link.remove())")
    assert sam.evaluate(looks) == with_ours


def test_everybody_reads_their_own_language(project, signed_in):
    sam, kim = signed_in("sam", "/"), signed_in("kim", "/")
    words = "Benachrichtigungen" if project.name == "german" else "Alerts"
    expect(sam.locator("#bell-open")).to_have_accessible_name("Alerts")
    expect(kim.locator("#bell-open")).to_have_accessible_name(words)


@pytest.mark.parametrize(
    "project", [pytest.param("helpdesk", marks=pytest.mark.xdist_group("helpdesk"))], indirect=True
)
def test_tickets_of_an_application_that_knows_nothing_of_us_are_a_live_list(project, signed_in, within):
    project.run("from helpdesk.models import Queue\nQueue.objects.create(title='Post', slug='post')")
    sam = signed_in("sam", "/helpdesk/dashboard/")
    project.run(
        "from helpdesk.models import Queue, Ticket\nTicket.objects.create(title='Lost', queue=Queue.objects.get())"
    )
    rows = sam.get_by_label("Tickets, live").get_by_role("listitem")
    expect(rows).to_have_text(["Lost"], timeout=within)


@pytest.fixture
def quick_start(python, tmp_path):
    made = QuickStart("quick start", tmp_path / "project", python)
    yield made
    made.close()


def test_the_lines_of_the_readme_make_a_live_poll(quick_start, browser):
    quick_start.run("from polls.models import Poll\nPoll.objects.create(question='Tea?')")
    page = browser.new_page()
    page.goto(f"{quick_start.url}/admin/login/?next=/polls/1/")
    page.fill("[name=username]", "sam")
    page.fill("[name=password]", "tea")
    page.click("[type=submit]")
    expect(page.get_by_text("Tea?: 0 votes")).to_be_visible()
    saved_elsewhere(quick_start, page, WITHIN)
    assert "no issues" in quick_start.manage("check")


ALONE = """
from django.conf import settings
apps = ["parlour", "alerts", "jobs", "django_htmx", "template_partials"]
apps += map("django.contrib.{}".format, ["auth", "contenttypes", "humanize", "staticfiles"])
settings.configure(
    INSTALLED_APPS=apps, STATIC_URL="static/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
)
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.contrib.staticfiles.finders import find
from django.template.loader import get_template
assert find("parlour/bell.css")
get_template("parlour/live.html"), get_template("partials/bell.html"), get_template("parlour_jobs/bar.html")
from importlib.metadata import distributions
print(*sorted(each.name.lower() for each in distributions()))
"""


def test_the_wheel_needs_django_and_what_it_names_and_nothing_else(tmp_path):
    done = subprocess.run([environment(tmp_path), "-I", "-c", ALONE], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    brought = {"django", "asgiref", "sqlparse", "channels", "django-htmx", "django-template-partials", "parlour-live"}
    assert set(done.stdout.split()) - {"pip", "setuptools"} == brought
