"""Knows the calls that KoboCollect makes to fetch forms, used here to see what phones are offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from connector.errors import MissingAssetError, NotKoboError, ServerFailedError
from connector.kobo_answer import read_xml
from connector.kobo_caller import Caller, path_of
from connector.kobo_patience import waits
from connector.kobo_values import PhoneForm, md5_of
from connector.kobo_wire import Call

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FORM_LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
PHONE_SECONDS = 60.0
"""After a deployment a background worker hands the media to the list for phones, within seconds when it is well."""
CHECK_KC = (
    "Phones may use another address than the website: it is the URL in KoboCollect's settings (such as "
    "https://kc.kobotoolbox.org). Set it as KOBO_KC_SERVER."
)


class PhoneCalls(Caller):
    """Calls to the OpenRosa side. Each may also raise the errors of `Wire.send` and `error_of`."""

    def phone_form(self, uid: str) -> PhoneForm | None:
        """What phones of this account are offered for a project; None if it is not in their list.

        Raises NotKoboError, advising another address, if forms are not served here.
        """
        for item in self._get_xml("/formList", {"formID": uid}).iter(f"{FORM_LIST}xform"):
            if _text(item, FORM_LIST, "formID") == uid:
                return PhoneForm(
                    form_id=uid,
                    version=_text(item, FORM_LIST, "version"),
                    md5=md5_of(_text(item, FORM_LIST, "hash")),
                    media=self._media(_text(item, FORM_LIST, "manifestUrl")),
                )
        return None

    def _media(self, manifest_url: str) -> Mapping[str, str | None]:
        """File names and md5 of a manifest; a form without media has none."""
        if not manifest_url:
            return {}
        return {
            _text(item, MANIFEST, "filename"): md5_of(_text(item, MANIFEST, "hash"))
            for item in self._get_xml(path_of(manifest_url)).iter(f"{MANIFEST}mediaFile")
        }

    def wait_for_phones(self, uid: str, media: Mapping[str, str], seconds: float = PHONE_SECONDS) -> PhoneForm:
        """Wait until phones are offered the form with every file of `media` (name to md5).

        Raises ServerFailedError if that has not come about after `seconds` of waiting.
        """
        form = self.phone_form(uid)
        for pause in waits(seconds):
            if form is not None and form.has_media(media):
                return form
            self._wire.sleep(pause)
            form = self.phone_form(uid)
        if form is not None and form.has_media(media):
            return form
        late = "the form" if form is None else ", ".join(sorted(set(media) - _present(form, media)))
        advice = "The server's background workers may be stuck. Run the same command again in some minutes."
        raise ServerFailedError(f"{uid} is deployed, but phones are not offered {late} yet.", advice=advice)

    def _get_xml(self, path: str, params: Mapping[str, str | int] | None = None) -> Element:
        call = Call("GET", self.kc_server, path, params=params or {}, accept="*/*")
        try:
            return read_xml(self._wire.send(call))
        except (NotKoboError, MissingAssetError) as error:
            raise NotKoboError(error.message, advice=CHECK_KC) from None


def _present(form: PhoneForm, media: Mapping[str, str]) -> set[str]:
    return {name for name, md5 in media.items() if form.media.get(name) == md5}


def _text(item: Element, namespace: str, name: str) -> str:
    return (item.findtext(f"{namespace}{name}") or "").strip()
