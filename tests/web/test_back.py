"""The page that others lead back to."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.i18n.catalog import texts_in
from bot.web.back import show_way_back


@pytest.mark.parametrize(
    ("asked", "language"), [("es-CO,es;q=0.9", "es"), ("en", "en"), ("ja", "en"), ("", "en")]
)
async def test_it_says_in_the_browsers_language_that_the_rest_is_in_the_chat(asked, language):
    app = web.Application()
    app.router.add_get("/", show_way_back)
    async with TestClient(TestServer(app)) as http:
        answer = await http.get("/", headers={"Accept-Language": asked})
        assert texts_in(language)("web.back") in await answer.text()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
