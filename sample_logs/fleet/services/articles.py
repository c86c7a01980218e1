"""The knowledge base the FAQ service is filled with."""

from __future__ import annotations

ARTICLES: tuple[tuple[str, str], ...] = (
    (
        "Where is my order?",
        "Open the shop, choose Orders, then Track. A parcel shows up there within a day.",
    ),
    (
        "How do I redeem a voucher code?",
        "Enter the voucher code in the basket before you pay. One code per order.",
    ),
    (
        "My voucher code does not work",
        "Codes are valid until midnight of the campaign's last day and for full prices only.",
    ),
    (
        "Which payment methods do you accept?",
        "Card, bank transfer and invoice. The payment is taken when the parcel leaves.",
    ),
    (
        "My payment failed",
        "Check the limit of your card, then try the payment again. No money is taken twice.",
    ),
    (
        "When do I get my refund?",
        "A refund reaches your account within five working days after we have the parcel.",
    ),
    (
        "How do I return an item?",
        "Print the return label under Orders and hand the parcel in at any shop.",
    ),
    (
        "How long does delivery take?",
        "Delivery takes two to four working days, during a campaign up to six.",
    ),
    (
        "Can I change the delivery address?",
        "Until the parcel is packed: Orders, then Change address.",
    ),
    (
        "I forgot my password",
        "Choose Forgot password at the login. The mail with the link may take ten minutes.",
    ),
    ("My login is blocked", "After five wrong passwords the login is blocked for an hour."),
    (
        "How do I change my e-mail address?",
        "Profile, then E-mail. We send a link to the old and the new address.",
    ),
    (
        "How do I delete my account?",
        "Profile, then Privacy, then Delete. Open orders have to be closed first.",
    ),
    (
        "The app crashes at the start",
        "Update the app, then restart the phone. If it still crashes, clear the app's cache.",
    ),
    (
        "The app shows an old version of my basket",
        "Pull down to refresh. Basket and prices are updated every minute.",
    ),
    (
        "Notifications do not arrive",
        "Allow notifications in the phone's settings and in the profile of this bot.",
    ),
    (
        "How do I subscribe to offers?",
        "Send /subscribe to this bot. You can leave any time with /unsubscribe.",
    ),
    (
        "How do I cancel my subscription?",
        "Send /unsubscribe. What you have ordered stays ordered.",
    ),
    (
        "What is the plus plan?",
        "Plus brings free delivery and answers from support within the hour.",
    ),
    ("How do I get an invoice?", "Orders, then Invoice. The invoice comes by mail as a document."),
    (
        "Is my price guaranteed?",
        "The price at the moment of ordering counts, also when the campaign ends.",
    ),
    (
        "An item is missing in my parcel",
        "Large orders come in several parcels. Wait a day, then write a ticket.",
    ),
    ("My item is broken", "Take a picture, write a ticket and keep the parcel until we answer."),
    ("How do I reach a person?", "Write a ticket with /ticket. A person answers every ticket."),
)
"""Title and text."""
