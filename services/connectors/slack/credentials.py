"""Where to post."""

from pydantic import Field

from shared.credentials import CredentialData, Secret, credential_type


@credential_type("slack.webhook", title="Slack webhook")
class SlackWebhook(CredentialData):
    """An incoming webhook of Slack, or of what takes the same, such as Mattermost."""

    url: Secret = Field(min_length=8, description="The whole URL: https://hooks.slack.com/services/...")
