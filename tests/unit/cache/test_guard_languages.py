"""The lexical guard on languages other than English: fewer liberties, and none that are wrong."""

import pytest

from wrp_proxy.cache.guard.guard import LexicalGuard

GUARD = LexicalGuard()


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("Wie kann ich mein Passwort ändern?", "wie kann ich das passwort ändern bitte"),
        ("Was kosten zwei Karten für Kinder?", "Was kosten 2 Karten für Kinder?"),
        ("Was kosten fünfundzwanzig Karten?", "Was kosten 25 Karten?"),
        ("Comment changer mon mot de passe ?", "Bonjour, comment changer le mot de passe svp"),
        ("Combien coûtent trois billets ?", "Combien coûtent 3 billets ?"),
        ("Combien coûtent vingt-cinq billets ?", "Combien coûtent 25 billets ?"),
        ("¿Cómo puedo cambiar la contraseña?", "Hola, ¿cómo cambiar mi contraseña por favor?"),
        ("¿Cuánto cuestan dos entradas?", "¿Cuánto cuestan 2 entradas?"),
        ("¿Cuánto cuestan treinta y cinco entradas?", "¿Cuánto cuestan 35 entradas?"),
        ("Come posso cambiare la password?", "ciao, come cambiare la mia password grazie"),
        ("Quanto costano quattro biglietti?", "Quanto costano 4 biglietti?"),
        ("Como posso mudar a minha senha?", "Olá, como mudar minha senha por favor"),
        ("Quanto custam vinte e cinco bilhetes?", "Quanto custam 25 bilhetes?"),
        ("Hoe kan ik mijn wachtwoord wijzigen?", "hallo, hoe mijn wachtwoord wijzigen alsjeblieft"),
        ("Wat kosten vijfentwintig kaarten voor ons?", "Wat kosten 25 kaarten voor ons?"),
        ("请 我可以取消订单吗\uff1f", "我可以取消订单"),
        ("注文をキャンセルできますか。", "注文をキャンセルできますか\uff1f"),
    ],
)
def test_courtesies_small_words_and_numerals_do_not_matter(asked: str, known: str) -> None:
    assert GUARD.refuse(asked, known, 0.95) is None


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("Kann ich das Abo kündigen?", "Kann ich das Abo nicht kündigen?"),
        ("Pizza mit Käse für mich", "Pizza ohne Käse für mich"),
        ("Le magasin est ouvert ?", "Le magasin n'est pas ouvert ?"),
        ("Je mange de la viande", "Je mange jamais de la viande"),
        ("¿El pedido es reembolsable?", "¿El pedido no es reembolsable?"),
        ("La tienda abre por la tarde", "La tienda nunca abre por la tarde"),
        ("Il negozio è aperto?", "Il negozio non è aperto?"),
        ("A loja está aberta?", "A loja não está aberta?"),
        ("Is de winkel van jou open?", "Is de winkel van jou niet open?"),
        ("我可以取消订单吗", "我不可以取消订单吗"),
        ("キャンセルできます", "キャンセルできません"),
    ],
)
def test_negations_are_refused(asked: str, known: str) -> None:
    assert GUARD.refuse(asked, known, 1.0) == "negation"


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("Wann öffnet das Amt?", "Warum öffnet das Amt?"),
        ("Quand ouvre la banque ?", "Pourquoi ouvre la banque ?"),
        ("¿Cuándo abre el banco?", "¿Dónde abre el banco?"),
        ("Quando apre la banca?", "Dove apre la banca?"),
        ("Quando abre o banco?", "Onde abre o banco?"),
        ("Wanneer opent de bank?", "Waar opent de bank?"),
    ],
)
def test_question_words_are_refused(asked: str, known: str) -> None:
    assert GUARD.refuse(asked, known, 1.0) is not None


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("Flug von Berlin nach München", "Flug von München nach Berlin"),
        ("un train de Paris à Lyon pour moi", "un train de Lyon à Paris pour moi"),
        ("un train de Paris à Lyon pour moi", "un train à Paris de Lyon pour moi"),
        ("un vuelo de Madrid a Lima", "un vuelo de Lima a Madrid"),
        ("从北京到上海要多久", "从上海到北京要多久"),
        ("東京から大阪まで", "大阪から東京まで"),
        ("다음 주 서울에서 부산까지", "다음 주 부산에서 서울까지"),
        ("поезд из Москвы в Тверь", "поезд из Твери в Москву"),
    ],
)
def test_directions_are_refused(asked: str, known: str) -> None:
    assert GUARD.refuse(asked, known, 1.0) is not None


@pytest.mark.parametrize(
    ("asked", "known"),
    [
        ("jak zresetować hasło", "jak nie zresetować hasła"),
        ("Как отменить заказ", "Как не отменить заказ"),
        ("siparişi iptal ederim", "siparişi iptal etmem"),
        ("hur avbryter jag", "hur avbryter jag inte"),
        ("كيف ألغي الطلب", "كيف لا ألغي الطلب"),
        ("Was kostet die Karte?", "Was kostet die Karte heute abend?"),
    ],
)
def test_of_a_language_that_is_not_known_every_word_counts(asked: str, known: str) -> None:
    assert GUARD.refuse(asked, known, 1.0) is not None
