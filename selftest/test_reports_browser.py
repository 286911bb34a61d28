"""The pages of reports in a real browser: whole and quiet at every width, in both colour schemes, with JavaScript and without.

Method: Debian's Chromium opens each report of selftest/reported.py, and each published sample, as a file, as a person does; axe
judges it, the keyboard and the pointer use it. What a page asks for and complains of is noted from before it opens.
"""

import shutil
from contextlib import contextmanager
from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from reports.outcomes import Verdict
from reports.results import read
from selftest.fake_suite import REPOSITORY
from selftest.reported import GATED, MANY, REPORTS, REVERSED, SOME

SAMPLES = {path.parent.name: path for path in sorted(REPOSITORY.glob("reports/samples/*/report.html"))}
PAGES = (*REPORTS, *(f"sample {name}" for name in SAMPLES))
OF_SAMPLES = (name for name, path in SAMPLES.items() if read(path.parent).verdict is Verdict.NOT_CONFORMANT)
NOT_CONFORMANT = ("violated", "refused", *(f"sample {name}" for name in OF_SAMPLES))
PICTURED = ("healthy", "violated", "undecided", "refused", "troubled", "hostile")
WIDTHS, SCHEMES = (390, 820, 1280), ("light", "dark")
SCRIPTED = {True: "scripts", False: "no-scripts"}
VARIANTS = list(product(WIDTHS, SCHEMES, SCRIPTED))
# Axe takes seconds for a page of a whole run, whose rows are those of the small pages many times over, and half of its time for
# colours, which no width changes: so the one is judged once, the others twice.
WHOLE_JUDGED, COLOURS_JUDGED = [(1280, "light")], [(1280, "light"), (390, "dark")]
MOST_BYTES, MOST_STOPS = 1_000_000, 300
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
OPEN_ALL = "document.querySelectorAll('details').forEach((one) => (one.open = true))"
TOO_WIDE = "Math.max(0, document.scrollingElement.scrollWidth - innerWidth)"
# Of each picture: the texts that its edge cuts off, and those that stand upon another.
CROWDED = """
[...document.querySelectorAll("svg.timeline")].flatMap((picture) => {
  const edge = picture.getBoundingClientRect();
  const boxes = [...picture.querySelectorAll("text")].map((one) => [one.textContent, one.getBoundingClientRect()]);
  const isCut = (box) => box.left < edge.left - 1 || box.right > edge.right + 1 || box.bottom > edge.bottom + 1;
  // A line of a font is higher than its letters are.
  const meet = (one, other) =>
    one.left < other.right && other.left < one.right && one.top + 3 < other.bottom && other.top + 3 < one.bottom;
  return boxes.flatMap(([text, box], at) => [
    ...(isCut(box) ? [`${text} is cut off`] : []),
    ...boxes.slice(at + 1).filter(([, other]) => meet(box, other)).map(([other]) => `${text} meets ${other}`),
  ]);
})
"""
# The least contrast, as WCAG has it, between a text of a picture and its rim, or where it has none, the lane that it is in.
LEAST_CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const lightness = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const lane = getComputedStyle(document.querySelector(".timeline path.set")).stroke;
  const contrasts = [...document.querySelectorAll(".timeline text")].map((text) => {
    const { fill, stroke } = getComputedStyle(text);
    const [darker, lighter] = [fill, stroke === "none" ? lane : stroke].map(lightness).sort((one, other) => one - other);
    return (lighter + 0.05) / (darker + 0.05);
  });
  return Math.min(...contrasts);
}
"""


@pytest.fixture(scope="module", name="pages")
def every_report(tmp_path_factory):
    """The page of each report and of each sample, by its name."""
    folder = tmp_path_factory.mktemp("reports")
    made = {name: make(folder / name) for name, make in REPORTS.items()}
    return made | {f"sample {name}": path for name, path in SAMPLES.items()}


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium."""
    path = shutil.which("chromium")
    assert path, "chromium is not installed: make setup"
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=QUIET) as chromium,
    ):
        yield chromium


@pytest.fixture(scope="module", params=VARIANTS, ids=lambda one: f"{one[0]}-{one[1]}-{SCRIPTED[one[2]]}")
def variant(browser, request):
    """A tab of each width and colour scheme, with JavaScript and without it; and which it is."""
    width, scheme, scripts = request.param
    viewport = {"width": width, "height": 900}
    with browser.new_context(viewport=viewport, color_scheme=scheme, java_script_enabled=scripts) as context:
        yield context.new_page(), request.param


@pytest.fixture(scope="module")
def tabs(browser):
    """A tab of a browser with JavaScript, and one without."""
    with browser.new_context() as scripted, browser.new_context(java_script_enabled=False) as plain:
        yield {True: scripted.new_page(), False: plain.new_page()}


def opened(tab, path, width=1280):
    """A page, newly opened as most readers have it."""
    tab.set_viewport_size({"width": width, "height": 900})
    tab.emulate_media(color_scheme="light", media="screen")
    tab.goto(path.as_uri())
    return tab


@pytest.fixture(name="page")
def violated_page(tabs, pages):
    """The page of a run that found violations, newly opened."""
    return opened(tabs[True], pages["violated"])


@contextmanager
def watched(page):
    """What a page asks for, and complains of, meanwhile."""
    requests, complaints = [], []
    told = {
        "request": lambda request: requests.append(request.url),
        "pageerror": lambda error: complaints.append(str(error)),
        "console": lambda said: complaints.append(f"{said.type}: {said.text}"),
        "dialog": lambda dialog: complaints.append(dialog.message) or dialog.dismiss(),
    }
    for event, note in told.items():
        page.on(event, note)
    yield requests, complaints
    for event, note in told.items():
        page.remove_listener(event, note)


def serious(page, colours):
    """What axe finds serious or critical in a page."""
    options = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": colours}}}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


def is_whole(path):
    """Whether a page is of a whole run, of which the rows are not all opened here."""
    return path.stat().st_size > MOST_BYTES / 4


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_quiet_and_accessible(variant, pages, name):
    page, (width, scheme, scripts) = variant
    with watched(page) as (requests, complaints):
        page.goto(pages[name].as_uri())
        assert page.evaluate(TOO_WIDE) == 0
        assert page.locator("form.filter").count() == scripts
        if not is_whole(pages[name]):
            page.evaluate(OPEN_ALL)
            assert page.evaluate(TOO_WIDE) == 0
        if scripts and (not is_whole(pages[name]) or (width, scheme) in WHOLE_JUDGED):
            assert serious(page, colours=(width, scheme) in COLOURS_JUDGED) == []
    assert requests == [pages[name].as_uri()]
    assert complaints == []


def test_the_page_of_a_whole_run_is_small(pages):
    assert pages["big"].read_text().count('class="timeline" role') == MANY
    assert pages["big"].stat().st_size < MOST_BYTES


@pytest.mark.parametrize("name", PICTURED)
def test_no_text_of_a_picture_stands_upon_another(tabs, pages, name):
    page = opened(tabs[True], pages[name])
    page.evaluate(OPEN_ALL)
    assert page.locator(".timeline text").count() > 20
    assert page.evaluate(CROWDED) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_texts_of_a_picture_are_legible_on_whatever_they_stand(page, scheme):
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate(LEAST_CONTRAST) >= 4.5


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scripts", SCRIPTED)
@pytest.mark.parametrize("name", NOT_CONFORMANT)
def test_from_the_verdict_one_comes_to_the_pinned_event(tabs, pages, name, scripts, width):
    page = opened(tabs[scripts], pages[name], width=width)
    expect(page.locator("h1")).to_have_text("Not conformant")
    wrong = page.locator(".trouble article", has=page.locator(".pinned")).first
    said = wrong.locator("svg .pinned text").first
    expect(said).to_be_visible()
    text = said.text_content().partition("…")[0]
    # Other histories may show the same.
    expect(wrong.locator("dd li", has_text=text).first).to_be_visible()
    evidence = wrong.locator("details", has_text=text).first
    evidence.locator("summary").click()
    expect(evidence.locator("pre").first).to_contain_text("→")
    expect(evidence.locator("pre").first).to_be_visible()
    wrong.locator("figcaption a").click()
    scenario = page.locator("details", has=page.locator(":scope > :target"))
    expect(scenario.locator("svg .pinned text", has_text=text)).to_be_visible()
    expect(scenario.locator("summary")).to_be_in_viewport()
    expect(scenario.locator(".picture")).to_be_in_viewport()


def test_on_a_phone_the_pinned_event_and_its_lane_are_in_view(tabs, pages):
    page = opened(tabs[True], pages["violated"], width=390)
    picture = page.locator(".trouble .picture", has_text="web-0 began to terminate before web-1")
    picture.scroll_into_view_if_needed()
    shown, names, spot = (one.bounding_box() for one in (picture, picture.locator(".names"), picture.locator(".spot")))
    assert picture.evaluate("(one) => one.scrollLeft") > 0
    assert names["x"] == shown["x"]
    assert names["x"] + names["width"] < spot["x"] < shown["x"] + shown["width"] - spot["width"]


def test_a_link_opens_its_guarantee_again_though_it_was_closed_and_filtered_out(page):
    link = page.locator(f'.trouble h3 a[href="#{GATED}"]')
    row = page.locator(".subject > details", has=page.locator(f'[id="{GATED}"]'))
    for _ in range(2):
        link.click()
        expect(row.locator(".opened")).to_be_visible()
        expect(row.locator("summary")).to_be_in_viewport()
        page.get_by_role("button", name="Close all").click()
        page.get_by_label("Search").fill("contrast")
        expect(row).to_be_hidden()


def test_the_filter_finds_by_words_and_by_outcome(page):
    shown, found = page.locator(".subject > details:visible"), page.locator("form.filter output")
    every = shown.count()
    page.get_by_label("Search").fill("ORDERING/ waits")
    assert 0 < shown.count() < every
    assert GATED in shown.locator(".promise code").all_text_contents()
    expect(page.get_by_role("heading", name="Contrast")).to_be_hidden()
    page.get_by_label("Search").fill("")
    expect(page.get_by_role("heading", name="Contrast")).to_be_visible()
    page.get_by_label("Show").select_option("failed")
    assert shown.locator(".promise code").all_text_contents() == [GATED, REVERSED]
    expect(found).to_have_text(f"4 of {every + page.locator('.scenarios > details').count()}")
    page.get_by_label("Search").fill("there is no such word")
    assert shown.count() == 0
    expect(found).to_contain_text("0 of")
    expect(page.locator(".trouble article").first).to_be_visible()


def test_a_slash_leads_to_the_search_where_nobody_is_writing(page):
    search = page.get_by_label("Search")
    page.keyboard.press("/")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    page.keyboard.type("ordering/waits")
    expect(search).to_have_value("ordering/waits")


def test_all_rows_that_are_shown_open_and_close_at_once(page):
    rows = page.locator(".subject > details, .scenarios > details")
    page.get_by_role("button", name="Close all").click()
    assert not any(rows.evaluate_all("(all) => all.map((one) => one.open)"))
    page.get_by_label("Search").fill("ordering/")
    page.get_by_role("button", name="Open all").click()
    states = rows.evaluate_all("(all) => all.map((one) => [one.open, one.hidden])")
    assert {tuple(one) for one in states} == {(True, False), (False, True)}


def test_the_reader_chooses_the_colours(page):
    def back():
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    system = back()
    page.get_by_label("Colours").select_option("dark")
    dark = back()
    assert dark != system
    page.get_by_label("Colours").select_option("light")
    assert back() == system
    page.emulate_media(color_scheme="dark")
    assert back() == system
    page.get_by_label("Colours").select_option("as the system")
    assert back() == dark


def focusable(page):
    """How much of the page can have the focus now."""
    every = "a[href], summary, button, input, select, [tabindex='0']"
    return page.locator(every).evaluate_all("(all) => all.filter((one) => one.checkVisibility()).length")


@pytest.mark.parametrize("scripts", SCRIPTED)
def test_everything_is_reached_and_opened_by_keyboard_alone(tabs, pages, scripts):
    page = opened(tabs[scripts], pages["undecided"])
    page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = false))")
    reached = 0
    page.keyboard.press("Tab")
    while reached < MOST_STOPS and not page.evaluate("document.activeElement === document.body"):
        focus = page.locator(":focus")
        assert focus.evaluate("(one) => getComputedStyle(one).outlineStyle") != "none"
        if focus.evaluate("(one) => one.localName") == "summary":
            page.keyboard.press("Enter")
            expect(focus.locator("xpath=..")).to_have_attribute("open", "")
        reached += 1
        page.keyboard.press("Tab")
    assert reached == focusable(page) > 2 * len(SOME)


def test_without_scripts_everything_can_be_opened_and_read(tabs, pages):
    page = opened(tabs[False], pages["violated"])
    expect(page.locator("form.filter, input, button")).to_have_count(0)
    closed = page.locator("details:not([open]) > summary")
    assert closed.count() > len(SOME)
    for _ in range(closed.count()):
        closed.first.click()
    expect(closed).to_have_count(0)
    for text in ("→", "name: web-1", "web-0: ready to serve"):
        expect(page.locator("pre", has_text=text).first).to_be_visible()


@pytest.mark.parametrize("scripts", SCRIPTED)
def test_what_is_printed_has_the_evidence_on_white(tabs, pages, scripts):
    page = opened(tabs[scripts], pages["violated"])
    expect(page.locator(".trouble pre").first).to_be_hidden()
    page.emulate_media(color_scheme="dark", media="print")
    for evidence in page.locator(".trouble pre").all():
        expect(evidence).to_be_visible()
        assert evidence.evaluate("(one) => one.scrollHeight <= one.clientHeight + 1")
    expect(page.locator("form.filter")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
