"""Everything that decides on a row can be reached without a mouse, and one sees where one is."""

from playwright.sync_api import expect

from tests.e2e.steps import settled

MOST_PRESSES = 150  # of Tab, once around the page
WHERE = """() => {
    const one = document.activeElement, style = getComputedStyle(one);
    return {
        name: one.getAttribute("aria-label") || one.innerText || one.placeholder || "",
        tag: one.tagName,
        ring: style.outlineStyle !== "none" || style.boxShadow !== "none",
    };
}"""


def test_tab_goes_around_the_page_past_every_button_and_shows_where_it_is(
    page, serve, finished_run
):
    page.goto(f"{serve(finished_run.home)}/review")
    expect(page.locator(".st-key-row_twins, .st-key-row_others").first).to_be_visible()
    settled(page)
    expect(page.get_by_role("button", name="Delete")).to_be_visible()
    seen = []
    for _ in range(MOST_PRESSES):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(WHERE))
        if seen[-1]["tag"] == "BODY":
            break
    else:
        raise AssertionError("Tab never came around: something keeps the keyboard")
    names = [" ".join(one["name"].split()) for one in seen]
    for wanted in ("Delete D", "Keep K", "Needs review N", "wrong label 1", "Next L", "Pin P",
                   "Undo Z", "Search", "Sort by", "Trade-off curve", "Nearest rows"):  # fmt: skip
        assert any(name.endswith(wanted) for name in names), f"{wanted} is not among {names}"
    blind = [one["name"] for one in seen if one["tag"] in ("A", "BUTTON", "SUMMARY")
             and not one["ring"] and ":" not in one["name"]]  # fmt: skip
    assert not blind, "no ring shows that the keyboard is here"

    # a link followed and a button pressed by Enter do what a click does
    page.get_by_role("button", name="Next").last.focus()
    row = finished_run.scores(by="suspicion", top=2)["row_number"].tolist()[1]
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Row {row}", exact=False)).to_be_visible()
