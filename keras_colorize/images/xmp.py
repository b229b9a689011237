"""XMP packets: those of photographs, and the note of synthetic colors.

A photograph's XMP may come from a stranger. No entity is expanded, since a
packet with a document type is refused, and a packet's size is bounded.
"""

from xml.dom import minidom
from xml.parsers.expat import ExpatError
from xml.sax.saxutils import escape

from keras_colorize._version import __version__

# Elements, attributes and ends of elements. A packet of 64 KB has about 2000.
_MOST_NODES = 100_000
# `minidom` finds and writes elements by recursion.
_DEEPEST = 100

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XAP = "http://ns.adobe.com/xap/1.0/"
_MEDIA = f"{_XAP}mm/"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_EXIF = "http://ns.adobe.com/exif/1.0/"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

# What is wrong for an upright photograph, and the parts of a packet that a
# JPEG file has elsewhere.
_DROPPED = (
    (_TIFF, "Orientation"),
    (_XAP, "Thumbnails"),
    ("http://ns.adobe.com/xmp/note/", "HasExtendedXMP"),
)
_SWAPPED = (
    ((_TIFF, "ImageWidth"), (_TIFF, "ImageLength")),
    ((_TIFF, "XResolution"), (_TIFF, "YResolution")),
    ((_EXIF, "PixelXDimension"), (_EXIF, "PixelYDimension")),
)

_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_NAMESPACES = (
    f'xmlns:rdf="{_RDF}" xmlns:Iptc4xmpExt="{_IPTC}" xmlns:xmpMM="{_MEDIA}" '
    f'xmlns:stEvt="{_XAP}sType/ResourceEvent#"'
)
_EMPTY = f"""\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"/></x:xmpmeta>\
<?xpacket end="w"?>"""
_NOTE = """\
<rdf:Description {namespaces} rdf:about="">
 <Iptc4xmpExt:DigitalSourceType>{source}</Iptc4xmpExt:DigitalSourceType>
 <Iptc4xmpExt:AISystemUsed>{system}</Iptc4xmpExt:AISystemUsed>
 <Iptc4xmpExt:AISystemVersionUsed>{version}</Iptc4xmpExt:AISystemVersionUsed>
 <xmpMM:History><rdf:Seq/></xmpMM:History>
</rdf:Description>"""
_EVENT = """\
<rdf:li {namespaces} rdf:parseType="Resource">
 <stEvt:action>edited</stEvt:action>
 <stEvt:softwareAgent>{agent}</stEvt:softwareAgent>
 <stEvt:parameters>{parameters}</stEvt:parameters>
</rdf:li>"""


def carried_xmp(xmp, swaps_axes):
    """The packet that goes into the output, or None.

    An orientation or thumbnails would be wrong for the output. A packet with
    one of these is made anew; other packets stay as they are, bit for bit.

    Args:
        xmp: bytes or None. A photograph's packet.
        swaps_axes: bool. Whether rows of the file are columns of the upright
            photograph.

    Raises:
        ValueError: The packet is damaged, too large, or has a document type.
    """
    if not xmp:
        return None
    document, rdf = _parse(xmp)
    changed = [_remove(rdf, *name) for name in _DROPPED]
    if swaps_axes:
        changed += [_swap(rdf, a, b) for a, b in _SWAPPED]
    return _bytes(document) if any(changed) else xmp


def with_note(xmp, preset, seed, coloring=1):
    """A packet that says that the colors are synthetic.

    The note has the digital source type `compositeWithTrainedAlgorithmicMedia`
    of IPTC: the luminance is a photograph's, and a trained model has drawn the
    colors. `algorithmicallyEnhanced` would be too weak: that is for
    corrections, which claim to show what was there. The properties AI System
    Used and AI System Version Used (IPTC Photo Metadata 2025.1) name the preset
    and this package's version. An event at the end of `xmpMM:History` has all
    of this, the seed, and the digital source type that was there before.

    The note has no time, so that the same coloring gives the same file.

    Args:
        xmp: bytes or None. The packet to add the note to. All else in the
            packet stays.
        preset: str. The name of the preset.
        seed: int. The seed of the coloring.
        coloring: int. The coloring's number among those of the seed.

    Returns:
        bytes.

    Raises:
        ValueError: `xmp` cannot be read.
    """
    document, rdf = _parse(xmp or _EMPTY.encode())
    parameters = (
        f"The colors are synthetic: preset {preset}, seed {seed}, coloring "
        f"{coloring}, keras_colorize {__version__}."
    )
    before = _text(rdf, _IPTC, "DigitalSourceType")
    if before:
        parameters += f" Digital source type before: {before}."
    note = _element(
        document,
        _NOTE,
        source=f"{_SOURCE}compositeWithTrainedAlgorithmicMedia",
        system=f"keras_colorize, preset {preset}",
        version=__version__,
    )
    event = _element(
        document,
        _EVENT,
        agent=f"keras_colorize {__version__}",
        parameters=parameters,
    )
    for name in ("DigitalSourceType", "AISystemUsed", "AISystemVersionUsed"):
        _remove(rdf, _IPTC, name)
    # All descriptions of a packet are of one resource.
    for description in _descriptions(rdf)[:1]:
        about = description.getAttributeNS(_RDF, "about")
        note.setAttributeNS(_RDF, "rdf:about", about)
    (new,) = note.getElementsByTagNameNS(_MEDIA, "History")
    history = _children(rdf, _MEDIA, "History")
    lists = history and history[0].getElementsByTagNameNS(_RDF, "Seq")
    if lists:
        note.removeChild(new)
    else:
        # A history that is no list is damaged.
        _remove(rdf, _MEDIA, "History")
        lists = new.getElementsByTagNameNS(_RDF, "Seq")
    lists[0].appendChild(event)
    rdf.appendChild(note)
    return _bytes(document)


def _parse(xmp):
    """The document of a packet, and its rdf:RDF element."""
    text = xmp.decode("utf-8-sig").strip("\0 \t\r\n")
    # Entities can be declared in a document type alone.
    if "<!DOCTYPE" in text:
        raise ValueError("it has a document type, which XMP does not allow")
    if text.count("<") + text.count("=") > _MOST_NODES:
        raise ValueError(f"it has more than {_MOST_NODES} nodes")
    try:
        document = minidom.parseString(text)
    except ExpatError as error:
        raise ValueError(str(error)) from error
    _check_depth(document)
    elements = document.getElementsByTagNameNS(_RDF, "RDF")
    if not elements:
        raise ValueError("it has no rdf:RDF")
    return document, elements[0]


def _check_depth(document):
    level = [document]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in node.childNodes]
    if level:
        raise ValueError(f"its elements are nested more than {_DEEPEST} deep")


def _bytes(document):
    # The document itself would begin with an XML declaration.
    parts = [node.toxml() for node in document.childNodes]
    return "\n".join(parts).encode()


def _element(document, template, **texts):
    texts = {key: escape(_printable(text)) for key, text in texts.items()}
    text = template.format(namespaces=_NAMESPACES, **texts)
    return document.importNode(minidom.parseString(text).documentElement, True)


def _printable(text):
    """A text of characters that XML allows."""
    text = text.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in text)


def _descriptions(rdf):
    return [
        node
        for node in rdf.childNodes
        if (node.namespaceURI, node.localName) == (_RDF, "Description")
    ]


def _children(rdf, *name):
    """The elements of a property."""
    return [
        node
        for description in _descriptions(rdf)
        for node in description.childNodes
        if (node.namespaceURI, node.localName) == name
    ]


def _holders(rdf, *name):
    """The attributes and the texts that hold a property's plain value."""
    attributes = [
        description.getAttributeNodeNS(*name)
        for description in _descriptions(rdf)
        if description.hasAttributeNS(*name)
    ]
    texts = [
        node.firstChild
        for node in _children(rdf, *name)
        if node.firstChild and node.firstChild.nodeType == node.TEXT_NODE
    ]
    return attributes + texts


def _text(rdf, *name):
    return " ".join(node.nodeValue.strip() for node in _holders(rdf, *name))


def _remove(rdf, *name):
    """Removes a property and returns whether there was one."""
    elements = _children(rdf, *name)
    for node in elements:
        node.parentNode.removeChild(node)
    found = bool(elements)
    for description in _descriptions(rdf):
        if description.hasAttributeNS(*name):
            description.removeAttributeNS(*name)
            found = True
    return found


def _swap(rdf, a, b):
    """Swaps the values of two properties; returns whether there were both."""
    a, b = _holders(rdf, *a), _holders(rdf, *b)
    if not (a and b):
        return False
    old = a[0].nodeValue
    a[0].nodeValue, b[0].nodeValue = b[0].nodeValue, old
    return True
