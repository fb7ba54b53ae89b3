"""English words of which one may stand for the other in a question."""

from functools import lru_cache

from wrp_proxy.cache.guard.stems import stem

GROUPS = """
start begin commence
get receive obtain
make earn
buy purchase
choose select pick decide selection
find locate
help assist
show display
say mention state
try attempt
happen occur
finish complete
need require necessary
allow permit permissible enable
stop quit prevent avoid
cancel terminate
remove delete eliminate rid
reduce lower decrease lessen
increase improve enhance boost strengthen
affect effect impact influence implication consequence repercussion outcome
fix repair solve resolve rectify
deal handle manage cope overcome tackle
prepare preparation
install installation
configure configuration
maintain maintenance
identify recognize recognise
calculate compute determine
assess evaluate
verify confirm
modify change edit
transform convert
combine merge unite
separate split
generate produce
build develop construct
define definition
explain explanation
answer reply respond
contact reach
speak talk
disclose reveal
live stay reside
come arrive
move relocate
grow growth
hire recruit
kill murder
die death
marry marriage
worship pray
hate dislike
weigh weight
log login
author write
big large huge enormous
tiny small
fast quick rapid
easy simple
difficult hard tough
cheap inexpensive
rich wealthy
smart intelligent clever
strange weird odd
poor bad
wrong incorrect
right correct
dangerous danger risky risk
strong strength
long length
high height
beautiful pretty attractive
interesting fascinating intriguing
memorable unforgettable
favorite favourite
important significant importance significance essential
famous popular
main major
new newest latest recent
previous earlier prior
former ex
different differ difference compare
tired exhausted
angry mad
happy glad
depressed depression sad unhappy
scared scary
afraid fear
sick ill
silent quiet
mental psychological
dead deceased
mistake error
example sample
tip advice suggestion trick recommendation
method technique approach
procedure process
choice option variety
reason cause
goal objective aim
opinion view stance viewpoint perspective
characteristic trait feature
relation relationship relate
advantage benefit beneficial
symptom sign
remedy cure
treat treatment
disease illness sickness
connection connect
success succeed successful
education educational
salary wage
price cost
job career
company firm agency organisation organization
university uni
student pupil
doctor physician
lawyer attorney
kid child
teenager teen adolescent
plane airplane aeroplane aircraft
woman female lady
man male guy
movie film
picture photo image photograph pic
television tv
website site webpage
internet online
technology tech
app application
program programme
computer pc
laptop notebook
phone telephone cellphone smartphone
information info
mathematics math maths
exam examination
quotation quote
advertisement advert ad
car automobile
truck lorry
bike bicycle
taxi cab
trip journey
vacation holiday
destination place
gasoline gas petrol
subway metro underground
parcel package
delivery shipping
refund reimbursement
apartment flat
rent lease
store shop
street road
sofa couch
clothes clothing
garbage rubbish trash
gift present
theater theatre cinema
center centre
color colour
gray grey
disk disc
lose loss
anything something
usa america american
uk britain
rupee inr rs

percent percentage
second sec
minute min
hour hr
year yr
kilogram kg kgs kilo
kilometer kilometre km
versus vs
javascript js
kubernetes k8s
database db

resume cv
"""
"""One group a line, each word in one of them only."""


def _canonical() -> dict[str, str]:
    groups = ([stem(word) for word in group.split()] for group in GROUPS.strip().splitlines())
    return {word: group[0] for group in groups for word in group}


_CANONICAL = _canonical()


@lru_cache(maxsize=16_384)
def canonical(word: str) -> str:
    """Return the stem of a lower-case English word, the same one for all its synonyms."""
    stemmed = stem(word)
    return _CANONICAL.get(stemmed, stemmed)
