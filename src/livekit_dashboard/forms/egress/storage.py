"""The part of the recording form for storage, with every field of LiveKit's API."""

import json
from typing import Any

import wtforms
from livekit import api
from wtforms import BooleanField, RadioField, ValidationError

from livekit_dashboard.forms.base import Form, LongText, Text, at_most, plain, string_map, utf8

from .fields import LONGEST, PATH, Credential, LongCredential, fill, web_address

PLACES = {
    "own": ("Worker default", "from egress.yaml"),
    "s3": ("S3", "or compatible"),
    "gcp": ("Google", "Cloud Storage"),
    "azure": ("Azure", "Blob Storage"),
    "aliOSS": ("Alibaba", "OSS"),
}
MESSAGES = {
    "s3": api.S3Upload,
    "gcp": api.GCPUpload,
    "azure": api.AzureBlobUpload,
    "aliOSS": api.AliOSSUpload,
}
# Required fields, with the error if one is empty.
REQUIRED = {
    "s3": {"s3_bucket": "Enter a bucket."},
    "gcp": {"gcp_bucket": "Enter a bucket."},
    "azure": {
        "azure_account_name": "Enter the storage account.",
        "azure_account_key": "Enter the account key.",
        "azure_container_name": "Enter the container.",
    },
    "aliOSS": {
        "aliOSS_bucket": "Enter a bucket.",
        "aliOSS_endpoint": "Enter the endpoint, such as oss-eu-central-1.aliyuncs.com.",
        "aliOSS_access_key": "Enter the access key.",
        "aliOSS_secret": "Enter the secret.",
    },
}
NAME = (utf8, at_most(LONGEST))


class StorageForm(Form):
    """The storage and its fields. Only fields of the chosen storage are checked."""

    storage = RadioField("Storage", choices=plain(PLACES), default="own")

    s3_bucket = Text("Bucket", PATH)
    s3_region = Text("Region", PATH, description="Default: us-east-1.")
    s3_endpoint = Text("Endpoint", PATH, description="For MinIO, R2 and others. Leave empty for AWS.")
    s3_force_path_style = BooleanField("Path-style addresses", description="Required by MinIO.")
    s3_access_key = Credential("Access key", NAME, description="Default: the worker’s credentials.")
    s3_secret = Credential("Secret", NAME)
    s3_session_token = Credential("Session token", NAME, description="For temporary credentials only.")
    s3_assume_role_arn = Text("Role to assume", PATH, description="arn:aws:iam::…")
    s3_assume_role_external_id = Credential("External id", NAME, description="Of the role.")
    s3_metadata = LongText("Metadata", [string_map], description='JSON, such as {"team": "support"}.')
    s3_tagging = Text("Tags", PATH, description="In query format: team=support&keep=yes.")
    s3_content_disposition = Text(
        "Content-Disposition", PATH, description="attachment: browsers download the file."
    )

    gcp_bucket = Text("Bucket", PATH)
    gcp_credentials = LongCredential(
        "Credentials",
        NAME,
        description="The JSON key of a service account. Default: the worker’s credentials.",
    )

    proxy_url = Text("Proxy", [*PATH, web_address], description="Between the worker and the storage.")
    proxy_username = Text("Proxy username", PATH)
    proxy_password = Credential("Proxy password", NAME)

    azure_account_name = Text("Storage account", PATH)
    azure_account_key = Credential("Account key", NAME)
    azure_container_name = Text("Container", PATH)

    aliOSS_bucket = Text("Bucket", PATH)  # noqa: N815 - LiveKit's own name
    aliOSS_endpoint = Text("Endpoint", PATH)  # noqa: N815
    aliOSS_region = Text("Region", PATH)  # noqa: N815
    aliOSS_access_key = Credential("Access key", NAME)  # noqa: N815
    aliOSS_secret = Credential("Secret", NAME)  # noqa: N815

    def check_storage(self) -> None:
        """Adds errors to fields of the chosen storage that are missing or contradict each other."""
        for name, sentence in REQUIRED.get(self.storage.data, {}).items():
            if not str(self[name].data).strip() and not self[name].errors:
                self[name].errors = [sentence]
        if self.storage.data == "s3":
            for one, other in (("s3_access_key", "s3_secret"), ("s3_secret", "s3_access_key")):
                if self[one].data and not self[other].data:
                    self[other].errors = [
                        f"Enter both {self[one].label.text.lower()} and {self[other].label.text.lower()}."
                    ]
        if self.proxy_username.data and not self.proxy_url.data:
            self.proxy_url.errors = ["Enter the proxy’s address."]

    def validate_gcp_credentials(self, field: wtforms.Field) -> None:
        """Checked by WTForms after the field's own checks. The text itself is in no message."""
        if not field.data:
            return
        try:
            key: Any = json.loads(field.data)
        except (ValueError, RecursionError):
            raise ValidationError("This is not valid JSON. Paste the whole key file.") from None
        if not isinstance(key, dict) or "type" not in key:
            raise ValidationError("This is not a Google key file: “type” is missing.")

    def store_storage(self, output: Any) -> None:
        """Writes the chosen storage to an output."""
        place = self.storage.data
        if place not in MESSAGES:
            return
        upload: Any = MESSAGES[place]()
        fill(self, f"{place}_", upload)
        if place in ("s3", "gcp") and self.proxy_url.data and not self.proxy_url.errors:
            fill(self, "proxy_", upload.proxy)
        getattr(output, place).CopyFrom(upload)
