"""English words that are alike and mean something else: opposites, and kinds of one thing."""

from collections.abc import Mapping, Set

from wrp_proxy.cache.guard.english import CURRENCIES, NARROWING
from wrp_proxy.cache.guard.synonyms import canonical

_OPPOSITES = """
open/closed/shut start/end/stop/finish begin/end on/off increase/decrease/reduce rise/fall
raise/lower gain/lose win/lose buy/sell borrow/lend send/receive give/take push/pull import/export
upload/download enable/disable/block allow/forbid/ban/block/prevent accept/reject/decline/refuse
approve/reject/deny/decline pass/fail succeed/fail include/exclude cover/exclude add/remove
create/delete/destroy connect/disconnect install/uninstall lock/unlock encrypt/decrypt
encode/decode compress/decompress attach/detach hire/fire arrive/depart arrival/departure
enter/leave/exit join/leave entry/exit love/hate like/dislike/hate agree/disagree support/oppose
advantage/disadvantage/drawback benefit/drawback/downside pro/con strength/weakness good/bad
best/worst better/worse right/wrong true/false real/fake safe/dangerous/unsafe legal/illegal
possible/impossible rich/poor hot/cold warm/cold big/small large/small high/low tall/short
long/short old/new old/young early/late fast/slow hard/soft hard/easy difficult/easy
simple/complex strong/weak heavy/light thick/thin wide/narrow deep/shallow full/empty/partial
full/part clean/dirty wet/dry light/dark black/white day/night morning/evening sunrise/sunset
first/last next/previous before/after above/below/under over/under inside/outside indoor/outdoor
internal/external inner/outer public/private male/female man/woman boy/girl husband/wife
mother/father brother/sister son/daughter beginner/advanced/expert minimum/maximum min/max
least/most less/more cheap/expensive free/paid temporary/permanent positive/negative
ascending/descending horizontal/vertical left/right north/south east/west active/inactive
valid/invalid formal/informal employer/employee teacher/student landlord/tenant buyer/seller
doctor/patient parent/child sender/receiver client/server input/output read/write single/married
summer/winter spring/autumn always/never everything/nothing many/few online/offline
synchronous/asynchronous sync/async static/dynamic local/remote domestic/international
asset/liability debit/credit profit/loss supply/demand attack/defend birth/death alive/dead
painful/painless careful/careless useful/useless harmful/harmless forward/backward front/back
upgrade/downgrade mute/unmute subscribe/unsubscribe hide/show save/spend deposit/withdraw get/give
attend/miss renew/cancel renew/replace keep/cancel claim/dispute register/deregister
activate/deactivate home/abroad prepaid/postpaid fixed/variable synonym/antonym
plaintiff/defendant plural/singular
"""
_KINDS = """
one two three four five six seven eight nine ten
day week fortnight month quarter year decade hour minute second
small large big little long short old young high low early late left right single double
hot cold warm dry wet north south east west full self whole public private personal commercial
business residential national regional internal external joint individual group family
red green blue black white yellow orange purple brown pink dark light
online desktop mobile phone landline tablet laptop watch web app browser remote local physical
digital video audio photo text email mail letter post chat call
pdf word excel powerpoint csv json xml yaml html markdown parquet
python java javascript typescript rust ruby php kotlin swift scala perl
mysql postgres postgresql sqlite mongodb redis oracle mariadb
windows linux mac macos ubuntu android ios iphone chrome firefox safari edge
docker podman kubernetes git svn npm yarn pnpm react vue angular svelte aws azure gcp
http https tcp udp ssd hdd cpu gpu ram
histogram summary gauge counter
debit credit prepaid visa mastercard savings current checking mortgage loan overdraft pension
insurance income council corporation sales property inheritance
car van truck bus coach train tram plane flight ferry boat bike motorbike scooter taxi
driver passenger economy premium
dog cat puppy kitten horse rabbit hamster bird fish
mother father brother sister husband wife son daughter parent uncle aunt grandmother grandfather
breakfast lunch dinner starter dessert
chicken beef pork lamb turkey duck salmon egg rice pasta potato bread cake
roast boil bake fry grill steam poach freeze thaw
milk water coffee tea juice beer wine sugar salt flour butter oil
paracetamol ibuprofen aspirin antibiotic vaccine
headache fever cough flu asthma diabetes cancer
gas electricity water petrol diesel electric solar wind nuclear
math physics chemistry biology history geography economics
nursery primary secondary college university bachelor master doctorate undergraduate graduate
football cricket tennis basketball baseball hockey golf rugby
plumber electrician builder painter carpenter nurse dentist lawyer accountant
hotel hostel apartment house villa flat room kitchen bathroom bedroom garden
passport visa licence permit certificate
celsius fahrenheit kelvin mile kilometer meter foot inch pound kilogram gram ounce litre gallon
streaming podcasting gaming editing coding
checked cabin carry
shirt trousers jeans dress skirt jacket coat shoe boot hat
mean median mode sine cosine tangent radius diameter circumference area perimeter volume
sentence paragraph page chapter section bullet story poem essay song novel
vegan vegetarian pescatarian
profit revenue turnover share bond plaintiff defendant witness juror
table column row index view branch commit tag
neighbour colleague boss friend stranger
gold silver copper platinum bronze iron steel aluminium
"""
"""Words of one line name things of one kind."""


def opposites() -> Mapping[str, Set[str]]:
    """Return for the stem of a word its opposites, of each list the first to the rest."""
    found: dict[str, set[str]] = {}
    for words in _OPPOSITES.split():
        first, *others = (canonical(word) for word in words.split("/"))
        for other in others:
            found.setdefault(first, set()).add(other)
            found.setdefault(other, set()).add(first)
    return found


def contrasting() -> frozenset[str]:
    """Return the stems of words that never stand for another one."""
    return frozenset({canonical(word) for word in (*NARROWING, *CURRENCIES, *_KINDS.split())})
