"""Which storage an installation keeps its files in: a bucket where one is named, else a folder."""

from plan_api.documents.storage import FileStorage, FolderStorage
from plan_api.settings import Settings


def storage_of(settings: Settings) -> FileStorage:
    """Return the storage that the settings name; the S3 client is loaded only where it is used.

    Raises:
        RuntimeError: a bucket is named and the extra `s3` is not installed.
    """
    if settings.s3_bucket is None:
        return FolderStorage(settings.files_dir)
    try:
        from plan_api.documents.s3_storage import Bucket, S3Storage  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError as error:
        message = "PLAN_API_S3_BUCKET needs the extra s3: pip install 'cascade-plan-api[s3]'"
        raise RuntimeError(message) from error
    secret = settings.s3_secret_key
    return S3Storage(
        Bucket(
            name=settings.s3_bucket,
            region=settings.s3_region,
            endpoint=settings.s3_endpoint,
            access_key=settings.s3_access_key,
            secret_key=secret.get_secret_value() if secret else None,
            credentials_file=settings.s3_credentials_file,
        )
    )
