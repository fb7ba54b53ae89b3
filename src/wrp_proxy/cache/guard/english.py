"""English words by how much of a question hangs on them.

The words that carry no meaning of their own are in `languages.py`.
"""

from wrp_proxy.cache.guard.words import word_map, word_set

LIGHT = word_set("""
get use make take give become start show find see look learn try work happen exist mean help come
keep put ask explain describe list define suggest recommend search need require choose create
provide offer be include involve visit buy watch read study
reason cause fact example tip advice idea method step guide process detail case place point term
time name number option choice purpose information concept aspect role life world money setup
usage experience answer word question problem issue
important main major key real actual true proper suitable appropriate right correct exact general
different certain specific particular common popular famous interesting effective efficient
favorite basic simple easy available possible normal typical entire own such other current
still always properly definitely advance absolutely completely truly honestly literally today
""")
"""They add little: a question with one of them and the same without it have the same answer."""

SCOPES = word_set("""
before after until till since during within under over above between against except only beyond
less least first last next second third again off out up down already anymore inside outside
all every each both half never
""")
"""Small words that change the answer; none of them stands for another."""

LOOSE_SCOPES = word_set("""
over under within between during after against out up down already anymore first every each both
""")
"""Of these, one may be missing on one side: they belong to a verb, or say what is meant anyway."""

NARROWING = word_set("""
free cheap budget expensive premium discount refurbished secondhand
tomorrow yesterday tonight hourly daily weekly monthly quarterly yearly annual weekday weekend
monday tuesday wednesday thursday friday saturday sunday
january february march april may june july august september october november december
spring summer autumn winter morning noon afternoon evening night midnight
baby infant toddler child teenager teen adult elderly senior woman man girl boy pregnant newborn
beginner intermediate advanced expert student teacher employee employer tenant landlord buyer
seller patient doctor owner manager
part half quarter partial minimum maximum temporary permanent unmarried married divorced
offline paper api template formal informal legal illegal domestic international
percent dozen kilometer mile meter foot inch kilogram gram ounce litre gallon celsius fahrenheit
severe mild chronic acute bad worse worst wrong fake false dead broken unable impossible
stop avoid cancel exclude leave lose reject refuse deny decline fail block disable delete remove
close end ban forbid ignore hide reduce delay lock refund reverse undo withdraw revoke suspend
pause skip miss lack unsubscribe uninstall unlock disconnect deactivate dispute appeal complain
hate oppose disagree reveal destroy kill waste
""")
"""They narrow a question or turn it round: with one of them on one side only it is another."""

CURRENCIES = word_set("rupee dollar euro pound yen usd eur gbp inr")

IRREGULAR = word_map("""
children=child men=man women=woman feet=foot teeth=tooth mice=mous lives=lif wives=wif knives=knif
went=go gone=go bought=buy made=mak making=mak lost=los losing=los lose=los got=get gotten=get
getting=get found=find written=writ wrote=writ taken=tak took=tak gave=giv given=giv known=know
knew=know kept=keep left=left said=say says=say told=tell broken=broken broke=break built=build
paid=pay sent=send spent=spend sold=sell taught=teach meant=mean chosen=choos chose=choos
became=becom began=begin begun=begin won=win ran=run running=run thought=think grew=grow
grown=grow drew=draw drawn=draw drove=driv driven=driv ate=eat eaten=eat fell=fall fallen=fall
flew=fly flown=fly forgot=forget forgotten=forget froze=freez frozen=freez held=hold led=lead
met=meet rode=rid ridden=rid rose=ris risen=ris seen=se saw=se see=se sees=se seeing=se shown=show
sang=sing sung=sing slept=sleep spoke=speak spoken=speak stole=steal stolen=steal stood=stand
swam=swim threw=throw thrown=throw understood=understand wore=wear worn=wear caught=catch
brought=bring came=com heard=hear hid=hid hidden=hid shot=shoot sought=seek stuck=stick
struck=strik died=die dying=die dies=die being=be used=use using=use uses=use usage=use news=news
analyses=analys analysis=analys criteria=criterion
better=good best=good worse=bad worst=bad
hourly=hourly weekly=weekly monthly=monthly quarterly=quarterly yearly=yearly
easier=easi easiest=easi happier=happi happiest=happi earlier=earlier earliest=earli
healthier=healthi healthiest=healthi heavier=heavi heaviest=heavi funniest=funni
bigger=big biggest=big thinner=thin thinnest=thin hotter=hot hottest=hot saddest=sad
larger=larg largest=larg wider=wid widest=wid safer=saf safest=saf nicer=nic nicest=nic
later=later latest=latest simpler=simpl simplest=simpl stranger=stranger strangest=strang
faster=fast fastest=fast cheaper=cheap cheapest=cheap quicker=quick quickest=quick
stronger=strong strongest=strong weaker=weak weakest=weak weirdest=weird longer=long longest=long
shorter=short shortest=short higher=high highest=high lowest=low smaller=smal smallest=smal
greater=great greatest=great taller=tal tallest=tal older=old oldest=old younger=young
youngest=young newer=new newest=new richer=rich richest=rich poorer=poor poorest=poor
smarter=smart smartest=smart harder=hard hardest=hard coolest=cool deeper=deep deepest=deep
nearest=near closest=clos brightest=bright darker=dark darkest=dark cleanest=clean
clearest=clear colder=cold coldest=cold warmer=warm warmest=warm thicker=thick thickest=thick
""")
"""Forms that no rule finds, and words that rules would spoil; the values are stems."""
