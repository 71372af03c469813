"""Vietnamese typed for the fonts of before Unicode, or read in the wrong encoding (domain §6.2, §6.3, §6.4).

The letters of such texts are Latin ones that only the font made Vietnamese: ``NguyÔn V¨n An`` in .VnTime (TCVN3),
``Nguyeãn Vaên An`` in VNI-Times. UTF-8 that was read as Windows-1252 (``Nguyá»…n``) is undone in the same way.
"""

import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Encoding(StrEnum):
    """How a text was written."""

    TCVN3 = "tcvn3"
    VNI = "vni"
    MOJIBAKE = "mojibake"


_TCVN3_CODES: Final = """
A1 Ă A2 Â A3 Ê A4 Ô A5 Ơ A6 Ư A7 Đ A8 ă A9 â AA ê AB ô AC ơ AD ư AE đ
B5 à B6 ả B7 ã B8 á B9 ạ BB ằ BC ẳ BD ẵ BE ắ C6 ặ C7 ầ C8 ẩ C9 ẫ CA ấ CB ậ
CC è CE ẻ CF ẽ D0 é D1 ẹ D2 ề D3 ể D4 ễ D5 ế D6 ệ
D7 ì D8 ỉ DC ĩ DD í DE ị DF ò E1 ỏ E2 õ E3 ó E4 ọ E5 ồ E6 ổ E7 ỗ E8 ố E9 ộ EA ờ EB ở EC ỡ ED ớ EE ợ
EF ù F1 ủ F2 ũ F3 ú F4 ụ F5 ừ F6 ử F7 ữ F8 ứ F9 ự FA ỳ FB ỷ FC ỹ FD ý FE ỵ
"""
_PARTS: Final = _TCVN3_CODES.split()
TCVN3: Final[dict[str, str]] = {
    chr(int(code, 16)): letter for code, letter in zip(_PARTS[::2], _PARTS[1::2], strict=True)
}
_TCVN3_TABLE: Final = str.maketrans(TCVN3)

_TONES: Final = "øùûõï"
"""The marks of VNI for the tones huyền, sắc, hỏi, ngã, nặng."""
_VNI_LOWER: Final[dict[str, str]] = {
    "ñ": "đ", "ô": "ơ", "ö": "ư", "ò": "ị", "æ": "ỉ", "ó": "ĩ", "î": "ỵ", "aâ": "â", "aê": "ă", "eâ": "ê", "oâ": "ô",
    **{base + mark: letter
       for base, letters in (("a", "àáảãạ"), ("e", "èéẻẽẹ"), ("i", "ìí"), ("o", "òóỏõọ"), ("ô", "ờớởỡợ"),
                             ("u", "ùúủũụ"), ("ö", "ừứửữự"), ("y", "ỳýỷỹỵ"))
       for mark, letter in zip(_TONES, letters, strict=False)},
    **{base + mark: letter
       for base, letters in (("a", "ầấẩẫậ"), ("e", "ềếểễệ"), ("o", "ồốổỗộ"))
       for mark, letter in zip("àáåãä", letters, strict=True)},
    **{"a" + mark: letter for mark, letter in zip("èéúüë", "ằắẳẵặ", strict=True)},
}  # fmt: skip
VNI: Final[dict[str, str]] = (
    _VNI_LOWER
    | {pair.upper(): letter.upper() for pair, letter in _VNI_LOWER.items()}
    | {pair[0].upper() + pair[1:]: letter.upper() for pair, letter in _VNI_LOWER.items() if len(pair) > 1}
)
_VNI_PAIRS: Final = re.compile("|".join(sorted(map(re.escape, VNI), key=len, reverse=True)))

_INITIALS: Final = "ngh|ng|gh|gi|kh|nh|ph|qu|th|tr|ch|b|c|d|đ|g|h|k|l|m|n|p|r|s|t|v|x|"
_RHYMES: Final = """
a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
e ec em en eng eo ep et ê êch êm ên ênh êp êt êu
i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
o oc oi om on ong op ot oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet ooc oong
ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
u ua uc ui um un ung up ut uân uâng uât uây uê uêch uênh uôc uôi uôm uôn uông uôt uơ
uy uya uych uyn uynh uyt uyp uyu uyên uyêt
ư ưa ưc ưi ưm ưng ưt ưu ươc ươi ươm ươn ương ươp ươt ươu
y ych ynh yt yêm yên yêng yêt yêu
"""
_SYLLABLE: Final = re.compile(f"(?:{_INITIALS})(?:{'|'.join(sorted(_RHYMES.split(), key=len, reverse=True))})")
_TONE_MARKS: Final = dict.fromkeys(map(ord, "\u0300\u0301\u0303\u0309\u0323"))
_STOPPED: Final = re.compile(r"(?:c|ch|p|t)$")
_RISING: Final = re.compile("[\u0301\u0323]")
_WORDS: Final = re.compile(r"[^\W\d_]+|[^\x00-\x7f\s]+")
_MAYBE_MOJIBAKE: Final = re.compile(r"[ÃÄÅÆ][^\x00-\x7f]|á[º»]")
"""The first bytes of the UTF-8 of Vietnamese letters, with something behind them that is no plain letter."""
_FOREIGN: Final = re.compile("[^\x00-\xff]")
_FROM_1252: Final = {chr(code): code for code in range(256)} | {
    bytes([code]).decode("cp1252"): code for code in range(256) if code not in {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}


def decode(text: str, encoding: Encoding) -> str:
    """Return a text as it was meant; letters the encoding does not have stay."""
    if encoding is Encoding.TCVN3:
        return text.translate(_TCVN3_TABLE)
    if encoding is Encoding.VNI:
        return unicodedata.normalize("NFC", _VNI_PAIRS.sub(lambda found: VNI[found[0]], text))
    return _from_mojibake(text) or text


def encoding_of_font(font: str) -> Encoding | None:
    """Return what the name of a font says about the texts in it; nothing for the fonts of today."""
    name = font.strip().lower()
    if name.startswith(".vn"):
        return Encoding.TCVN3
    return Encoding.VNI if name.startswith("vni-") else None


def has_capitals_only(font: str) -> bool:
    """Return whether a font shows small letters as capitals: its name ends in H (.VnTimeH)."""
    return font.strip().lower().startswith(".vn") and font.strip().endswith("H")


@lru_cache(16_384)
def is_syllable(word: str) -> bool:
    """Return whether a word is spelled as Vietnamese words are; only a rising or heavy tone goes before c, ch, p, t."""
    toned = unicodedata.normalize("NFD", word.casefold())
    bare = unicodedata.normalize("NFC", toned.translate(_TONE_MARKS))
    if _SYLLABLE.fullmatch(bare) is None:
        return False
    return _STOPPED.search(bare) is None or _RISING.search(toned) is not None


def misspelled(text: str) -> int:
    """Return how many words with a letter beyond ASCII are no Vietnamese syllables."""
    return sum(1 for word in _WORDS.findall(text) if not word.isascii() and not is_syllable(word))


def guess(text: str) -> Encoding | None:
    """Return how a text was surely written: as it stands it cannot be Vietnamese, and decoded it is.

    Nothing where it is right as it stands, where no decoding makes it right, or where two do.
    """
    if text.isascii() or len(text) < 2:  # a single sign is a cross more often than a letter
        return None
    if _from_mojibake(text) is not None:
        return Encoding.MOJIBAKE
    if not _has_only_latin1(text):
        return None
    wrong = misspelled(text)
    if not wrong:
        return None
    after = {one: misspelled(decode(text, one)) for one in (Encoding.TCVN3, Encoding.VNI)}
    best = min(after, key=lambda one: after[one])
    if after[best] * 4 > wrong or len(set(after.values())) == 1:
        return None
    return best


def could_be(text: str, encoding: Encoding) -> bool:
    """Return whether a text decoded is Vietnamese as well, and another than it is as it stands."""
    if text.isascii() or not _has_only_latin1(text):
        return False
    meant = decode(text, encoding)
    return meant != text and misspelled(meant) == 0


def _has_only_latin1(text: str) -> bool:
    return _FOREIGN.search(text) is None


def _from_mojibake(text: str) -> str | None:
    """Return the text that UTF-8 bytes read as Windows-1252 were, if they were that."""
    if _MAYBE_MOJIBAKE.search(text) is None:
        return None
    try:
        meant = bytes(_FROM_1252[letter] for letter in text).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None
    return meant if len(meant) < len(text) and misspelled(meant) < max(misspelled(text), 1) else None
