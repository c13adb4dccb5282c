"""Codec names as they are usually written."""

NAMES = {"h264": "H.264", "h265": "H.265", "red": "opus RED", "pcmu": "PCMU", "pcma": "PCMA", "opus": "opus"}
# Not codecs of a track: retransmission and redundancy travel beside one.
HELPERS = frozenset({"rtx", "red", "ulpfec", "flexfec-03"})


def codec_name(mime: str) -> str:
    """`video/H264` is H.264; an unknown one stays as it is, without its kind."""
    short = mime.split("/")[-1]
    return NAMES.get(short.lower(), short)
