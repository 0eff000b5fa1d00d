"""What webhooks are signed with."""

from pydantic import Field

from shared.credentials import CredentialData, Secret, credential_type

KEY = r"^whsec_[A-Za-z0-9+/]{32,88}={0,2}$"


@credential_type("webhook.key", title="Webhook signing key")
class WebhookKey(CredentialData):
    """A key that the receiver of webhooks has as well, as Standard Webhooks writes it."""

    key: Secret = Field(pattern=KEY, description="whsec_ and the key in base64.")
    previous: Secret = Field(
        default="", pattern=f"{KEY}|^$", description="The key before it, while both are in use."
    )

    @property
    def keys(self) -> list[str]:
        """All that sign."""
        return [each for each in (self.key, self.previous) if each]
