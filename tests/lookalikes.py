"""Pairs that look alike and are not the same, in many languages: none may be removed for the other.

The words of a pair are compared by themselves, and at both ends and in the middle of the same running text. What looks
less alike than they do and is the same all the same stands at the end.
"""

from __future__ import annotations

from typing import NamedTuple


class Language(NamedTuple):
    """Running text of fifty words or more, and pairs of words that are put into it; ``joint`` stands between them."""

    story: str
    joint: str
    pairs: tuple[tuple[str, str], ...]


LANGUAGES = {
    "en": Language(
        "the keeper of the lock wrote down every boat that came by and the hour of the day and in winter "
        "when none came he wrote down the herons and after many years the list of herons was the longer "
        "one",
        " ",
        (
            ("Which river runs through the capital of Portugal", "Which river runs through the capital of Hungary"),
            ("Who wrote the first of these plays", "Who wrote the last of these plays"),
            ("The jacket comes in size M and in blue", "The jacket comes in size L and in blue"),
            ("The phone comes in blue with 64 GB", "The phone comes in black with 64 GB"),
            ("Model X100 needs two batteries", "Model X-100S needs two batteries"),
            ("Screen of 5.5 inches", "Screen of 55 inches"),
            ("A set of 4 chairs", "A set of four stools"),
            ("In the year 2019 the society had 212 members", "In the year 2020 the society had 212 members"),
            ("profit rose to 1.5 million", "profit fell to 1.5 million"),
            ("Updated June 3 the board met", "Updated June 4 the board met"),
            ("By Ann Lee the report was read", "By Tom Lee the report was read"),
            ("Add 2 tsp of salt", "Add 2 tbsp of salt"),
            ("Bake at 180 C", "Bake at 180 F"),
            ("Add the butter", "Add the margarine"),
            ("1/2 cup of milk", "1-2 cups of milk"),
            ("1/2 cup of milk", "1 2 cup of milk"),
            ("Highs near 15 with winds from the north", "Highs near 15 with winds from the south"),
            ("Lows around -5", "Lows around 5"),
            ("The home team won 2-1", "The home team won 1-2"),
            ("He won by 3:1", "He won by 3.1"),
            ("Rovers beat United", "United beat Rovers"),
            ("The appeal is dismissed", "The appeal is not dismissed"),
            ("The hearing is on 4 May", "The hearing is on 5 May"),
            ("Case 12/19 is listed", "Case 12-19 is listed"),
            ("Call getName to read it", "Call setName to read it"),
            ("returns true if a != b", "returns true if a == b"),
            ("returns true if a != b", "returns true if a = b"),
            ("the value of c * d", "the value of c / d"),
            ("the value of a - b", "the value of a + b"),
            ("the value of a - b", "the value of a / b"),
            ("tests a && b", "tests a || b"),
            ("tests c & d", "tests c | d"),
            ("tests c ^ d", "tests c | d"),
            ("adds f(x) ^ g(y)", "adds f(x) * g(y)"),
            ("then a ^= b", "then a |= b"),
            ("use x.y here", "use x->y here"),
            ("returns !ready", "returns ready"),
            ("pass *p to it", "pass &p to it"),
            ("the pattern a? matches", "the pattern a+ matches"),
            ("the path a/b", "the path a\\b"),
            ("The tenant shall leave", "The tenant may leave"),
            ("unless it rains", "if it rains"),
            ("with the consent", "without the consent"),
            ("Take 5 mg daily", "Take 5 ml daily"),
            ("Take 0.5 mg daily", "Take 5 mg daily"),
            ("Take .5 mg daily", "Take 5 mg daily"),
            ("for women over 40", "for men over 40"),
            ("Take 5 mg", "Take 5 µg"),
            ("twice a day", "once a day"),
            ("Take 1.5 mg daily", "Take 1-5 mg daily"),
            ("Take 1.5 mg daily", "Take 1/5 mg daily"),
            ("Take 2-3 tablets", "Take 2/3 tablets"),
            ("children under 5", "children over 5"),
            ("He lives at 12 Mill Lane", "He lives at 12a Mill Lane"),
            ("at 12 Mill Lane", "at 12 Mill Road"),
            ("White plays Nf3 and wins", "White plays Nf6 and wins"),
            ("White plays 12. Nf3! and wins", "White plays 12. Nf3? and wins"),
            ("Qxd5+ follows", "Qxd5 follows"),
            ("1-0 it ended", "0-1 it ended"),
            ("O-O is played", "O-O-O is played"),
            ("the sum a + b", "the sum a - b"),
            ("the square x² of it", "the double x2 of it"),
            ("10⁶ cells", "106 cells"),
            ("2⁵ cases", "25 cases"),
            ("x ≤ 5", "x ≥ 5"),
            ("x < 5", "x > 5"),
            ("½ of them", "1/2 of them"),
            ("3½ of them", "31/2 of them"),
            ("½ of them", "12 of them"),
            ("x ∈ A", "x ∉ A"),
            ("A ∪ B", "A ∩ B"),
            ("5! ways", "5 ways"),
            ("−x is less", "x is less"),
            ("–5 degrees", "5 degrees"),
            ("x -1 here", "x 1 here"),
            ("7 - 4 is it", "7 / 4 is it"),
            ("5-3 is it", "5+3 is it"),
            ("5-3 is it", "5*3 is it"),
            ("It is 5 km long", "It is 5 miles long"),
            ("It weighs 5 kg", "It weighs 5 lb"),
            ("20 °C inside", "20 °F inside"),
            ("20° inside", "20' inside"),
            ("It is 5' long", 'It is 5" long'),
            ("48° 12′ north", "48° 12″ north"),
            ("from the root *gwoz it comes", "from the root gwoz it comes"),
            ("?He goed home is said", "He goed home is said"),
            ("20% of it", "20‰ of it"),
            ("£5 each", "€5 each"),
            ("The door is open", "The door is closed"),
            ("It is possible", "It is impossible"),
            ("It was legal", "It was illegal"),
            ("they can go", "they can't go"),
            ("they can go", "they cannot go"),
            ("yes/no is asked", "yes, no is asked"),
            ("It gives 5 MW at noon", "It gives 5 mW at noon"),
            ("It holds 64 Mb", "It holds 64 MB"),
            ("It weighs 3 mg", "It weighs 3 Mg"),
            ("White plays Bxc3 and wins", "White plays bxc3 and wins"),
            ("You can go.", "You can go?"),
            ("So it is true", "So it is true?"),
            ("x is in [0,1)", "x is in (0,1]"),
            ("x is in (0, 1)", "x is in [0, 1]"),
            ("Let x₁ be even", "Let x1 be even"),
            ("Call f(-x) first", "Call f(x) first"),
            ("Read a[i] first", "Read a(i) first"),
            ("the product a * b of them", "the rest a - b of them"),
            ("Pass --force to it", "Pass -force to it"),
            ("It tells us nothing", "It tells US nothing"),
            ("They sell polish", "They sell Polish"),
            ("He came in march", "He came in March"),
            ("They sell polish and march at noon", "They sell Polish and March at noon"),
            ("So Ann Lee and Bob let us see if it is in Rome", "So Ann Lee and Bob let US see if IT is in Rome"),
            ("Max Out 5 mW and Min Out 2 mW", "Max Out 5 MW and Min Out 2 MW"),
            ("The Power of the Old Mill Is 5 mW", "The power of the old mill is 5 MW"),
            ("The may queen and the mark of the sage are seen", "The May queen and the Mark of the Sage are seen"),
            ("She has aids", "She has AIDS"),
            ("Read getName twice", "Read getname twice"),
            ("It is made of china", "It is made of China"),
        ),
    ),
    "de": Language(
        "der Wärter der Schleuse schrieb jedes Boot auf das vorbei kam und die Stunde dazu und im Winter "
        "wenn keines kam schrieb er die Reiher auf und nach vielen Jahren war die Liste der Reiher die "
        "längere von den beiden",
        " ",
        (
            ("Die Jacke gibt es in Größe M", "Die Jacke gibt es in Größe L"),
            ("da hat sie mit Ann Lee aus Ulm, ob sie es tut", "da hat Sie mit Ann Lee aus Ulm, ob Sie es tut"),
            ("Farbe rot", "Farbe blau"),
            ("Die Masse stimmt", "Die Maße stimmt"),
            ("Er trinkt in Massen", "Er trinkt in Maßen"),
            ("wenn Sie kommen", "wenn sie kommen"),
            ("Er hat es Ihnen gesagt", "Er hat es ihnen gesagt"),
            ("Es wird Morgen", "Es wird morgen"),
            ("Er kommt.", "Er kommt?"),
            ("Der Mieter muss ausziehen", "Der Mieter kann ausziehen"),
            ("Das gilt nicht am Sonntag", "Das gilt am Sonntag"),
            ("mit Zustimmung", "ohne Zustimmung"),
            ("sofern er zahlt", "soweit er zahlt"),
            ("der Betrag", "den Betrag"),
            ("das ist so", "dass ist so"),
            ("er schloss die Tür", "er schoss die Tür"),
            ("er schrieb schon gestern", "er schrieb schön gestern"),
            ("die Bar war zu", "die Bär war zu"),
            ("man forderte ihn", "man förderte ihn"),
            ("er hatte Zeit", "er hätte Zeit"),
            ("es wurde gut", "es würde gut"),
            ("er konnte gehen", "er könnte gehen"),
            ("er musste gehen", "er müsste gehen"),
            ("die Mutter kamen", "die Mütter kamen"),
            ("5 mg täglich", "50 mg täglich"),
            ("für Frauen ab 40", "für Männer ab 40"),
            ("zweimal am Tag", "einmal am Tag"),
            ("1,5 mg täglich", "15 mg täglich"),
            ("1,5 mg täglich", "1–5 mg täglich"),
            ("im Jahr 2019 kamen 12 Gäste", "im Jahr 2020 kamen 12 Gäste"),
            ("die Einnahmen stiegen", "die Einnahmen sanken"),
            ("am 3. Mai um 14 Uhr", "am 3. Mai um 15 Uhr"),
        ),
    ),
    "fr": Language(
        "le gardien de la vieille porte notait chaque bateau qui passait avec le jour et le temps et "
        "quand pas un ne venait il notait les oiseaux et dans le village chacun venait lire la longue "
        "liste des oiseaux du matin",
        " ",
        (
            ("il a mangé", "il à mangé"),
            ("Il vient.", "Il vient ?"),
            ("dans un État", "dans un état"),
            ("une cote haute", "une côte haute"),
            ("il mange bien", "il mangé bien"),
            ("ou il va", "où il va"),
            ("un péché", "un pêcher"),
            ("des jeunes", "des jeûnes"),
            ("il paie les taches", "il paie les tâches"),
            ("sur le mur", "sûr le mur"),
            ("il dut partir", "il dût partir"),
            ("mangent du pates", "mangent du pâtés"),
            ("Le locataire doit partir", "Le locataire peut partir"),
            ("avec accord", "sans accord"),
            ("sauf le dimanche", "même le dimanche"),
            ("il n'est pas permis", "il est permis"),
            ("le roi et la reine", "le roi et sa reine"),
            ("ajouter 2 c. à café de sel", "ajouter 2 c. à soupe de sel"),
            ("cuire à 180 degrés", "cuire à 200 degrés"),
            ("le livre est beau", "la livre est beau"),
            ("le tour de France", "la tour de France"),
        ),
    ),
    "es": Language(
        "el guarda de la vieja puerta anotaba cada barco que pasaba con la hora y el viento y cuando no "
        "pasaba ninguno anotaba los pájaros y por los años la lista de los pájaros era la que todos "
        "querían leer en la casa",
        " ",
        (
            ("el habló ayer", "el hablo ayer"),
            ("Vienes hoy.", "¿Vienes hoy?"),
            ("si vienes hoy", "sí vienes hoy"),
            ("el papa vino", "el papá vino"),
            ("tiene un ano", "tiene un año"),
            ("mas tarde vino", "más tarde vino"),
            ("esta casa", "está casa"),
            ("solo vino", "sólo vino"),
            ("continuo así", "continuó así"),
            ("el peso", "él peso"),
            ("El inquilino debe salir", "El inquilino puede salir"),
            ("con permiso", "sin permiso"),
            ("no se admite", "se admite"),
            ("el capital crece", "la capital crece"),
            ("los cometas", "las cometas"),
            ("tome 5 mg al día", "tome 5 ml al día"),
            ("para mujeres", "para hombres"),
        ),
    ),
    "it": Language(
        "il guardiano della vecchia porta annotava ogni barca che passava con la hora e il vento e quando "
        "non passava nessuna annotava gli uccelli e con gli anni la lista degli uccelli era la prima che "
        "tutti volevano leggere in casa",
        " ",
        (
            ("e bello", "è bello"),
            ("Viene oggi.", "Viene oggi?"),
            ("da pane", "dà pane"),
            ("il fine", "la fine"),
            ("ancora qui", "àncora qui"),
            ("papa venne", "papà venne"),
            ("per la pesca", "per la pésca"),
        ),
    ),
    "pt": Language(
        "o guarda da velha porta anotava cada barco que passava com a hora e o vento e quando nenhum "
        "passava anotava os nomes de todas as aves e com os anos a lista das aves era a que todos queriam "
        "ler na casa",
        " ",
        (
            ("os avos vieram", "os avós vieram"),
            ("Ele vem hoje.", "Ele vem hoje?"),
            ("a avó veio", "a avô veio"),
            ("esta casa", "está casa"),
            ("e belo", "é belo"),
            ("o pais cresce", "o país cresce"),
        ),
    ),
    "ru": Language(
        "смотритель шлюза записывал каждую лодку которая проходила мимо и час и погоду а зимой когда "
        "лодок не было он записывал цапель и через много лет список цапель стал самым длинным и люди из "
        "города приходили читать его вечерами",
        " ",
        (
            ("Жилец должен уйти", "Жилец может уйти"),
            ("Он пришёл.", "Он пришёл?"),
            ("там Роза", "там роза"),
            ("это не запрещено", "это запрещено"),
            ("с согласия", "без согласия"),
            ("принимать 5 мг в день", "принимать 5 мл в день"),
            ("для женщин", "для мужчин"),
            ("два раза в день", "три раза в день"),
            ("все пришли", "всё пришли"),
            ("мел на столе", "мёл на столе"),
            ("он пил", "он пел"),
            ("осел упал", "осёл упал"),
            ("замок стоит", "за́мок стоит"),
        ),
    ),
    "zh": Language(
        "看闸人把每一条经过的船都记下来还记下时辰和天气冬天没有船的时候他就记下飞来的白鹭许多年以后白鹭的"
        "名单比船的名单还要长城里的人常常来到这里读这份名单他们说这是这条河上写得好的书",
        "",
        (
            ("承租人应当离开", "承租人可以离开"),
            ("他今天来。", "他今天来？"),
            ("这是允许的", "这是不允许的"),
            ("有同意", "没有同意"),
            ("左边的门", "右边的门"),
            ("每日五毫克", "每日五十毫克"),
            ("女性四十岁以上", "男性四十岁以上"),
            ("每日两次", "每日三次"),
            ("每日5毫克", "每日5毫升"),
            ("二〇一九年有会员", "二〇二〇年有会员"),
            ("价格上涨", "价格下跌"),
            ("零下五度", "五度"),
            ("他和她", "她和他"),
            ("未来", "末来"),
            ("在北京", "在南京"),
        ),
    ),
    "ja": Language(
        "水門の番人は通り過ぎる船を一つ一つ書きとめ時刻と天気も書いた冬になって船が来なくなると彼は鷺の数"
        "を書いた長い年月のあと鷺の表は船の表よりも長くなり町の人々はそれを読みにやって来た",
        "",
        (
            ("これは許される", "これは許されない"),
            ("今日来る。", "今日来る？"),
            ("借主は出るべきである", "借主は出てもよい"),
            ("左の戸", "右の戸"),
            ("大きい", "犬きい"),
            ("はしを渡る", "ばしを渡る"),
            ("かきを食べる", "かぎを食べる"),
            ("びょういんへ行く", "びよういんへ行く"),
            ("おじさんが来た", "おじいさんが来た"),
            ("きて下さい", "きって下さい"),
            ("パリの店", "バリの店"),
            ("コーヒーを飲む", "コピーを飲む"),
            ("一日5mg", "一日50mg"),
            ("女性用", "男性用"),
            ("一日二回", "一日三回"),
        ),
    ),
    "ar": Language(
        "كان حارس البوابة يكتب كل قارب يمر به والساعة والطقس وفي الشتاء حين لا يمر قارب كان يكتب الطيور "
        "وبعد سنوات كثيرة صارت قائمة الطيور أطول من قائمة القوارب وكان الناس يأتون من المدينة ليقرأوا "
        "فيها كل مساء",
        " ",
        (
            ("يجب على المستأجر أن يغادر", "يجوز للمستأجر أن يغادر"),
            ("هو هنا.", "هو هنا؟"),
            ("هذا مسموح", "هذا غير مسموح"),
            ("مع موافقة", "بدون موافقة"),
            ("كتب الولد", "كاتب الولد"),
            ("يكون ذلك", "لا يكون ذلك"),
            ("كَتَبَ الولد", "كُتِبَ الولد"),
            ("عَلِمَ الرجل", "عَلَّمَ الرجل"),
            ("إن جاء", "أن جاء"),
            ("في عام ٢٠١٩", "في عام ٢٠٢٠"),
            ("٥ ملغ", "٥٠ ملغ"),
            ("١٫٥ ملغ", "١٥ ملغ"),
            ("مدرسة", "مدرسه"),
        ),
    ),
    "th": Language(
        "คนเฝ้าประตูน้ำจดชื่อเรือทุกลำที่ผ่านไปพร้อมกับเว"
        "ลาและอากาศในฤดูหนาวเมื่อไม่มีเรือมาเขาก็จดนกกระส"
        "าแล้วหลายปีต่อมารายชื่อนกก็ยาวกว่ารายชื่อเรือผู้"
        "คนจากในเมืองจึงมาอ่านกัน",
        "",
        (
            ("ผู้เช่าต้องออกไป", "ผู้เช่าอาจออกไป"),
            ("อนุญาตให้เข้า", "ไม่อนุญาตให้เข้า"),
            ("ซ้ายมือ", "ขวามือ"),
            ("เขาซื้อม้า", "เขาซื้อหมา"),
            ("ไก่อยู่ใกล้", "ไก่อยู่ไกล"),
            ("เสือตัวนี้", "เสื้อตัวนี้"),
            ("ข่าวมาแล้ว", "ข้าวมาแล้ว"),
            ("ปา", "ป่า"),
            ("วันละ 5 มก", "วันละ 50 มก"),
            ("วันละ ๕ มก", "วันละ ๖ มก"),
            ("สำหรับผู้หญิง", "สำหรับผู้ชาย"),
        ),
    ),
    "hi": Language(
        "नहर का पहरेदार हर नाव को लिखता था जो वहाँ से जाती थी और दिन का समय भी और सर्दी में जब कोई नाव "
        "नहीं आती थी तब वह बगुलों को लिखता था और कई साल बाद बगुलों की सूची बड़ी हो गई और लोग शहर से पढ़ने "
        "आते थे",
        " ",
        (
            ("वह पिता है", "वह पीता है"),
            ("वह आया।", "वह आया?"),
            ("दिन आया", "दीन आया"),
            ("कल आया", "कला आया"),
            ("बाग में", "बाघ में"),
        ),
    ),
    "he": Language(
        "שומר הסכר רשם כל סירה שעברה שם ואת השעה ואת מזג האוויר ובחורף כאשר לא באה אף סירה רשם את האנפות "
        "ואחרי שנים רבות הייתה רשימת האנפות ארוכה יותר ואנשים באו מן העיר לקרוא בה בכל ערב של הקיץ",
        " ",
        (
            ("הוא כתב", "הוא כותב"),
            ("הוא בא.", "הוא בא?"),
            ("סֵפֶר כאן", "סַפָּר כאן"),
        ),
    ),
    "ko": Language(
        "수문을 지키는 사람은 지나가는 배를 모두 적고 시간과 날씨도 적었다 겨울에 배가 오지 "
        "않으면 그는 왜가리를 적었고 여러 해가 지나자 왜가리의 목록이 더 길어져서 도시  "
        "사람들이 그것을 읽으러 왔다 그리고 모두 그 목록을 좋아했다 강가의 아이들도 그랬다 그 책은 지금도 거기에 있다",
        " ",
        (
            ("임차인은 나가야 한다", "임차인은 나갈 수 있다"),
            ("집에 가요.", "집에 가요?"),
            ("허용된다", "허용되지 않는다"),
        ),
    ),
    "vi": Language(
        "người gác cửa sông ghi lại mọi chiếc thuyền đi qua cùng với giờ và gió và mùa đông khi không có "
        "thuyền nào ông ghi lại những con chim và sau nhiều năm danh sách chim dài hơn và người từ thành "
        "phố đến đọc nó vào mỗi buổi chiều",
        " ",
        (
            ("con ma kia", "con má kia"),
            ("con ma kia", "con mà kia"),
            ("ban do", "bàn dò"),
        ),
    ),
    "tr": Language(
        "kapının bekçisi geçen her tekneyi saatiyle ve havasıyla yazardı ve kışın tekne gelmeyince "
        "kuşları yazardı ve yıllar sonra kuşların listesi daha uzun oldu ve insanlar şehirden onu okumaya "
        "gelirdi ve herkes bu listeyi çok severdi köyün çocukları da her akşam oraya gelirdi ve hep "
        "birlikte okurlardı",
        " ",
        (
            ("kısım", "kisim"),
            ("Bugün geldi.", "Bugün geldi?"),
            ("sıkıldım", "sikildim"),
            ("hala geldi", "hâlâ geldi"),
        ),
    ),
    "pl": Language(
        "strażnik śluzy zapisywał każdą łódź która przepływała i godzinę i pogodę a zimą gdy żadna nie "
        "przypływała zapisywał czaple i po wielu latach lista czapli była dłuższa a ludzie z miasta "
        "przychodzili ją czytać wieczorami przy świetle lampy i wszyscy mówili że to dobra książka o tej "
        "rzece",
        " ",
        (
            ("laska stoi", "łaska stoi"),
            ("On przyszedł.", "On przyszedł?"),
            ("zrobić to", "zrobić tę"),
            ("sad", "sąd"),
        ),
    ),
    "sv": Language(
        "slussvakten skrev upp varje båt som kom förbi och timmen och vädret och om vintern när ingen kom "
        "skrev han upp hägrarna och efter många år var listan över hägrar den längre och folk kom från "
        "staden för att läsa i den om kvällarna och alla tyckte om den",
        " ",
        (
            ("en bar", "en bär"),
            ("ett ar", "ett år"),
        ),
    ),
}

#: The same text twice, set in another way; either of the two may go for the other.
COPIES = (
    ("HOW THE OLD LOCK WAS BUILT AND BY WHOM IT WAS KEPT", "How the old lock was built and by whom it was kept"),
    ("How the Old Lock Was Built and by Whom It Was Kept", "How the old lock was built and by whom it was kept"),
    ("the keeper wrote to bern and to the town of biel", "The keeper wrote to Bern and to the town of Biel"),
    ("NOTICE TO ALL KEEPERS\n\nThe lock is closed on Polish holidays.",
     "Notice to all keepers\n\nThe lock is closed on Polish holidays."),
    ("A WARNING. The lock stays closed until it is warm", "A warning. The lock stays closed until it is warm"),
    ("SCHLEUSENSTRASSE IST AM SONNTAG FÜR ALLE BOOTE ZU", "Schleusenstraße ist am Sonntag für alle Boote zu"),
    ("“Well,” said the keeper, “it’s the heron’s boat…”", "\"Well\", said the keeper, \"it's the heron's boat...\""),
    ("He counted the boats; the herons he counted twice.", "He counted the boats. The herons he counted twice"),
    ("He said: the boats are late, and so are you.", "He said: The boats are late and so are you!"),
    ("One boat came by – the herons stayed – and none left.", "One boat came by — the herons stayed -- and none left."),
    ("The lock | Boats | Herons of the year | Impressum", "The lock – Boats · Herons of the year — Impressum"),
    ("- the first boat of a day\n- the last boat of a day", "• The first boat of a day\n• The last boat of a day"),
    ("1. The keeper counts the boats and writes them down", "(1) The keeper counts the boats and writes them down."),
    ("A long line that was\nset anew by the mail program", "A long line that was set anew by the mail program"),
    ("The water-level is read off at the lock-gate at noon", "The water‐level is read off at the lock‑gate at noon"),
    ("Ｔhe keeper counts the ﬁrst boats of every ﬁne day", "The keeper counts the first boats of every fine day"),
    ("das Boot „Reiher“ liegt an der Schleuse (am Ufer)", "Das Boot »Reiher« liegt an der Schleuse, am Ufer."),
    ("*Please note* that the lock is closed on every Monday", "Please note that the lock is closed on every Monday."),
    ("看闸人把每一条经过的船都记下来，还记下时辰和天气。", "看闸人把每一条经过的船都记下来, 还记下时辰和天气"),
)  # fmt: skip
#: What a plain text has lost throughout may go for the text that has it, and not the other way round.
PLAIN = (
    ("Add H2O to the CO2 and wait until the lock is full", "Add H₂O to the CO₂ and wait until the lock is full"),
    ("die Strasse zum Fluss ist gross und breit und grün", "die Straße zum Fluß ist groß und breit und grün"),
)
