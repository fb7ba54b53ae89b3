# ruff: noqa: RUF001 - letters of other alphabets are what it is about
"""Common words and letters by which languages of the Latin and Cyrillic alphabets are told apart.

Short words of grammar, and what people often say to a language model. A word may stand in several
languages: it then counts for each of them, and less.
"""

_WORDS = {
    "en": """
        the a an and or of to in on at for with from by is are was were be been do does did have has
        had can could would should will not no it its this that these those what which who when
        where why how you your my me we our they their them he she his her i if then than but as so
        about into there here please write explain make give tell show list find use using help
        create fix add between hello thanks thank hi need want like some any all more most other
        each first summarize summarise translate describe following text code get let okay good
        morning sorry implement extract parse classify turn bye out only now today just again
        normalise nice miss old game school
    """,
    "de": """
        der die das den dem des ein eine einen einem einer und oder nicht kein keine ist sind war
        waren sein wird werden wurde hat haben hatte kann können könnte soll sollte muss mit von vom
        zu zum zur im auf für aus bei nach über unter zwischen durch ohne um als wie was wer wo wann
        warum welche welcher welches ich du er sie es wir ihr mir mich dir dich uns mein meine dein
        deine ihre bitte schreibe schreib erkläre gib mach zeige nenne erstelle übersetze auch noch
        nur sehr mehr wenn dann aber dass ob dieser diese dieses hallo danke folgenden gibt guten
        morgen bestimme berechne löse übersetzen erklären funktioniert alle hast schon kaffee
        erkennt extrahiere hoch kurz kind einfach berechnen schreiben ins am
    """,
    "fr": """
        le la les un une des du de et ou est sont était être ont avoir ai as avez dans sur sous pour
        par avec sans chez aux au ce cet cette ces que qui quoi dont où quand comment pourquoi quel
        quelle quels quelles je tu il elle nous vous ils elles mon ma mes ton ta tes son sa ses
        notre votre leur leurs ne pas plus moins très aussi mais donc si en y écris écrivez explique
        expliquez donne donnez fais peux pouvez traduis traduire rédige bonjour merci entre comme
        tout tous fait qu suis texte a me moi combien résous calcule calculer trouve deux trois
        après avant chaque même peut faut vrai faux mots phrase extrais liste définis décris décrire
        ouvre voici dire veut significations signifie système dérivée équation équilibrer mets
        cuisine classe enfants autres quart passe renvoyez anglais français question suivante
        suivant été aucun dates importantes vos nos fonctionne concours pendant
    """,
    "es": """
        el la los las un una unos unas de del y o e es son era ser está están estar fue ha han hay
        tiene tengo puede puedo puedes en con sin por para sobre entre desde hasta como cómo qué que
        quién cuál cuáles cuándo cuánto cuánta cuántos dónde yo tú él ella nosotros ellos mi mis tu
        tus su sus me te se lo le les no sí más menos muy también pero si porque este esta estos
        estas ese esa al escribe escribir explica explícame dame haz hacer traduce resume hola
        gracias favor quiero necesito siguiente texto funciona a calcula resuelve traduzca extrae
        devuelve redacta ajusta halla indica encuentra cuéntame algo estoy según cada otro otra
        ejemplos ecuación función derivada inglés español quien pueden contrato mundial sencillo mas
        cuando apaga segundos usando después antes programa oración
    """,
    "it": """
        il lo la i gli le un uno una di del della dello dei degli delle da dal dalla in nel nella
        nei con su sul sulla per tra fra e o è sono era essere ha hanno ho può posso puoi che chi
        cosa quale quali quando quanto quanti dove come perché io tu lui lei noi voi loro mio mia
        tuo tua suo sua mi ti si ci ne non più meno molto anche ma se questo questa questi queste al
        alla alle scrivi scrivere spiega spiegami dammi fai traduci riassumi ciao grazie favore
        vorrei seguente testo nell dell cos a calcola trova trovi estrai risolvi bilancia scomponi
        sei persona facciamo sintetizza trasforma conviene forma frase usando ogni dopo prima poi
        terra tempo cade equazione funzione derivata inglese italiano codice breve quello quella cui
        due spegni reazione perchè
    """,
    "pt": """
        o a os as um uma uns umas de do da dos das e ou é são era ser está estão foi tem têm tenho
        pode posso em no na nos nas num numa com sem por pelo pela para sobre entre até como que
        quem qual quais quando quanto quantos onde eu tu você vocês ele ela nós eles meu minha teu
        seu sua me te se não sim mais menos muito também mas porque este esta isto esse essa isso ao
        à escreva escreve explique explica dê faça traduza resuma olá obrigado obrigada favor quero
        preciso seguinte texto tudo bem calcule resolva encontre extraia apague tomar diferença
        coloca conta alguma coisa faz assim luz minutos depois antes cada derivada equação função
        inglês português código segundo pelos usando erro quê às aos deste desta
    """,
    "nl": """
        de het een en of is zijn was waren wordt worden heeft hebben had kan kunnen zou moet moeten
        zal zullen in op aan voor van met zonder door uit bij naar over onder tussen tot om te als
        dan dat die dit deze wat wie waar wanneer waarom hoe welke ik jij je hij zij ze wij we
        jullie mijn jouw haar ons onze hun me mij niet geen ook nog maar wel zeer meer er schrijf
        leg geef maak vertaal vat samen alsjeblieft graag hallo bedankt volgende tekst los bereken
        vind geeft ga gaat goed morgen zo bent weer alle twee tijdens
    """,
    "pl": """
        i w z na do od dla po przez przed pod nad o u ze za jest są był była było być nie tak to ten
        ta te tego tej tym co kto gdzie kiedy dlaczego jak jaki jaka jakie który która które ile czy
        ja ty on ona my wy oni mi mnie ci się mój moja twój jego jej ich ale lub albo oraz bo że
        żeby aby może mogę można ma mam mają bardzo także też tylko już jeszcze napisz wyjaśnij
        podaj zrób przetłumacz proszę dzień dobry cześć dziękuję między oblicz rozwiąż znajdź wymień
        opisz dwa jeden jestem wszystkie przykład
    """,
    "tr": """
        bir ve veya ile için bu şu o ne nasıl neden niçin niye kim nerede nereye hangi kaç mı mi mu
        mü da de ki ama fakat çünkü gibi kadar daha en çok az var yok değil olan olarak olur oldu
        ben sen biz siz onlar benim senin bana sana beni bunu şunu sonra önce göre her hiç yaz
        açıkla anlat ver yap çevir özetle lütfen merhaba teşekkürler nedir midir arasında hakkında
        üzerine neresidir ise ya hesapla bul kaçtır vardır iki üç tüm bütün günaydın evet hayır şey
        zaman
    """,
    "sv": """
        och att det en ett är var som för på av med till från om inte jag du han hon vi ni de den
        min mitt din har hade kan ska skulle måste vad vem hur varför när vilken vilket eller men
        också mycket skriv förklara ge gör översätt tack hej mellan
    """,
    "da": """
        og at det en et er var som for på af med til fra om ikke jeg du han hun vi de den min mit
        din har havde kan skal skulle hvad hvem hvor hvordan hvorfor hvornår hvilken eller men også
        meget skriv forklar giv lav oversæt tak hej mellem mig
    """,
    "no": """
        og å det en et er var som for på av med til fra om ikke jeg du han hun vi de den min mitt
        din har hadde kan skal skulle hva hvem hvor hvordan hvorfor når hvilken eller men også mye
        veldig skriv forklar gi lag oversett takk hei mellom meg
    """,
    "fi": """
        ja on ei se että joka mikä mitä kuka missä milloin miksi miten kuinka en et ole olen ovat
        oli minä sinä hän me te he minun sinun tämä nämä tai vai mutta myös kun jos niin vain hyvin
        kirjoita selitä anna tee käännä kiitos hei kanssa
    """,
    "cs": """
        a v na je se z do o s k pro od po při není jsou byl byla být to ten ta co kdo kde kdy proč
        jak jaký jaká jaké který která které kolik já ty on ona my vy mi mě můj že aby ale nebo také
        jen může mohu má mám napiš vysvětli dej udělej přelož prosím ahoj děkuji mezi jsem ve ze
    """,
    "ro": """
        și în la cu de pe pentru din un o este sunt era fi nu ce cine unde când cum care cât eu tu
        el ea noi voi mi îmi meu mea sau dar că să mai foarte scrie explică dă fă tradu te rog
        mulțumesc salut între acest această poate am are ai
    """,
    "hu": """
        a az és egy van nem hogy mi ki hol mikor miért hogyan milyen melyik mennyi én te ő mi ti ők
        meg is de vagy ha csak már még nagyon ez ezt azt írj írd magyarázd adj kérlek fordítsd
        szia köszönöm között volt lesz kell lehet
    """,
    "id": """
        yang dan di ke dari untuk dengan pada adalah ini itu tidak bukan apa siapa mana kapan
        mengapa kenapa bagaimana berapa saya aku kamu anda dia kami kita mereka atau tetapi juga
        lebih sangat bisa dapat akan sudah buatkan tulis jelaskan berikan terjemahkan tolong terima
        kasih antara dalam oleh
    """,
    "vi": """
        và của là có không cho với trong được một những các này đó gì ai đâu nào khi tại sao thế
        như bạn tôi mình chúng ta hay hoặc nhưng cũng rất hãy viết giải thích dịch giúp xin cảm ơn
        về để từ đến bao nhiêu
    """,
    "ru": """
        и в на с к по за из от до для о об у не но а или что как это этот эта эти кто где когда
        почему зачем какой какая какое какие сколько чем я ты он она мы вы они мне меня мой моя его
        её их был была было были быть есть можно нужно если то же бы ли уже ещё еще только очень
        также напиши напишите объясни объясните переведи сделай дай расскажи помоги пожалуйста
        привет спасибо между при так все всё мою реши найди назови сравни переведите добавь открой
        продолжи доброе утро сегодня сформулируй раздели помогите поставь роль без который которая
        которые чему равен лучше перед после два три один себя
    """,
    "uk": """
        і й в у на з до за із від для про не але або чи що як це цей ця ці хто де коли чому навіщо
        який яка яке які скільки я ти він вона ми ви вони мені мене мій моя його її їх був була було
        були бути є можна треба потрібно якщо то же вже ще тільки дуже також напиши поясни переклади
        зроби дай розкажи допоможи ласка привіт дякую між та знайди назви порівняй перекладіть
        добрий день сьогодні без після перед два три один себе
    """,
    "bg": """
        и в на с към по за от до не но или че как това този тази тези кой къде кога защо какъв каква
        какво какви колко аз ти той тя ние вие те ми ме моя съм е са беше бъде да ще може трябва ако
        вече още само много също напиши обясни преведи направи дай моля здравей благодаря между се
    """,
}
_LETTERS = {
    "de": "ßäöü",
    "fr": "œèêçàûîé",
    "es": "ñ¿¡áéíóú",
    "it": "èàòùì",
    "pt": "ãõçêâàáéíóú",
    "pl": "ąęłńśźż",
    "tr": "ğışçöü",
    "sv": "åäö",
    "da": "æøå",
    "no": "æøå",
    "fi": "äö",
    "cs": "ěřůčšžáéíý",
    "ro": "ășțşţâî",
    "hu": "őűáéíóúöü",
    "vi": "đơưạảấầẩậắằặẹẻẽếềểễệỉịọỏốồổộớờởợụủứừửữựỳỵỷỹ",
    "uk": "іїєґ",
    "ru": "ыэё",
}
"""Letters that are in few alphabets."""


def words_of_languages() -> dict[str, tuple[str, ...]]:
    """Return for each common word the languages that have it."""
    return _turned({language: words.split() for language, words in _WORDS.items()})


def letters_of_languages() -> dict[str, tuple[str, ...]]:
    return _turned({language: list(letters) for language, letters in _LETTERS.items()})


def _turned(things: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language, members in things.items():
        for thing in dict.fromkeys(members):
            found.setdefault(thing, []).append(language)
    return {thing: tuple(languages) for thing, languages in found.items()}
