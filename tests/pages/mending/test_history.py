from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from streamlit.runtime.state.query_params import QueryParams

from pages.mending import history


@pytest.fixture
def said(monkeypatch) -> list[str]:
    """The addresses that the browser is told."""
    told: list[str] = []

    def tell(params: QueryParams) -> None:
        told.append(str(params))

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", tell)
    monkeypatch.setattr(
        QueryParams, "populate_from_query_string", QueryParams.populate_from_query_string
    )
    history.write_addresses_after_arrival.__wrapped__()
    return told


@pytest.fixture
def params(monkeypatch) -> QueryParams:
    params = QueryParams()

    @contextmanager
    def of_session():
        yield params

    context = SimpleNamespace(session_state=SimpleNamespace(query_params=of_session))
    monkeypatch.setattr(history, "get_script_run_ctx", lambda: context)
    monkeypatch.setattr(history.st._event, "html", lambda *_, **__: None)
    return params


def test_on_the_same_page_an_address_is_written_at_once(said, params):
    with history.arriving():
        params["image"] = "5"
        assert len(said) == 1
    assert len(said) == 1


def test_on_the_way_to_another_page_it_is_written_once_afterwards(said, params):
    params.populate_from_query_string("evaluated=first", {"the page's hash"})
    with history.arriving():
        params["data"] = "demo"
        params["image"] = "5"
        assert said == []
    assert len(said) == 1
    params["image"] = "6"
    assert len(said) == 2


def test_nothing_is_written_where_the_link_said_it_all(said, params):
    params.populate_from_query_string("evaluated=first", {"the page's hash"})
    with history.arriving():
        pass
    assert said == []


def test_a_page_that_stops_half_way_has_an_address_too(said, params):
    def stop_half_way() -> None:
        with history.arriving():
            params["data"] = "demo"
            raise RuntimeError

    params.populate_from_query_string("", {"the page's hash"})
    with pytest.raises(RuntimeError):
        stop_half_way()
    assert len(said) == 1


def test_another_streamlit_is_left_as_it_is(monkeypatch, caplog):
    monkeypatch.delattr(QueryParams, "populate_from_query_string")
    send = QueryParams._send_query_param_msg
    history.write_addresses_after_arrival.__wrapped__()
    assert QueryParams._send_query_param_msg is send
    assert "Back may have to be pressed" in caplog.text
