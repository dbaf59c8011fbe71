"""Knows the card with which a CHA sets up a phone: a page A6 with the code to scan, and an index of all cards.

A card names the CHA by code and account only: no name, no telephone, no password.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from connector.guide import document
from connector.guide_text import Voice
from connector.phone_setup import collect_settings, qr_payload, qr_svg

INDEX = "index.html"
STEPS = 4

CARD_STYLE = """
@page { size: 105mm 148mm; margin: 5mm }
* { box-sizing: border-box }
html { font: 9.5pt/1.25 Arial, "Liberation Sans", Helvetica, "DejaVu Sans", sans-serif; color: #000 }
body { margin: 0 auto; width: 95mm; max-width: 100% }
h1 { font-size: 13pt; margin: 0 }
p, ol { margin: 0 0 .8mm } ol { padding-left: 5mm }
.draft { font-size: 8pt; border: .3mm dashed; padding: .3mm 1mm; margin: .6mm 0 }
.qr { display: block; width: 66mm; max-width: 100%; margin: .6mm auto }
.account { overflow-wrap: anywhere }
svg.inline { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round;
  height: 1em; width: 1em; vertical-align: -.12em }
"""
INDEX_STYLE = """
@page { size: A4; margin: 15mm }
html { font: 12pt/1.4 Arial, "Liberation Sans", Helvetica, "DejaVu Sans", sans-serif; color: #102a43 }
body { margin: 0 auto; max-width: 180mm; padding: 4mm }
.draft { border: .5mm dashed; font-weight: bold; padding: .6mm 2mm }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: .2mm solid #9fb3c8; padding: 1.2mm 2mm 1.2mm 0; text-align: left; overflow-wrap: anywhere }
"""


@dataclass(frozen=True, slots=True)
class Account:
    """A CHA as a card may name one: the code, and the account on the phone."""

    cha_code: str
    username: str


def card_file(account: Account) -> str:
    """Return the file name of a card; codes hold letters, digits, `_`, `.` and `-` only."""
    return f"card_{account.cha_code}.html"


def card_page(account: Account, server: str, language: str) -> str:
    """Return one card as HTML. Raises ValueError when address and account are too long for a code."""
    voice = Voice(language)
    settings = collect_settings(server, account.username, name=account.cha_code, language=language)
    title = voice.say("card.title", code=account.cha_code)
    steps = "\n".join(f"<li>{voice.say(f'card.{number}')}</li>" for number in range(1, STEPS + 1))
    lines = (
        f"<h1>{title}</h1>",
        voice.draft_mark,
        qr_svg(qr_payload(settings)),
        f"<p class=account>{voice.say('card.server')}: <b>{escape(server)}</b><br>",
        f"{voice.say('card.username')}: <b>{escape(account.username)}</b></p>",
        f"<ol>\n{steps}\n</ol>",
        f"<p><b>{voice.say('card.password')}</b></p>\n",
    )
    return document(voice, title, CARD_STYLE, "\n".join(filter(None, lines)))


def index_page(accounts: Iterable[Account], language: str) -> str:
    """Return the page that lists the cards, with links to them."""
    voice = Voice(language)
    title = voice.say("cards.title")
    rows = [_row(account) for account in accounts]
    head = f"<tr><th>{voice.say('cards.cha')}</th><th>{voice.say('card.username')}</th></tr>"
    table = "\n".join(("<table>", head, *rows, "</table>")) if rows else f"<p>{voice.say('cards.none')}</p>"
    body = f"<h1>{title}</h1>\n{voice.draft_mark}\n<p>{voice.say('cards.about')}</p>\n{table}\n"
    return document(voice, title, INDEX_STYLE, body)


def _row(account: Account) -> str:
    link = f'<a href="{card_file(account)}">{escape(account.cha_code)}</a>'
    return f"<tr><td>{link}</td><td>{escape(account.username)}</td></tr>"
