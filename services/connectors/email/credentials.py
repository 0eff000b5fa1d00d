"""How to sign in at a mail server."""

from typing import Literal

from pydantic import Field

from services.connectors.email.smtp import MailServer
from shared.credentials import CredentialData, Secret, credential_type


@credential_type("smtp", title="Mail server")
class Smtp(CredentialData):
    """A mail server that takes mails to be sent, and the user to sign in as."""

    host: str = Field(min_length=1, max_length=253, description="Its name, such as smtp.example.com.")
    port: int = Field(587, ge=1, le=65_535, description="587 with starttls, 465 with tls, as a rule.")
    tls: Literal["tls", "starttls", "none"] = Field(
        "starttls", description="TLS from the start, after a plain greeting, or not at all."
    )
    user: str = Field("", max_length=320, description="The user name; leave it empty where none is needed.")
    password: Secret = Field("", description="The user's password.")

    @property
    def server(self) -> MailServer:
        """The server as it is called."""
        return MailServer(self.host, self.port, self.tls, self.user, self.password)
