"""Settings of the connectors."""

from pydantic import Field, SecretStr, field_validator

from services.connectors.email.smtp import MailServer, server_of
from services.connectors.vault import Vault
from shared.mail_address import name_and_address
from shared.service import Settings


class ConnectorsSettings(Settings):
    """Beyond the common ones. `http_allow` opens addresses that outgoing requests may otherwise not reach."""

    sandboxes: int = Field(default=1, ge=1, le=64, description="Sandbox worker processes, for expressions")
    prefetch: int = Field(default=50, ge=1, description="Messages of a lane under way")
    slots: int = Field(default=100, ge=1, description="Claimed nodes of each lane that may run at once")
    vault_keys: SecretStr = Field(
        default=SecretStr(""), description="Private keys of the vault, separated by commas, the newest first"
    )
    http_allow: str = Field(default="", description="Hosts, host:port or networks, separated by commas")

    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="The installation's own mail server: `smtps://user:password@host`, or `smtp://` with "
        "STARTTLS; `?tls=none` leaves that out",
    )
    smtp_from: str = Field(default="", description="Whom the installation's own mails are from")

    @field_validator("smtp_url")
    @classmethod
    def _a_mail_server(cls, value: SecretStr) -> SecretStr:
        if url := value.get_secret_value():
            server_of(url)
        return value

    @field_validator("smtp_from")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if value:
            name_and_address(value)
        return value

    @property
    def own_mail(self) -> tuple[MailServer, str] | None:
        """The installation's own mail server and whom its mails are from; None when it has none."""
        url = self.smtp_url.get_secret_value()
        return (server_of(url), self.smtp_from) if url and self.smtp_from else None

    @field_validator("http_allow")
    @classmethod
    def _no_spaces(cls, value: str) -> str:
        return value.replace(" ", "")

    @field_validator("vault_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            Vault.parse(value.get_secret_value())
        return value

    @property
    def vault(self) -> Vault | None:
        """What opens secrets; None without keys."""
        keys = self.vault_keys.get_secret_value()
        return Vault.parse(keys) if keys else None

    @property
    def allowed(self) -> list[str]:
        """The allow-list, entry by entry."""
        return [entry for entry in self.http_allow.split(",") if entry]
