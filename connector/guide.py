"""Knows the guide that every CHA keeps: two pages A4 on setting up the phone, the forms, and what to do in trouble.

A page is one HTML file that needs nothing else, made from the texts of `guide_text.csv` and the programme's figures.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

from connector.guide_text import LANGUAGES, PICTURES, Voice
from forms.pictogram import pictogram
from forms.programme import HelpLine, Programme

STEPS = ("lock", "install", "scan", "password", "language")
FORMS = {"intake": 4, "attendance": 4, "outcome": 3}
EVENING, RISK = 5, 2
TROUBLES = ("open", "empty", "group", "missing", "count", "wrong", "network", "server", "battery", "lost")
SHOWN = {
    "intake": ("frequency_4_0.png", "frequency_4_1.png", "frequency_4_3.png", "refused.png", "stopped.png"),
    "attendance": (),
    "outcome": ("intensity_5_0.png", "intensity_5_2.png", "intensity_5_4.png"),
}
"""Pictures of the answer scales beside the forms that show them."""

STYLE = """
@page { size: A4; margin: 10mm 12mm }
* { box-sizing: border-box; -webkit-print-color-adjust: exact; print-color-adjust: exact }
html { font: 11pt/1.32 Arial, "Liberation Sans", Helvetica, "DejaVu Sans", sans-serif; color: #102a43 }
body { margin: 0 auto; max-width: 186mm; padding: 4mm }
h1 { font-size: 18pt; line-height: 1.15; margin: 0 }
h2 { font-size: 13.5pt; margin: 2.6mm 0 1.4mm }
h3 { font-size: 12pt; margin: 0 }
p, ol, ul, table { margin: 0 0 1mm }
ol, ul { padding-left: 5.5mm }
.draft { border: .5mm dashed #102a43; font-weight: bold; padding: .6mm 2mm; margin: 1mm 0 }
.sheet { break-after: page } .sheet:last-child { break-after: auto }
.steps { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 1.4mm 4mm; counter-reset: step }
.steps p { display: flex; gap: 2mm; margin: 0; counter-increment: step }
.steps p > span::before { content: counter(step) ". "; font-weight: bold }
.forms { display: grid; grid-template-columns: 1.5fr 1fr 1fr; gap: 2.5mm }
.box { border: .4mm solid #102a43; border-radius: 2mm; padding: 1.4mm 2mm }
.box ol { padding-left: 5mm }
.when { font-style: italic; line-height: 1.2 }
.pictures { display: flex; gap: 1.5mm; margin-top: 1mm } .pictures img { width: 9mm; height: 9mm }
svg { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round }
svg.inline { height: 1em; width: 1em; vertical-align: -.12em } svg.step { flex: none; height: 8mm; width: 8mm }
.risk { border: 1mm solid #102a43; border-radius: 2mm; padding: 1.6mm 3mm } .risk h2 { margin-top: 0 }
.numbers { display: flex; flex-wrap: wrap; gap: 1.4mm 3mm; list-style: none; padding: 0 }
.numbers li { border: .4mm solid #102a43; border-radius: 1.5mm; padding: .6mm 2.4mm }
.numbers b { font-size: 15pt } .numbers small { display: block; font-size: 11pt }
.blanks { display: grid; grid-template-columns: 1fr 1fr; gap: 6mm }
.blanks p { border-bottom: .3mm solid; padding-top: 2mm }
table { border-collapse: collapse; width: 100% }
th, td { border-top: .2mm solid #9fb3c8; padding: .7mm 0; text-align: left; vertical-align: top }
th { padding-right: 3mm; width: 27% }
footer { text-align: right }
@media (max-width: 600px) {
  html { font-size: 16px }
  .steps, .forms, .blanks { grid-template-columns: 1fr }
  th, td { display: block; width: auto }
  td { border: 0; padding-top: 0 }
}
"""


def guide_page(language: str, programme: Programme) -> str:
    """Return the guide as HTML; `language` is "en" or "rw". Raises KeyError for another."""
    voice = Voice(language)
    return document(voice, voice.say("title"), STYLE, f"{_first_sheet(voice)}{_second_sheet(voice, programme)}")


def document(voice: Voice, title: str, style: str, body: str) -> str:
    """Return a whole page in the voice's language around a body of HTML."""
    if voice.language not in LANGUAGES:
        raise KeyError(voice.language)
    viewport = "width=device-width, initial-scale=1"
    return (
        f'<!doctype html>\n<html lang="{voice.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="{viewport}">\n<title>{title}</title>\n<style>{style}</style>\n</head>\n'
        f"<body>\n{body}</body>\n</html>\n"
    )


def _first_sheet(voice: Voice) -> str:
    forms = "".join(_form(voice, form) for form in FORMS)
    parts = (
        f"<h1>{voice.say('title')}</h1>\n{voice.draft_mark}\n<p>{voice.say('subtitle')}</p>",
        f"<h2>1 · {voice.say('setup.title')}</h2>\n{_steps(voice)}",
        f"<h2>2 · {voice.say('forms.title')}</h2>\n<div class=forms>{forms}</div>",
        f"<h2>3 · {voice.say('evening.title')}</h2>\n{_list(voice, 'evening', EVENING)}",
    )
    return _sheet(voice, 1, parts)


def _second_sheet(voice: Voice, programme: Programme) -> str:
    parts = (
        _risk(voice, programme.help_lines),
        f"<h2>4 · {voice.say('trouble.title')}</h2>\n{_troubles(voice, programme)}",
        f"<h2>5 · {voice.say('safe.title')}</h2>\n<p>{voice.say('safe.text')}</p>",
    )
    return _sheet(voice, 2, parts)


def _sheet(voice: Voice, number: int, parts: Iterable[str]) -> str:
    content = "\n".join(parts)
    foot = " · ".join(filter(None, (voice.say("draft.short") if voice.draft_mark else "", _page(voice, number))))
    return f"<section class=sheet>\n{content}\n<footer>{foot}</footer>\n</section>\n"


def _page(voice: Voice, number: int) -> str:
    return voice.say("page", number=str(number))


def _steps(voice: Voice) -> str:
    steps = (f"<p>{PICTURES[step]}<span>{voice.say(f'setup.{step}')}</span></p>\n" for step in STEPS)
    return f"<div class=steps>\n{''.join(steps)}<div>{voice.say('setup.again')}</div>\n</div>"


def _form(voice: Voice, form: str) -> str:
    pictures = "".join(f'<img alt="" src="{_picture(name)}">' for name in SHOWN[form])
    shown = f"<p class=pictures>{pictures}</p>" if pictures else ""
    head = f"<h3>{voice.say(f'{form}.title')}</h3>\n<p class=when>{voice.say(f'{form}.when')}</p>"
    return f"<div class=box>\n{head}\n{_list(voice, form, FORMS[form])}\n{shown}</div>\n"


def _picture(name: str) -> str:
    return f"data:image/png;base64,{base64.b64encode(pictogram(name)).decode('ascii')}"


def _list(voice: Voice, part: str, count: int, tag: str = "ol") -> str:
    items = "\n".join(f"<li>{voice.say(f'{part}.{number}')}</li>" for number in range(1, count + 1))
    return f"<{tag}>\n{items}\n</{tag}>"


def _risk(voice: Voice, help_lines: Iterable[HelpLine]) -> str:
    numbers = "\n".join(_number(voice, line) for line in help_lines)
    people = "".join(f"<p>{voice.say(f'number.{who}')}:</p>" for who in ("psychologist", "coordinator"))
    return (
        f"<div class=risk>\n<h2>{voice.say('risk.title')}</h2>\n{_list(voice, 'risk', RISK)}\n"
        f"<p><b>{voice.say('risk.3')}</b></p>\n<ul class=numbers>\n{numbers}\n</ul>\n<div class=blanks>{people}</div>\n"
        f"<p>{voice.say('risk.4')} {voice.say('risk.5')}</p>\n<p>{voice.say('risk.6')}</p>\n</div>"
    )


def _number(voice: Voice, line: HelpLine) -> str:
    on = line.tested_on
    tested = voice.say("number.tested", date=on.isoformat()) if on else voice.say("number.untested")
    name = line.names.get(voice.language, line.name)
    return f"<li>{escape(name)} <b>{escape(line.number)}</b> <small>{tested}</small></li>"


def _troubles(voice: Voice, programme: Programme) -> str:
    hours = str(programme.report_within_hours)
    rows = "\n".join(
        f"<tr><th>{voice.say(f'trouble.{what}.what')}</th><td>{voice.say(f'trouble.{what}.do', hours=hours)}</td></tr>"
        for what in TROUBLES
    )
    return f"<table>\n{rows}\n</table>"
