from emotion_core.cli import main
from emotion_core.training.architectures import ARCHITECTURES


def test_every_architecture_is_listed(capsys):
    assert main(["architectures"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["name", *ARCHITECTURES]
    assert "1,164,231" in lines[1]
