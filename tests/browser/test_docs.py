"""/docs and /redoc in Chromium, which can reach nothing but the server: they render, and /docs logs in and calls."""

import pytest
from harness import openapi, site
from harness.people import newcomer
from harness.secret import secret
from playwright.sync_api import expect

CALLS = list(openapi.operations())


@pytest.fixture(scope="module", autouse=True)
def built():
    if not site.DOCS:
        pytest.skip("the documentation pages are not built in: ./dev build says why")


def test_docs_logs_in_and_calls(lone_server, page_of):
    person = newcomer(lone_server.http)
    with page_of(lone_server, "/docs") as page:
        expect(page.locator(".opblock")).to_have_count(len(CALLS), timeout=20000)
        expect(page.locator(".errors-wrapper")).to_have_count(0)

        page.get_by_role("button", name="Authorize").click()
        dialog = page.locator(".modal-ux")
        dialog.locator("#oauth_username").fill(person.username)
        dialog.locator("#oauth_password").fill(person.password)
        expect(dialog.locator("#client_id_password")).to_be_hidden()
        dialog.get_by_role("button", name="Apply given OAuth2 credentials").click()
        expect(dialog.get_by_role("button", name="Remove authorization")).to_be_visible()
        dialog.locator(".btn-done").first.click()

        call = page.locator("#operations-accounts-getMe")
        call.locator(".opblock-summary-control").click()
        call.get_by_role("button", name="Execute").click()
        answer = call.locator(".live-responses-table")
        expect(answer.locator("tbody td.response-col_status").first).to_contain_text("200")
        expect(answer).to_contain_text(f'"username": "{person.username}"')
        secret(call.locator(".curl-command").inner_text().split("Bearer ")[1].split("'")[0])


def test_redoc_shows_every_call(lone_server, page_of):
    with page_of(lone_server, "/redoc") as page:
        for _, _, operation in CALLS:
            shown = page.locator(f'[data-section-id$="/operation/{operation["operationId"]}"]')
            expect(shown).to_be_visible(timeout=20000)
        # Its search runs in a worker that it makes of a string.
        page.get_by_placeholder("Search...").fill("leave")
        expect(page.locator('[role="search"] [role="menuitem"]').first).to_be_visible(timeout=20000)
