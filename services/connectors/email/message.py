"""A mail as the wire wants it. What people write cannot become a header: line breaks and the like are refused
by addresses and turned into spaces elsewhere."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from shared.mail_address import UNPRINTABLE, name_and_address

MOST_SUBJECT_CHARS = 300
MOST_RECIPIENTS = 50


@dataclass(frozen=True)
class Mail:
    """What to send. `id` makes the Message-ID: the same mail sent again has the same."""

    id: str
    sender: str
    to: Sequence[str]
    subject: str
    text: str
    html: str = ""
    cc: Sequence[str] = ()
    reply_to: str = ""


def address_of(text: str) -> Address:
    """From `ada@example.com` or `Ada <ada@example.com>`; raises ValueError for anything else."""
    name, found = name_and_address(text)
    return Address(name, addr_spec=found)


def composed(mail: Mail) -> EmailMessage:
    """The message; raises ValueError for addresses that are none."""
    to, cc, sender = [*map(address_of, mail.to)], [*map(address_of, mail.cc)], address_of(mail.sender)
    if not to or len(to) + len(cc) > MOST_RECIPIENTS:
        raise ValueError(f"a mail goes to 1 to {MOST_RECIPIENTS} addresses")
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, to
    if cc:
        message["Cc"] = cc
    if mail.reply_to:
        message["Reply-To"] = address_of(mail.reply_to)
    message["Subject"] = UNPRINTABLE.sub(" ", mail.subject).strip()[:MOST_SUBJECT_CHARS]
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{re.sub(r'[^A-Za-z0-9._-]', '-', mail.id)}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    try:
        message.set_content(_sendable(mail.text))
        if mail.html:
            message.add_alternative(_sendable(mail.html), subtype="html")
    except MessageError as error:
        raise ValueError(f"the mail cannot be written: {error}") from None
    return message


def _sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
