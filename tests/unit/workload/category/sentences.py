"""A category of an operator's own: questions to a yard that hires out boats."""

BOATS = [
    "Can I rent the sailing boat with two cabins for a week in July?",
    "How much is the deposit for a motor boat?",
    "Is the small rowing boat still free on Saturday afternoon?",
    "We want to bring back the boat one day later than booked.",
    "The engine of our rented boat does not start, whom do I call?",
    "Do I need a licence to rent your motor boat?",
    "Please cancel my booking of the sailing boat in June.",
    "How many people may be on board of the big boat?",
    "Are life jackets for children included when we rent a boat?",
    "Where in the harbour do we pick up the boat?",
    "May we take our dog on board of the rented boat?",
    "What does the insurance of the boat cover if we hit a rock?",
]
BOATS_UNSEEN = [
    "Is the motor boat free to rent next weekend?",
    "How much do you charge for a sailing boat for three days?",
    "I want to change my booking of the boat from June to July.",
]
