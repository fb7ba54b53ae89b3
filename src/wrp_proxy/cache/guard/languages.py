"""What the guard knows of languages: words that carry no meaning of their own, negations, numerals.

English has lists of its own beside these. A language that is not here is compared more strictly,
never more loosely: of its words none is ignored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from wrp_proxy.cache.guard.english import SCOPES
from wrp_proxy.cache.guard.words import word_set

UNSPACED_COURTESIES = frozenset("请請吗嗎呢吧啊")
Kind = Literal["content", "number", "scope", "negation", "ignored"]
"""What a word does. Ignored are articles, pronouns, auxiliary verbs, courtesies: without them the
question is the same.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """Words of one language, in lower case."""

    kinds: Mapping[str, Kind]
    """Of words that are not content."""
    questions: frozenset[str]
    numerals: Mapping[str, int]
    number_links: frozenset[str]
    """What may stand between the parts of a number: `vinte e cinco`."""
    common: frozenset[str]
    """Words by which the language is recognised."""


def _language(
    *,
    ignored: str,
    negations: str,
    questions: str,
    numerals: str,
    links: str = "",
    scopes: frozenset[str] = frozenset(),
) -> Language:
    """Without `scopes` little is known of a language, and its question words are content."""
    kinds: dict[str, Kind] = dict.fromkeys(word_set(ignored) | UNSPACED_COURTESIES, "ignored")
    kinds |= dict.fromkeys(word_set(questions), "ignored" if scopes else "content")
    kinds |= dict.fromkeys(scopes, "scope")
    kinds |= dict.fromkeys(word_set(negations), "negation")
    values = {
        word: int(value)
        for value, words in (pair.split("=") for pair in numerals.casefold().split())
        for word in words.split("/")
    }
    return Language(
        kinds=kinds,
        questions=word_set(questions),
        numerals=values,
        number_links=word_set(links),
        common=word_set(f"{ignored} {negations} {questions}") | values.keys(),
    )


def _joined(units: str, tens: str, link: str) -> str:
    """Spell 21 to 99 as German and Dutch do, the ones first and in one word."""
    return " ".join(
        f"{ten}{one}={unit}{link}{name}"
        for ten, name in enumerate(tens.split(), start=2)
        for one, unit in enumerate(units.split(), start=1)
    )


ENGLISH = _language(
    scopes=SCOPES,
    ignored="""
a an the this that these those it its there here
am is are be been being was were do does did doing done have has had having
i me my mine myself you your yours yourself we us our ours he him his she her hers they them
their theirs someone somebody anyone anybody everyone everybody one ones people ppl person
of to in on at for by with from as into onto about around via per through towards toward upon than
and or so then also just too if whether while because since though although but yet
can could will would shall should may might must ought able
what which who whom whose when where why how
some any such many much lot lots various several
please kindly well ok okay um uh er erm hi hello hey thanks thank hiya dear greetings cheers sorry
like really actually basically currently exactly very quite simply even ever usually generally
now etc s let go goes going gonna wanna want wants
think know believe feel say tell suppose guess wonder wondering consider according
good better best great top nice more most excellent perfect ideal awesome amazing wonderful
fantastic brilliant incredible superb outstanding finest impressive
way ways thing things stuff kind kinds sort sorts type types
""",
    negations="not no never nothing nobody none neither nor without nowhere hardly non cannot",
    questions="what which who whom whose when where why how",
    numerals="""
0=zero 2=two 3=three 4=four 5=five 6=six 7=seven 8=eight 9=nine 10=ten 11=eleven 12=twelve
13=thirteen 14=fourteen 15=fifteen 16=sixteen 17=seventeen 18=eighteen 19=nineteen 20=twenty
30=thirty 40=forty 50=fifty 60=sixty 70=seventy 80=eighty 90=ninety 100=hundred
1000=thousand 100000=lakh/lac 1000000=million 10000000=crore 1000000000=billion
""",
    links="and",
)
GERMAN = _language(
    ignored="""
der die das den dem des ein eine einen einem einer eines dies diese dieser dieses diesen diesem
ich mich mir du dich dir er ihn ihm sie ihr ihnen es wir uns euch man
mein meine meinen meinem meiner dein deine deinen deinem deiner sein seine seinen unser unsere
ist sind war waren bin bist wird werden wurde hat habe haben hatte kann können könnte könnten
muss müssen soll sollte darf dürfen möchte würde würden
und oder dass ob zu zum zur im am in an auf für mit von vom bei als wie so denn auch mal doch
bitte danke hallo moin hey
""",
    negations="nicht kein keine keinen keinem keiner keines nie niemals nichts niemand ohne weder",
    questions="was wer wen wem wessen wann wo woher wohin warum wieso weshalb wie wieviel wieviele"
    " welche welcher welches welchen welchem",
    numerals="""
0=null 2=zwei/zwo 3=drei 4=vier 5=fünf 6=sechs 7=sieben 8=acht 9=neun 10=zehn 11=elf 12=zwölf
13=dreizehn 14=vierzehn 15=fünfzehn 16=sechzehn 17=siebzehn 18=achtzehn 19=neunzehn 20=zwanzig
30=dreißig/dreissig 40=vierzig 50=fünfzig 60=sechzig 70=siebzig 80=achtzig 90=neunzig
100=hundert/einhundert 1000=tausend/eintausend
"""
    + _joined(
        "ein zwei drei vier fünf sechs sieben acht neun",
        "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
        "und",
    ),
)
FRENCH = _language(
    ignored="""
le la les l un une des du de d ce cet cette ces c
je j me m moi tu te t toi il elle on nous vous ils elles se s lui leur y en
mon ma mes ton ta tes son sa ses notre nos votre vos leurs
est sont suis es êtes était être a ai as ont avez avons avoir peut peux pouvez puis puis-je
dois doit devez faut et ou que qu qui dans pour sur avec par chez
svp plaît plait merci ne n bonjour salut bonsoir
""",
    negations="pas jamais rien aucun aucune personne sans ni non",
    questions="quoi qui que quel quelle quels quelles quand où pourquoi comment combien",
    numerals="""
0=zéro 2=deux 3=trois 4=quatre 5=cinq 6=six 7=sept 8=huit 9=neuf 10=dix 11=onze 12=douze
13=treize 14=quatorze 15=quinze 16=seize 20=vingt 30=trente 40=quarante 50=cinquante
60=soixante 100=cent 1000=mille
""",
    links="et",
)
SPANISH = _language(
    ignored="""
el la los las lo un una unos unas de del este esta estos estas ese esa eso esto
yo me mi mis tú tu tus te ti él ella nosotros nos usted ustedes ellos ellas se su sus le les
es son soy eres era fue ser está están estoy estar ha he has han hay haber puedo puede pueden
puedes debo debe y o que en para por con
favor gracias hola buenos buenas días tardes
""",
    negations="no nunca jamás nada nadie ningún ninguno ninguna sin ni tampoco",
    questions="qué quién quiénes cuál cuáles cuándo dónde adónde cómo cuánto cuánta cuántos"
    " cuántas que quien cual cuando donde como cuanto cuantos cuantas",
    numerals="""
0=cero 2=dos 3=tres 4=cuatro 5=cinco 6=seis 7=siete 8=ocho 9=nueve 10=diez 11=once 12=doce
13=trece 14=catorce 15=quince 16=dieciséis 17=diecisiete 18=dieciocho 19=diecinueve 20=veinte
30=treinta 40=cuarenta 50=cincuenta 60=sesenta 70=setenta 80=ochenta 90=noventa
100=cien/ciento 1000=mil
""",
    links="y",
)
ITALIAN = _language(
    ignored="""
il lo la i gli le l un uno una di del dello della dei degli delle d
questo questa questi queste quello quella io mi me mio mia miei mie tu ti te tuo tua tuoi tue
lui lei noi ci nostro nostra voi vi vostro vostra loro si suo sua
è sono sei siamo siete era essere ho hai ha abbiamo avete hanno avere posso può puoi possono
devo deve e ed o che in nel nella per con su
favore grazie ciao salve buongiorno
""",
    negations="non no mai niente nulla nessuno nessuna senza né neanche nemmeno",
    questions="che cosa chi quale quali qual quando dove perché come quanto quanta quanti quante",
    numerals="""
0=zero 2=due 3=tre 4=quattro 5=cinque 6=sei 7=sette 8=otto 9=nove 10=dieci 11=undici 12=dodici
13=tredici 14=quattordici 15=quindici 16=sedici 17=diciassette 18=diciotto 19=diciannove
20=venti 30=trenta 40=quaranta 50=cinquanta 60=sessanta 70=settanta 80=ottanta 90=novanta
100=cento 1000=mille
""",
)
PORTUGUESE = _language(
    ignored="""
o a os as um uma uns umas de do da dos das este esta esse essa isto isso
eu me mim meu minha meus minhas tu te teu tua você vocês ele ela nós nos eles elas se seu sua
seus suas lhe é são sou era foi ser está estão estou estar tem tenho têm ter há haver
posso pode podem devo deve e ou que em no na nos nas num numa por pelo pela com
favor obrigado obrigada olá oi bom boa dia tarde
""",
    negations="não nunca jamais nada ninguém nenhum nenhuma sem nem tampouco",
    questions="que quê quem qual quais quando onde porquê porque como quanto quanta quantos"
    " quantas",
    numerals="""
0=zero 2=dois/duas 3=três 4=quatro 5=cinco 6=seis 7=sete 8=oito 9=nove 10=dez 11=onze 12=doze
13=treze 14=catorze/quatorze 15=quinze 16=dezesseis/dezasseis 17=dezessete/dezassete 18=dezoito
19=dezenove/dezanove 20=vinte 30=trinta 40=quarenta 50=cinquenta 60=sessenta 70=setenta
80=oitenta 90=noventa 100=cem/cento 1000=mil
""",
    links="e",
)
DUTCH = _language(
    ignored="""
de het een dit dat deze die ik mij me mijn jij je jou jouw u uw hij hem zijn zij ze haar wij we
ons onze jullie hun hen er
is was waren ben bent wordt worden werd heb hebt heeft hebben had kan kunnen kunt kon moet moeten
mag mogen zal zou zouden wil en of te om in op aan voor met bij als dan ook wel
alsjeblieft alstublieft bedankt dank hallo hoi goedendag
""",
    negations="niet geen nooit niets niemand zonder noch nergens",
    questions="wat wie wanneer waar waarom hoe welke welk hoeveel waarheen wiens",
    numerals="""
0=nul 2=twee 3=drie 4=vier 5=vijf 6=zes 7=zeven 8=acht 9=negen 10=tien 11=elf 12=twaalf
13=dertien 14=veertien 15=vijftien 16=zestien 17=zeventien 18=achttien 19=negentien 20=twintig
30=dertig 40=veertig 50=vijftig 60=zestig 70=zeventig 80=tachtig 90=negentig
100=honderd/eenhonderd 1000=duizend
"""
    + _joined(
        "een twee drie vier vijf zes zeven acht negen",
        "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
        "en",
    ),
)
LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, DUTCH)

_SPEAKERS = {
    word: tuple(language for language in LANGUAGES if word in language.common)
    for word in frozenset().union(*(language.common for language in LANGUAGES))
}


def speakers(word: str) -> Sequence[Language]:
    """Return the languages whose texts hold a word most often."""
    return _SPEAKERS.get(word, ())


UNSPACED_NEGATION = re.compile("不|没|沒|無|无|非|未|別|别|勿|ない|ません|않|없|못")
"""In writing without spaces, or in which negations are part of a word."""
