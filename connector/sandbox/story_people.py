"""Knows how to invent people, CHAs and healing groups in real places of Kamonyi, with names that say nothing more."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from random import Random

from connector.sandbox.story import Cha, HealingGroup, Person, ProgrammeSize
from forms.places import place_name, places_within
from forms.programme import PROGRAMME

WOMEN_SHARE = 0.73  # 2,411 of 3,300 clients served, Ubuntu Center for Peace


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_WOMEN = _words(
    """
    Agnes Alice Aline Alphonsine Angelique Anita Beatha Belancille Bernadette Chantal Christine Claire Clarisse
    Claudine Clementine Consolee Daphrose Delphine Denise Diane Divine Domitille Donatha Drocella Emerthe
    Epiphanie Esperance Eugenie Florence Florida Francine Gaudence Gloriose Goretti Grace Honorine Immaculee
    Jacqueline Jeanne Josephine Josiane Julienne Keza Laurence Leoncie Liberata Liliane Louise Marceline Marie
    Marthe Mediatrice Monique Odette Olive Pascasie Patricie Pelagie Petronille Regine Rose Sandrine Solange
    Speciose Stephanie Thacienne Theodosie Therese Uwase Valerie Verediane Vestine Victoire Violette Winifrida
    Yvonne Zawadi
    """
)
_MEN = _words(
    """
    Alexis Alphonse Anaclet Anastase Andre Antoine Aphrodis Athanase Augustin Bernard Bosco Callixte Celestin
    Charles Claude Cyprien Damascene Daniel Deogratias Dieudonne Donat Edouard Elie Emmanuel Eric Evariste Fabien
    Faustin Felicien Fidele Francois Frodouald Gaspard Gilbert Godefroid Gregoire Innocent Isidore Jacques Janvier
    Jean Joseph Laurent Leonard Leonidas Marcel Modeste Narcisse Olivier Pascal Patrick Paul Philippe Pierre
    Protogene Samuel Sylvestre Thaddee Theogene Theoneste Thomas Valens Venuste Vianney Vincent Xavier Zacharie
    """
)
_GROUP_NAMES = _words(
    """
    Abishyizehamwe Amahoro Dufatanye Duharanire Dukundane Ejo-Heza Gira-Ineza Icyizere Imbere-Heza Ineza Intambwe
    Isano Isoko Komera Tugendane Tuganire Tuzamurane Twitezimbere Twiyubake Twizerane Ubumwe Ubwuzu Umucyo Umurava
    Urukundo Urumuri
    """
)
_INITIALS = "ABCDEFGHIJKLMNOPRSTUVWYZ"


def invent_sectors(rng: Random, size: ProgrammeSize) -> tuple[str, ...]:
    """Codes of the sectors where the programme works."""
    sectors = [place.code for place in places_within(PROGRAMME.districts[0], "sector")]
    return tuple(sorted(rng.sample(sectors, size.sectors)))


def invent_groups(rng: Random, size: ProgrammeSize, as_of: dt.date) -> tuple[HealingGroup, ...]:
    """The healing groups in order of their start, spread over the sectors, each with its CHA, who has one or two."""
    sectors = invent_sectors(rng, size)
    groups: list[HealingGroup] = []
    chas: dict[str, Cha] = {}
    for cohort in size.cohorts:
        monday = as_of - dt.timedelta(weeks=cohort.started_weeks_ago, days=as_of.weekday())
        for position in range(cohort.groups):
            sector = sectors[(len(groups) + position // size.sectors) % len(sectors)]
            started_on = monday + dt.timedelta(days=position % 6)
            cha = _cha_for(rng, sector, chas, groups, monday)
            groups.append(_group(rng, len(groups) + 1, sector, cha, started_on, cohort.has_baseline_visit))
    return tuple(groups)


def invent_person(rng: Random, person_id: str, village: str, today: dt.date) -> Person:
    """A person of the village, most of them adults; one in ten does not know the year of birth, six in ten no phone."""
    sex = "female" if rng.random() < WOMEN_SHARE else "male"
    age = round(min(84.0, max(18.0, rng.triangular(18, 78, 37))))
    return Person(
        person_id=person_id,
        sex=sex,
        birth_year=today.year - age,
        knows_birth_year=rng.random() < 0.9,
        short_name=f"{rng.choice(_WOMEN if sex == 'female' else _MEN)} {rng.choice(_INITIALS)}",
        phone=invent_phone(rng) if rng.random() < 0.4 else "",
        village=village,
    )


@lru_cache(maxsize=256)
def villages_of(code: str) -> tuple[str, ...]:
    """Codes of the villages of a sector or a cell."""
    return tuple(place.code for place in places_within(code, "village"))


def invent_phone(rng: Random) -> str:
    """A number that cannot ring: Rwanda's mobile networks start with 072, 073, 078 and 079."""
    return f"0700{rng.randrange(1_000_000):06d}"


def _cha_for(rng: Random, sector: str, chas: dict[str, Cha], groups: list[HealingGroup], monday: dt.date) -> Cha:
    """A CHA of the sector whose only group began at least eight weeks ago, or a new one."""
    for cha in chas.values():
        own = [group for group in groups if group.cha == cha]
        is_free = len(own) == 1 and own[0].started_on < monday - dt.timedelta(weeks=8)
        if cha.sector == sector and is_free and rng.random() < 0.7:
            return cha
    number = len(chas) + 1
    name = f"{rng.choice(_WOMEN + _MEN)} {rng.choice(_INITIALS)}."
    cha = Cha(f"CHA{number:03d}", f"cha{number:03d}", name, invent_phone(rng), sector)
    return chas.setdefault(cha.cha_code, cha)


def _group(
    rng: Random, number: int, sector: str, cha: Cha, started_on: dt.date, has_baseline_visit: bool
) -> HealingGroup:
    village = rng.choice(villages_of(sector))
    word = _GROUP_NAMES[number % len(_GROUP_NAMES)].replace("-", " ")
    return HealingGroup(
        code=f"G{number:03d}",
        label=f"{word} {place_name(village[:6])}",
        sector=sector,
        village=village,
        cha=cha,
        cohort=f"{started_on:%Y-%m}",
        started_on=started_on,
        has_baseline_visit=has_baseline_visit,
    )
