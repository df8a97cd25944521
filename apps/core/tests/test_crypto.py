"""Personal fields: a key for each person, bound to their purpose, and unreadable once the key is gone."""

import base64
import os

import pytest
from cryptography.exceptions import InvalidTag
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as some

from apps.core import crypto

EMAIL, PHONE = "accounts.Profile.email", "accounts.Profile.phone"
OLD = "old:" + base64.b64encode(os.urandom(32)).decode()
NEW = "new:" + base64.b64encode(os.urandom(32)).decode()


@pytest.fixture
def installed_keys(settings):
    """Return a function that installs master keys, as a restart with another FIELD_KEYS would."""

    def install(*keys: str) -> None:
        settings.FIELD_KEYS = list(keys)
        crypto._master_keys.cache_clear()

    yield install
    crypto._master_keys.cache_clear()


@given(some.text(alphabet=some.characters(exclude_categories=["Cs"])))
def test_what_was_encrypted_is_read_back(value):
    key = crypto.new_key()
    assert crypto.decrypt(key, crypto.encrypt(key, value, purpose=EMAIL), purpose=EMAIL) == value


def test_a_value_shows_nothing_of_itself_and_is_never_encrypted_alike():
    key = crypto.new_key()
    first, second = (crypto.encrypt(key, "anna@example.test", purpose=EMAIL) for _ in range(2))
    assert first != second
    assert b"anna" not in base64.b64decode(first)


def test_a_value_that_was_moved_to_another_column_does_not_open():
    key = crypto.new_key()
    moved = crypto.encrypt(key, "anna@example.test", purpose=EMAIL)
    with pytest.raises(InvalidTag):
        crypto.decrypt(key, moved, purpose=PHONE)


def test_a_value_does_not_open_under_another_persons_key():
    sealed = crypto.encrypt(crypto.new_key(), "anna@example.test", purpose=EMAIL)
    with pytest.raises(InvalidTag):
        crypto.decrypt(crypto.new_key(), sealed, purpose=EMAIL)


@pytest.mark.parametrize("position", [0, 11, 12, 20, -1])
def test_a_value_that_was_tampered_with_does_not_open(position):
    key = crypto.new_key()
    raw = bytearray(base64.b64decode(crypto.encrypt(key, "anna@example.test", purpose=EMAIL)))
    raw[position] ^= 1
    with pytest.raises(InvalidTag):
        crypto.decrypt(key, base64.b64encode(raw).decode(), purpose=EMAIL)


def test_data_keys_are_32_random_bytes():
    keys = {crypto.new_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {32}


def test_a_wrapped_key_names_the_installation_key_and_hides_the_data_key(installed_keys):
    installed_keys(OLD)
    key = crypto.new_key()
    wrapped = crypto.wrap(key)
    key_id, _, body = wrapped.partition(":")
    assert key_id == "old"
    assert key not in base64.b64decode(body)
    assert crypto.unwrap(wrapped) == key


def test_after_a_rotation_the_new_key_wraps_and_the_old_one_still_opens(installed_keys):
    installed_keys(OLD)
    key = crypto.new_key()
    before = crypto.wrap(key)
    installed_keys(NEW, OLD)
    assert crypto.unwrap(before) == key
    after = crypto.wrap(crypto.unwrap(before))
    assert after.startswith("new:")
    installed_keys(NEW)
    assert crypto.unwrap(after) == key
    with pytest.raises(KeyError):
        crypto.unwrap(before)


def test_a_wrapped_key_does_not_open_under_another_key_of_the_same_name(installed_keys):
    installed_keys(OLD)
    wrapped = crypto.wrap(crypto.new_key())
    installed_keys("old:" + base64.b64encode(os.urandom(32)).decode())
    with pytest.raises(InvalidTag):
        crypto.unwrap(wrapped)


@pytest.mark.parametrize(
    "unusable",
    [
        "k1:" + base64.b64encode(b"x" * 16).decode(),
        "k1:" + base64.b64encode(b"x" * 33).decode(),
        ":" + base64.b64encode(b"x" * 32).decode(),
        "k1:",
        "k1",
        "",
    ],
)
def test_a_key_of_the_wrong_shape_stops_the_process(installed_keys, unusable):
    installed_keys(unusable)
    with pytest.raises(ImproperlyConfigured):
        crypto.wrap(crypto.new_key())


def test_a_look_up_finds_equal_values_of_one_purpose_only():
    index = crypto.blind_index("anna@example.test", purpose=EMAIL)
    assert index == crypto.blind_index("anna@example.test", purpose=EMAIL)
    assert index != crypto.blind_index("anna@example.test", purpose=PHONE)
    assert index != crypto.blind_index("anna@example.tesT", purpose=EMAIL)
    assert len(index) == 64
    assert set(index) <= set("0123456789abcdef")


def test_purpose_and_value_of_a_look_up_cannot_run_into_each_other():
    assert crypto.blind_index("bc", purpose="a") != crypto.blind_index("c", purpose="ab")


def test_a_look_up_needs_the_installations_key(settings):
    before = crypto.blind_index("anna@example.test", purpose=EMAIL)
    settings.BLIND_INDEX_KEY = base64.b64encode(os.urandom(32)).decode()
    assert crypto.blind_index("anna@example.test", purpose=EMAIL) != before
