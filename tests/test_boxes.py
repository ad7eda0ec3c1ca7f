"""What pages and mail of today have around a text, in many languages, below one, and what only looks like it."""

from __future__ import annotations

import pytest
from templates import Template

import dedupe
from dedupe import Document
from dedupe.boilerplate.lexicon import Lexicon

BOXES = """
en: Create a free account to keep reading
en: You have 2 free articles remaining this month
en: Summarize this article with AI
en: Listen to this article 5 min
en: Please enable JavaScript to view this page.
en: You are receiving this email because you signed up on our website.
en: View this email in your browser
en: Sent from my iPhone
en: Add as a preferred source on Google
en: When you purchase through links on our site, we may earn an affiliate commission.
de: Nur notwendige Cookies akzeptieren
de: Dieser Artikel ist nur für Abonnenten verfügbar
de: Von meinem iPhone gesendet
de: Als Amazon-Partner verdiene ich an qualifizierten Verkäufen.
fr: Il vous reste 80% de cet article à lire
fr: Vous pouvez vous désinscrire à tout moment.
es: Este artículo contiene enlaces de afiliados.
ru: Оформите подписку, чтобы читать дальше
pl: Artykuł dostępny tylko dla subskrybentów
tr: Bu makale faydalı oldu mu?
tr: İlginizi çekebilir
tr: Ana İçeriğe Geç
tr: ANA İÇERİĞE GEÇ
tr: İLGİNİZİ ÇEKEBİLİR
tr: YORUM YAZIN
fi: Juttu jatkuu mainoksen jälkeen
hu: A cikk a hirdetés után folytatódik
vi: Bài viết này có hữu ích không?
id: Apakah artikel ini bermanfaat?
hi: क्या यह लेख उपयोगी था?
fa: آیا این مطلب مفید بود؟
he: דלג לתוכן הראשי
zh: 本文仅限订阅者阅读
ja: 続きを読むには会員登録が必要です
ko: 이 글이 도움이 되었나요?
th: บทความนี้มีประโยชน์หรือไม่
sw: Ruka hadi kwa maudhui
sw: Rudi juu
"""
CONTENT = """
en: She had two free articles of clothing this month
en: Create a free account of what you saw
en: The article is for subscribers of the journal
en: Listen to this article of faith
en: An AI-generated summary is no summary
en: AI-generated summary
en: Thank you for your feedback
en: The letter was sent from my aunt
en: Sent from my room
en: He kept reading in the browser of the library
en: You are receiving this letter because you signed the lease.
en: If you no longer wish to live here, you can leave.
en: We may earn a commission
en: They bought their links on our site
en: View this village in your mind
en: Gift this morning
en: Chat with an old friend
en: Continue in silence
en: Summarize this poem in two sentences
de: Nur notwendige Reparaturen wurden bezahlt
de: Dieser Artikel ist nur aus Kupfer
de: Von meinem Onkel gesendet
de: In der Kirche öffnen
de: Sie können sich jederzeit ausruhen
de: Von KI zusammengefasst
fr: Il vous reste 80% de cette route à faire
fr: Envoyé de mon village
fr: Déjà abonné au malheur
fr: Résumé généré par IA
es: Este artículo contiene sal
es: Enviado desde mi pueblo
es: Resumen generado por IA
ru: Отправлено с оказией
ru: Слушать статью
ru: Вы можете отдохнуть в любой момент
pl: Artykuł dostępny tylko w bibliotece
tr: Köprüyü indir
tr: Gizliliğinize önem veriyoruz
fi: Juttu jatkuu huomenna
fi: Lataa kivet
hu: A cikk a könyvtárban olvasható
vi: Bài hát này có hay không?
id: Apakah jembatan ini aman?
ar: استمع إلى المقال
he: דלג על הגשר
zh: 本文仅供参考
zh: 下载地图
ja: この続きは春に
ko: 모두 동의
ko: 도움이 되었나요?
th: บทความนี้ยาวหรือไม่
sw: Tangazo
sw: Soma zaidi
sw: Nyumbani
sw: Maoni
sw: Tafuta
"""
TEXT = Template("{passage}\n\n{passage}\n").write(1)[0]


def _lines(listed: str) -> list[str]:
    return [line.partition(": ")[2] for line in listed.strip().split("\n")]


def _goes(line: str) -> bool:
    return line not in dedupe.clean([Document("page", f"{TEXT}\n{line}\n")]).documents[0].text


@pytest.mark.parametrize("line", _lines(BOXES))
def test_a_box_of_today_goes(line: str) -> None:
    assert _goes(line)


@pytest.mark.parametrize("line", _lines(CONTENT))
def test_a_line_that_may_be_content_stays(line: str) -> None:
    assert not _goes(line)


def test_there_are_more_lines_that_stay() -> None:
    assert len(_lines(CONTENT)) > len(_lines(BOXES))


def test_phrases_in_swahili_are_known() -> None:
    entry = Lexicon.load([]).find("Haki zote zimehifadhiwa.")
    assert entry is not None
    assert entry.kind == "copyright"
