from __future__ import annotations

import pytest

from feedsvc.intake.text.byline import parse_byline

KNOWN = ("Rhodes and Sons", "JJ Abrams", "Conan O’Brien", "Amy de la Cruz")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("BY JERRY ZHANG", "Jerry Zhang"),
        ("BY J.J. SMITH", "J.J. Smith"),
        ("BY TJ SMITH", "TJ Smith"),
        ("BY AJ SMITH", "AJ Smith"),
        ("BY DAVID NG", "David Ng"),
        ("BY TJ O'NEIL", "TJ O'Neil"),
        ("BY DICK VAN DYKE", "Dick van Dyke"),
        ("BY MARY-ANN SMITH-JONES III", "Mary-Ann Smith-Jones III"),
        ("BY RONALD McDONALD", "Ronald McDonald"),
        ("BY JOSÉ NUÑEZ", "José Nuñez"),
        ("BY BBC", "BBC"),
        ("BY ADELE", "Adele"),
        ("BY VAN MORRISON", "Van Morrison"),
        ("By Danny DeVito", "Danny DeVito"),
        ("BY JJ ABRAMS", "JJ Abrams"),
        ("By J.J. Abrams", "JJ Abrams"),
        ("By Conan O'Brien", "Conan O’Brien"),
        ("BY AMY DE LA CRUZ", "Amy de la Cruz"),
        ("By Rhodes and Sons", "Rhodes and Sons"),
        ("BY RHODES AND SONS", "Rhodes and Sons"),
    ],
)
def test_a_name_is_spelt_as_the_store_does_and_without_needless_capitals(
    line: str, name: str
) -> None:
    assert parse_byline(line, KNOWN) == ((name, None),)
