"""What a sound is, and the error for what is none."""

import math
from dataclasses import dataclass

LONGEST = 24 * 3600  # seconds; a header that claims more than a day of talking is lying
MOST_CHANNELS = 8
RATES = range(1_000, 384_001)
EXTENSIONS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg"}  # by media type


class NotSoundError(ValueError):
    """These bytes are no sound that the portal knows: keep nothing, tell whoever sent them."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """What the headers of a sound file say, as far as the file's size bears them out.

    ``frames`` are those that are there, not those that are promised. ``is_whole`` is False where
    the file promises more than it holds: the server stopped midway, so asking again may help.
    ``is_streamed`` is True where the writer never came back to fill in a length; whether such a
    file is whole nobody can tell, and it counts as whole.
    """

    media_type: str
    codec: str
    channels: int
    sample_rate: int
    frames: int
    plays_in_browsers: bool
    is_whole: bool = True
    is_streamed: bool = False

    @property
    def exact_seconds(self) -> float:
        return self.frames / self.sample_rate

    @property
    def seconds(self) -> int:
        """Whole seconds, rounded up: a sound of half a second is not one of none."""
        return math.ceil(self.exact_seconds)


def check_shape(what: str, channels: int, sample_rate: int) -> None:
    """Refuse numbers that no recording has before anything is reckoned with them."""
    if not 1 <= channels <= MOST_CHANNELS:
        raise NotSoundError(f"{what}: expected 1 to {MOST_CHANNELS} channels, got {channels}")
    if sample_rate not in RATES:
        raise NotSoundError(
            f"{what}: expected {RATES.start} to {RATES.stop - 1} samples a second, "
            f"got {sample_rate}"
        )
