"""Writes documents of a kind from a template: what differs from one to the next, around what all of them say."""

from __future__ import annotations

import random
import re

#: Words of a language, those of sentences among them. What is written with them means nothing.
WORDS = {
    "en": """
        the of and to in with from over under before after was is had been that which while as soon harbour
        archive mill lamp ferry register map window stone river market letter printer garden tower bell winter
        autumn copper
    """,
    "de": """
        der die das und in mit von über unter vor nach war ist hatte dass welche während als bald Hafen Archiv
        Mühle Lampe Fähre Register Karte Fenster Stein Fluss Markt Brief Drucker Garten Turm Glocke Winter
        Herbst Kupfer
    """,
    "fr": """
        le la les des et dans avec de sur sous avant après était est avait que qui pendant comme bientôt port
        archive moulin lampe bac registre carte fenêtre pierre rivière marché lettre imprimeur jardin tour
        cloche hiver
    """,
    "es": """
        el la los las y en con de sobre bajo antes después era es había que cual mientras como pronto puerto
        archivo molino lámpara barca registro mapa ventana piedra río mercado carta impresor jardín torre
        campana invierno
    """,
    "pl": """
        i w z na do nie się że to jest o jak po ale za od przez był port archiwum młyn lampa prom rejestr mapa
        okno kamień rzeka rynek list drukarz ogród wieża dzwon zima jesień miedź
    """,
    "ru": """
        и в не на что с по как это из у за от он она но то же гавань архив мельница лампа паром книга карта окно
        камень река рынок письмо печатник сад башня колокол зима осень медь
    """,
    "tr": """
        ve bir bu da de için ile olan gibi kadar daha sonra önce liman arşiv değirmen lamba vapur kayıt harita
        pencere taş nehir pazar mektup matbaa bahçe kule çan kış güz bakır
    """,
    "ar": """
        في من على إلى عن مع هذا هذه التي الذي كان كانت بعد قبل حتى الميناء الأرشيف الطاحونة المصباح العبارة
        السجل الخريطة النافذة الحجر النهر السوق الرسالة الحديقة البرج الجرس الشتاء
    """,
    "ja": """
        港 倉庫 水車 灯台 渡船 帳簿 地図 窓 石 川 市場 手紙 印刷 庭 塔 鐘 冬 秋 銅 は の を に が と で も から
        まで した である
    """,
    "xx": """
        vel osk tarun miba kesto lumar pendo sirak ovel tisna grumo hald epsin karuto mivel sonta brisk aluna
        deron fista golum henra irsto jonda kalve lindo marsk nolta
    """,
}
NAMES = "Anna Marsh,Bert Cole,Carla Ruiz,Eva Lindqvist,Farid Nasser,Grace Obi,Hans Weber,Jun Sato".split(",")
_SLOT = re.compile(r"\{([^{}]*)\}")


class Template:
    """A kind of text in a *language*, whose slots are filled anew for each document.

    ``{passage}``, ``{sentence}``, ``{title}``, ``{word}``, ``{number}``, ``{name}`` and ``{day}`` are made up, one of
    ``{this|that}`` is taken.
    """

    def __init__(self, text: str, language: str = "en") -> None:
        self._text = text
        self._words = WORDS[language].split()
        self._gap, self._stop = ("", "。") if language == "ja" else (" ", ".")

    def write(self, count: int, seed: int = 7) -> list[str]:
        """Return so many documents."""
        chance = random.Random(seed)
        return [_SLOT.sub(lambda slot: self._fill(slot.group(1), chance), self._text) for _ in range(count)]

    def _fill(self, slot: str, chance: random.Random) -> str:
        if "|" in slot:
            return chance.choice(slot.split("|"))
        match slot:
            case "passage":
                return self._gap.join(self._sentence(chance) for _ in range(chance.randrange(3, 6)))
            case "sentence":
                return self._sentence(chance)
            case "title":
                return self._some(chance, 4, 8)
            case "word":
                return chance.choice(self._words)
            case "number":
                return str(chance.randrange(1, 1000))
            case "name":
                return chance.choice(NAMES)
            case "day":
                return f"{chance.randrange(1, 29)} May {chance.randrange(1880, 2020)}"
        raise ValueError(slot)

    def _some(self, chance: random.Random, least: int, most: int) -> str:
        words = self._gap.join(chance.choices(self._words, k=chance.randrange(least, most)))
        return words[:1].upper() + words[1:]

    def _sentence(self, chance: random.Random) -> str:
        return self._some(chance, 10, 24) + self._stop
