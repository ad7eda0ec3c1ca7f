"""Random corpora in which things really happen.

Paragraphs come from a small pool, so that documents share them; copies are made whole, in
part, and with a few words changed; layouts, line ends, scripts and furniture are mixed. All of it
is small, because a failing example has to be read by a person.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

LONG = (
    "The ferryman kept a list of everybody who had ever crossed without paying, and on the last day of each year he "
    "read it aloud to the river, slowly, with the dates, so that the water at least should know what it had carried.",
    "When the clock of the town hall was taken down for repair, the shops opened late for a week, and the baker, who "
    "had a watch of his own, sold more bread to people on their way to nowhere than he had sold in any month before.",
    "There is a door in the north wall that leads to a garden with 12 pear trees. Nobody has the key, but in September "
    "the pears come over the wall by themselves, and the children say that somebody is throwing them.",
    "The report of the committee runs to 340 pages, of which 300 are tables. Its conclusion, on page 339, is that the "
    "bridge should be closed to carts; the last page is blank and has been signed by all the members.",
    "Wer im Winter über den Pass will, muss vor Sonnenaufgang aufbrechen, denn gegen Mittag wird der Schnee weich, und "
    "wer dann noch auf der Nordseite ist, der bleibt besser dort, bis es in der Nacht wieder friert.",
    "Le facteur ne montait au village que le jeudi, et comme personne ne recevait de lettres, il apportait celles qui "
    "étaient adressées à des inconnus; on les lisait à voix haute, puis il les remportait, soigneusement refermées.",
    "Старый мост через реку закрыли ещё весной, но почтальон по-прежнему переходит его каждое утро, потому что другой "
    "дороги на тот берег нет, а письма, как он говорит, не могут ждать, пока инженеры договорятся между собой.",
    "Ο φάρος του νησιού ανάβει ακόμη κάθε βράδυ, παρότι τα πλοία έχουν πια αλλάξει δρόμο και κανείς δεν τον κοιτάζει, "
    "εκτός από τον φύλακα και έναν γάτο που κοιμάται πάντα στο τρίτο σκαλοπάτι της σκάλας.",
    "河边的老磨坊在去年冬天重新开放了，村里的人用了整整三年才把水轮修好，木料是从北山运来的，石头是从旧桥上拆下来的，"
    "图纸是一位退休的木匠凭着小时候的记忆画出来的，开磨的那天早上下着小雪。",
    "灯台の管理人は毎晩同じ時間に階段を上り、ランプに火を入れてから、その日に通った船の名前を古い帳面に書きつけた。"
    "名前のわからない船には、自分で考えた名前をつけることにしていた。",
    "คนแจวเรือจดชื่อทุกคนที่เคยข้ามแม่น้ำโดยไม่จ่ายเงินไว้ในสมุดเล่มเล็ก และในวันสุดท้ายของปีเขาจะอ่านรายชื่อนั้นให้แม่น้ำฟังอย่างช้าๆ"
    "เพื่อให้น้ำรู้ว่าตัวเองได้พาใครไปบ้าง",
    "كان حارس المنارة يصعد الدرج كل مساء في الساعة نفسها ليشعل المصباح، ثم يكتب في دفتره القديم أسماء السفن التي مرت "
    "في ذلك اليوم، وإذا لم يعرف اسم سفينة اخترع لها اسما من عنده.",
)
MEDIUM = (
    "The cat of the customs house has never been counted.",
    "Nobody in the village could remember who had painted the gate blue.",
    "See the second chapter for the reasons why this was given up in the end.",
    "La clef est sous la pierre, comme toujours depuis la guerre.",
    "Ключ лежит под камнем у порога, как и всегда.",
    "钥匙在门口的石头下面，一直都在那里。",
)
SHORT = (
    "Notes",
    "Introduction",
    "See above.",
    "No.",
    "* * *",
    "1",
    "—",
    "Ναι.",
    "好。",
    "Amen.",
    "🙂🙂🙂",
    "👩‍👩‍👧 🏳️‍🌈",
    "???",
)
FURNITURE = (
    "Print Friendly, PDF & Email",
    "Facebooktwittermail",
    "Share on Facebook",
    "Leave a reply",
    "[Continue reading…]",
    "THINK TANK: SENIOR",
    "Home",
    "Read more",
    "You must be logged in to post a comment.",
    "All rights reserved.",
    "12 likes 3 shares",
)
TABLE = (
    "| name | where | amount |\n| --- | --- | --- |\n| spade with the long handle | north wall, left side | 12 |\n"
    "| spade with the short handle | north wall, left side | 12 |",
    "03:10\t04:10\t05:10\n03:10\t04:10\t05:40",
)
VERSE = (
    "Row away, row away over the bay,\nand bring us the morning home, my dear,\nand bring us the morning home.",
    "The salter had seven sons and a mare,\nthe eldest went down to the fair,\nand he never came back to the salter.",
)
CODE = (
    "def read(stream):\n    header = stream.read(16)\n    return int.from_bytes(header[8:12], 'little')",
    'if (gate == NULL) {\n    fprintf(stderr, "no gate\\n");\n    return -1;\n}',
)
LISTS = ("- flour\n- two eggs\n- a pinch of salt\n- milk", "1. Yes.\n2. No.\n3. Yes.\n4. Yes.")
DIALOGUE = ('"Did you lock the door?"\n"I locked the door."\n"Are you sure?"\n"I am sure."',)
DAMAGED = (
    "The owner, RenÃ©e, says that itâ€™s a small cafÃ© by the lock and that nobody has ever asked her for the recipe.",
    "a word\x0bbroken by a vertical tab and \x1b[31mred\x1b[0m letters, and one \x07 bell",
    "He writes “cafÃ©” when he means to show what goes wrong.",
    "ﬁne and ﬂat, ｆｕｌｌｗｉｄｔｈ, e\u0301 combined, Å sign, soft\u00adhyphen, zero\u200bwidth, nbsp\u00a0here",
)
ODD = (
    "",
    " ",
    "\t",
    "  \u3000 ",
    "\u2028",
    "\x0c",
    "\ufeff",
    "\u200b",
    "x" * 300,
    "word " * 60,
    "☐ " * 14,
    "☐ " * 31,
    "____ " * 9,
    "\\_" * 30,
    "+ " * 13,
    "\x00",
    "\x85",
    "a\u2029b",
)
SURROGATES = ("\ud83d", "lone \udc80 surrogate", "\udfff\ud800")

#: Pieces of lines that parsers of characters, numbers and addresses get wrong, alone and next to each other.
PIECES = (
    *"aZ_09 \t\n\r.-+=#%$@:/|~!?*&,–'\x00\x0b\x1c\x7f",
    *("  ", "\r\n", "\n\n", "\x85", "\u00a0", "\u2028", "\u3000", "\ufeff", "\u200d", "\u00ad", "\ufe0f"),
    *(
        "The cat sat.",
        "and then it slept on the roof of the old customs house",
        "and left!",
        "\n  and slept, but",
        "<!--",
        "-->",
        "”",
        "。",
        "STRASSE",
        "straße",
    ),
    *("http://", "https://x.y/z?q=1", "www.", "WWW.X.org", "a@b.c", "a@b@c.d", "x+1@y-z.q.", "@", "a_b@c.d-e.f+g@h.i"),
    *("1st", "2nd", "3rd", "12th", "4the", "3.5", "1,000.50", "10:30", "7:", "1.2.", "٣", "۱٫۲", "１２", "²", "½", "③"),
    *("Monday,", "(june)", "MAI", "–dez–", "mär.", "segunda-feira", "may", "сент", "5 Mai 2014"),
    *(
        "5!?",
        "a!=b",
        "!a",
        ".5",
        "2*3",
        "1–5",
        "10⁶",
        "3½",
        "x₂",
        "//",
        "/*",
        "ภาษาไทย",
        "ខ្មែរ",
        "ꦲꦏ꧀ꦱꦫꦗꦮ",
        "ᬳᬓ᭄ᬱᬭᬩᬮᬶ",
        "བོད་སྐད།",
        "မြန်မာ",
    ),
    *("-5", "−7", "x-1", "--", "---", "===", "++", "C++", "###", "$$$", "%%", "^^^", "-٣", "−", "- 5"),
    *(
        "e\u0301",
        "e\u0323\u0302",
        "\u0344",
        "\u1100\u1161\u11a8",
        "각",
        "가\u11a8",
        "क\u094dष",
        "\u0f71\u0f72",
        "\u0338",
        "≮",
    ),
    *(
        "ß",
        "İ",
        "ŉ",
        "ǆ",
        "ﬃ",
        "ΐ",
        "Σς",
        "Å",
        "ﷺ",
        "ｶﾞ",
        "Ａ",
        "㍿",
        "🙂",
        "👩‍👩‍👧",
        "\U0001d15e",
        "\U0010ffff",
        "\ue000",
        "\u0378",
    ),
    *("東京", "ひらがな", "กำลัง", "ສະບາຍ", "မြန်", "ខ្មែរ", "ꦲꦏ꧀ꦱꦫꦗꦮ", "ᬳᬓ᭄ᬱᬭᬩᬮᬶ", "฿", "々", "〇", "\u0e00", "𠮷"),
    *("\ud800", "\udfff", "\udc80\ud83d"),
)

WORDS = ("not", "7", "12", "never", "very", "small", "river", "also", "Anna", "teh", "und", "не")
BLANK_SEPARATORS = ("\n\n", "\r\n\r\n", "\r\r", "\n \n", "\n\n\n\n", "\n\t\n")
LINE_SEPARATORS = ("\n", "\r\n", "\r")


@st.composite
def near_copies(draw: Any, text: str) -> str:
    """The text with one to four words replaced, put in, taken out or swapped; its spaces may change too."""
    words = text.split(" ")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(words) - 1, 0)))
        what = draw(st.sampled_from(("replace", "insert", "delete", "swap", "case")))
        if what == "insert":
            words.insert(at, draw(st.sampled_from(WORDS)))
        elif what == "replace":
            words[at] = draw(st.sampled_from(WORDS))
        elif what == "delete" and len(words) > 1:
            del words[at]
        elif what == "swap" and at + 1 < len(words):
            words[at], words[at + 1] = words[at + 1], words[at]
        elif what == "case":
            words[at] = words[at].upper()
    return draw(st.sampled_from((" ", " ", " ", "  ", "\u00a0"))).join(words)


def rewrapped(text: str, width: int) -> str:
    """The text hard-wrapped, as mail and old archives have it."""
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


@st.composite
def blocks(draw: Any, surrogates: bool = True) -> str:
    """One paragraph, or something else that stands on lines of its own."""
    kind = draw(st.sampled_from("LLLLLLNNNMMMSSFFTVCIDXOOWGR"))
    if kind in "LN":
        text = draw(st.sampled_from(LONG))
        return draw(near_copies(text)) if kind == "N" else text
    if kind == "W":
        return rewrapped(draw(st.sampled_from(LONG)), draw(st.integers(30, 90)))
    if kind == "G":
        return draw(st.sampled_from(LONG)) + draw(st.sampled_from((" [Continue reading…]", " Read more...", " [...]")))
    if kind == "R":
        return draw(st.text(alphabet="ab \n\r\té中ไ😀.,-|#\u2028\x0c", max_size=30))
    if kind == "O" and surrogates and draw(st.booleans()):
        return draw(st.sampled_from(SURROGATES))
    pool = {
        "M": MEDIUM,
        "S": SHORT,
        "F": FURNITURE,
        "T": TABLE,
        "V": VERSE,
        "C": CODE,
        "I": LISTS,
        "D": DIALOGUE,
        "X": DAMAGED,
        "O": ODD,
    }[kind]
    return draw(st.sampled_from(pool))


@st.composite
def texts(draw: Any, surrogates: bool = True) -> str:
    """A document: blocks in one layout, perhaps pasted twice or more, with odd beginnings and ends."""
    parts = draw(st.lists(blocks(surrogates), max_size=7))
    separators = draw(st.sampled_from((BLANK_SEPARATORS, LINE_SEPARATORS)))
    separator = draw(st.sampled_from(separators))
    times = draw(st.sampled_from((1, 1, 1, 1, 2, 3)))
    if times > 1:
        parts = parts * times
        if parts and draw(st.booleans()):
            parts = [*parts, parts[0]]
    if draw(st.booleans()):
        parts = [*parts, *draw(st.lists(st.sampled_from(FURNITURE), max_size=3))]
    if draw(st.integers(0, 5)) == 0:  # layouts and line ends mixed in one document
        text = "".join(part + draw(st.sampled_from(BLANK_SEPARATORS + LINE_SEPARATORS)) for part in parts)
    else:
        text = separator.join(parts)
    if draw(st.integers(0, 4)) == 0:
        text = text.replace("\r\n", "\n").replace("\n", draw(st.sampled_from(("\r\n", "\r"))))
    if draw(st.integers(0, 19)) == 0:
        text = "\ufeff" + text
    return text + draw(st.sampled_from(("", "", "\n", "\n", "\r\n", "\r", "\n\n\n", " ", "\n \n")))


def odd_texts() -> st.SearchStrategy[str]:
    """Texts of any characters at all, lone surrogates included, and of pieces that parsers get wrong."""
    character = st.characters(codec=None, categories=None)
    return st.lists(st.sampled_from(PIECES) | character, max_size=60).map("".join)


@st.composite
def corpora(draw: Any, max_size: int = 6, surrogates: bool = True) -> list[str]:
    """A few documents, some of them copies of others."""
    documents = draw(st.lists(texts(surrogates), min_size=1, max_size=max_size))
    for _ in range(draw(st.integers(0, 2))):
        source = draw(st.sampled_from(documents))
        copy = draw(near_copies(source)) if draw(st.booleans()) else source
        documents.insert(draw(st.integers(0, len(documents))), copy)
    if draw(st.integers(0, 3)) == 0:  # one site with its furniture below every page
        tail = draw(
            st.sampled_from(("Sign up for the letter of the valley\nBack to the list of walks", "Zurück zur Liste"))
        )
        documents = [f"{text}\n{tail}\n" for text in documents]
    return documents


@st.composite
def records(draw: Any, max_size: int = 6) -> list[dict[str, Any]]:
    """Rows of a JSON Lines file: a corpus with ids and fields that are nobody's business."""
    rows: list[dict[str, Any]] = []
    for number, text in enumerate(draw(corpora(max_size))):
        row: dict[str, Any] = {}
        if draw(st.booleans()):
            row["url"] = f"https://example.org/{number}?é=1"
        row["id"] = f"r{number}" if draw(st.booleans()) else number
        row["text"] = text
        if draw(st.booleans()):
            row["extra"] = draw(st.sampled_from((None, 1.50, {"deep": [1, {"x": "\u2028"}]}, "text", 10**20, [], True)))
        rows.append(row)
    return rows
