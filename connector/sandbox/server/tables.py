"""Knows what the sandbox server keeps, in one SQLite file."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

account = Table(
    "account",
    metadata,
    Column("username", String, primary_key=True),
    Column("uid", String, nullable=False),
    Column("digest_secret", String, nullable=False),
    Column("token", String, nullable=False, unique=True),
    Column("is_superuser", Boolean, nullable=False),
    Column("joined_at", String, nullable=False),
)

asset = Table(
    "asset",
    metadata,
    Column("uid", String, primary_key=True),
    Column("owner", String, ForeignKey("account.username"), nullable=False),
    Column("name", String, nullable=False),
    Column("asset_type", String, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("created_at", String, nullable=False),
    Column("modified_at", String, nullable=False),
    Column("created_by", String),
    Column("modified_by", String),
    Column("version_uid", String),
    Column("is_trashed", Boolean, nullable=False, default=False),
    Column("form_number", Integer, unique=True),
    Column("form_uuid", String, unique=True),
    Column("is_active", Boolean, nullable=False, default=False),
    Column("deployed_at", String),
    Column("deployed_version_uid", String),
    Column("first_title", String),
    Column("form_title", String),
    Column("form_version", String),
    Column("form_hash", String),
    Column("repeat_paths", JSON),
    Column("geopoint_paths", JSON),
)

version = Table(
    "version",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("uid", String, nullable=False, unique=True),
    Column("asset_uid", String, ForeignKey("asset.uid"), nullable=False, index=True),
    Column("content", JSON, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("modified_at", String, nullable=False),
    Column("deployed_at", String),
)

form = Table(
    "form",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("xform", Text, nullable=False),
)

form_media = Table(
    "form_media",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("form_number", Integer, nullable=False, index=True),
    Column("filename", String, nullable=False),
    Column("mimetype", String, nullable=False),
    Column("md5", String, nullable=False),
    Column("content", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

asset_file = Table(
    "asset_file",
    metadata,
    Column("uid", String, primary_key=True),
    Column("asset_uid", String, nullable=False, index=True),
    Column("username", String, nullable=False),
    Column("file_type", String, nullable=False),
    Column("description", String, nullable=False),
    Column("created_at", String, nullable=False),
    Column("filename", String, nullable=False),
    Column("mimetype", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("redirect_url", String),
    Column("content", LargeBinary),
)

assignment = Table(
    "assignment",
    metadata,
    Column("uid", String, primary_key=True),
    Column("asset_uid", String, nullable=False),
    Column("username", String, nullable=False),
    Column("permission", String, nullable=False),
    Column("partial", JSON),
    UniqueConstraint("asset_uid", "username", "permission"),
)

import_task = Table(
    "import_task",
    metadata,
    Column("uid", String, primary_key=True),
    Column("username", String, nullable=False),
    Column("status", String, nullable=False),
    Column("messages", JSON, nullable=False),
    Column("created_at", String, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("asset_uid", String, nullable=False),
    Column("root_uuid", String, nullable=False),
    Column("uuid", String, nullable=False),
    Column("submitted_by", String),
    Column("submitted_at", String, nullable=False),
    Column("submission_time", String, nullable=False),
    Column("form_id", String, nullable=False),
    Column("xml", Text, nullable=False),
    Column("xml_hash", String, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("geolocation", JSON, nullable=False),
    Column("validation_status", JSON, nullable=False),
    Index("record_by_root", "asset_uid", "root_uuid", unique=True),
    Index("record_by_uuid", "asset_uid", "uuid", unique=True),
    Index("record_by_time", "asset_uid", "submission_time"),
    Index("record_by_id", "asset_uid", "id"),
    sqlite_autoincrement=True,
)

earlier_instance = Table(
    "earlier_instance",
    metadata,
    Column("asset_uid", String, primary_key=True),
    Column("uuid", String, primary_key=True),
    Column("record_id", Integer, nullable=False, index=True),
)

attachment = Table(
    "attachment",
    metadata,
    Column("uid", String, primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("record_id", Integer, nullable=False, index=True),
    Column("filename", String, nullable=False),
    Column("mimetype", String, nullable=False),
    Column("md5", String, nullable=False),
    Column("question_xpath", String, nullable=False),
    Column("is_deleted", Boolean, nullable=False, default=False),
    Column("content", LargeBinary, nullable=False),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("asset_uid", String, nullable=False),
    Column("action", String, nullable=False),
    Column("username", String, nullable=False),
    Column("user_uid", String, nullable=False),
    Column("root_uuid", String),
    Column("metadata", JSON, nullable=False),
    Column("created_at", String, nullable=False),
    Index("history_by_asset", "asset_uid", "id"),
)
