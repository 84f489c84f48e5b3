from __future__ import annotations

import gc

import boto3

from sopctl.sandbox.process import loading


def test_one_session_is_shared_while_loading_and_not_after() -> None:
    made = boto3.Session
    with loading._one_session():
        assert boto3.Session() is boto3.Session()
    assert boto3.Session is made


def test_garbage_is_collected_again_once_settled() -> None:
    gc.disable()
    loading.settled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    gc.unfreeze()
