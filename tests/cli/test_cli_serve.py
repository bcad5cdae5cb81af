"""`halfhour serve` refuses a door that stands open, and an address that there is not."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--host", "0.0.0.0"], "SV-120"),
        (["--host", "192.0.2.1"], "SV-120"),
        (["--port", "99999999"], "SV-121"),
        (["--port=-1"], "SV-121"),
    ],
)
def test_an_address_that_cannot_be_served_is_refused(arguments, code, capsys, monkeypatch, tmp_path):
    from halfhour.cli.app import main  # noqa: PLC0415

    monkeypatch.setenv("HALFHOUR_DATABASE", str(tmp_path / "register.sqlite"))
    for name in ("HALFHOUR_SECRET_KEY", "HALFHOUR_ALLOWED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SystemExit) as left:
        main(["serve", *arguments])
    assert left.value.code not in (0, None)
    assert code in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [], "refused before a database was made"
