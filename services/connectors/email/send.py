"""`email.send`: a mail by your own mail server."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from services.connectors.email.credentials import Smtp
from services.connectors.email.message import MOST_RECIPIENTS, Mail, composed
from services.connectors.email.smtp import Mailer, MailFailed
from shared.context import Context
from shared.nodes import NodeConfig, NodeFailed, node

Address = Annotated[str, Field(max_length=320)]


class Config(NodeConfig):
    """Whom to write what."""

    sender: Address = Field(description="Whom it is from: weft@example.com, or Weft <weft@example.com>.")
    to: list[Address] = Field(min_length=1, max_length=MOST_RECIPIENTS, description="Whom it goes to.")
    cc: list[Address] = Field([], max_length=MOST_RECIPIENTS, description="Who gets a copy.")
    reply_to: Address = Field("", description="Where answers go, if not to the sender.")
    subject: str = Field(description="The subject; line breaks become spaces.")
    text: str = Field(description="The mail as plain text.")
    html: str = Field("", description="The same as HTML. Escape what is not yours.")


class Sent(TypedDict):
    """By which the mail is known, and whom it was handed in for."""

    message_id: str
    to: list[str]


@node(
    "email.send", title="Send mail", category="messages", icon="mail", pool="email", side_effects="once",
    credential_type="smtp",
)  # fmt: skip
async def send(config: Config, context: Context) -> Sent:
    """Hand a mail to a mail server, which takes it from there."""
    if context.http is None or context.credential is None:
        raise NodeFailed("missing_credential", "email.send needs a credential of type smtp")
    data: Smtp = context.credential.data
    mail = Mail(context.idempotency_key, **config.model_dump())
    try:
        message = composed(mail)
    except ValueError as error:
        raise NodeFailed("bad_config", str(error)) from None
    try:
        await Mailer(context.http.allow).send(data.server, message)
    except MailFailed as failed:
        code = "unavailable" if failed.again and failed.code == "refused" else failed.code
        raise NodeFailed(code, str(failed)) from None
    return {"message_id": str(message["Message-ID"]), "to": [*config.to, *config.cc]}
