from capi_jobs.orders.remembering import Remembered


class Reader:
    def __init__(self) -> None:
        self.read = list[str | None]()

    def __call__(self, text: str | None) -> str:
        self.read.append(text)
        return f"read {text}"


def test_a_text_is_read_once_until_too_many_are_known() -> None:
    reader = Reader()
    known = Remembered(reader, answers_max=2, characters_max=3)

    told = [known[text] for text in ("a", "a", None, None, "b", "a")]

    assert told == [*("read a", "read a", "read None", "read None", "read b", "read a")]
    assert reader.read == ["a", None, "b", "a"]
    assert len(known) == 2


def test_a_long_text_is_not_kept() -> None:
    known = Remembered(str, answers_max=2, characters_max=3)

    assert known["long"] == "long"
    assert not known
