"""The pay line of a job, word by word, as its design says it: by the number of people who reported their minutes."""

from datetime import date

import pytest

from app.pages.job_pay import PaidShare, job_pay_said
from app.platform.i18n import in_language
from ideas import clock
from ideas.database import db
from ideas.models import Job
from ideas.pay import job_line
from ideas.queries.floors import FloorRow
from ideas.queries.job_pay import JobPay
from ideas.services import dues
from tests.orders import accepted, published

# 3.50 EUR, reckoned with 20 minutes, beside the German floor of 2026.
CENTS, EXPECTED = 350, 20
FLOOR = FloorRow("DE", date(2026, 1, 1), 1390, "EUR", "Europe/Berlin")
EIGHT = (20, 26, 28, 30, 34, 40, 51, 60)

ENGLISH = {
    (): "The company reckons with 20 minutes: €10.50/h. Nobody has done it yet. "
    "In its earlier jobs people needed 1.7 times as long: that would be €6.17/h.",
    (34,): "1 person needed 30 to 35 minutes: €6.00 to €7.00/h. Too few for an average. "
    "The company reckons with 20 minutes: €10.50/h. "
    "In its earlier jobs people needed 1.7 times as long: that would be €6.17/h.",
    (27, 30, 40, 58): "4 people needed 25 to 60 minutes: €3.50 to €8.40/h. Too few for an average. "
    "The company reckons with 20 minutes: €10.50/h. "
    "In its earlier jobs people needed 1.7 times as long: that would be €6.17/h.",
    (20, 30, 34, 40, 60): "Half of 5 people needed 34 minutes or more: €6.17/h or less. "
    "Between 20 and 60 minutes fits too.",
    EIGHT: "Half of 8 people needed 34 minutes or more: €6.17/h or less. Between 26 and 51 minutes fits too.",
}
GERMAN = {
    (): "Das Unternehmen rechnet mit 20 Minuten: 10,50 €/Std. Bisher hat es niemand gemacht. "
    "In seinen früheren Jobs brauchten die Leute 1,7-mal so lange: Das wären 6,17 €/Std.",
    (34,): "1 Person brauchte 30 bis 35 Minuten: 6,00 € bis 7,00 €/Std. Zu wenig für einen Durchschnitt. "
    "Das Unternehmen rechnet mit 20 Minuten: 10,50 €/Std. "
    "In seinen früheren Jobs brauchten die Leute 1,7-mal so lange: Das wären 6,17 €/Std.",
    (27, 30, 40, 58): "4 Personen brauchten 25 bis 60 Minuten: 3,50 € bis 8,40 €/Std. "
    "Zu wenige für einen Durchschnitt. "
    "Das Unternehmen rechnet mit 20 Minuten: 10,50 €/Std. "
    "In seinen früheren Jobs brauchten die Leute 1,7-mal so lange: Das wären 6,17 €/Std.",
    (20, 30, 34, 40, 60): "Die Hälfte von 5 Personen brauchte 34 Minuten oder mehr: 6,17 €/Std. oder weniger. "
    "Auch 20 bis 60 Minuten passen dazu.",
    EIGHT: "Die Hälfte von 8 Personen brauchte 34 Minuten oder mehr: 6,17 €/Std. oder weniger. "
    "Auch 26 bis 51 Minuten passen dazu.",
}
ALWAYS = {
    "en": "18 of 19 deliveries were paid. €13.90/h is the legal minimum for employees in Germany in 2026. It does not "
    "bind freelance orders; from a fee you also pay your own insurance, holidays and tax.",
    "de": "18 von 19 Lieferungen wurden bezahlt. 13,90 €/Std. ist der gesetzliche Mindestlohn für Angestellte in "
    "Deutschland im Jahr 2026. Für freie Aufträge gilt er nicht; vom Honorar zahlst du auch Versicherung, Urlaub und "
    "Steuern selbst.",
}


def said(language: str, minutes: tuple[int, ...], tenths: int | None = 17) -> str:
    """The whole pay line, with plain spaces."""
    pay = JobPay(job_line(CENTS, EXPECTED, minutes, FLOOR.cents, tenths), "EUR", FLOOR, 2026)
    with in_language(language):
        return " ".join(job_pay_said(pay, PaidShare(18, 19)).sentences).replace("\xa0", " ")


@pytest.mark.parametrize("minutes", ENGLISH, ids=len)
def test_the_pay_line_reads_as_designed(app, minutes):
    """Case 7."""
    with app.test_request_context():
        assert said("de", minutes) == f"{GERMAN[minutes]} {ALWAYS['de']}"
        assert said("en", minutes) == f"{ENGLISH[minutes]} {ALWAYS['en']}"


def test_without_earlier_jobs_the_estimate_stands_alone(app):
    with app.test_request_context():
        assert said("de", (), None).startswith(
            "Das Unternehmen rechnet mit 20 Minuten: 10,50 €/Std. Bisher hat es niemand gemacht. 18 von 19"
        )


def test_the_page_of_a_job_says_how_many_deliveries_of_its_company_were_paid(client):
    job = published(places=3)
    paid, _ = accepted(job)
    accepted(job)
    dues.note_payment(job.owner, paid, 1200, clock.now().date())
    page = f"/jobs/{db.session.get_one(Job, job.id).code}"
    db.session.rollback()

    assert "1 of 2 deliveries were paid." in client.get(page).get_data(as_text=True)
