import tracemalloc
from xml.etree import ElementTree

import numpy as np
import pytest

import keras_colorize
from keras_colorize.images import Photograph
from keras_colorize.images.xmp import carried_xmp
from keras_colorize.images.xmp import with_note

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "iptc": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "mm": "http://ns.adobe.com/xap/1.0/mm/",
    "event": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
}
COMPOSITE = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/"
    "compositeWithTrainedAlgorithmicMedia"
)


def find(packet, path):
    """The texts of the elements of a path, in any description."""
    root = ElementTree.fromstring(packet.decode().strip())
    return [node.text for node in root.findall(f".//{path}", NAMESPACES)]


def packet(content="", attributes=""):
    names = " ".join(f'xmlns:{k}="{v}"' for k, v in NAMESPACES.items())
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" {names}><rdf:RDF>'
        f'<rdf:Description rdf:about="" {attributes}>{content}'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


class TestNote:
    def test_without_a_packet(self):
        made = with_note(None, "mine <&>", 7, 2)
        version = keras_colorize.__version__
        assert find(made, "iptc:DigitalSourceType") == [COMPOSITE]
        assert find(made, "iptc:AISystemVersionUsed") == [version]
        assert find(made, "iptc:AISystemUsed") == [
            "keras_colorize, preset mine <&>"
        ]
        assert find(made, "event:softwareAgent") == [
            f"keras_colorize {version}"
        ]
        assert find(made, "event:parameters") == [
            "The colors are synthetic: preset mine <&>, seed 7, coloring 2, "
            f"keras_colorize {version}."
        ]
        assert made == with_note(None, "mine <&>", 7, 2)
        assert made.startswith(b"<?xpacket begin=")

    def test_nothing_of_a_packet_is_lost(self, xmp):
        made = with_note(xmp, "default", 1)
        assert find(made, "iptc:DigitalSourceType") == [COMPOSITE]
        assert find(made, "dc:title/rdf:Alt/rdf:li") == ["a barn"]
        old, new = ElementTree.fromstring(made.decode().strip()).findall(
            ".//mm:History/rdf:Seq/rdf:li", NAMESPACES
        )
        action = f"{{{NAMESPACES['event']}}}action"
        assert old.get(action) == "scanned"
        assert new.find(action).text == "edited"
        text = made.decode()
        for kept in (
            'photoshop:City="Nyíregyháza"',
            'own:shelf="A &lt; 3"',
            "<!-- kept -->",
            'xml:lang="x-default"',
        ):
            assert kept in text
        # Both descriptions are of one resource.
        assert text.count('rdf:about="uuid:7"') == 2

    @pytest.mark.parametrize(
        "content, attributes",
        [
            ("<iptc:DigitalSourceType>print</iptc:DigitalSourceType>", ""),
            ("", 'iptc:DigitalSourceType="print"'),
        ],
    )
    def test_the_source_before_is_told(self, content, attributes):
        made = with_note(packet(content, attributes), "default", 1)
        assert find(made, "iptc:DigitalSourceType") == [COMPOSITE]
        assert made.count(b"DigitalSourceType>") == 2
        assert b"DigitalSourceType=" not in made
        (event,) = find(made, "event:parameters")
        assert event.endswith("Digital source type before: print.")

    def test_a_coloring_of_a_coloring(self):
        made = with_note(with_note(None, "one", 1), "two", 2)
        assert find(made, "iptc:AISystemUsed") == ["keras_colorize, preset two"]
        first, second = find(made, "event:parameters")
        assert "preset one, seed 1" in first
        assert "preset two, seed 2" in second

    def test_photograph(self, xmp):
        pixels = np.zeros((2, 3, 3), np.uint8)
        noted = Photograph(pixels, xmp=xmp).with_note("default", 5, 3)
        assert noted.pixels is pixels
        assert noted.xmp == with_note(xmp, "default", 5, 3)

    def test_a_name_that_is_no_text(self):
        made = with_note(None, "a\udc80\x07\n", 1)
        assert find(made, "iptc:AISystemUsed") == [
            "keras_colorize, preset a???"
        ]


class TestCarried:
    def test_bit_for_bit(self, xmp):
        assert carried_xmp(xmp, True) is xmp
        assert carried_xmp(None, True) is None

    @pytest.mark.parametrize(
        "content, attributes",
        [
            ("<tiff:Orientation>6</tiff:Orientation>", ""),
            ("", 'tiff:Orientation="6"'),
            (
                '<p:Thumbnails xmlns:p="http://ns.adobe.com/xap/1.0/">'
                "<rdf:Alt><rdf:li>gray</rdf:li></rdf:Alt></p:Thumbnails>",
                "",
            ),
        ],
    )
    def test_what_would_be_wrong_is_dropped(self, content, attributes):
        content += "<dc:source>kept</dc:source>"
        made = carried_xmp(packet(content, attributes), False)
        assert find(made, "dc:source") == ["kept"]
        assert b"Orientation" not in made and b"Thumbnails" not in made

    def test_sides_swap_with_the_axes(self):
        content = "<tiff:ImageWidth>30</tiff:ImageWidth>"
        old = packet(content, 'tiff:ImageLength="20"')
        made = carried_xmp(old, True)
        assert find(made, "tiff:ImageWidth") == ["20"]
        assert b'ImageLength="30"' in made
        assert carried_xmp(old, False) is old


def laughs():
    levels = "".join(
        f'<!ENTITY e{k} "{f"&e{k - 1};" * 10}">' for k in range(1, 30)
    )
    document = f'<!DOCTYPE x [<!ENTITY e0 "ha">{levels}]>'
    return document.encode() + packet("<dc:title>&e29;</dc:title>")


HOSTILE = {
    "entities": laughs(),
    "external": b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + packet(),
    "undeclared": packet("<dc:title>&file;</dc:title>"),
    "wide": packet("<dc:a/>" * 2_000_000),
    "attributes": packet(
        "<dc:a " + "".join(f'a{k}=""' for k in range(200_000)) + "/>"
    ),
    "deep": packet("<dc:a>" * 30_000 + "</dc:a>" * 30_000),
    "deeper than Python's stack": packet("<dc:a>" * 800 + "</dc:a>" * 800),
    "truncated": packet()[:-5],
    "not XML": b"\xff\xfe\x00 nonsense",
    "UTF-16": laughs().decode().encode("utf-16"),
    "UTF-16 without a mark": laughs().decode().encode("utf-16-le"),
    "no RDF": b"<x/>",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_packets_of_strangers(kind):
    tracemalloc.start()
    try:
        for read in (
            lambda xmp: carried_xmp(xmp, False),
            lambda xmp: with_note(xmp, "default", 1),
        ):
            with pytest.raises(ValueError):
                read(HOSTILE[kind])
        memory = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert memory < 100e6
