"""Programs are sent what is posted: made on a page, whatever happens to the receiver and to the server."""

import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .support.appearance import fits, is_accessible
from .support.deployments import ROOT, Deployment
from .support.http_client import HttpClient
from .support.people import Person
from .support.processes import Process
from .support.receiver import Receiver
from .support.redis import Redis
from .support.room_socket import RoomSocket
from .support.servers import Server
from .support.waiting import eventually

SETTINGS = {"WEBHOOK_HOSTS_ALLOWED": "127.0.0.1"}
PROMPT = 5.0  # seconds: processes look every two
WORKER = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


def test_staff_have_what_is_posted_sent_to_a_program_and_see_what_it_answers(
    person: Callable[..., Person], server: Server, receiver: Receiver
) -> None:
    staff, member = person(server).sign_in("staff"), person(server).sign_in("member").open_room("lobby")
    staff.go("/accounts/profile/").page.get_by_role("link", name="webhooks").click()
    expect(staff.page.get_by_text("Your webhooks will be listed here")).to_be_visible()
    staff.page.get_by_role("link", name="New webhook").click()
    staff.page.get_by_label("Address").fill("http://10.0.0.1/hook")
    staff.page.get_by_label("Lobby").check()
    staff.page.get_by_role("button", name="Make webhook").click()
    expect(staff.page.get_by_text("a network that is not public")).to_be_visible()
    fits(staff, "staff-webhook-new-")
    is_accessible(staff)
    staff.page.get_by_label("Address").fill(receiver.address)
    staff.page.get_by_role("button", name="Make webhook").click()
    secret = staff.page.locator("code.webhook-secret").inner_text()
    assert secret.startswith("whsec_")
    fits(staff, "staff-webhook-secret-")
    staff.page.get_by_role("link", name="I have copied it").click()
    expect(staff.page.get_by_text("Nothing was sent yet")).to_be_visible()
    assert secret not in staff.page.content()
    member.say("to a program")
    eventually(lambda: receiver.texts == ["to a program"], PROMPT, "the delivery")
    expect(staff.page.get_by_text("200 OK")).to_be_visible()
    receiver.answer = 503
    member.say("while it fails")
    expect(staff.page.get_by_text("Failing")).to_be_visible()
    expect(staff.page.get_by_text("503 Service Unavailable")).to_be_visible()
    staff.page.locator("summary", has_text="Send again").click()
    fits(staff, "staff-webhooks-")
    is_accessible(staff)
    receiver.answer = 204
    staff.page.get_by_role("button", name="Pause").click()
    expect(staff.page.get_by_text("You paused it.")).to_be_visible()
    staff.page.get_by_role("button", name="Resume").click()
    eventually(lambda: receiver.texts == ["to a program", "while it fails"], PROMPT, "the second try")
    staff.page.get_by_role("button", name="The last hour").click()
    eventually(lambda: receiver.texts == ["to a program", "while it fails"] * 2, PROMPT, "both again")
    staff.page.get_by_role("link", name="Change").click()
    fits(staff, "staff-webhook-change-")
    staff.page.get_by_role("button", name="Save with a new secret").click()
    expect(staff.page.locator("code.webhook-secret")).not_to_have_text(secret)


def made(staff: HttpClient, receiver: Receiver, deployment: Deployment) -> None:
    """A webhook of the lobby."""
    [(lobby,)] = deployment.rows("SELECT id FROM parlour_rooms_room WHERE slug = 'lobby'")
    answer = staff.post("/webhooks/new/", {"address": receiver.address, "rooms": str(lobby)})
    assert "The webhook is made" in answer.text


@pytest.mark.faults
@pytest.mark.parametrize("carried", ["by threads", "by a worker"])
def test_a_receiver_that_fails_hangs_and_comes_back_gets_all_in_order_though_who_sends_is_killed_meanwhile(
    carried: str, new_deployment: Callable[..., Deployment], redis: Redis, receiver: Receiver
) -> None:
    by_worker = carried == "by a worker"
    deployment = new_deployment(postgres=by_worker, redis_url=redis.url() if by_worker else "", **SETTINGS)
    server = deployment.start_server("uvicorn" if by_worker else "daphne")

    def start_worker() -> Process:
        return Process(WORKER, log=deployment.var / "worker.log", env=deployment.env, cwd=ROOT)

    worker = start_worker() if by_worker else None
    made(HttpClient(server.url).sign_in("staff"), receiver, deployment)
    member = HttpClient(server.url).sign_in("member")
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        room = RoomSocket(member, "lobby").hello()
        room.say(text)
        room.waits_for(text)
        room.socket.close()

    say("at first")
    eventually(lambda: receiver.texts == said, 10, "the first")
    receiver.answer = 500
    say("it fails")
    eventually(lambda: receiver.asked == 2, 10, "a try that fails")
    receiver.answer = "hang"
    say("it hangs")
    eventually(lambda: receiver.asked == 3, 20, "a try that hangs")
    if worker:
        worker.kill()
        worker = start_worker()
    else:
        server.restart()
    receiver.answer = 200
    say("it is back")
    eventually(lambda: receiver.texts == said, 60, "all of it, in order")
    if worker:
        worker.kill()
