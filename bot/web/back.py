"""Where the pages of others lead back to: the rest happens in the chat."""

from html import escape

from aiohttp import web

from bot.i18n.catalog import texts_in

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_STYLE = (
    ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}"
    "body{max-width:26rem;margin:20vh auto;padding:0 1rem;text-align:center}"
)


async def show_way_back(request: web.Request) -> web.Response:
    """In the browser's language; it knows nothing of who looks."""
    texts = texts_in(request.headers.get("Accept-Language", "").partition(",")[0])
    title = escape(texts("web.back.title"))
    text = (
        f"<!doctype html><html lang={texts.language}><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{_STYLE}</style>"
        f"<h1>{title}</h1><p>{escape(texts('web.back'))}</p></html>"
    )
    return web.Response(text=text, content_type="text/html", headers=_HEADERS)
