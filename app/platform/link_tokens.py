"""Signed values in the path of a link.

Unlike those of itsdangerous they are never compressed: a compressed value begins with a dot, and many proxies refuse
every path with a part that does, as they do for `/.git`.
"""

from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.serializer import Serializer


class LinkSerializer(URLSafeSerializer):
    def dump_payload(self, obj: object) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))


class TimedLinkSerializer(URLSafeTimedSerializer):
    def dump_payload(self, obj: object) -> bytes:
        return base64_encode(Serializer.dump_payload(self, obj))
