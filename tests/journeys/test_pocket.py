"""A phone in the pocket: it scans the code on the screen, and shows a kind page where it has no connection."""

from playwright.sync_api import expect

from tests import factories
from tests.journeys.conftest import PHONE

# A camera and a reader of codes; `scanned` is what the camera sees.
CAMERA = """
  window.scanned = "";
  window.streams = [];
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect() { return window.scanned ? [{ rawValue: window.scanned }] : []; }
  };
  navigator.mediaDevices.enumerateDevices = async () => [{ kind: "videoinput" }];
  navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement("canvas");
    canvas.getContext("2d").fillRect(0, 0, 9, 9);
    const stream = canvas.captureStream();
    window.streams.push(stream);
    return stream;
  };
"""
ENDED = "streams.flatMap((s) => s.getTracks()).every((t) => t.readyState === 'ended')"


def test_a_phone_scans_the_code_and_survives_a_tunnel(visit, served, domain):
    room = factories.room(title="Scanned from the screen")
    page = visit(service_workers="allow", **PHONE)
    page.add_init_script(CAMERA)
    page.goto("/")
    scan, dialog = page.get_by_role("button", name="Scan a QR code"), page.get_by_role("dialog")

    scan.click()
    page.evaluate("scanned = 'https://evil.example/join/7KF3MP'")
    expect(dialog.get_by_text("This QR code does not belong to this server.")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    page.wait_for_function(ENDED)
    page.evaluate(f"scanned = '{served.url}/join/{room.code}'")
    scan.click()

    expect(page).to_have_url(f"{served.url}/join/{room.code}")
    expect(page.get_by_text("Scanned from the screen").first).to_be_visible()

    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.goto("/imprint", wait_until="domcontentloaded")
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    kept = page.evaluate(
        "caches.open('x').then(() => caches.keys()).then((names) => Promise.all(names.map(async (n) =>"
        " (await (await caches.open(n)).keys()).map((r) => new URL(r.url).pathname)))).then((a) => a.flat())"
    )
    assert [path.partition("/static/")[0] for path in kept] == ["/offline", ""]
    page.context.set_offline(False)
    page.get_by_role("link", name="Try again").click()

    expect(page).to_have_url(f"{served.url}/imprint")
    expect(page.get_by_role("heading", name="Imprint")).to_be_visible()
