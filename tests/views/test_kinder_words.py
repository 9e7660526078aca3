"""The request for kinder words, through its pages."""

import pytest

from ideas.models import Anonymity
from tests import factories


def text(response):
    return response.get_data(as_text=True)


@pytest.mark.parametrize("anonymity", [Anonymity.NAMED, Anonymity.FOR_GOOD])
def test_an_author_asks_and_the_writer_sees_it_at_the_argument(app, browser_of, anonymity):
    room = factories.room(anonymity=anonymity)
    author, critic, other = (factories.participant(room) for _ in range(3))
    idea = factories.idea(room, author, "Rye")
    remark = factories.argument(idea, critic, "Only a fool says that.")
    asker, writer, reader = map(browser_of, (author, critic, other))
    page = text(asker.get(f"/arguments/{remark}/report"))
    assert f'action="/arguments/{remark}/kinder-words"' in page
    assert "kinder-words" not in text(reader.get(f"/arguments/{remark}/report"))

    answer = asker.post(f"/arguments/{remark}/kinder-words", data={"op": factories.op()})

    assert answer.status_code == 303
    assert "You asked for kinder words." in text(asker.get(f"/arguments/{remark}/report"))
    told = text(writer.get(factories.idea_path(idea)))
    assert "The author of the idea asks for kinder words." in told
    assert f"/arguments/{remark}/kinder-words/refusal" in told
    assert "asks for kinder words" in text(writer.get(f"/arguments/{remark}/edit"))
    assert "asks for kinder words in what you said there" in text(writer.get("/news"))
    for browser in (reader, browser_of(room.owner)):
        assert "kinder words" not in text(browser.get(factories.idea_path(idea)))
    if anonymity != Anonymity.NAMED:
        assert author.name not in told


def test_a_second_request_is_refused(app, browser_of):
    room = factories.room()
    author = factories.participant(room)
    remark = factories.argument(factories.idea(room, author), factories.participant(room))
    browser = browser_of(author)

    answers = [browser.post(f"/arguments/{remark}/kinder-words", data={"op": factories.op()}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 409]
