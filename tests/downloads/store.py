"""A real S3-compatible server, moto's, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

from bench.own_servers import free_port
from tests.waiting import wait_for

BUCKET = "releases-of-the-test"
VARIABLES = {"S3_BUCKET": BUCKET, "S3_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}


@contextmanager
def object_store() -> Iterator[str]:
    """The address of a store with an empty bucket."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    environment = os.environ | {"MOTO_S3_CUSTOM_ENDPOINTS": f"http://127.0.0.1:{port}"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        client = client_of(address)
        wait_for(lambda: made(client))
        yield address
    finally:
        server.terminate()
        server.wait(10)


def client_of(address: str):
    return boto3.client("s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret")


def made(client) -> bool:
    try:
        client.create_bucket(Bucket=BUCKET)
    except Exception:
        return False
    return True


def options(address: str) -> dict[str, str]:
    return {"bucket_name": BUCKET, "endpoint_url": address, "region_name": "us-east-1", "access_key": "key", "secret_key": "secret"}
