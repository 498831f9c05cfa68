"""Imports: what comes of good sheets, whose it is, and who is told."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from alerts.lines import bells
from alerts.models import Alert
from jobs import Job, wishes
from parlour import heads
from shop import ordering
from shop.imports.models import Import, Reject
from shop.models import EVERY, Order, bought
from tests.shop.sheets import HEAD, TEA, left, over
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_file_becomes_orders_of_the_one_who_sent_it(ann, sam, send, told):
    answer = send(HEAD + TEA + 'Coffee,100,JPY,"hot, please",A-1\n', "märz.csv")
    imported = over()
    assert (answer.status_code, answer["Location"]) == (302, f"/shop/imports/{imported.pk}/")
    assert imported.job.words == "2 orders are in."
    assert (imported.name, imported.orders, imported.rejected, imported.total) == ("märz.csv", 2, 0, 2)
    assert (imported.job.state, imported.job.done, imported.job.total) == ("done", 2, 2)
    tea, coffee = Order.objects.order_by("pk")
    assert (tea.buyer, tea.item, tea.amount, tea.currency, tea.status) == (ann, "Tea", 1250, "EUR", "new")
    assert (coffee.note, coffee.slip, coffee.imported) == ("hot, please", "ref:A-1", imported)
    assert told(ann) == ["Import of märz.csv: done"]
    assert Alert.objects.get(audience=f"user.{ann.pk}").url == imported.get_absolute_url()
    assert told("staff") == ["2 new orders from an import"]
    assert left() == []
    assert all(heads.read([EVERY, bought(ann.pk), "staff"]).values())


def test_its_page_shows_bar_counts_and_rejected_rows(ann, send, client):
    send(HEAD + TEA + "<b>Pot</b>,-1,EUR,,\n")
    page = client.get(over().get_absolute_url()).content.decode()
    assert "Done: <bdi>1 order is in, 1 row was rejected.</bdi>" in page
    assert "<progress" in page
    assert "amount: It has to be more than nothing." in page
    assert "&lt;b&gt;Pot&lt;/b&gt;" in page
    assert f'href="/shop/mine/?import={Import.objects.get().pk}"' in page
    assert "Tea" in client.get(f"/shop/mine/?import={Import.objects.get().pk}").content.decode()


def test_the_page_of_imports_names_the_columns_and_lists_the_earlier_ones(send, client):
    send(HEAD + TEA, "first.csv")
    over()
    page = client.get("/shop/imports/").content.decode()
    for column in ("item", "amount", "currency", "note", "reference"):
        assert f"<code>{column}</code>" in page
    assert ">first.csv<" in page
    assert ">Done<" in page


def test_a_reference_makes_the_same_order_sent_twice_one_order(ann, ben, send):
    rows = "Tea,1,EUR,,A-1\nCoffee,1,EUR,,A-2\nTea,1.00,EUR,,A-1\nCake,1,EUR,,A-2\n"
    send(HEAD + rows)
    first = over()
    assert (first.orders, first.repeated, first.rejected) == (2, 1, 1)
    assert Reject.objects.get().reason == "Reference A-2 is that of another order of yours."
    send(HEAD + rows + TEA)
    again = over(2)
    assert (again.orders, again.repeated, again.rejected) == (1, 3, 1)
    assert again.job.words == "1 order is in, 3 had been there before, 1 row was rejected."
    assert Order.objects.count() == 3


def test_what_others_call_their_orders_is_no_matter(ben, send, client):
    send(HEAD + "Tea,1,EUR,,A-1\nCake,1,EUR,,A-2\n")
    over()
    client.force_login(ben)
    theirs = HEAD + "Tea,1,EUR,,A-1\nCoffee,1,EUR,,A-2\n"
    client.post("/shop/imports/", {"file": SimpleUploadedFile("bens.csv", theirs.encode())})
    bens = over(2)
    assert (bens.orders, bens.repeated, bens.rejected) == (2, 0, 0)


def test_rows_without_a_reference_are_ordered_again_only_by_who_was_asked(send, client):
    send(HEAD + TEA * 3)
    over()
    answer = send(HEAD + TEA * 3, "renamed.csv")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A file with this content brought 3 orders on " in page
    assert '<input type="checkbox" name="again"' in page
    assert (Import.objects.count(), left()) == (1, [])
    file = SimpleUploadedFile("orders.csv", (HEAD + TEA * 3).encode())
    assert client.post("/shop/imports/", {"file": file, "again": "on"}).status_code == 302
    over(2)
    assert Order.objects.count() == 6


def test_a_file_in_which_each_row_has_a_reference_is_taken_twice_unasked(send):
    for number in (1, 2):
        assert send(HEAD + "Tea,1,EUR,,A-1\n").status_code == 302
        over(number)
    assert Order.objects.count() == 1


def test_staff_hear_of_an_import_again_only_if_it_brought_more(send, small, broken, sam):
    broken(52, RuntimeError("a fault of ours"))
    send(HEAD + TEA * 50 + ",1,EUR,,\n" * 20 + TEA * 30)
    pk = over().pk
    about = Alert.objects.filter(audience="staff")
    assert [alert.title for alert in about.all()] == ["50 new orders from an import"]
    broken(72, RuntimeError("another"))
    assert wishes.grant("retry", pk)
    until(lambda: Job.objects.get().ended)
    assert (over().rejected, [alert.title for alert in about.all()]) == (20, ["50 new orders from an import"])
    assert wishes.grant("retry", pk)
    until(lambda: Job.objects.get().state == "done")
    assert [alert.title for alert in about.open()] == ["80 new orders from an import"]


def test_imports_and_orders_by_hand_share_a_line_in_the_bell_of_staff(send, ann, sam):
    ordering.place(ann, "Coffee", 100, "EUR")
    for number in range(3):
        send(f"{HEAD}Tea {number},1,EUR,,\n")
        over(number + 1)
    assert [(line.n, line.title) for line in bells([sam.pk])[sam.pk].lines] == [(4, "4 new orders")]


def test_orders_that_were_imported_leave_room_for_those_by_hand(ann, send):
    send(HEAD + TEA * (ordering.AT_ONCE + 10))
    over()
    ordering.place(ann, "Coffee", 100, "EUR")


def test_the_order_form_stays_where_it_is_and_a_guest_is_told_how(client, gus, ann):
    assert "/accounts/login/?next=/shop/imports/" in client.get("/shop/imports/").content.decode()
    client.force_login(gus)
    answer = client.post("/shop/imports/", {"file": SimpleUploadedFile("x.csv", (HEAD + TEA).encode())})
    assert "/accounts/signup/?next=/shop/imports/" in answer.content.decode()
    assert not Import.objects.exists()
    client.force_login(ann)
    assert 'href="/shop/imports/"' in client.get("/shop/").content.decode()


def test_the_import_of_another_is_not_found(send, ben, sam, client):
    send(HEAD + TEA + ",,,,x\n")
    pk = over().pk
    for person in (ben, sam):
        client.force_login(person)
        for path in (f"/shop/imports/{pk}/", f"/shop/imports/{pk}/rejected.csv", f"/shop/mine/?import={pk}"):
            assert client.get(path).status_code == 404
        assert ">orders.csv<" not in client.get("/shop/imports/").content.decode()
    for odd in ("0", "9" * 30, "9" * 5000, "x"):
        assert client.get(f"/shop/imports/{odd}/").status_code == 404
        assert client.get(f"/shop/mine/?import={odd}").status_code == 404
